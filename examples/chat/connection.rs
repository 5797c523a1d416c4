//! A connection: a process that speaks for a user as long as its socket does.

use std::io;

use futures_lite::future;
use regrow::call::CallError;
use regrow::prelude::*;
use regrow::process::{Down, Monitor, demonitor_flush};

use crate::room::{self, Room, RoomName};
use crate::user::{self, Nick, Settings, User};
use crate::wire::{Incoming, LINE_MAX, Wire};
use crate::{ChatRef, stats};

const HELP: &str = "\
/nick NAME        who you are; first of all
/join ROOM        enter a room (and leave the one you were in)
/msg NAME TEXT    tell somebody something, also while they are away
/who              who is in the room
/stats            what the server is doing
/crash            make your own process panic, and see it come back
/quit             go";

/// What others send to a connection.
#[derive(Debug)]
pub(crate) enum ToClient {
    /// A line for the other side.
    Line(String),
    /// The server stops.
    Closing,
}

/// Why a connection ends: the other side went, or cannot be reached.
enum End {
    Quit,
    Closing,
    Broken,
}

impl From<io::Error> for End {
    /// Whatever the error is, the other side is gone.
    fn from(_: io::Error) -> End {
        End::Broken
    }
}

/// What a connection knows.
struct Connection {
    chat: ChatRef,
    settings: Settings,
    wire: Wire,
    me: ProcessRef<ToClient>,
    user: Option<Speaking>,
    room: Option<(RoomName, ServerRef<Room>)>,
}

/// The user that a connection speaks for.
struct Speaking {
    nick: Nick,
    process: ServerRef<User>,
    watch: Monitor,
}

/// What happens next.
enum Event {
    Came(io::Result<Incoming>),
    Received(Received<ToClient>),
}

/// The body of a connection's process.
pub(crate) async fn run(mut inbox: Inbox<ToClient>, wire: Wire, chat: ChatRef, settings: Settings) {
    let me = inbox.this();
    let mut connection = Connection {
        chat,
        settings,
        wire,
        me,
        user: None,
        room: None,
    };
    match connection.serve(&mut inbox).await {
        End::Quit => connection.say_goodbye("bye").await,
        End::Closing => connection.say_goodbye("the server stops; bye").await,
        // The other side is gone: there is nobody to tell.
        End::Broken => {}
    }
    connection.leave();
}

impl Connection {
    async fn serve(&mut self, inbox: &mut Inbox<ToClient>) -> End {
        if self
            .wire
            .write("welcome; say /nick NAME, or /help")
            .await
            .is_err()
        {
            return End::Broken;
        }
        loop {
            // Whichever comes first; the other has lost nothing.
            let event = future::or(async { Event::Received(inbox.receive().await) }, async {
                Event::Came(self.wire.next().await)
            })
            .await;
            if let Err(end) = self.handle(event).await {
                return end;
            }
        }
    }

    async fn handle(&mut self, event: Event) -> Result<(), End> {
        match event {
            Event::Received(Received::Message(ToClient::Line(line))) => {
                self.wire.write(&line).await?;
            }
            Event::Received(Received::Message(ToClient::Closing)) => return Err(End::Closing),
            Event::Received(Received::Down(down)) => self.user_ended(down).await?,
            Event::Received(Received::Exit(_)) => {}
            Event::Came(incoming) => match incoming? {
                Incoming::Line(line) => return self.line(line.trim()).await,
                Incoming::TooLong => {
                    let text = format!("! a line has at most {LINE_MAX} bytes; yours was left out");
                    self.wire.write(&text).await?;
                }
                Incoming::NotText => {
                    self.wire
                        .write("! that was not UTF-8; it was left out")
                        .await?;
                }
                Incoming::End => return Err(End::Quit),
            },
        }
        Ok(())
    }

    async fn line(&mut self, line: &str) -> Result<(), End> {
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let answer = match command {
            "" => return Ok(()),
            "/help" => HELP.to_owned(),
            "/quit" => return Err(End::Quit),
            "/stats" => stats::line(&self.chat).await,
            "/nick" => self.nick(rest).await?,
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

    async fn nick(&mut self, text: &str) -> Result<String, End> {
        let Some(nick) = Nick::parse(text) else {
            return Ok("! a nick has 1 to 16 letters, digits, - or _".to_owned());
        };
        if self.user.as_ref().is_some_and(|user| user.nick == nick) {
            return Ok(format!("you are {nick} already"));
        }
        match self.attach(&nick).await {
            Ok(unread) => {
                self.wire.write(&format!("you are {nick}")).await?;
                for line in unread {
                    self.wire.write(&line).await?;
                }
                Ok(String::new())
            }
            Err(why) => Ok(why),
        }
    }

    /// Speaks for this user from now on. Returns what came in for them while they were away.
    async fn attach(&mut self, nick: &Nick) -> Result<Vec<String>, String> {
        let process = user::find_or_start(&self.chat, nick, &self.settings)
            .await
            .map_err(|error| refusal(&error))?;
        let unread = process.attach(self.me).await.map_err(|error| match error {
            CallError::Reply(taken) => format!("! {nick}: {taken}"),
            error => format!("! {error}"),
        })?;
        self.leave();
        let watch = monitor(process);
        self.user = Some(Speaking {
            nick: nick.clone(),
            process,
            watch,
        });
        Ok(unread)
    }

    /// The user's process has ended. If it crashed it is back, or about to be; one that was idle for
    /// too long starts again.
    async fn user_ended(&mut self, down: Down) -> Result<(), End> {
        let Some(user) = self.user.take_if(|user| user.watch == down.monitor) else {
            return Ok(());
        };
        let room = self.room.take();
        let unread = match self.attach(&user.nick).await {
            Ok(unread) => unread,
            Err(why) => {
                self.wire.write(&why).await?;
                return Ok(());
            }
        };
        self.room = room;
        stats::RESTARTS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.wire
            .write(&format!(
                "* your process crashed ({}) and is back",
                down.reason
            ))
            .await?;
        for line in unread {
            self.wire.write(&line).await?;
        }
        Ok(())
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
            Err(error) => return refusal(&error),
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
            Err(error) => refusal(&error),
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

    /// Speaks for nobody any more.
    fn leave(&mut self) {
        self.leave_room();
        if let Some(user) = self.user.take() {
            demonitor_flush(user.watch);
            user.process.detach(self.me);
        }
    }

    fn leave_room(&mut self) {
        if let (Some((_, room)), Some(user)) = (self.room.take(), &self.user) {
            room.leave(user.nick.clone());
        }
    }

    async fn say_goodbye(&mut self, text: &str) {
        // Whether it arrives makes no difference any more.
        drop(self.wire.write(text).await);
    }
}

fn no_nick() -> String {
    "! say /nick NAME first".to_owned()
}

fn no_room() -> String {
    "! say /join ROOM first".to_owned()
}

fn refusal(error: &StartChildError) -> String {
    match error {
        StartChildError::MaxChildren => {
            "! busy: there are as many users as there may be; try again later".to_owned()
        }
        error => format!("! {error}"),
    }
}

fn list(nicks: &[Nick]) -> String {
    nicks
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
