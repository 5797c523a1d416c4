//! The server: one process that has all connections, and one for each of them.
//!
//! ```text
//!   the server ── linked ──▶ the door        accepts, and hands each connection over
//!       │
//!       ├─────── linked ──▶ a connection     asks hyper what came, and answers
//!       └─────── linked ──▶ a connection
//! ```
//!
//! The server traps exits, so the end of a connection is a message to it. Its own end is that of
//! everything that is linked to it.

use std::cell::Cell;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use regrow::exit::ExitReason;
use regrow::net::{TcpListener, TcpStream};
use regrow::prelude::*;

use crate::relay::Relay;
use crate::stream::Stream;

/// Starts the server on a listener. Its messages are new connections.
pub(crate) fn start(listener: TcpListener, address: SocketAddr) -> ProcessRef<TcpStream> {
    spawn(async move |mut inbox: Inbox<TcpStream>| {
        inbox.trap_exit(true);
        let relay = Relay::to(address);
        let this = inbox.this();
        let door = spawn_link(async move |_: Inbox<()>| accept(listener, this).await);
        loop {
            match inbox.receive().await {
                Received::Message(stream) => {
                    let relay = relay.clone();
                    spawn_link(async move |_: Inbox<()>| connection(stream, relay).await);
                }
                Received::Exit(exit) if exit.from == door.pid() => return exit.reason,
                Received::Exit(exit) => report(&exit.reason),
                Received::Down(_) => {}
            }
        }
    })
}

/// Hands every connection over, until there can be no more.
async fn accept(listener: TcpListener, server: ProcessRef<TcpStream>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        server.send(stream);
    }
}

/// Says that a connection has crashed; one that ends otherwise is nothing to speak of.
fn report(reason: &ExitReason) {
    if let ExitReason::Panic(panic) = reason {
        println!(
            "      (a connection's process has crashed: {})",
            panic.message()
        );
    }
}

/// One connection: the body of its process. What it counts is its own.
async fn connection(stream: TcpStream, relay: Relay) {
    let asked = Cell::new(0);
    let service = service_fn(move |request| {
        asked.set(asked.get() + 1);
        answer(request, asked.get(), relay.clone())
    });
    let served = http1::Builder::new().serve_connection(Stream(stream), service);
    // An error here is a visitor that went away in the middle, or spoke no HTTP.
    served.await.ok();
}

async fn answer(
    request: Request<Incoming>,
    asked: u32,
    relay: Relay,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path();
    let (status, text) = match (path, path.strip_prefix("/relay/")) {
        ("/", _) => (
            StatusCode::OK,
            format!("request {asked} of this connection"),
        ),
        ("/crash", _) => panic!("somebody asked for it"),
        (_, Some(there)) => relay.ask(there).await,
        (_, None) => (StatusCode::NOT_FOUND, format!("there is no {path}")),
    };
    let mut response = Response::new(Full::from(text + "\n"));
    *response.status_mut() = status;
    Ok(response)
}
