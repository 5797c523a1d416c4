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

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use indexmap::IndexMap;
use regrow_runtime::gen_server::Shutdown;
use regrow_runtime::process::{
    Down, ExitReason, Monitor, Notice, Pid, exit, exit_of, monitor, next_notice, yield_now,
};
use regrow_runtime::time::{Instant, now, timeout};

/// Children that are told to end, or forgotten, before others have their turn.
pub(crate) const PIECE: usize = 512;

/// Stops a child. Returns why it ended.
pub(crate) async fn stop(child: Pid, shutdown: Shutdown) -> ExitReason {
    stop_for(child, shutdown, ExitReason::Shutdown).await
}

/// As [`stop`], asking for it with this reason.
pub(crate) async fn stop_for(child: Pid, shutdown: Shutdown, reason: ExitReason) -> ExitReason {
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
    exit_of(child).await.map_or(down.reason, |exit| exit.reason)
}

async fn kill(child: Pid, watch: Monitor) -> Down {
    exit(child, ExitReason::Kill);
    watch.await
}

/// Stops children at the same time, so that it takes as long as the slowest of them, and shows each
/// one's end as it comes. There is one timer for all children with the same limit; the limits begin
/// when all have been told.
pub(crate) async fn stop_all(
    children: impl IntoIterator<Item = (Pid, Shutdown)>,
    mut ended: impl FnMut(Pid, &ExitReason),
) {
    let mut stopping = Stopping::default();
    for (index, (child, shutdown)) in children.into_iter().enumerate() {
        stopping.tell(child, shutdown);
        if index % PIECE == PIECE - 1 {
            yield_now().await;
        }
    }
    let start = now();
    while !stopping.waiting.is_empty() {
        match stopping.next_notice(start).await {
            Some(Notice::Down(down)) => {
                let Some(child) = stopping.waiting.swap_remove(&down.monitor) else {
                    continue;
                };
                // Dead before it was told: the exit that says why is here, or on its way.
                let said = stopping.said.remove(&child);
                let told = match down.reason {
                    ExitReason::NoProc if said.is_some() => said,
                    ExitReason::NoProc => exit_of(child).await.map(|exit| exit.reason),
                    _ => None,
                };
                ended(child, &told.unwrap_or(down.reason));
            }
            // The end of a child, that its monitor tells too, though perhaps not why; or of a
            // stranger.
            Some(Notice::Exit(exit)) => {
                stopping.said.insert(exit.from, exit.reason);
            }
            None => stopping.kill_late(),
        }
    }
}

/// Children that have been told to end.
#[derive(Default)]
struct Stopping {
    waiting: IndexMap<Monitor, Pid, foldhash::fast::FixedState>,
    /// What the links have told of those that the monitors have not told of yet.
    said: HashMap<Pid, ExitReason>,
    /// Those that may take so long and no longer.
    limited: BTreeMap<Duration, Vec<(Monitor, Pid)>>,
}

impl Stopping {
    fn tell(&mut self, child: Pid, shutdown: Shutdown) {
        let watch = monitor(child);
        self.waiting.insert(watch, child);
        match shutdown {
            Shutdown::BrutalKill => exit(child, ExitReason::Kill),
            Shutdown::Infinity => exit(child, ExitReason::Shutdown),
            Shutdown::After(limit) => {
                exit(child, ExitReason::Shutdown);
                self.limited.entry(limit).or_default().push((watch, child));
            }
        }
    }

    /// The next notice, or `None` when the next limit is over.
    async fn next_notice(&self, start: Instant) -> Option<Notice> {
        match self.limited.keys().next() {
            None => Some(next_notice().await),
            Some(&limit) => {
                let left = (start + limit).duration_since(now());
                timeout(left, next_notice()).await.ok()
            }
        }
    }

    /// The next limit is over: kills those that it was for.
    fn kill_late(&mut self) {
        let Some((_, late)) = self.limited.pop_first() else {
            return;
        };
        for (watch, child) in late {
            if self.waiting.contains_key(&watch) {
                exit(child, ExitReason::Kill);
            }
        }
    }
}
