//! What processes hold is dropped with them: crowds made and killed at random, on real schedulers.
//!
//! Everything that a process of the crowd has, captures or is sent is a [`Held`], and those are
//! counted. Processes come and go on both schedulers while others link to them, watch them, name
//! them, set timers for them and kill them. When all have ended nothing may be left, neither of theirs
//! nor of the runtime's.
//!
//! A hundred thousand processes in the ordinary test; `REGROW_CROWD=1000000` makes it a million.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use regrow::Handle;
use regrow::process::{
    ExitReason, Inbox, ProcessRef, SpawnOptions, exit, link, monitor, process_info, processes,
    register, registered, self_pid, settle, spawn_monitor, spawn_with, yield_now,
};
use regrow::time::{secs, send_after};

use crate::support::{Dice, real};

/// Processes that live at once in each crowd.
const CROWD: usize = 200;
/// Processes that make crowds.
const MAKERS: u64 = 4;

/// A value that is counted while it lives.
#[derive(Debug)]
struct Held(Arc<AtomicI64>);

impl Held {
    fn new(count: &Arc<AtomicI64>) -> Held {
        count.fetch_add(1, SeqCst);
        Held(Arc::clone(count))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// The body of one in the crowd: keeps what it is sent, and ends in one way or the other.
async fn holds(mut inbox: Inbox<Held>, own: Held, mut dice: Dice) -> ExitReason {
    // Its own timers go with it. One is never due, and one may be.
    for delay in [secs(1_000_000), dice.pause()] {
        let message = Held::new(&own.0);
        drop(send_after(delay, inbox.this(), message));
    }
    let mut kept = vec![own];
    for _ in 0..dice.roll(4) {
        kept.extend(inbox.try_receive().map(|received| match received {
            regrow::process::Received::Message(held) => held,
            other => panic!("nothing else comes to one that does not trap: {other:?}"),
        }));
        yield_now().await;
    }
    match dice.roll(4) {
        0 => ExitReason::Normal,
        1 => ExitReason::atom("had enough"),
        _ => keeps(inbox, kept).await,
    }
}

/// Keeps what it is sent until it is killed.
async fn keeps(mut inbox: Inbox<Held>, mut kept: Vec<Held>) -> ! {
    loop {
        kept.push(inbox.select(|_| true).await);
    }
}

/// Does something to one of the crowd, or to two.
fn disturb(dice: &mut Dice, count: &Arc<AtomicI64>, crowd: &[ProcessRef<Held>]) {
    let one = crowd[dice.roll(crowd.len() as u64) as usize];
    match dice.roll(7) {
        0 | 1 => one.send(Held::new(count)),
        2 | 3 => drop(register(format!("name {}", dice.roll(50)), one)),
        4 => exit(one, ExitReason::Kill),
        5 => exit(one, ExitReason::atom("told to")),
        _ => {
            let other = crowd[dice.roll(crowd.len() as u64) as usize];
            // Links the two, watches one by the other, and ends.
            let options = SpawnOptions::new();
            drop(spawn_with(options, async move |_: Inbox<()>| {
                let _linked = (link(one), link(other));
                let _watch = monitor(other);
                yield_now().await;
                ExitReason::atom("let go")
            }));
        }
    }
}

/// Makes so many processes, a crowd at a time, and kills whoever is left of each.
async fn maker(run: u64, processes: usize, count: Arc<AtomicI64>) {
    let mut dice = Dice::new(1, run);
    for crowd in 0..processes / CROWD {
        let crowd: Vec<ProcessRef<Held>> = (0..CROWD)
            .map(|who| {
                let own = Held::new(&count);
                let chance = Dice::new(run, (crowd * CROWD + who) as u64);
                let spawned = spawn_with(SpawnOptions::new(), async move |inbox| {
                    holds(inbox, own, chance).await
                });
                spawned.unwrap().process
            })
            .collect();
        for _ in 0..CROWD {
            disturb(&mut dice, &count, &crowd);
            if dice.roll(20) == 0 {
                yield_now().await;
            }
        }
        for process in crowd {
            exit(process, ExitReason::Kill);
        }
    }
}

// R-DROP-1.
#[test]
fn nothing_is_left_of_a_hundred_thousand_processes_that_were_killed_at_random() {
    let asked = std::env::var("REGROW_CROWD").ok();
    let processes_max = asked.map_or(100_000, |asked| asked.parse().unwrap());
    real(2, async move {
        let count = Arc::new(AtomicI64::new(0));
        let alive = || {
            let stats = Handle::current().stats();
            stats.spawned - stats.ended
        };
        let before = alive();
        let makers: Vec<_> = (0..MAKERS)
            .map(|run| {
                let count = Arc::clone(&count);
                let share = processes_max / MAKERS as usize;
                spawn_monitor(async move |_: Inbox<()>| maker(run, share, count).await)
            })
            .collect();
        for (_, end) in makers {
            assert_eq!(end.await.reason, ExitReason::Normal);
        }
        settle().await;
        assert_eq!(count.load(SeqCst), 0, "values are left");
        assert_eq!(alive(), before, "processes are left");
        assert_eq!(processes(), [self_pid()]);
        assert_eq!(registered(), [""; 0]);
        let own = process_info(self_pid()).await.unwrap();
        assert_eq!((own.message_queue_len, own.monitors.len()), (0, 0));
        assert!(Handle::current().stats().spawned >= processes_max as u64);
    });
}
