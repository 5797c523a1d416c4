//! A chat server: one process per connection, one per user, one per room.
//!
//! What it teaches: how a system of many long-lived, independent, failing things is cut into
//! processes, which of them live how long, who finds whom by which name, and what happens when one
//! of them crashes.
//!
//! ```text
//!   Chat (supervisor, rest_for_one)
//!   ├── nicks   Registry<Nick>        who is called what; an entry ends with its process
//!   ├── names   Registry<RoomName>
//!   ├── users   DynamicSupervisor     a process per user: lives on between connections, keeps what
//!   │                                 it was sent while away, ends after an idle timeout
//!   └── rooms   DynamicSupervisor     a process per room: ends when it has been empty for a while
//!
//!   listener ── one process per connection, which ends with its socket and restarts nothing
//! ```
//!
//! Run it, and talk to it from two other terminals:
//!
//! ```text
//! cargo run --release --example chat
//! nc 127.0.0.1 4000
//! /nick ann
//! /join tea
//! hello
//! /crash
//! ```
//!
//! `/crash` makes ann's process panic. The supervisor starts it again, the connection notices and
//! goes on with the new one; nobody else sees anything.

mod connection;
mod listener;
mod load;
mod options;
mod room;
mod stats;
mod user;
mod wire;

use std::process::ExitCode;

use regrow::Runtime;
use regrow::application::{App, Application, Program};
use regrow::prelude::*;

use options::Options;
use room::RoomName;
use user::Nick;

/// What is supervised. The registries come first: what is registered in them is worth nothing
/// without them, so it is started again when they are.
#[supervisor(strategy = "rest_for_one", args(users_max: usize))]
pub(crate) struct Chat {
    nicks: Registry<Nick>,
    names: Registry<RoomName>,
    #[child(start = DynamicSupervisor::new().id("users").max_children(users_max).max_restarts(1000, secs(1)))]
    users: DynamicSupervisor,
    #[child(start = DynamicSupervisor::new().id("rooms").max_restarts(100, secs(1)))]
    rooms: DynamicSupervisor,
}

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args_os().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("chat: {error}\nTry `chat --help`.");
            return ExitCode::from(2);
        }
    };
    let runtime = match Runtime::builder().name("chat").build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("chat: the runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let server = Server {
        options,
        listener: None,
    };
    let result = runtime.block_on(async { Program::new().with(App::new("chat", server)).await });
    runtime.shutdown(secs(5));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The program: its tree, and the listener beside it.
struct Server {
    options: Options,
    listener: Option<ProcessRef<listener::Command>>,
}

impl Application for Server {
    type Root = ServerRef<Supervisor>;

    async fn start(&mut self) -> Result<ServerRef<Supervisor>, ExitReason> {
        let options = &self.options;
        let chat = Chat::start_link(options.users_max).await?;
        let settings = user::Settings { idle: options.idle };
        if options.users > 0 {
            load::start_users(&chat, &settings, options.users).await?;
        }
        self.listener = Some(listener::start(&chat, &settings, options).await?);
        Ok(chat.supervisor())
    }

    /// First no new connections, then a word to those there are; the tree comes after that.
    async fn prep_stop(&mut self) {
        println!("stopping");
        if let Some(listener) = self.listener.take() {
            let gone = monitor(listener);
            listener.send(listener::Command::Stop);
            // The listener ends when its connections have.
            gone.await;
        }
    }

    async fn stop(&mut self) {
        println!("stopped");
    }
}
