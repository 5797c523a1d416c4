//! Exits that travel a chain of links, by the way that the last process of it ends.

use std::future::Future;
use std::pin::Pin;

use regrow::process::{
    Exit, ExitReason, Inbox, Pid, ProcessRef, Received, exit, exit_self, spawn_link,
};

use crate::support::{forever, in_process, simulated};

fn oops() -> ExitReason {
    ExitReason::atom("oops")
}

/// How the last process of a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Somebody outside kills it.
    IsKilled,
    /// It sends itself a kill.
    KillsItself,
    /// It ends with the reason of a kill.
    ExitsWithKill,
    /// It ends with a reason of its own.
    ExitsWithOops,
}

/// A process that is linked to another one, and that to another one, so many in all.
fn chained(
    inbox: Inbox<()>,
    length: usize,
    last: Last,
    tester: ProcessRef<Pid>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        if length > 1 {
            spawn_link(move |inbox| chained(inbox, length - 1, last, tester));
        } else {
            match last {
                Last::IsKilled => tester.send(inbox.pid()),
                Last::KillsItself => exit(&inbox, ExitReason::Kill),
                Last::ExitsWithKill => exit_self(ExitReason::Kill),
                Last::ExitsWithOops => exit_self(oops()),
            }
        }
        forever(inbox).await;
    })
}

/// The reason that the first process of a chain ends with, for chains of several lengths.
fn chains_end_with(last: Last, wanted: &ExitReason) {
    for length in [1, 2, 9, 10] {
        let wanted = wanted.clone();
        simulated(in_process(async move |mut inbox: Inbox<Pid>| {
            inbox.trap_exit(true);
            let tester = inbox.this();
            let first = spawn_link(move |inbox| chained(inbox, length, last, tester));
            if last == Last::IsKilled {
                let last = inbox.select(|_| true).await;
                exit(last, ExitReason::Kill);
            }
            let wanted = Exit {
                from: first.pid(),
                reason: wanted,
            };
            assert_eq!(inbox.receive().await, Received::Exit(wanted));
        }));
    }
}

#[test]
fn proc_019_killed_travels_a_chain_of_links() {
    chains_end_with(Last::IsKilled, &ExitReason::Killed);
}

#[test]
fn proc_020_killed_by_oneself_travels_a_chain_of_links() {
    chains_end_with(Last::KillsItself, &ExitReason::Killed);
}

#[test]
fn proc_021_kill_as_a_plain_reason_travels_a_chain_of_links() {
    chains_end_with(Last::ExitsWithKill, &ExitReason::Kill);
}

#[test]
fn proc_034_a_reason_passes_through_a_chain_of_links() {
    chains_end_with(Last::ExitsWithOops, &oops());
}
