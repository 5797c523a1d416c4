//! Where events come from.

use std::borrow::Cow;
use std::fmt;

use super::statem::GenStatem;

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

/// The timeout of this name.
impl From<&'static str> for Timeout {
    fn from(name: &'static str) -> Timeout {
        Timeout::named(name)
    }
}

/// The timeout of this name.
impl From<String> for Timeout {
    fn from(name: String) -> Timeout {
        Timeout::named(name)
    }
}

impl From<Timeout> for EventType {
    fn from(timeout: Timeout) -> EventType {
        EventType::Timeout(timeout)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EventType::Call => f.write_str("a call"),
            EventType::Cast => f.write_str("a cast"),
            EventType::Info => f.write_str("a plain message"),
            EventType::Internal => f.write_str("an internal event"),
            EventType::Timeout(Timeout::Event) => f.write_str("the event timeout"),
            EventType::Timeout(Timeout::State) => f.write_str("the state's timeout"),
            EventType::Timeout(Timeout::Named(name)) => write!(f, "the timeout {name:?}"),
        }
    }
}

/// How an event comes, as the attribute of its handler says.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// As a call.
    Call,
    /// As a cast.
    Cast,
    /// As a plain message, the notice of a monitor, or an exit signal.
    Info,
    /// From the machine itself.
    Internal,
    /// By the timeout for the next event.
    EventTimeout,
    /// By the timeout of the state.
    StateTimeout,
    /// By the timeout of this name, or of any.
    Timeout(Option<&'static str>),
}

impl Way {
    fn allows(self, kind: &EventType) -> bool {
        match kind {
            EventType::Call => self == Way::Call,
            EventType::Cast => self == Way::Cast,
            EventType::Info => self == Way::Info,
            EventType::Internal => self == Way::Internal,
            EventType::Timeout(Timeout::Event) => self == Way::EventTimeout,
            EventType::Timeout(Timeout::State) => self == Way::StateTimeout,
            EventType::Timeout(Timeout::Named(name)) => match self {
                Way::Timeout(only) => only.is_none_or(|only| only == name),
                _ => false,
            },
        }
    }

    /// Refuses an event that is to come in another way than its handler was written for. Said where
    /// the event is given, for when it comes nobody knows any more who gave it.
    #[track_caller]
    pub(super) fn check<M: GenStatem>(kind: &EventType, event: &M::Event) {
        if let Some((handler, way)) = M::way(event)
            && !way.allows(kind)
        {
            panic!("`{handler}` is for {way}: its event cannot come as {kind}");
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Way::Call => "calls",
            Way::Cast => "casts",
            Way::Info => "plain messages",
            Way::Internal => "internal events",
            Way::EventTimeout => "the event timeout",
            Way::StateTimeout => "the state's timeout",
            Way::Timeout(None) => "timeouts with a name",
            Way::Timeout(Some(name)) => return write!(f, "the timeout {name:?}"),
        })
    }
}
