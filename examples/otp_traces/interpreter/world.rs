//! The processes of one scenario: what they are called, and who has died of what.
//!
//! Deaths are reported by the *watcher*, a server outside the scenario. A scripted process has
//! itself watched at the very beginning of its life and goes on only when the watcher's monitor
//! stands, so that no death is missed and none is seen as `noproc`:
//!
//! ```text
//!   scripted process                watcher                    driver
//!      │ enter(name) ──── watch ──────▶│
//!      │                               │ monitor(process)
//!      │◀────────── reply ─────────────│
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
use regrow::gen_server;
use regrow::process::{self, Down, DownTarget, Pid};
use regrow::reference::ServerRef;
use serde_json::Value;

use super::reason;
use super::value::name_order;

/// What the process that carries out the steps is called.
pub(super) const DRIVER: &str = "driver";

/// The watched processes of a scenario.
#[derive(Debug)]
pub(super) struct World {
    record: Arc<Record>,
    /// The process that monitors all others, and writes the record.
    watcher: ServerRef<Watcher>,
}

/// What is known of the processes.
#[derive(Debug, Default)]
struct Record {
    /// Names in both directions, of the dead too.
    names: Mutex<Names>,
    /// Who has died since the driver last looked.
    deaths: Mutex<Vec<Death>>,
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

impl World {
    /// An empty world whose driver is the calling process.
    pub(super) async fn new() -> World {
        let record = Arc::new(Record::default());
        record.name(DRIVER, process::self_pid());
        let watcher = Watcher::start(Arc::clone(&record)).await;
        World {
            record,
            watcher: watcher.expect("nothing in the watcher's start can fail"),
        }
    }

    /// Names a new process and has it watched, from before this returns.
    pub(super) async fn enter(&self, name: &str, process: Pid) {
        let watched = self.watcher.watch(name.to_owned(), process).no_timeout();
        watched.await.expect("the watcher outlives the scenario");
    }

    /// Names a process whose death is of no interest yet.
    pub(super) fn name(&self, name: &str, process: Pid) {
        self.record.name(name, process);
    }

    /// The process of this name, dead or alive.
    pub(super) fn pid(&self, name: &str) -> Option<Pid> {
        lock(&self.record.names).pids.get(name).copied()
    }

    /// What the process is called; a stranger is `?`, as no scenario names one.
    pub(super) fn name_of(&self, pid: Pid) -> String {
        lock(&self.record.names)
            .names
            .get(&pid)
            .map_or_else(|| "?".to_owned(), Clone::clone)
    }

    /// The name and the reason of everyone who has died since the last call, in name order.
    pub(super) fn take_deaths(&self) -> Vec<(String, Value)> {
        let deaths = mem::take(&mut *lock(&self.record.deaths));
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
        let pids: Vec<Pid> = lock(&self.record.names).names.keys().copied().collect();
        for pid in pids.into_iter().filter(|pid| *pid != driver) {
            process::exit(pid, ExitReason::kill());
        }
        process::exit(self.watcher, ExitReason::kill());
        process::settle().await;
    }
}

impl Record {
    fn name(&self, name: &str, pid: Pid) {
        let mut names = lock(&self.names);
        names.pids.insert(name.to_owned(), pid);
        names.names.insert(pid, name.to_owned());
    }
}

/// See the module's head.
#[derive(Debug)]
struct Watcher {
    record: Arc<Record>,
}

#[gen_server]
impl Watcher {
    #[init]
    fn new(record: Arc<Record>) -> Self {
        Watcher { record }
    }

    #[call]
    fn watch(&self, name: String, process: Pid) {
        self.record.name(&name, process);
        // The DOWN comes to the handler; the monitor is not waited for.
        let _monitor = process::monitor(process);
    }

    #[down]
    fn note(&self, down: Down) {
        if let DownTarget::Process(pid) = down.target {
            lock(&self.record.deaths).push(Death {
                pid,
                reason: down.reason,
            });
        }
    }
}

/// Locks a table; one that a panicking process held is as good as any, for each holds it only to
/// look something up or to put one thing in.
pub(super) fn lock<T>(table: &Mutex<T>) -> MutexGuard<'_, T> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}
