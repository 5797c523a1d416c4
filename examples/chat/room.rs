//! A room: a process that knows who is in it.

use std::collections::BTreeMap;
use std::fmt;

use regrow::prelude::*;
use regrow::process::{Down, Monitor, demonitor_flush};
use regrow::secs;
use regrow::server::Context;

use crate::ChatRef;
use crate::connection::ToClient;
use crate::user::Nick;

/// What a room is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RoomName(Nick);

impl RoomName {
    /// The same characters as a nick's.
    pub(crate) fn parse(text: &str) -> Option<RoomName> {
        Nick::parse(text.strip_prefix('#').unwrap_or(text)).map(RoomName)
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// See the module's head.
pub(crate) struct Room {
    name: RoomName,
    members: BTreeMap<Nick, (ProcessRef<ToClient>, Monitor)>,
}

#[gen_server(restart = "temporary")]
impl Room {
    #[init]
    fn new(name: RoomName, cx: &mut Context<Self>) -> Self {
        cx.set_idle_timeout(Some(secs(60)));
        Room {
            name,
            members: BTreeMap::new(),
        }
    }

    /// Somebody comes in, by their connection.
    #[call]
    fn join(&mut self, nick: Nick, connection: ProcessRef<ToClient>) -> Vec<Nick> {
        self.tell_all(&format!("* {nick} has joined {}", self.name));
        let watch = monitor(connection);
        if let Some((_, old)) = self.members.insert(nick, (connection, watch)) {
            demonitor_flush(old);
        }
        self.members.keys().cloned().collect()
    }

    /// Somebody goes.
    #[cast]
    fn leave(&mut self, nick: Nick) {
        if let Some((_, watch)) = self.members.remove(&nick) {
            demonitor_flush(watch);
            self.tell_all(&format!("* {nick} has left {}", self.name));
        }
    }

    /// Somebody says something to everybody else.
    #[cast]
    fn say(&mut self, from: Nick, text: String) {
        let line = format!("{} <{from}> {text}", self.name);
        for (nick, (connection, _)) in &self.members {
            if *nick != from {
                connection.send(ToClient::Line(line.clone()));
            }
        }
    }

    /// Who is in.
    #[call]
    fn who(&self) -> Vec<Nick> {
        self.members.keys().cloned().collect()
    }

    #[down]
    fn member_ended(&mut self, down: Down) {
        let gone = self
            .members
            .iter()
            .find(|(_, (_, watch))| *watch == down.monitor);
        if let Some(nick) = gone.map(|(nick, _)| nick.clone()) {
            self.members.remove(&nick);
            self.tell_all(&format!("* {nick} has left {}", self.name));
        }
    }

    #[timeout]
    fn idle(&mut self) -> Next {
        if self.members.is_empty() {
            Next::stop(ExitReason::Normal)
        } else {
            Next::proceed()
        }
    }

    fn tell_all(&self, line: &str) {
        for (connection, _) in self.members.values() {
            connection.send(ToClient::Line(line.to_owned()));
        }
    }
}

/// The process of this room, started if there is none.
pub(crate) async fn find_or_start(
    chat: &ChatRef,
    name: &RoomName,
) -> Result<ServerRef<Room>, StartChildError> {
    let spec = Room::child_spec(name.clone());
    chat.rooms()
        .find_or_start(chat.names(), name.clone(), spec)
        .await
}
