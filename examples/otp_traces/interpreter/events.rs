//! The callbacks that ran during a step.

use std::mem;
use std::sync::Mutex;

use serde_json::Value;

use super::value::name_order;
use super::world::lock;

/// What the servers of a scenario have written down of themselves, in the order of occurrence.
///
/// An event is an array that begins with the name of its server.
#[derive(Debug, Default)]
pub(super) struct Events(Mutex<Vec<Value>>);

impl Events {
    /// Writes an event down.
    pub(super) fn log(&self, event: Value) {
        lock(&self.0).push(event);
    }

    /// The events since the last call, server by server in name order (rule 2 of the trace format,
    /// section 5): between servers OTP promises no order.
    pub(super) fn take(&self) -> Vec<Value> {
        let mut events = mem::take(&mut *lock(&self.0));
        events.sort_by(|left, right| name_order(server(left), server(right)));
        events
    }
}

fn server(event: &Value) -> &str {
    event[0].as_str().unwrap_or_default()
}
