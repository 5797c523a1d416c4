//! Who waits where: sockets of other runtimes, and the schedulers that wait for sockets and timers at
//! the same time.
//!
//! One idle scheduler sleeps in the poller until the next timer is due. These tests set timers that
//! it does not know of when it goes to sleep, and keep schedulers busy that would have to look.

use std::io::ErrorKind;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc;
use std::time::Duration;

use regrow::Runtime;
use regrow::net::{TcpListener, TcpStream, UdpSocket};
use regrow::process::{Inbox, settle, spawn, yield_now};
use regrow::time::{millis, now, secs, sleep};

use super::{connection, echo, ended_well, run, run_on, start, within};

/// How late a timer may be on a loaded machine. One that nobody watches is late by the minutes that
/// these tests let everybody else wait.
const LATE_MAX: Duration = secs(5);

/// Waits for 10 ms, and fails if that takes much longer.
async fn nap() {
    let begun = now();
    sleep(millis(10)).await;
    let slept = begun.elapsed();
    assert!(slept >= millis(10), "early: {slept:?}");
    assert!(slept < LATE_MAX, "late: {slept:?}");
}

/// Keeps this scheduler busy until something is true.
fn compute_until(what: &str, is_true: impl Fn() -> bool) {
    let begun = now();
    while !is_true() {
        assert!(begun.elapsed() < secs(30), "still waiting until {what}");
        std::hint::spin_loop();
    }
}

#[test]
fn a_socket_outside_a_runtime_is_refused_with_advice() {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let error = UdpSocket::from_std(socket).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("inside a process"), "{error}");
}

#[test]
fn a_socket_may_be_used_from_another_runtime() {
    within(|| {
        let first = Runtime::builder().build().unwrap();
        let second = Runtime::builder().build().unwrap();
        let (mut client, server) = first.block_on(connection());
        second.block_on(async move {
            let server = start(async move |_| echo(server).await);
            client.write_all(b"hello").await.unwrap();
            client.read_exact(&mut [0; 5]).await.unwrap();
            drop(client);
            ended_well(server).await;
        });
    });
}

#[test]
fn a_socket_that_outlives_its_runtime_fails_and_does_not_hang() {
    let (client, mut server) = run(connection());
    let error = run(async move { server.read(&mut [0; 8]).await.unwrap_err() });
    assert!(error.to_string().contains("shut down"), "{error}");
    drop(client);
}

#[test]
fn sockets_and_their_futures_can_move_between_schedulers() {
    fn movable<T: Send>(value: T) -> T {
        value
    }
    fn shareable<T: Send + Sync + Unpin>() {}
    shareable::<TcpListener>();
    shareable::<TcpStream>();
    shareable::<UdpSocket>();
    shareable::<regrow::net::ReadHalf<TcpStream>>();
    shareable::<regrow::net::WriteHalf<TcpStream>>();
    run(movable(async {
        let (mut client, mut server) = connection().await;
        movable(client.write_all(b"hello")).await.unwrap();
        movable(server.read_exact(&mut [0; 5])).await.unwrap();
    }));
}

#[test]
fn a_timer_fires_while_everybody_waits_for_sockets() {
    for schedulers in [1, 2, 4] {
        run_on(schedulers, async {
            let (client, mut server) = connection().await;
            spawn(async move |_: Inbox<()>| server.read(&mut [0]).await.map(drop));
            for _ in 0..20 {
                settle().await;
                nap().await;
            }
            drop(client);
        });
    }
}

#[test]
fn a_timer_that_a_foreign_thread_brings_fires_while_everybody_sleeps() {
    within(|| {
        let runtime = Runtime::builder().schedulers(2).build().unwrap();
        // From now on somebody sleeps in the poller, for an hour at first.
        runtime
            .spawn(async |_: Inbox<()>| sleep(secs(3600)).await)
            .unwrap();
        for _ in 0..20 {
            runtime.block_on(settle());
            runtime.block_on(nap());
        }
    });
}

#[test]
fn short_turns_that_never_end_keep_nobody_from_sockets_and_timers() {
    run_on(1, async {
        let over = Arc::new(AtomicBool::new(false));
        let busy = Arc::clone(&over);
        let busy = start(async move |_| {
            while !busy.load(SeqCst) {
                yield_now().await;
            }
        });
        let (mut client, server) = connection().await;
        let server = start(async move |_| echo(server).await);
        for _ in 0..10 {
            client.write_all(b"hello").await.unwrap();
            client.read_exact(&mut [0; 5]).await.unwrap();
            nap().await;
        }
        drop(client);
        ended_well(server).await;
        over.store(true, SeqCst);
        ended_well(busy).await;
    });
}

#[test]
fn turns_of_a_millisecond_do_not_make_a_timer_late_by_a_hundred() {
    run_on(1, async {
        let over = Arc::new(AtomicBool::new(false));
        let busy = Arc::clone(&over);
        let busy = start(async move |_| {
            while !busy.load(SeqCst) {
                let begun = now();
                compute_until("a millisecond is over", || begun.elapsed() >= millis(1));
                yield_now().await;
            }
        });
        // The best of several, because the machine may be busy with something else.
        let mut best = Duration::MAX;
        for _ in 0..10 {
            let begun = now();
            sleep(millis(5)).await;
            best = best.min(begun.elapsed());
        }
        assert!(best < millis(50), "{best:?}");
        over.store(true, SeqCst);
        ended_well(busy).await;
    });
}

/// The scheduler that slept in the poller is the one that wakes up with the first socket, and then
/// has no time for the second one.
#[test]
fn a_stuck_process_keeps_nobody_from_their_sockets() {
    for schedulers in [1, 2] {
        run_on(schedulers, async {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let mut first = TcpStream::connect(address).await.unwrap();
            let (mut first_peer, _) = listener.accept().unwrap();
            let mut second = TcpStream::connect(address).await.unwrap();
            let (mut second_peer, _) = listener.accept().unwrap();
            let served = Arc::new(AtomicBool::new(false));
            let (say_stuck, stuck) = mpsc::channel();

            let is_served = Arc::clone(&served);
            let hog = start(async move |_| {
                first.read_exact(&mut [0]).await.unwrap();
                say_stuck.send(()).unwrap();
                compute_until("the other one is served", || is_served.load(SeqCst));
            });
            let other = start(async move |_| {
                second.read_exact(&mut [0]).await.unwrap();
                served.store(true, SeqCst);
            });
            settle().await;
            first_peer.write_all(b"!").unwrap();
            let writer = std::thread::Builder::new()
                .spawn(move || {
                    stuck.recv().unwrap();
                    second_peer.write_all(b"!").unwrap();
                    second_peer
                })
                .unwrap();
            ended_well(hog).await;
            ended_well(other).await;
            drop(writer.join().unwrap());
        });
    }
}
