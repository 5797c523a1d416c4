//! Stopping children: one after the other, or many at once.
//!
//! ```text
//! monitor ──▶ exit(shutdown) ──▶ Down in time ─────────────────▶ done
//!                           └──▶ time is up ──▶ exit(kill) ──▶ Down ──▶ done
//! ```
//!
//! A monitor is waited for rather than the link, because a child may have unlinked itself and would
//! then hang its supervisor. The child stays linked all the same until it is dead: if the supervisor
//! is killed half way, the child hears of it.
//!
//! A linked child tells its end twice. The exit comes first and is taken out of the mailbox here, so
//! that it is not met again as a stranger's; and it has the true reason where the monitor, made when
//! the child was dead already, only says that there is no such process.
//!
//! Of many children a million may end at once: what is kept of each meanwhile is its pid and the
//! number of its settings, and whoever has told, or killed, some hundreds lets others run.

use std::collections::{BTreeSet, HashMap};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use regrow_runtime::gen_server::Shutdown;
use regrow_runtime::process::{
    Down, DownTarget, ExitReason, Monitor, Notice, Pid, PidMap, exit, exit_of, monitor,
    next_notice, yield_now,
};
use regrow_runtime::time::{Instant, Sleep, now, sleep_until, timeout};

use crate::child::kept::Settings;

/// Children that are told to end, or killed, before others have their turn.
const PIECE: usize = 512;

/// Stops a child. Returns why it ended.
pub(crate) async fn stop(child: Pid, shutdown: Shutdown) -> ExitReason {
    stop_for(child, shutdown, ExitReason::Shutdown).await
}

/// As [`stop`], asking for it with this reason.
pub(crate) async fn stop_for(child: Pid, shutdown: Shutdown, reason: ExitReason) -> ExitReason {
    stop_one(child, shutdown, reason).await.0
}

/// As [`stop_for`]; returns too whether the child was dead before it was told to end. The ends of
/// others are heard of afterwards.
pub(crate) async fn stop_one(
    child: Pid,
    shutdown: Shutdown,
    reason: ExitReason,
) -> (ExitReason, bool) {
    let watch = monitor(child);
    let down = match shutdown {
        Shutdown::BrutalKill => kill(child, watch).await,
        Shutdown::Infinity => {
            exit(child, reason);
            watch.await
        }
        Shutdown::After(limit) => {
            exit(child, reason);
            match timeout(limit, watch).await {
                Ok(down) => down,
                Err(_) => kill(child, watch).await,
            }
        }
    };
    let before = down.reason == ExitReason::NoProc;
    let said = exit_of(child).await.map(|exit| exit.reason);
    (said.unwrap_or(down.reason), before)
}

async fn kill(child: Pid, watch: Monitor) -> Down {
    exit(child, ExitReason::Kill);
    watch.await
}

/// How a child has ended that was stopped with others.
pub(crate) struct Ended {
    pub(crate) process: Pid,
    pub(crate) settings: Settings,
    pub(crate) reason: ExitReason,
    /// Whether it was dead before it was told to end.
    pub(crate) before: bool,
}

/// Stops children at the same time, so that it takes as long as the slowest of them, and shows each
/// one's end as it comes. There is one timer for all children with the same limit; the limits begin
/// when all have been told. For a supervisor that ends itself: the ends of children that are not
/// among these are not heard of any more.
pub(crate) async fn stop_all(
    children: impl Iterator<Item = (Pid, Settings)> + Send,
    mut ended: impl FnMut(Ended),
) {
    let mut stopping = Stopping::default();
    for (index, (child, settings)) in children.enumerate() {
        stopping.tell(child, settings);
        if index % PIECE == PIECE - 1 {
            yield_now().await;
        }
    }
    let start = now();
    let mut limit = stopping.next_limit(start);
    while !stopping.waiting.is_empty() {
        match notice_before(limit.as_mut()).await {
            Some(Notice::Down(down)) => {
                let Some((process, settings)) = stopping.take(&down) else {
                    continue;
                };
                // Dead before it was told: the exit that says why is here, or on its way.
                let said = stopping.said.remove(&process);
                let before = down.reason == ExitReason::NoProc;
                let told = match said {
                    None if before => exit_of(process).await.map(|exit| exit.reason),
                    said => said.filter(|_| before),
                };
                ended(Ended {
                    process,
                    settings,
                    reason: told.unwrap_or(down.reason),
                    before,
                });
            }
            // The end of a child, that its monitor tells too, though perhaps not why; or of a
            // stranger.
            Some(Notice::Exit(exit)) => {
                if stopping.waiting.contains(exit.from) {
                    stopping.said.insert(exit.from, exit.reason);
                }
            }
            None => {
                stopping.kill_late().await;
                limit = stopping.next_limit(start);
            }
        }
    }
}

/// The next notice, or `None` when the time is up.
async fn notice_before(limit: Option<&mut Sleep>) -> Option<Notice> {
    let mut notice = next_notice();
    let Some(limit) = limit else {
        return Some(notice.await);
    };
    poll_fn(|cx| {
        if let Poll::Ready(notice) = Pin::new(&mut notice).poll(cx) {
            return Poll::Ready(Some(notice));
        }
        Pin::new(&mut *limit).poll(cx).map(|()| None)
    })
    .await
}

/// Children that have been told to end.
#[derive(Default)]
struct Stopping {
    /// With the number of their settings.
    waiting: PidMap<u32>,
    settings: Vec<Settings>,
    numbers: HashMap<Settings, u32>,
    /// Those of the child that was told last.
    last: Option<(u32, Settings)>,
    /// What the links have told of those that the monitors have not told of yet.
    said: HashMap<Pid, ExitReason>,
    /// How long some of them may take, and no longer.
    limits: BTreeSet<Duration>,
}

impl Stopping {
    fn tell(&mut self, child: Pid, settings: Settings) {
        let _watch = monitor(child);
        let number = self.number_of(settings);
        self.waiting.insert(child, number);
        match settings.shutdown {
            Shutdown::BrutalKill => exit(child, ExitReason::Kill),
            Shutdown::Infinity => exit(child, ExitReason::Shutdown),
            Shutdown::After(limit) => {
                exit(child, ExitReason::Shutdown);
                self.limits.insert(limit);
            }
        }
    }

    /// The number of these settings; most of the time that of the child before.
    fn number_of(&mut self, settings: Settings) -> u32 {
        if let Some((number, last)) = self.last
            && last == settings
        {
            return number;
        }
        let number = *self.numbers.entry(settings).or_insert_with(|| {
            self.settings.push(settings);
            self.settings.len() as u32 - 1
        });
        self.last = Some((number, settings));
        number
    }

    /// The child that has ended, if it is one that is waited for.
    fn take(&mut self, down: &Down) -> Option<(Pid, Settings)> {
        let DownTarget::Process(process) = down.target else {
            return None;
        };
        let number = self.waiting.remove(process)?;
        Some((process, self.settings[number as usize]))
    }

    /// Until the next limit is over.
    fn next_limit(&self, start: Instant) -> Option<Sleep> {
        let limit = *self.limits.first()?;
        Some(sleep_until(start + limit))
    }

    /// The next limit is over: kills those that it was for.
    async fn kill_late(&mut self) {
        let Some(limit) = self.limits.pop_first() else {
            return;
        };
        let is_late =
            |number: u32| self.settings[number as usize].shutdown == Shutdown::After(limit);
        let late = self.waiting.iter().filter(|(_, number)| is_late(**number));
        let late: Vec<Pid> = late.map(|(child, _)| child).collect();
        for some in late.chunks(PIECE) {
            for &child in some {
                exit(child, ExitReason::Kill);
            }
            yield_now().await;
        }
    }
}
