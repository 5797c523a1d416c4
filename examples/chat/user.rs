//! A user: a process that lives on between connections, unless it is a guest.
//!
//! It has three ways to end in order. `connection` and `stay` decide between the first two:
//!
//! ```text
//!   nobody has spoken for it, or to it, for the idle time     it ends itself
//!   it is a guest, and its connection is gone                 it ends itself
//!   somebody forgets it                                       its supervisor ends it
//! ```
//!
//! None of them is a crash, so a `transient` child is not started again after them, and its place is
//! free for the next one.

use std::fmt;
use std::time::Duration;

use regrow::prelude::*;
use regrow::process::{Down, Monitor, demonitor_flush};
use regrow::server::Context;

use crate::ChatRef;
use crate::connection::ToClient;

/// What a user is called: one to sixteen letters, digits, `-` or `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Nick(String);

impl Nick {
    pub(crate) fn parse(text: &str) -> Option<Nick> {
        let fits = (1..=16).contains(&text.len())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        fits.then(|| Nick(text.to_owned()))
    }

    /// The nick of the `n`-th of many idle users.
    pub(crate) fn numbered(n: usize) -> Nick {
        Nick(format!("idle-{n}"))
    }
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What all users have in common.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// How long a user without a connection lives on.
    pub(crate) idle: Duration,
    /// How many there may be.
    pub(crate) users_max: usize,
    /// When to try again if there are as many.
    pub(crate) retry: Duration,
}

/// How long a user stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stay {
    /// Between connections too, until it has been idle for too long.
    Kept,
    /// No longer than the connection.
    Guest,
}

/// The most lines that are kept for a user who is away.
const UNREAD_MAX: usize = 100;

/// Somebody else is connected under this nick.
#[derive(Debug)]
pub(crate) struct Taken;

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this nick is taken")
    }
}

impl std::error::Error for Taken {}

/// See the module's head.
pub(crate) struct User {
    nick: Nick,
    stay: Stay,
    connection: Option<(ProcessRef<ToClient>, Monitor)>,
    unread: Vec<String>,
    /// How many lines did not fit into `unread`.
    lost: usize,
}

#[gen_server(restart = "transient", shutdown = "5s")]
impl User {
    #[init]
    fn new(nick: Nick, settings: Settings, cx: &mut Context<Self>) -> Self {
        cx.set_idle_timeout(Some(settings.idle));
        User {
            nick,
            stay: Stay::Kept,
            connection: None,
            unread: Vec::new(),
            lost: 0,
        }
    }

    /// A connection speaks for this user from now on. It is given what came in meanwhile.
    #[call]
    fn attach(
        &mut self,
        connection: ProcessRef<ToClient>,
        stay: Stay,
    ) -> Result<Vec<String>, Taken> {
        match &self.connection {
            Some((other, _)) if *other != connection => return Err(Taken),
            Some(_) => {}
            None => self.connection = Some((connection, monitor(connection))),
        }
        self.stay = stay;
        let mut unread = std::mem::take(&mut self.unread);
        match std::mem::take(&mut self.lost) {
            0 => {}
            lost => unread.push(format!("* {lost} more lines came than are kept")),
        }
        Ok(unread)
    }

    /// The connection does not speak for this user any more.
    #[cast]
    fn detach(&mut self, connection: ProcessRef<ToClient>) -> Next {
        match self.connection.take_if(|(ours, _)| *ours == connection) {
            Some((_, watch)) => {
                demonitor_flush(watch);
                self.alone()
            }
            None => Next::proceed(),
        }
    }

    /// Shows the user a line, now or when they come back.
    #[cast]
    fn deliver(&mut self, line: String) {
        match &self.connection {
            Some((connection, _)) => connection.send(ToClient::Line(line)),
            None if self.unread.len() < UNREAD_MAX => self.unread.push(line),
            None => self.lost += 1,
        }
    }

    /// Panics.
    #[cast]
    fn crash(&mut self) {
        panic!("{} asked for it", self.nick);
    }

    #[down]
    fn connection_ended(&mut self, down: Down) -> Next {
        match self.connection.take_if(|(_, watch)| *watch == down.monitor) {
            Some(_) => self.alone(),
            None => Next::proceed(),
        }
    }

    #[timeout]
    fn idle(&mut self) -> Next {
        if self.connection.is_some() {
            Next::proceed()
        } else {
            Next::stop(ExitReason::Normal)
        }
    }

    /// Nobody speaks for the user any more.
    fn alone(&self) -> Next {
        match self.stay {
            Stay::Kept => Next::proceed(),
            Stay::Guest => Next::stop(ExitReason::Normal),
        }
    }
}

/// The process of this user, started if there is none.
pub(crate) async fn find_or_start(
    chat: &ChatRef,
    nick: &Nick,
    settings: &Settings,
) -> Result<ServerRef<User>, StartChildError> {
    let spec = User::child_spec(nick.clone(), settings.clone());
    chat.users()
        .find_or_start(chat.nicks(), nick.clone(), spec)
        .await
}
