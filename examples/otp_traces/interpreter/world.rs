//! The processes of one scenario: what they are called, and who has died of what.
//!
//! Deaths are reported by the *watcher*, a process outside the scenario. A scripted process has
//! itself watched at the very beginning of its life and goes on only when the watcher's monitor
//! stands, so that no death is missed and none is seen as `noproc`:
//!
//! ```text
//!   scripted process                watcher                    driver
//!      │ enter(name) ──── Watch ──────▶│
//!      │                               │ monitor(process)
//!      │◀──────── watched() ───────────│
//!      │ … dies …                      │
//!      └─────────── DOWN ─────────────▶│ deaths.push
//!                                      │               settle, take_deaths
//! ```
//!
//! The driver looks at the deaths only when all is quiet, hence after every DOWN has arrived.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use regrow::exit::ExitReason;
use regrow::process::{self, AsPid, DownTarget, Inbox, Pid, ProcessRef, Received};
use serde_json::Value;

use super::reason;
use super::value::name_order;

/// What the process that carries out the steps is called.
pub(super) const DRIVER: &str = "driver";

/// The watched processes of a scenario.
#[derive(Debug)]
pub(super) struct World {
    /// Names in both directions, of the dead too.
    names: Mutex<Names>,
    /// Who has died since the driver last looked; written by the watcher.
    deaths: Arc<Mutex<Vec<Death>>>,
    /// The process that monitors all others.
    watcher: ProcessRef<Watch>,
}

/// Which process has which name.
#[derive(Debug, Default)]
struct Names {
    pids: HashMap<String, Pid>,
    names: HashMap<Pid, String>,
}

/// One process's end.
#[derive(Debug)]
struct Death {
    pid: Pid,
    reason: ExitReason,
}

/// Asks the watcher to monitor a process.
struct Watch {
    pid: Pid,
    /// Tells the process that it is watched, in a message of its own type.
    watched: Box<dyn FnOnce() + Send>,
}

impl World {
    /// An empty world whose driver is the calling process.
    pub(super) fn new() -> World {
        let deaths = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&deaths);
        let world = World {
            names: Mutex::default(),
            deaths,
            watcher: process::spawn(move |inbox| watch(inbox, record)),
        };
        world.name(DRIVER, process::self_pid());
        world
    }

    /// Names a new process and has it watched; `watched` is called once it is.
    pub(super) fn enter(
        &self,
        name: &str,
        process: impl AsPid,
        watched: impl FnOnce() + Send + 'static,
    ) {
        let pid = process.as_pid();
        self.name(name, pid);
        self.watcher.send(Watch {
            pid,
            watched: Box::new(watched),
        });
    }

    /// The process of this name, dead or alive.
    pub(super) fn pid(&self, name: &str) -> Option<Pid> {
        lock(&self.names).pids.get(name).copied()
    }

    /// What the process is called; a stranger is `?`, as no scenario names one.
    pub(super) fn name_of(&self, pid: Pid) -> String {
        lock(&self.names)
            .names
            .get(&pid)
            .map_or_else(|| "?".to_owned(), Clone::clone)
    }

    /// The name and the reason of everyone who has died since the last call, in name order.
    pub(super) fn take_deaths(&self) -> Vec<(String, Value)> {
        let deaths = mem::take(&mut *lock(&self.deaths));
        let mut deaths: Vec<_> = deaths
            .into_iter()
            .map(|Death { pid, reason }| (self.name_of(pid), reason::encode(&reason)))
            .collect();
        deaths.sort_by(|(left, _), (right, _)| name_order(left, right));
        deaths
    }

    /// Ends everything but the driver, which waits until it is gone.
    ///
    /// The next scenario on the same schedulers must find neither processes nor registered names.
    pub(super) async fn end(&self) {
        let driver = process::self_pid();
        let pids: Vec<Pid> = lock(&self.names).names.keys().copied().collect();
        for pid in pids.into_iter().filter(|pid| *pid != driver) {
            process::exit(pid, ExitReason::kill());
        }
        process::exit(self.watcher, ExitReason::kill());
        process::settle().await;
    }

    fn name(&self, name: &str, pid: Pid) {
        let mut names = lock(&self.names);
        names.pids.insert(name.to_owned(), pid);
        names.names.insert(pid, name.to_owned());
    }
}

/// The life of the watcher.
async fn watch(mut inbox: Inbox<Watch>, deaths: Arc<Mutex<Vec<Death>>>) -> ! {
    loop {
        match inbox.receive().await {
            Received::Message(Watch { pid, watched }) => {
                // The DOWN is read from the mailbox; the monitor is not waited for.
                let _monitor = process::monitor(pid);
                watched();
            }
            Received::Down(down) => {
                if let DownTarget::Process(pid) = down.target {
                    lock(&deaths).push(Death {
                        pid,
                        reason: down.reason,
                    });
                }
            }
            Received::Exit(_) => {}
        }
    }
}

/// Locks a table; one that a panicking process held is as good as any, for each holds it only to
/// look something up or to put one thing in.
pub(super) fn lock<T>(table: &Mutex<T>) -> MutexGuard<'_, T> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}
