//! A connection: a process that speaks for a user as long as its socket does.

mod commands;

use std::io;

use futures_lite::future;
use regrow::call::CallError;
use regrow::prelude::*;
use regrow::process::{Down, Monitor, demonitor_flush};

use crate::room::{Room, RoomName};
use crate::user::{self, Nick, Settings, Stay, User};
use crate::wire::{Incoming, LINE_MAX, Wire};
use crate::{ChatRef, stats};

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
    stay: Stay,
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

    /// Speaks for this user from now on. Returns what came in for them while they were away.
    async fn attach(&mut self, nick: &Nick, stay: Stay) -> Result<Vec<String>, String> {
        let process = user::find_or_start(&self.chat, nick, &self.settings)
            .await
            .map_err(|error| self.refusal(&error))?;
        let unread = process
            .attach(self.me, stay)
            .await
            .map_err(|error| match error {
                CallError::Reply(taken) => format!("! {nick}: {taken}"),
                error => format!("! {error}"),
            })?;
        self.leave();
        let watch = monitor(process);
        self.user = Some(Speaking {
            nick: nick.clone(),
            stay,
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
        let unread = match self.attach(&user.nick, user.stay).await {
            Ok(unread) => unread,
            Err(why) => {
                if let Some((_, room)) = room {
                    room.leave(user.nick);
                }
                self.wire.write(&why).await?;
                return Ok(());
            }
        };
        self.room = room;
        stats::RESTARTS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.wire
            .write(&format!(
                "* your process crashed ({}) and is back",
                why(&down.reason)
            ))
            .await?;
        for line in unread {
            self.wire.write(&line).await?;
        }
        Ok(())
    }

    /// What is answered when there can be no process for a user or a room.
    fn refusal(&self, error: &StartChildError) -> String {
        match error {
            StartChildError::MaxChildren => format!(
                "! busy: there are as many users as there may be ({}); try again in {} s",
                self.settings.users_max,
                self.settings.retry.as_secs_f64()
            ),
            error => format!("! {error}"),
        }
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

/// What a reason says to somebody who does not know the program.
fn why(reason: &ExitReason) -> String {
    match reason {
        ExitReason::Panic(panic) => panic.message().to_owned(),
        reason => reason.to_string(),
    }
}
