//! What the user wrote, as plain data.
//!
//! The stages meet here and nowhere else: `parse` fills these structs, `validate` looks at them,
//! `expand` prints them. Types and expressions stay `syn`'s, for they are only passed on; whatever
//! a decision hangs on (which kind of handler, which argument is the context, what a caller gets)
//! is an enum or a field of our own. Nothing in here is a token stream, so an expansion is a
//! function of values that a test can build.

mod entry;
mod protocol;
mod server;
mod statem;
mod supervisor;
mod worker;

use std::time::Duration;

use syn::Attribute;

pub(crate) use self::entry::{Entry, EntryOptions, MainOptions, TestOptions};
pub(crate) use self::protocol::Protocol;
pub(crate) use self::server::{
    Behaviour, Handler, Kind, Param, Reply, ReplyShape, Role, Server, ServerOptions, Warning,
};
pub(crate) use self::statem::{Event, Place, Statem, States};
pub(crate) use self::supervisor::{
    Argument, AutoShutdown, Child, ChildKind, ChildOptions, Setting, Strategy, Supervisor,
    SupervisorOptions,
};

pub(crate) use self::worker::{Worker, WorkerOptions};

/// When a child is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restart {
    Permanent,
    Transient,
    Temporary,
}

impl Restart {
    /// The words for it in an attribute.
    pub(crate) const WORDS: [(&str, Self); 3] = [
        ("permanent", Restart::Permanent),
        ("transient", Restart::Transient),
        ("temporary", Restart::Temporary),
    ];
}

/// What a full mailbox does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailboxPolicy {
    Wait,
    Refuse,
    DropNewest,
    DropOldest,
}

impl MailboxPolicy {
    /// The words for it in an attribute.
    pub(crate) const WORDS: [(&str, Self); 4] = [
        ("wait", MailboxPolicy::Wait),
        ("refuse", MailboxPolicy::Refuse),
        ("drop_newest", MailboxPolicy::DropNewest),
        ("drop_oldest", MailboxPolicy::DropOldest),
    ];
}

/// How long a child may take to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shutdown {
    BrutalKill,
    After(Duration),
    Infinity,
}

/// The attributes that go with what the user wrote to everything that is made of it.
#[derive(Default)]
pub(crate) struct Carried {
    /// `cfg`, and lints that are allowed: the user's types stand again in what is made of them.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) deprecated: Option<Attribute>,
}

impl Carried {
    /// Whether it may not be there in the end.
    pub(crate) fn is_conditional(&self) -> bool {
        self.attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("cfg"))
    }
}
