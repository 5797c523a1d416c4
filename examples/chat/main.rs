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
//! A user's process comes to its end in three ways: nobody needed it for a while, somebody asked for
//! it, or, for a guest, the connection is gone. There may be so many users and no more; who comes then
//! is told that the server is busy, and when to try again. Nothing is queued in the meantime.
//!
//! ```sh
//! cargo run --release --example chat                # a server, to be talked to from other terminals
//! cargo run --release --example chat -- --demo      # is its own clients, and shows all of this
//! ```
//!
//! In another terminal, or in two:
//!
//! ```text
//! nc 127.0.0.1 4000
//! /nick ann
//! /join tea
//! hello
//! /crash
//! ```
//!
//! `/crash` makes ann's process panic. The supervisor starts it again, the connection notices and
//! goes on with the new one; nobody else sees anything. `/help` has the other commands.
//!
//! What you will see with `--demo`: what each client says (`>`) and hears (`<`), and after a `*` what
//! is true of the processes behind it. A user crashes and is back; there is no room for a fourth one
//! until somebody leaves; users end in each of the three ways; and at last all of it is stopped in
//! order, which its clients are told. The report of the crash is on standard error.

mod client;
mod connection;
mod demo;
mod listener;
mod load;
mod options;
mod room;
mod stats;
mod user;
mod wire;

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use regrow::Runtime;
use regrow::application::{App, Application, Program};
use regrow::prelude::*;

use demo::Stage;
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
    let options = Options::read();
    let runtime = match Runtime::builder().name("chat").build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("chat: the runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(run(options));
    runtime.shutdown(secs(5));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("chat: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), ExitReason> {
    let demo = options.demo;
    let server = Server {
        options,
        listener: None,
        stage: Arc::default(),
    };
    let stage = Arc::clone(&server.stage);
    let program = Program::new().with(App::new("chat", server));
    if !demo {
        return Ok(program.await?);
    }
    let running = program.start().await?;
    let stage = stage.get().expect("it is set by what has started");
    let clients = stage.play().await?;

    println!("\nall is stopped: the connections, and then the tree:");
    running.stop().await?;
    for mut client in clients {
        client.hear_out().await?;
    }
    Ok(())
}

/// The program: its tree, and the listener beside it.
struct Server {
    options: Options,
    listener: Option<ProcessRef<listener::Command>>,
    /// Set when it has started.
    stage: Arc<OnceLock<Stage>>,
}

impl Application for Server {
    type Root = ServerRef<Supervisor>;

    async fn start(&mut self) -> Result<ServerRef<Supervisor>, ExitReason> {
        let options = &self.options;
        let chat = Chat::start_link(options.users_max).await?;
        let settings = user::Settings {
            idle: options.idle,
            users_max: options.users_max,
            retry: options.retry,
        };
        if options.users > 0 {
            load::start_users(&chat, &settings, options.users).await?;
        }
        let (listener, address) = listener::start(&chat, &settings, options).await?;
        self.listener = Some(listener);
        let hint = if options.demo {
            String::new()
        } else {
            format!("; talk to it with: nc {} {}", address.ip(), address.port())
        };
        println!("listening on {address}{hint}");
        let root = chat.supervisor();
        drop(self.stage.set(Stage { chat, address }));
        Ok(root)
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
