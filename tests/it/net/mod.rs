//! Sockets, as users see them: TCP, Unix and UDP between processes of one runtime or of two.
//!
//! Method: both ends of every connection are in the test, on the loopback, with ports chosen by the
//! system. Nothing sleeps to synchronise: an end is seen by reading it, an exit by its monitor. Every
//! test runs under [`run`], which fails it when it hangs. The poller's inside has its own tests in
//! `runtime/src/io/tests.rs`.

mod address;
mod stream;
mod udp;
#[cfg(unix)]
mod unix;
mod waiting;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::time::Duration;

use regrow::exit::IntoExit;
use regrow::net::{TcpListener, TcpStream};
use regrow::process::{Inbox, Monitor, spawn_monitor};

/// Runs `test` as a process of a new runtime, and fails if it hangs.
fn run<T: Send + 'static>(test: impl Future<Output = T> + Send + 'static) -> T {
    run_on(2, test)
}

/// As [`run`], with this many schedulers.
fn run_on<T: Send + 'static>(
    schedulers: usize,
    test: impl Future<Output = T> + Send + 'static,
) -> T {
    within(move || {
        regrow::Runtime::builder()
            .schedulers(schedulers)
            .build()
            .expect("a runtime starts")
            .block_on(test)
    })
}

/// Runs `body` and fails if it takes longer than a loaded machine could excuse.
fn within<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, outcome) = mpsc::channel();
    let thread = std::thread::Builder::new()
        .spawn(move || done.send(body()))
        .expect("a thread starts");
    match outcome.recv_timeout(Duration::from_mins(1)) {
        Ok(value) => value,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("still not done after a minute"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            let panic = thread.join().expect_err("it ended without an outcome");
            std::panic::resume_unwind(panic)
        }
    }
}

/// Starts a process that is watched from its first moment.
fn start<F>(body: impl FnOnce(Inbox<()>) -> F) -> Monitor
where
    F: Future<Output: IntoExit> + Send + 'static,
{
    spawn_monitor(body).1
}

/// Waits for a process to end, which must be normally.
async fn ended_well(process: Monitor) {
    let down = process.await;
    assert!(down.reason.is_normal(), "{:?}", down.reason);
}

/// A listener on a port of the system's choice, and its address.
async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    (listener, address)
}

/// Both ends of a new connection.
async fn connection() -> (TcpStream, TcpStream) {
    let (listener, address) = listen().await;
    let client = TcpStream::connect(address).await.expect("a listener");
    let (server, peer) = listener.accept().await.expect("a client");
    assert_eq!(peer, client.local_addr().expect("a connected socket"));
    (client, server)
}

/// Gives everything back that comes, until the end.
async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            count => stream.write_all(&buffer[..count]).await?,
        }
    }
}

/// Bytes that show a lost, doubled or misplaced one.
fn pattern(len: usize) -> Vec<u8> {
    (0..len)
        .map(|index| u8::try_from(index % 251).expect("less than 256"))
        .collect()
}

/// Polls `future` once and expects it to wait.
fn poll_once_pending<T>(future: Pin<&mut impl Future<Output = T>>) {
    assert!(
        future
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
}
