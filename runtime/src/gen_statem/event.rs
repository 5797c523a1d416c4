//! Where events come from.

use std::borrow::Cow;

/// Where an event comes from.
///
/// # In OTP
///
/// [`event_type()`](https://www.erlang.org/doc/apps/stdlib/gen_statem#t:event_type/0).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventType {
    /// A call. The event has the [`ReplyTo`](crate::gen_server::ReplyTo) in it.
    Call,
    /// A cast.
    Cast,
    /// A plain message, the notice of a monitor, or an exit signal.
    Info,
    /// The machine itself.
    Internal,
    /// A timeout that the machine has set.
    Timeout(Timeout),
}

/// One of a machine's timeouts. There is at most one of each at a time: setting it again takes the
/// place of the one that runs.
///
/// # In OTP
///
/// [`timeout_event_type()`](https://www.erlang.org/doc/apps/stdlib/gen_statem#t:timeout_event_type/0).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Timeout {
    /// Runs until the next event, whichever that is.
    Event,
    /// Runs until the state changes.
    State,
    /// Runs until it is cancelled, through all states. There may be any number of these, by name.
    Named(Cow<'static, str>),
}

impl Timeout {
    /// The timeout of this name.
    ///
    /// # In OTP
    ///
    /// `{timeout, Name}`.
    pub fn named(name: impl Into<Cow<'static, str>>) -> Timeout {
        Timeout::Named(name.into())
    }
}

impl From<Timeout> for EventType {
    fn from(timeout: Timeout) -> EventType {
        EventType::Timeout(timeout)
    }
}
