//! Who is told of events.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use parking_lot::RwLock;
use regrow_runtime::gen_server::Recipient;
use regrow_runtime::process::{AsPid, Pid, runtime_of, send};

use super::event::SupervisorEvent;

/// Somebody who is told.
struct Subscriber {
    /// Of this supervisor only.
    of: Option<Pid>,
    recipient: Recipient<Arc<SupervisorEvent>>,
}

static SUBSCRIBERS: RwLock<Vec<Subscriber>> = RwLock::new(Vec::new());
/// How many there are: what a supervisor looks at that nobody listens to.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Sends a process an event for whatever any supervisor of its runtime does from now on: a server with
/// an `#[info]` handler for `Arc<SupervisorEvent>`, or a process written by hand that takes them. It
/// is told until it ends, or is [told no more](no_more_events).
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use std::sync::Arc;
/// use regrow::prelude::*;
/// use regrow::supervisor::{self, Happening, SupervisorEvent};
///
/// let (watcher, end) = spawn_monitor(async |mut inbox: Inbox<Arc<SupervisorEvent>>| {
///     let Received::Message(event) = inbox.receive().await else { panic!() };
///     assert!(matches!(event.happening, Happening::Started { .. }));
/// });
/// supervisor::events(watcher);
/// Supervisor::new(Strategy::OneForOne).child(DynamicSupervisor::new()).start().await?;
/// assert_eq!(end.await.reason, ExitReason::Normal);
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
pub fn events(to: impl Into<Recipient<Arc<SupervisorEvent>>>) {
    subscribe(None, to.into());
}

/// As [`events`], of one supervisor only.
pub fn events_of(supervisor: impl AsPid, to: impl Into<Recipient<Arc<SupervisorEvent>>>) {
    subscribe(Some(supervisor.as_pid()), to.into());
}

/// Tells a process of no more events, of no supervisor. What it was told before stays in its mailbox.
pub fn no_more_events(to: impl AsPid) {
    let to = to.as_pid();
    keep(|subscriber| subscriber.recipient.pid() != to);
}

fn subscribe(of: Option<Pid>, recipient: Recipient<Arc<SupervisorEvent>>) {
    let mut subscribers = SUBSCRIBERS.write();
    subscribers.push(Subscriber { of, recipient });
    COUNT.store(subscribers.len(), Relaxed);
}

fn keep(wanted: impl FnMut(&Subscriber) -> bool) {
    let mut subscribers = SUBSCRIBERS.write();
    subscribers.retain(wanted);
    COUNT.store(subscribers.len(), Relaxed);
}

/// Tells everyone who asked. The event is made only if somebody did.
pub(crate) fn tell(supervisor: Pid, event: impl FnOnce() -> SupervisorEvent) {
    if COUNT.load(Relaxed) == 0 {
        return;
    }
    let here = runtime_of(supervisor);
    let event = Arc::new(event());
    let mut has_ended = false;
    for subscriber in SUBSCRIBERS.read().iter() {
        let there = runtime_of(subscriber.recipient);
        has_ended |= there.is_none();
        if there == here && subscriber.of.is_none_or(|of| of == supervisor) {
            send(subscriber.recipient, Arc::clone(&event));
        }
    }
    if has_ended {
        keep(|subscriber| runtime_of(subscriber.recipient).is_some());
    }
}
