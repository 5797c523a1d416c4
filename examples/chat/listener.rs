//! The listener: a process that accepts connections and knows those there are.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use futures_lite::future;
use regrow::net::{TcpListener, TcpStream};
use regrow::prelude::*;
use regrow::process::{MailboxPolicy, Pid, ProcessRef, SpawnOptions, spawn_with};

use crate::ChatRef;
use crate::connection::{self, ToClient};
use crate::options::Options;
use crate::user::Settings;
use crate::wire::Wire;

/// Lines that wait for a slow reader; beyond them the oldest are dropped.
const WAITING_MAX: usize = 1000;

/// What the listener is told.
#[derive(Debug)]
pub(crate) enum Command {
    /// No new connections; a word to those there are; and then an end.
    Stop,
}

/// Listens, and starts the listener. Linked to the caller. Gives the address too.
pub(crate) async fn start(
    chat: &ChatRef,
    settings: &Settings,
    options: &Options,
) -> Result<(ProcessRef<Command>, SocketAddr), ExitReason> {
    let address = SocketAddr::new(options.listen, options.port);
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| explain(address, &error))?;
    let address = listener.local_addr()?;
    let (chat, settings) = (chat.clone(), settings.clone());
    let options = SpawnOptions::new().link().label("listener");
    let spawned = spawn_with(options, |inbox| run(inbox, listener, chat, settings))?;
    Ok((spawned.process, address))
}

fn explain(address: SocketAddr, error: &io::Error) -> ExitReason {
    ExitReason::atom(match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("{address} is in use: stop what listens there, or take another --port")
        }
        _ => format!("cannot listen on {address}: {error}"),
    })
}

enum Event {
    Accepted(io::Result<(TcpStream, SocketAddr)>),
    Received(Received<Command>),
}

async fn run(
    mut inbox: Inbox<Command>,
    listener: TcpListener,
    chat: ChatRef,
    settings: Settings,
) -> Result<(), ExitReason> {
    let mut connections: HashMap<Pid, ProcessRef<ToClient>> = HashMap::new();
    loop {
        let event = future::or(async { Event::Received(inbox.receive().await) }, async {
            Event::Accepted(listener.accept().await)
        })
        .await;
        match event {
            Event::Received(Received::Message(Command::Stop)) => break,
            Event::Received(Received::Down(down)) => forget(&mut connections, &down),
            Event::Received(Received::Exit(_)) => {}
            Event::Accepted(accepted) => {
                let (stream, _) = accepted?;
                let (chat, settings) = (chat.clone(), settings.clone());
                let options = SpawnOptions::new()
                    .monitor()
                    .label("connection")
                    .mailbox_limit(WAITING_MAX, MailboxPolicy::DropOldest);
                let wire = Wire::new(stream);
                // Beyond the limit of processes the socket is dropped, and so closed.
                if let Ok(spawned) = spawn_with(options, |inbox| {
                    connection::run(inbox, wire, chat, settings)
                }) {
                    connections.insert(spawned.process.pid(), spawned.process);
                }
            }
        }
    }
    drop(listener);
    for connection in connections.values() {
        connection.send(ToClient::Closing);
    }
    while !connections.is_empty() {
        if let Received::Down(down) = inbox.receive().await {
            forget(&mut connections, &down);
        }
    }
    Ok(())
}

fn forget(connections: &mut HashMap<Pid, ProcessRef<ToClient>>, down: &Down) {
    if let regrow::process::DownTarget::Process(pid) = &down.target {
        connections.remove(pid);
    }
}
