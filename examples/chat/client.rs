//! Somebody at the other end of a connection, for the demonstration: what they say and hear is printed.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use regrow::net::TcpStream;
use regrow::secs;
use regrow::time::{sleep, timeout};

use crate::wire::{Incoming, Wire};

/// Longer than any answer takes; beyond it something is wrong.
const PATIENCE: Duration = secs(30);

pub(crate) struct Client {
    name: &'static str,
    wire: Wire,
}

impl Client {
    /// Connects, and hears the welcome, which is not printed.
    pub(crate) async fn connect(name: &'static str, address: SocketAddr) -> io::Result<Client> {
        let wire = Wire::new(TcpStream::connect(address).await?);
        let mut client = Client { name, wire };
        client.next().await?;
        Ok(client)
    }

    /// Says something that has no answer.
    pub(crate) async fn say(&mut self, line: &str) -> io::Result<()> {
        println!("  {:4} > {line}", self.name);
        self.wire.write(line).await
    }

    /// Waits for the next line.
    pub(crate) async fn hear(&mut self) -> io::Result<String> {
        let line = self.next().await?;
        println!("  {:4} < {line}", self.name);
        Ok(line)
    }

    /// Says something, and waits for the answer, which has one line.
    pub(crate) async fn ask(&mut self, line: &str) -> io::Result<String> {
        self.say(line).await?;
        self.hear().await
    }

    /// Asks once more, after as long as a `busy` answer says. It must be such an answer.
    pub(crate) async fn ask_again(&mut self, line: &str, busy: &str) -> io::Result<String> {
        let wait = busy
            .rsplit_once("try again in ")
            .and_then(|(_, time)| time.strip_suffix(" s")?.parse().ok())
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .ok_or_else(|| io::Error::other(format!("this names no time: {busy}")))?;
        println!("  {:4} … waits for so long", self.name);
        sleep(wait).await;
        self.ask(line).await
    }

    /// Hears everything up to the end of the connection.
    pub(crate) async fn hear_out(&mut self) -> io::Result<()> {
        loop {
            match self.incoming().await? {
                Incoming::End => break,
                Incoming::Line(line) => println!("  {:4} < {line}", self.name),
                other => return Err(unexpected(&other)),
            }
        }
        println!("  {:4} … is disconnected", self.name);
        Ok(())
    }

    /// Closes the socket without a word.
    pub(crate) fn hang_up(self) {
        println!("  {:4} … hangs up", self.name);
    }

    async fn next(&mut self) -> io::Result<String> {
        match self.incoming().await? {
            Incoming::Line(line) => Ok(line),
            other => Err(unexpected(&other)),
        }
    }

    async fn incoming(&mut self) -> io::Result<Incoming> {
        timeout(PATIENCE, self.wire.next())
            .await
            .unwrap_or_else(|_| {
                let text = format!("{} has heard nothing for {PATIENCE:?}", self.name);
                Err(io::Error::new(io::ErrorKind::TimedOut, text))
            })
    }
}

fn unexpected(incoming: &Incoming) -> io::Error {
    io::Error::other(format!("this is not a line: {incoming:?}"))
}
