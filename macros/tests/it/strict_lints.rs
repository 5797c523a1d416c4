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

use std::fmt;

use regrow::prelude::*;
use regrow::process::{Down, Exit};

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
    let bounded = Bounded::start().await.ok();
    if let Some(bounded) = bounded {
        bounded.set(1).await;
    }
}
