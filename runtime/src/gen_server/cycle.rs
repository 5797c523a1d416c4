//! Who waits for whom, so that a cycle of calls is an error and not a hang.
//!
//! A server whose handler waits for a call takes no message meanwhile. If the server that it calls
//! comes to call it in turn, directly or through others, none of them can ever go on. So each call
//! that a handler has waited for too long is written down here, and whoever writes one down looks
//! whether that closes a cycle. All of this is done under one lock, so the last call of a cycle to
//! be written down finds it, and only that one fails: the others go on as soon as its handler does.
//!
//! Most calls are over long before. What they pay is a look at one flag of the caller, and servers
//! a deadline beside the one that they have anyway.
//!
//! # What is a wait
//!
//! What is written down holds only while it is true. The reply wakes the caller through [`Edge`],
//! which notes it before anything else; from then on the edge counts no more, even if the caller has
//! not run yet. The same is so when the handler of the request hands the reply over to whoever has
//! its [`ReplyTo`](super::ReplyTo): from then on the caller waits for somebody of whom nothing is
//! known, and a cycle through such a wait ends by a timeout. (A handler that gives its
//! [`ReplyTo`](super::ReplyTo) away and then waits for a call itself has not handed the reply over
//! yet: nobody can tell whether the handle has left it.) A caller that goes away takes what it
//! has written down with it.
//!
//! # Evidence
//!
//! `cycle_tests.rs`, and `tests/it/server/cycle.rs` under many seeds and on real schedulers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Release},
};
use std::task::{Context as Waking, Wake, Waker};
use std::time::Duration;

use parking_lot::Mutex;

use crate::cell::{LocalPid, waker};
use crate::process::deadline::Limit;
use crate::process::{Pid, flag};

/// How long a handler waits for a call before it is written down.
const SUSPICIOUS: Duration = Duration::from_millis(10);

/// Calls that handlers wait for, by who waits.
static WAITS: Mutex<BTreeMap<LocalPid, Vec<Arc<Edge>>>> = Mutex::new(BTreeMap::new());

/// One process waits for a call to another. It is woken through this.
pub(super) struct Edge {
    from: LocalPid,
    to: LocalPid,
    /// It does not wait any more.
    over: AtomicBool,
    waker: Waker,
}

impl Wake for Edge {
    fn wake(self: Arc<Self>) {
        // Release: whoever sees it sees what was done before.
        self.over.store(true, Release);
        self.waker.wake_by_ref();
    }
}

impl Edge {
    fn counts(&self) -> bool {
        !self.over.load(Acquire)
    }
}

/// What is known of one call's wait.
#[derive(Default)]
pub(super) enum Watch {
    /// It has not begun.
    #[default]
    New,
    /// The caller is no server, which nobody calls, or the wait is for nobody in particular.
    Off,
    /// It is written down when this is up.
    Suspects(Limit),
    /// It is written down.
    Waits(Wait),
}

/// An edge that is written down, for as long as this is there.
pub(super) struct Wait(Arc<Edge>);

impl Drop for Wait {
    fn drop(&mut self) {
        let mut waits = WAITS.lock();
        let from = self.0.from;
        if let Some(edges) = waits.get_mut(&from) {
            edges.retain(|edge| !Arc::ptr_eq(edge, &self.0));
            if edges.is_empty() {
                waits.remove(&from);
            }
        }
    }
}

impl Watch {
    /// The process that runs is about to wait. Gives an edge if that has taken too long: the wait is
    /// to be by the edge's waker, and then [written down](Watch::write_down). Whatever was written
    /// down before is not any more.
    #[inline]
    pub(super) fn look(&mut self, to: LocalPid, cx: &Waking<'_>) -> Option<Arc<Edge>> {
        match self {
            Watch::Off => return None,
            Watch::New if !is_server() => {
                self.forget();
                return None;
            }
            _ => {}
        }
        self.look_closely(to, cx)
    }

    #[cold]
    fn look_closely(&mut self, to: LocalPid, cx: &Waking<'_>) -> Option<Arc<Edge>> {
        let edge = crate::cell::with_current(|running| {
            let is_own = waker::pid_of(cx.waker()) == Some(running.pid());
            let limit = match std::mem::take(self) {
                Watch::Waits(wait) => {
                    drop(wait);
                    Limit::Zero
                }
                // What polls only what was woken would not come back in time.
                Watch::New if !is_own => Limit::Zero,
                Watch::New => Limit::after(SUSPICIOUS),
                Watch::Suspects(limit) => limit,
                Watch::Off => unreachable!("this is not looked at again"),
            };
            let from = running.pid();
            let is_up = limit.is_up(running);
            (from, is_up, limit)
        });
        let Some((from, is_up, limit)) = edge else {
            // It was taken to a thread that is no process's.
            self.forget();
            return None;
        };
        *self = Watch::Suspects(limit);
        is_up.then(|| {
            Arc::new(Edge {
                from,
                to,
                over: AtomicBool::new(false),
                waker: cx.waker().clone(),
            })
        })
    }

    /// This wait closes no cycle: nobody in particular is waited for, or the one who waits is not called.
    pub(super) fn forget(&mut self) {
        *self = Watch::Off;
    }

    /// Writes a wait down.
    ///
    /// # Errors
    ///
    /// It closes a cycle. These are those who wait, the one that runs first.
    pub(super) fn write_down(&mut self, edge: Arc<Edge>) -> Result<(), Vec<Pid>> {
        let mut waits = WAITS.lock();
        if let Some(path) = path(&waits, edge.from, edge.to) {
            return Err(path);
        }
        waits.entry(edge.from).or_default().push(Arc::clone(&edge));
        drop(waits);
        *self = Watch::Waits(Wait(edge));
        Ok(())
    }
}

/// Whether the process that runs is a server.
#[inline]
fn is_server() -> bool {
    crate::cell::with_current(|running| running.flag(flag::REPORTED)) == Some(true)
}

/// The way from `to` to `from` by who waits for whom, `from` first, if there is one.
fn path(
    waits: &BTreeMap<LocalPid, Vec<Arc<Edge>>>,
    from: LocalPid,
    to: LocalPid,
) -> Option<Vec<Pid>> {
    // Who is reached, and from where in this list; the first is from nowhere.
    let mut reached = vec![(to, 0)];
    let mut at = 0;
    while let Some(&(pid, _)) = reached.get(at) {
        let edges = waits.get(&pid).into_iter().flatten();
        for edge in edges.filter(|edge| edge.counts()) {
            if edge.to == from {
                return Some(retrace(&reached, at, from));
            }
            if reached.iter().all(|&(known, _)| known != edge.to) {
                reached.push((edge.to, at));
            }
        }
        at += 1;
    }
    None
}

fn retrace(reached: &[(LocalPid, usize)], mut at: usize, from: LocalPid) -> Vec<Pid> {
    let mut path = vec![Pid::of(reached[at].0)];
    while at != 0 {
        at = reached[at].1;
        path.push(Pid::of(reached[at].0));
    }
    path.push(Pid::of(from));
    path.reverse();
    path
}

#[cfg(test)]
#[path = "cycle_tests.rs"]
mod tests;
