//! The watchers: each monitor is in their books until it has fired, once, or was taken away.

use std::collections::HashMap;
use std::sync::Arc;

use regrow::prelude::*;
use regrow::process::{Monitor, demonitor_flush, has_ended};

use crate::account::Account;
use crate::tree::NAMES;

/// See the module's head.
pub(crate) struct Watcher {
    account: Arc<Account>,
    watched: HashMap<Monitor, Pid>,
}

#[gen_server]
impl Watcher {
    #[init]
    fn new(account: Arc<Account>) -> Self {
        Watcher {
            account,
            watched: HashMap::new(),
        }
    }

    /// Monitors a worker, once more if it does already.
    #[cast]
    fn watch(&mut self, number: u64) {
        if let Some(worker) = NAMES.lookup(&number) {
            self.account.monitors.add(1);
            self.watched.insert(monitor(worker), worker);
        }
    }

    /// Takes a monitor away. It may have fired, with the notice still in the mailbox.
    #[cast]
    fn unwatch(&mut self) {
        let any = self.watched.keys().next().copied();
        if let Some(watch) = any {
            self.watched.remove(&watch);
            demonitor_flush(watch);
            self.account.demonitored.add(1);
        }
    }

    #[down]
    fn ended(&mut self, down: Down) {
        match self.watched.remove(&down.monitor) {
            None => (self.account).violate(format!("a monitor fired that was not set: {down:?}")),
            Some(pid) if !has_ended(pid) => {
                (self.account).violate(format!("{pid} lives, and its monitor has fired"));
            }
            Some(_) => self.account.downs.add(1),
        }
    }

    /// Monitors of processes that have ended and that have not fired.
    #[call]
    fn missing(&self) -> usize {
        let ended = self.watched.values().filter(|pid| has_ended(**pid));
        ended.count()
    }

    /// Monitors that are set.
    #[call]
    fn set(&self) -> usize {
        self.watched.len()
    }
}
