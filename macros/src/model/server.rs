//! A server: an `impl` block, what its attribute says, and its handlers.

use std::fmt;
use std::time::Duration;

use proc_macro2::Span;
use quote::ToTokens;
use syn::{
    Abi, Attribute, Expr, Generics, Ident, ItemImpl, LitStr, Receiver, Safety, Token, Type,
    Visibility,
};

use super::{Carried, MailboxPolicy, Place, Restart, Setting, Shutdown};
use crate::path::Facade;

/// What `#[gen_server]` stands on, and what a state machine has in common with that.
pub(crate) struct Server {
    pub(crate) behaviour: Behaviour,
    /// What the attribute says.
    pub(crate) options: ServerOptions,
    /// The block as the user wrote it, our attributes taken off. It is printed first, always.
    pub(crate) block: ItemImpl,
    /// What goes from the block to everything made of it.
    pub(crate) carried: Carried,
    /// The server's name without its path and its generics, `Counter`.
    pub(crate) ident: Ident,
    /// The functions that carry one of our attributes, in the order of the source.
    pub(crate) handlers: Vec<Handler>,
    /// The function that looks as if it should be the `#[init]`, when none is.
    pub(crate) maker: Option<Handler>,
    /// The names of every function of the block, handler or not.
    pub(crate) functions: Vec<Ident>,
    /// What is worth a warning and forbids nothing.
    pub(crate) warnings: Vec<Warning>,
}

impl Server {
    /// What the expansion writes next to the user's functions.
    pub(crate) const WRITTEN: [&str; 5] = [
        "start",
        "start_link",
        "child_spec",
        "child_spec_with",
        "child_spec_once",
    ];

    /// Whether the block has a function of this name.
    pub(crate) fn defines(&self, function: &str) -> bool {
        self.functions.iter().any(|name| name == function)
    }

    /// The server's type, `Cache<K, V>`.
    pub(crate) fn ty(&self) -> &Type {
        &self.block.self_ty
    }

    /// The parameters of the `impl` block.
    pub(crate) fn generics(&self) -> &Generics {
        &self.block.generics
    }

    /// The handlers of one kind that may be expanded.
    pub(crate) fn sound(&self, kind: Kind) -> impl Iterator<Item = &Handler> {
        self.handlers
            .iter()
            .filter(move |handler| handler.kind == kind && !handler.broken)
    }
}

/// Which attribute it is, and which module of OTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    GenServer,
    GenStatem,
}

impl Behaviour {
    /// What a mistake is called that is made with it.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Behaviour::GenServer => "server",
            Behaviour::GenStatem => "state machine",
        }
    }

    /// The module, and the name of the attribute.
    pub(crate) fn module(self) -> &'static str {
        match self {
            Behaviour::GenServer => "gen_server",
            Behaviour::GenStatem => "gen_statem",
        }
    }

    /// The attributes of its handlers.
    pub(crate) fn attributes(self) -> &'static [(&'static str, Kind)] {
        match self {
            Behaviour::GenServer => &Kind::OF_SERVERS,
            Behaviour::GenStatem => &Kind::OF_MACHINES,
        }
    }
}

/// The arguments of `#[gen_server(...)]`.
#[derive(Default)]
pub(crate) struct ServerOptions {
    pub(crate) restart: Option<Restart>,
    pub(crate) shutdown: Option<Shutdown>,
    /// With the argument's name, for the message that there is no `#[timeout]`.
    pub(crate) idle_timeout: Option<(Ident, Duration)>,
    pub(crate) hibernate_after: Option<Duration>,
    pub(crate) trap_exit: bool,
    /// How many messages may wait.
    pub(crate) mailbox: Option<Expr>,
    /// What a full mailbox does, with the argument's name, for the message that there is no bound.
    pub(crate) mailbox_policy: Option<(Ident, MailboxPolicy)>,
    /// The name under which every start registers the server unless told otherwise.
    pub(crate) name: Option<LitStr>,
    /// What its specification asks for beyond OTP.
    pub(crate) settings: Vec<Setting>,
    pub(crate) facade: Facade,
}

impl ServerOptions {
    /// What a full mailbox does, if it can be full.
    pub(crate) fn policy(&self) -> Option<MailboxPolicy> {
        let policy = self.mailbox_policy.as_ref();
        let policy = policy.map_or(MailboxPolicy::Wait, |(_, policy)| *policy);
        self.mailbox.is_some().then_some(policy)
    }

    /// Whether a cast may have to wait for room. Where a full mailbox drops a message, it has been
    /// said already what becomes of it.
    pub(crate) fn casts_wait(&self) -> bool {
        matches!(
            self.policy(),
            Some(MailboxPolicy::Wait | MailboxPolicy::Refuse)
        )
    }
}

/// A function with one of our attributes.
pub(crate) struct Handler {
    pub(crate) kind: Kind,
    /// Which item of the block it is.
    pub(crate) position: usize,
    /// Where the attribute stands.
    pub(crate) attribute: Span,
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) asyncness: Option<Token![async]>,
    pub(crate) safety: Safety,
    pub(crate) abi: Option<Abi>,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) generics: Generics,
    /// The arguments without the receiver.
    pub(crate) params: Vec<Param>,
    /// The type after `->`; none when there is none or when it is `()`.
    pub(crate) output: Option<Type>,
    /// What the caller of a `#[call]` gets.
    pub(crate) reply: Reply,
    /// In which states of a machine it is called.
    pub(crate) place: Place,
    /// The name of the type that carries the arguments.
    pub(crate) message: Ident,
    pub(crate) carried: Carried,
    /// A mistake was found in it: the fallback speaks for it.
    pub(crate) broken: bool,
}

impl Handler {
    /// Whether it is a handler for a message that is spelled like this one.
    pub(crate) fn handles(&self, message: &Type) -> bool {
        let spelled = |ty: &Type| ty.to_token_stream().to_string();
        self.values()
            .next()
            .is_some_and(|param| spelled(&param.ty) == spelled(message))
    }

    /// The names of the arguments that travel.
    pub(crate) fn value_names(&self) -> Vec<&Ident> {
        self.values().map(|param| &param.name).collect()
    }

    /// The types of the arguments that travel.
    pub(crate) fn value_types(&self) -> Vec<&Type> {
        self.values().map(|param| &param.ty).collect()
    }

    /// The arguments that travel, or that the runtime hands over: neither the context nor the
    /// caller.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Param> {
        self.params.iter().filter(|param| param.role == Role::Value)
    }
}

/// The kinds of handlers; printed as their attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Init,
    Call,
    Cast,
    Info,
    Continue,
    Timeout,
    Down,
    Exit,
    Terminate,
    FormatStatus,
    // Of state machines alone.
    Internal,
    EventTimeout,
    StateTimeout,
    NamedTimeout,
    Enter,
}

impl Kind {
    /// The attributes of a server's handlers.
    const OF_SERVERS: [(&str, Self); 10] = [
        ("init", Kind::Init),
        ("call", Kind::Call),
        ("cast", Kind::Cast),
        ("info", Kind::Info),
        ("handle_continue", Kind::Continue),
        ("timeout", Kind::Timeout),
        ("down", Kind::Down),
        ("exit", Kind::Exit),
        ("terminate", Kind::Terminate),
        ("format_status", Kind::FormatStatus),
    ];

    /// The attributes of a machine's handlers, and one that is only refused.
    const OF_MACHINES: [(&str, Self); 14] = [
        ("init", Kind::Init),
        ("call", Kind::Call),
        ("cast", Kind::Cast),
        ("info", Kind::Info),
        ("internal", Kind::Internal),
        ("event_timeout", Kind::EventTimeout),
        ("state_timeout", Kind::StateTimeout),
        ("timeout", Kind::NamedTimeout),
        ("down", Kind::Down),
        ("exit", Kind::Exit),
        ("enter", Kind::Enter),
        ("terminate", Kind::Terminate),
        ("format_status", Kind::FormatStatus),
        ("handle_continue", Kind::Continue),
    ];

    /// Whether it handles an event of a machine: in each state something is done with that.
    pub(crate) fn is_event(self) -> bool {
        !matches!(
            self,
            Kind::Init | Kind::Continue | Kind::Enter | Kind::Terminate | Kind::FormatStatus
        )
    }

    /// Whether a machine may have several events of this kind, each with a name of its own.
    pub(crate) fn is_named(self) -> bool {
        self.is_event() && !matches!(self, Kind::Info | Kind::Down | Kind::Exit)
    }

    /// Whether there is at most one, in a server of this behaviour.
    pub(crate) fn is_single(self, behaviour: Behaviour) -> bool {
        match behaviour {
            Behaviour::GenServer => !self.has_method() && !self.is_typed(),
            Behaviour::GenStatem => !self.is_event() && self != Kind::Enter,
        }
    }

    /// Whether a method of the reference asks for it, so that its arguments travel in a message
    /// type of its own.
    pub(crate) fn has_method(self) -> bool {
        matches!(self, Kind::Call | Kind::Cast)
    }

    /// Whether the type of its one argument says what it handles, so that a server may have many.
    pub(crate) fn is_typed(self) -> bool {
        matches!(self, Kind::Info | Kind::Continue)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut every = Kind::OF_SERVERS.iter().chain(&Kind::OF_MACHINES);
        let attribute = every.find(|(_, kind)| kind == self);
        write!(f, "#[{}]", attribute.map_or("", |(name, _)| name))
    }
}

/// One argument of a handler.
pub(crate) struct Param {
    pub(crate) role: Role,
    /// The name in the expansion; made up where the user wrote a pattern.
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// Attributes other than `cfg` are of no interest to us.
    pub(crate) cfg: Option<Attribute>,
}

/// What an argument is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// `cx: &mut Context<Self>`.
    Context,
    /// `from: ReplyTo<T>` of a `#[call]`: where the reply goes.
    Caller,
    /// `state: &Lock` of a machine's handler: the state that it is in.
    State,
    /// `old: &Lock` of an `#[enter]`: the state before.
    Old,
    /// Anything else.
    Value,
}

/// What the caller of a `#[call]` gets.
pub(crate) struct Reply {
    /// The type of the reply; none when it is `()`.
    pub(crate) ty: Option<Type>,
    /// How an `Err` in the reply reaches the caller.
    pub(crate) shape: ReplyShape,
    /// The handler answers with a `Reply<T>`, or is told what it replies by `#[call(reply = T)]`.
    pub(crate) explicit: bool,
}

/// How a reply reaches the caller.
pub(crate) enum ReplyShape {
    /// As it is.
    Plain,
    /// `Result<T, E>`: as `T` or as `CallError::Reply(E)`.
    Result(Box<Type>, Box<Type>),
    /// A `Result` whose second type hides in an alias, `io::Result<T>`.
    Alias,
}

/// Something the user should hear about.
pub(crate) struct Warning {
    pub(crate) span: Span,
    /// The name of the constant that carries it; the compiler prints it.
    pub(crate) name: &'static str,
    pub(crate) message: &'static str,
}
