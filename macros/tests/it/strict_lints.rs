//! The expansions are silent under lints that a strict user turns on.
//!
//! Compiling this file is the test; `cargo clippy --all-targets` is its other half. Whatever speaks
//! here speaks about code the user cannot change.

#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub)]
#![deny(
    unnameable_types,
    private_bounds,
    private_interfaces,
    single_use_lifetimes
)]
#![deny(
    elided_lifetimes_in_paths,
    unused_lifetimes,
    redundant_lifetimes,
    unused_qualifications
)]
#![deny(
    let_underscore_drop,
    trivial_casts,
    rust_2018_idioms,
    explicit_outlives_requirements
)]
#![deny(dead_code, deprecated, unused)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![deny(clippy::allow_attributes, clippy::allow_attributes_without_reason)]
#![deny(
    clippy::exhaustive_enums,
    clippy::impl_trait_in_params,
    clippy::unwrap_used
)]
#![deny(
    clippy::absolute_paths,
    clippy::same_name_method,
    clippy::return_self_not_must_use
)]

use std::{fmt, future};

use regrow::prelude::*;
use regrow::process::{Down, Exit};
use regrow::statem::{Enter, EventType, Machine, Transition};

pub mod open {
    //! Public types that speak of private ones, and the other way round.

    use regrow::prelude::*;

    struct Secret;

    #[derive(Clone)]
    struct Hidden;

    #[gen_server]
    impl Hidden {
        #[init]
        const fn new() -> Self {
            Self
        }

        #[cast]
        pub(super) fn tell(&mut self, _: Secret) {
            self.clone_from(&Self);
        }
    }

    /// Somebody everybody knows.
    #[derive(Debug)]
    pub struct Open<T>(T);

    #[gen_server]
    impl<T: Copy + Send + 'static> Open<T> {
        #[init]
        const fn new(it: T) -> Self {
            Self(it)
        }

        #[call]
        const fn ask(&self, _: Secret) -> (T, Option<Secret>) {
            (self.0, None)
        }

        #[call]
        pub(self) const fn try_ask(&self, refuse: Option<Secret>) -> Result<T, Secret> {
            match refuse {
                None => Ok(self.0),
                Some(secret) => Err(secret),
            }
        }
    }

    /// Everybody's tree of somebody's servers.
    #[supervisor]
    pub struct Chat {
        hidden: Hidden,
        pub(crate) restricted: Hidden,
        /// A child that is documented.
        #[child(args(1))]
        pub open: Open<u8>,
    }

    /// Uses what is above.
    pub async fn ask() -> Option<u8> {
        let chat = Chat::start_link().await.ok()?;
        chat.hidden().tell(Secret);
        chat.restricted().tell(Secret);
        drop(chat.open().ask(Secret).await);
        chat.open().try_ask(None).await.ok()
    }
}

/// Handlers of every kind, some of which nobody calls.
#[derive(Debug)]
pub(crate) struct Worker {
    value: i64,
}

#[gen_server(shutdown = "30s", idle_timeout = "1s", trap_exit, name = "strict")]
impl Worker {
    #[init]
    const fn new(value: i64, _label: &'static str) -> Self {
        Self { value }
    }

    #[cast]
    const fn add(&mut self, _cx: &mut Context<Self>, by: i64) {
        self.value += by;
    }

    #[call]
    const fn get(&self) -> i64 {
        self.value
    }

    #[call]
    const fn nothing(&self) {
        _ = self.value;
    }

    #[deprecated = "callers are told, the macro is not"]
    #[call]
    const fn old(&self, _unused: u8) -> i64 {
        self.value
    }

    #[info]
    const fn told(&mut self, by: i64) {
        self.value += by;
    }

    #[handle_continue]
    fn loaded(&mut self, by: i64) -> Next {
        self.value += by;
        Next::proceed()
    }

    #[timeout]
    fn idle(&mut self) -> Next {
        self.value += 1;
        Next::proceed()
    }

    #[down]
    fn down(&mut self, down: Down) {
        self.value += 1;
        drop(down);
    }

    #[exit]
    fn exited(&mut self, exit: Exit) {
        self.value += 1;
        drop(exit);
    }

    #[terminate]
    const fn flush(&mut self, _reason: &ExitReason) {
        self.value = 0;
    }
}

/// What a machine is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Light {
    /// It waits.
    Red,
    /// It goes.
    Green {
        /// For how long.
        secs: u32,
    },
}

/// A machine with handlers of every kind.
#[derive(Debug)]
pub struct Crossing<T>(u32, Option<T>);

#[regrow::gen_statem(state = Light, shutdown = "30s", trap_exit, name = "crossing")]
impl<T: Send + 'static> Crossing<T> {
    #[init]
    const fn new(cars: u32) -> (Light, Self) {
        (Light::Red, Self(cars, None))
    }

    #[cast(in = Red, postpone = Green)]
    fn wait(&mut self, what: Option<T>) {
        self.1 = what;
        self.0 += 1;
    }

    #[cast(event = wait, in = _)]
    fn pass(&mut self, what: Option<T>, _state: &Light) -> Transition<Self> {
        self.1 = what;
        Transition::keep().timeout("late", secs(1), CrossingEvent::Late(1))
    }

    #[call]
    const fn waiting(&self, _state: &Light) -> u32 {
        self.0
    }

    #[deprecated = "callers are told, the macro is not"]
    #[call]
    async fn go(&mut self, from: ReplyTo<()>, _cx: &mut Context<Machine<Self>>) -> Light {
        future::ready(()).await;
        from.reply(());
        Light::Green { secs: self.0 }
    }

    #[info(in = Green, ignore = _)]
    fn told(&mut self, by: i64) -> Transition<Self> {
        self.0 += u32::try_from(by).unwrap_or_default();
        Transition::keep().next_event(EventType::Internal, CrossingEvent::Again)
    }

    #[internal]
    fn again(&mut self) -> Transition<Self> {
        self.0 += 1;
        Transition::keep().event_timeout(secs(1), CrossingEvent::Quiet)
    }

    #[event_timeout]
    const fn quiet(&mut self) {
        self.0 += 1;
    }

    #[state_timeout(in = Green, ignore = Red)]
    const fn over(&mut self) -> Light {
        self.0 += 1;
        Light::Red
    }

    #[timeout("late")]
    const fn late(&mut self, by: u32) {
        self.0 += by;
    }

    #[enter(Green)]
    fn entered(&mut self, _old: &Light, _state: &Light) -> Enter<Self> {
        self.0 += 1;
        Enter::keep().state_timeout(secs(1), CrossingEvent::Over)
    }

    #[down]
    fn down(&mut self, down: Down) {
        self.0 += 1;
        drop(down);
    }

    #[exit]
    fn exited(&mut self, exit: Exit) -> Transition<Self> {
        self.0 += 1;
        Transition::stop(exit.reason)
    }

    #[terminate]
    const fn flush(&mut self, _reason: &ExitReason, _state: &Light) {
        self.0 = 0;
    }

    #[format_status]
    fn show(&self, state: &Light, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {state:?}", self.0)
    }
}

/// What a store can do.
#[regrow::protocol]
pub trait Store {
    /// What is kept.
    fn get(&self, key: String) -> Option<String>;
    /// Keeps something.
    ///
    /// # Errors
    ///
    /// The store is full.
    fn put(&mut self, key: String, value: String) -> Result<(), ExitReason>;
    /// Waits.
    async fn sync(&mut self);
    /// Keeps it no more.
    #[cast]
    fn forget(&mut self, key: String);
}

/// A server with a bounded mailbox and something to hide.
#[derive(Debug, Clone)]
pub struct Bounded(u8);

#[gen_server(mailbox = 100, mailbox_policy = "refuse", hibernate_after = "1m")]
impl Bounded {
    #[init]
    const fn new() -> Self {
        Self(0)
    }

    #[cast]
    const fn set(&mut self, to: u8) {
        self.0 = to;
    }

    #[format_status]
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of 100", self.0)
    }
}

#[regrow::test]
async fn nothing_is_said_about_the_expansion() {
    assert_eq!(open::ask().await, Some(1));
    let worker = Worker::start(1, "one").await.ok();
    assert!(worker.is_some());
    let crossing = Crossing::<u8>::start(1).await.ok();
    if let Some(crossing) = crossing {
        crossing.wait(None);
        assert_eq!(crossing.waiting().await.ok(), Some(2));
    }
    let bounded = Bounded::start().await.ok();
    if let Some(bounded) = bounded {
        bounded.set(1).await;
    }
}
