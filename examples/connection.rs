//! A connection that never kills its supervisor.
//!
//! ```text
//!   tree (one_for_one)
//!   ├── upstream     CircuitBreaker: asked before each request
//!   └── connection   a state machine
//!
//!        ┌─────────────── connects ──────────────┐
//!        │                                       ▼
//!   Disconnected ── retries, each time later   Connected ── answers requests
//!        ▲                                       │
//!        └────────────── the line breaks ────────┘
//! ```
//!
//! What it teaches: that another machine is away is no crash. It is a state of the process that
//! talks to it, in which that answers *not now*; those who would rather wait until it is ready can
//! do that; and a circuit breaker keeps others from asking for what will not come.
//!
//! ```sh
//! cargo run --release --example connection
//! ```
//!
//! What you will see: the tree starts although nobody is at the other end; then a server is there,
//! goes away in the middle of everything, and comes back. It is a real one, over TCP. At the end:
//! how often the supervisor had to restart anything.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use futures_lite::io::{AsyncBufReadExt, BufReader};
use regrow::gen_statem;
use regrow::net::{TcpListener, TcpStream};
use regrow::prelude::*;
use regrow::process::settle;
use regrow::statem::{Enter, Machine, Transition};
use regrow::supervisor::{CircuitBreaker, CircuitError, figures};
use regrow::time::{sleep, timeout};

/// A connection that never kills its supervisor.
#[derive(Parser)]
struct Options;

static UPSTREAM: Name<CircuitBreaker> = Name::new("upstream");
static CONNECTION: Name<Machine<Connection>> = Name::new("connection");

const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(200);

#[derive(Debug, PartialEq)]
enum Link {
    Disconnected,
    Connected,
}

struct Connection {
    address: SocketAddr,
    /// The line, in the state `Connected`.
    line: Option<BufReader<TcpStream>>,
    /// How long to wait before the next attempt.
    pause: Duration,
    /// How often it has connected.
    connects: u32,
}

#[gen_statem(state = Link)]
impl Connection {
    #[init]
    fn new(address: SocketAddr) -> (Link, Self) {
        let connection = Connection {
            address,
            line: None,
            pause: PAUSE_MIN,
            connects: 0,
        };
        (Link::Disconnected, connection)
    }

    /// The first attempt is made at once, but not in `init`, which cannot fail therefore.
    #[enter(Disconnected)]
    fn away(&mut self) -> Enter<Self> {
        self.line = None;
        let pause = self.pause;
        self.pause = (pause * 2).min(PAUSE_MAX);
        Enter::keep().state_timeout(pause, ConnectionEvent::Retry)
    }

    #[state_timeout(in = Disconnected, ignore = Connected)]
    async fn retry(&mut self) -> Transition<Self> {
        let line = timeout(secs(1), TcpStream::connect(self.address)).await;
        let Ok(Ok(line)) = line else {
            return Transition::repeat();
        };
        self.line = Some(BufReader::new(line));
        self.pause = PAUSE_MIN;
        self.connects += 1;
        Transition::to(Link::Connected)
    }

    /// An answer, or none if the server is away.
    #[call(in = Connected)]
    async fn ask(&mut self, question: String, from: ReplyTo<Option<String>>) -> Transition<Self> {
        match self.exchange(&question).await {
            Ok(answer) => Transition::keep().reply(from, Some(answer)),
            Err(_) => Transition::to(Link::Disconnected).reply(from, None),
        }
    }

    #[call(event = ask, in = Disconnected)]
    fn refuse(&mut self, _question: String, from: ReplyTo<Option<String>>) -> Transition<Self> {
        Transition::keep().reply(from, None)
    }

    /// Answers when it is connected. That is all there is to readiness: the question is put off.
    #[call(in = Connected, postpone = Disconnected)]
    fn ready(&mut self) {}

    #[call]
    fn connects(&self) -> u32 {
        self.connects
    }

    async fn exchange(&mut self, question: &str) -> io::Result<String> {
        let line = self.line.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        line.get_mut()
            .write_all(format!("{question}\n").as_bytes())
            .await?;
        let mut answer = String::new();
        match line.read_line(&mut answer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(answer.trim_end().to_owned()),
        }
    }
}

/// The other end: answers each line in capitals. Its connections are linked to it.
fn serve(socket: std::net::TcpListener) -> ProcessRef<()> {
    spawn(async move |_: Inbox<()>| -> io::Result<()> {
        let listener = TcpListener::from_std(socket)?;
        loop {
            let (stream, _) = listener.accept().await?;
            spawn_link(async move |_: Inbox<()>| -> io::Result<()> {
                let (mut stream, mut line) = (BufReader::new(stream), String::new());
                while stream.read_line(&mut line).await? > 0 {
                    stream
                        .get_mut()
                        .write_all(line.to_uppercase().as_bytes())
                        .await?;
                    line.clear();
                }
                Ok(())
            });
        }
    })
}

/// Asks as every user of the connection does: the breaker first.
async fn ask(question: &str) {
    let request = async {
        let answer = CONNECTION.ask(question.into()).await;
        answer.ok().flatten().ok_or("no answer: away")
    };
    match UPSTREAM.run(request).await {
        Ok(answer) => println!("  {question}? {answer}"),
        Err(CircuitError::Failed(why)) => println!("  {question}? {why}"),
        Err(error) => println!("  {question}? not even asked: {error}"),
    }
}

#[regrow::main]
async fn main() -> Result<(), ExitReason> {
    Options::parse();
    // A port that nobody listens at: it is taken, and given back.
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let breaker = CircuitBreaker::standard(2, secs(10)).reset_after(secs(1));
    let tree = Supervisor::new(Strategy::OneForOne)
        .max_restarts(0, secs(1))
        .child(breaker.name(UPSTREAM))
        .child(Connection::child_spec(address).name(CONNECTION))
        .start_link()
        .await?;

    println!("nobody is at the other end:");
    ask("anybody there").await;

    println!("the server starts:");
    let server = serve(std::net::TcpListener::bind(address)?);
    CONNECTION.ready().no_timeout().await?;
    ask("anybody there").await;
    ask("how are you").await;

    println!("the server is killed:");
    exit(server, ExitReason::kill());
    settle().await;
    while UPSTREAM.ask().is_ok() {
        ask("still there").await;
    }
    ask("still there").await;

    println!("and comes back:");
    let server = serve(std::net::TcpListener::bind(address)?);
    CONNECTION.ready().no_timeout().await?;
    ask("are you back").await;
    println!("  (a second later, when the circuit is whole again)");
    while UPSTREAM.ask().is_err() {
        sleep(millis(20)).await;
    }
    ask("are you back").await;

    let restarts = figures(tree).map(|figures| figures.restarts);
    println!(
        "connected {} times, restarted {} times",
        CONNECTION.connects().await?,
        restarts.unwrap_or_default()
    );
    exit(server, ExitReason::kill());
    Ok(())
}
