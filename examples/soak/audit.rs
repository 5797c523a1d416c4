//! The quiet phase: what must be as it was, once nobody does anything any more.

use std::fs;

use regrow::Handle;
use regrow::prelude::*;
use regrow::process::{registered, settle};
use regrow::supervisor::ChildProcess;
use regrow::time::{now, sleep, timeout};

use crate::HANGS_AFTER;
use crate::account::Account;
use crate::tree::{GROUP_COUNT, GROUPS, NAMES, WORKERS};
use crate::watcher::Watcher;

/// After this many rounds the allocator has seen what a storm needs.
const ROUNDS_UNTIL_SETTLED: u64 = 5;
/// How much more than then may be in use: half as much again, and this.
const BYTES_MORE: u64 = 64 << 20;

/// How it was before the first storm.
#[derive(Debug)]
pub(crate) struct Baseline {
    workers: u64,
    processes: u64,
    names: usize,
    files: Option<usize>,
}

impl Baseline {
    /// Counts everything.
    pub(crate) async fn measure(workers: u64) -> Result<Baseline, String> {
        come_to_rest().await?;
        Ok(Baseline {
            workers,
            processes: Handle::current().process_count(),
            names: registered().len(),
            files: open_files(),
        })
    }

    /// Counts everything again, and compares.
    pub(crate) async fn has_returned(
        &mut self,
        account: &Account,
        watchers: &[ServerRef<Watcher>],
    ) -> Result<(), String> {
        come_to_rest().await?;
        account.violation()?;
        until("processes", self.processes, || {
            Handle::current().process_count()
        })
        .await?;
        until("names", self.names, || registered().len()).await?;
        until("keys of the registry", self.workers as usize, || {
            NAMES.count()
        })
        .await?;
        until("members of groups", self.workers as usize, || {
            (0..GROUP_COUNT).map(|group| GROUPS.count(&group)).sum()
        })
        .await?;
        until("open files", self.files, open_files).await?;
        self.children().await?;
        self.calls_timers_and_monitors(account, watchers).await?;
        bytes_have_returned(account)?;
        account.violation()
    }

    /// Every child runs, and each is the process that its name leads to.
    async fn children(&self) -> Result<(), String> {
        let children = WORKERS.which_children().await.map_err(|error| {
            format!("the supervisor does not say who its children are: {error}")
        })?;
        for child in &children {
            let ChildProcess::Running(pid) = child.process else {
                return Err(format!("a child is not running: {child:?}"));
            };
            if NAMES.keys(pid).len() != 1 {
                return Err(format!(
                    "the child {pid} has not one name, but {:?}",
                    NAMES.keys(pid)
                ));
            }
        }
        equal("children", self.workers as usize, children.len())
    }

    async fn calls_timers_and_monitors(
        &self,
        account: &Account,
        watchers: &[ServerRef<Watcher>],
    ) -> Result<(), String> {
        equal(
            "calls that have ended",
            account.calls.get(),
            account.calls_ended(),
        )?;
        equal(
            "timers that have fired or were cancelled",
            account.timers.get(),
            account.fired.get() + account.cancelled.get(),
        )?;
        let mut set = 0;
        for watcher in watchers {
            let broken = |error| format!("a watcher does not answer: {error}");
            let missing = watcher.missing().await.map_err(broken)?;
            equal("monitors that should have fired", 0, missing)?;
            set += watcher.set().await.map_err(broken)? as u64;
        }
        equal(
            "monitors that are set, have fired or were taken away",
            account.monitors.get(),
            set + account.downs.get() + account.demonitored.get(),
        )
    }
}

/// Waits until nobody has anything to do.
async fn come_to_rest() -> Result<(), String> {
    timeout(HANGS_AFTER, settle())
        .await
        .map_err(|_| "something never comes to rest".to_owned())
}

/// Waits until a count is what it must be: sockets and timers are nobody's to do, and take a while.
pub(crate) async fn until<T: Copy + PartialEq + std::fmt::Debug>(
    what: &str,
    wanted: T,
    count: impl Fn() -> T,
) -> Result<(), String> {
    let began = now();
    while count() != wanted {
        if began.elapsed() > HANGS_AFTER {
            return equal(what, wanted, count());
        }
        sleep(millis(2)).await;
    }
    Ok(())
}

fn equal<T: Copy + PartialEq + std::fmt::Debug>(
    what: &str,
    wanted: T,
    is: T,
) -> Result<(), String> {
    if is == wanted {
        Ok(())
    } else {
        Err(format!("{what}: {is:?} instead of {wanted:?}"))
    }
}

/// What is in use stays what it was after the first rounds. An allocator keeps what it once had, so
/// this finds what grows from round to round, and nothing smaller.
fn bytes_have_returned(account: &Account) -> Result<(), String> {
    let Some(bytes) = resident() else {
        return Ok(());
    };
    account.bytes.set(bytes);
    if account.rounds.get() <= ROUNDS_UNTIL_SETTLED {
        account.bytes_settled.set(bytes);
    }
    let settled = account.bytes_settled.get();
    if bytes > settled + settled / 2 + BYTES_MORE {
        return Err(format!(
            "{bytes} bytes are in use, and {settled} were after the first rounds"
        ));
    }
    Ok(())
}

/// The memory of the whole program, where the system says so.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Open files, sockets among them, where the system says so.
fn open_files() -> Option<usize> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count())
}
