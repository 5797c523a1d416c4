//! A web server with a process for each connection, that also calls out: hyper on both sides.
//!
//! ```sh
//! cargo run --release --example http --features tokio              # then: curl localhost:8080/
//! cargo run --release --example http --features tokio -- --once    # asks itself, and ends
//! ```
//!
//! What it teaches:
//!
//! - A library that brings no runtime, as hyper's server, runs on regrow's own sockets. What it takes
//!   is an adapter from one pair of traits to another: `stream.rs`.
//! - A library written for tokio, as hyper-util's client with its pool of connections, runs inside
//!   `with_tokio`. Where it wants to start tasks it starts processes: `relay.rs`.
//! - Each connection is a process, linked to one that has them all: `server.rs`. What goes wrong in
//!   one of them is over when that process is.
//!
//! What you will see with `--once`: two visitors ask, each on a connection of its own. Bob asks for
//! a crash and loses his connection; Alice's goes on where it was. Then the server calls out, to
//! itself, on her behalf, and a crash over there is a plain answer over here. At last the server is
//! killed, and all connections are closed with it. Reports of crashes are on standard error.

mod relay;
mod server;
mod stream;
mod visitor;

use std::io;
use std::net::SocketAddr;

use clap::Parser;
use regrow::Runtime;
use regrow::net::{TcpListener, TcpStream};
use regrow::prelude::*;
use regrow::process::settle;

use visitor::Visitor;

/// A web server with a process for each connection.
#[derive(Parser)]
struct Options {
    /// Listens on this port of 127.0.0.1; 0: one that is free.
    #[arg(long, value_name = "N", default_value_t = 8080)]
    #[arg(allow_negative_numbers = true)]
    port: u16,
    /// Asks itself a few questions on a free port, crashes in between, and ends.
    #[arg(long)]
    once: bool,
}

fn main() -> visitor::Result<()> {
    let options = Options::parse();
    let runtime = Runtime::builder().build()?;
    if options.once {
        return runtime.block_on(once());
    }
    Err(runtime.block_on(serve(options.port))?.into())
}

/// Starts the server and says where it is.
async fn start(port: u16) -> io::Result<(ProcessRef<TcpStream>, SocketAddr)> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}/ (also: /crash, /relay/, /relay/crash)");
    Ok((server::start(listener, address), address))
}

/// Serves until the server ends, which it does only with an error.
async fn serve(port: u16) -> io::Result<ExitReason> {
    let (server, _) = start(port).await?;
    Ok(monitor(server).await.reason)
}

/// The tour that the head of this file describes.
async fn once() -> visitor::Result<()> {
    let (server, address) = start(0).await?;
    let mut alice = Visitor::connect("alice", address).await?;
    let mut bob = Visitor::connect("bob", address).await?;
    alice.ask("/").await;
    bob.ask("/").await;

    println!("\nbob's connection crashes, and no other:");
    bob.ask("/crash").await;
    alice.ask("/").await;
    let mut bob = Visitor::connect("bob", address).await?;
    bob.ask("/").await;

    println!("\nthe server calls out, and survives what it meets there:");
    alice.ask("/relay/").await;
    alice.ask("/relay/crash").await;
    alice.ask("/").await;

    println!("\nthe server is killed, and its connections with it:");
    exit(server, ExitReason::kill());
    settle().await;
    alice.ask("/").await;
    bob.ask("/").await;
    Ok(())
}
