//! What can be said over a connection, and how it is answered.

use super::{Connection, End};
use crate::room::{self, RoomName};
use crate::stats;
use crate::user::{self, Nick, Stay};

const HELP: &str = "\
/nick NAME        who you are; first of all. What comes while you are away is kept
/guest NAME       who you are until you go; nothing is kept
/join ROOM        enter a room (and leave the one you were in)
/msg NAME TEXT    tell somebody something, also while they are away
/who              who is in the room
/stats            what the server is doing
/crash            make your own process panic, and see it come back
/forget           end your own process for good; what it keeps is lost
/quit             go";

impl Connection {
    /// Does what a line says.
    pub(super) async fn line(&mut self, line: &str) -> Result<(), End> {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let answer = match command {
            "" => return Ok(()),
            "/help" => HELP.to_owned(),
            "/quit" => return Err(End::Quit),
            "/stats" => stats::line(&self.chat).await,
            "/nick" => self.nick(rest, Stay::Kept).await?,
            "/guest" => self.nick(rest, Stay::Guest).await?,
            "/forget" => self.forget().await,
            "/join" => self.join(rest).await,
            "/msg" => self.message(rest).await,
            "/who" => self.who().await,
            "/crash" => self.crash(),
            _ if command.starts_with('/') => format!("! there is no {command}; say /help"),
            _ => self.say(line),
        };
        if !answer.is_empty() {
            self.wire.write(&answer).await?;
        }
        Ok(())
    }

    async fn nick(&mut self, text: &str, stay: Stay) -> Result<String, End> {
        let Some(nick) = Nick::parse(text) else {
            return Ok("! a nick has 1 to 16 letters, digits, - or _".to_owned());
        };
        if self.user.as_ref().is_some_and(|user| user.nick == nick) {
            return Ok(format!("you are {nick} already"));
        }
        match self.attach(&nick, stay).await {
            Ok(unread) => {
                let until = match stay {
                    Stay::Kept => "",
                    Stay::Guest => " until you go",
                };
                self.wire.write(&format!("you are {nick}{until}")).await?;
                for line in unread {
                    self.wire.write(&line).await?;
                }
                Ok(String::new())
            }
            Err(why) => Ok(why),
        }
    }

    async fn join(&mut self, text: &str) -> String {
        let Some(user) = &self.user else {
            return no_nick();
        };
        let Some(name) = RoomName::parse(text) else {
            return "! a room's name has 1 to 16 letters, digits, - or _".to_owned();
        };
        let room = match room::find_or_start(&self.chat, &name).await {
            Ok(room) => room,
            Err(error) => return self.refusal(&error),
        };
        match room.join(user.nick.clone(), self.me).await {
            Ok(members) => {
                self.leave_room();
                self.room = Some((name.clone(), room));
                format!("you are in {name} with {}", list(&members))
            }
            Err(error) => format!("! {name}: {error}"),
        }
    }

    async fn message(&mut self, rest: &str) -> String {
        let Some(user) = &self.user else {
            return no_nick();
        };
        let Some((to, text)) = rest.split_once(' ') else {
            return "! say /msg NAME TEXT".to_owned();
        };
        let Some(to) = Nick::parse(to) else {
            return format!("! {to} is no nick");
        };
        match user::find_or_start(&self.chat, &to, &self.settings).await {
            Ok(process) => {
                process.deliver(format!("({}) {}", user.nick, text.trim()));
                String::new()
            }
            Err(error) => self.refusal(&error),
        }
    }

    async fn who(&mut self) -> String {
        let Some((name, room)) = &self.room else {
            return no_room();
        };
        match room.who().await {
            Ok(members) => format!("in {name}: {}", list(&members)),
            Err(error) => format!("! {name}: {error}"),
        }
    }

    fn say(&mut self, text: &str) -> String {
        let Some(user) = &self.user else {
            return no_nick();
        };
        let Some((_, room)) = &self.room else {
            return no_room();
        };
        room.say(user.nick.clone(), text.to_owned());
        String::new()
    }

    fn crash(&mut self) -> String {
        let Some(user) = &self.user else {
            return no_nick();
        };
        user.process.crash();
        String::new()
    }

    /// Ends the user's process for good: its supervisor stops it, and has room for another one when
    /// that is done.
    async fn forget(&mut self) -> String {
        let Some(user) = &self.user else {
            return no_nick();
        };
        let nick = user.nick.clone();
        match self.chat.users().terminate_child(user.process).await {
            Ok(()) => {
                self.leave();
                format!("{nick} is forgotten")
            }
            // It has just crashed, and this connection has not heard of it yet.
            Err(error) => format!("! {nick}: {error}; try again"),
        }
    }
}

fn no_nick() -> String {
    "! say /nick NAME first".to_owned()
}

fn no_room() -> String {
    "! say /join ROOM first".to_owned()
}

fn list(nicks: &[Nick]) -> String {
    nicks
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
