//! The poller and its sources from inside: notifications, tokens, wakers and lost readiness.
//!
//! Method: pollers without a runtime, driven by the test's own threads; datagram sockets on the
//! loopback, since one `send_to` makes one event. What would hang if a guarantee were broken runs
//! under [`within`]. What users can see of sockets is tested from outside, in `tests/it/net/`.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use mio::Interest;

use super::poller::Poller;
use super::socket::Socket;
use super::source::{Direction, Readiness, Seat, Source, Sources};
use super::wait_word::{TransitionToNotified, TransitionToWaiting, WaitWord};

/// Runs `body` and fails if it takes longer than a loaded machine could excuse.
fn within<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, outcome) = mpsc::channel();
    let thread = thread::Builder::new()
        .spawn(move || done.send(body()))
        .unwrap();
    match outcome.recv_timeout(Duration::from_mins(1)) {
        Ok(value) => value,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("still not done after a minute"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(thread.join().unwrap_err())
        }
    }
}

/// A waker that counts its calls.
#[derive(Default)]
struct Counter(AtomicUsize);

impl Counter {
    fn calls(&self) -> usize {
        self.0.load(SeqCst)
    }
}

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A counter and the waker that counts there.
fn counter() -> (Arc<Counter>, Waker) {
    let counter = Arc::new(Counter::default());
    (Arc::clone(&counter), Waker::from(Arc::clone(&counter)))
}

/// A datagram socket in the care of `poller`, with nothing to read as far as is known.
fn socket(poller: &Arc<Poller>) -> Socket<mio::net::UdpSocket> {
    let io = mio::net::UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    Socket::new(io, Arc::clone(poller), Interest::READABLE, Readiness::NONE).unwrap()
}

/// Makes `socket` readable.
fn send_to(socket: &Socket<mio::net::UdpSocket>) {
    let sender = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    sender
        .send_to(b"datagram", socket.get().local_addr().unwrap())
        .unwrap();
}

/// Polls until somebody is woken.
fn poll_until_woken(poller: &Poller) -> usize {
    loop {
        match poller.try_poll(None).expect("nobody else polls").woken {
            0 => {}
            woken => return woken,
        }
    }
}

/// Polls `socket` for reading, in the seat of the `poll_…` functions.
fn poll_receive(socket: &Socket<mio::net::UdpSocket>, waker: &Waker) -> Poll<io::Result<usize>> {
    let mut cx = Context::from_waker(waker);
    socket.poll_io(Direction::Read, &mut cx, |io| io.recv(&mut [0; 16]))
}

// Notifications.

#[test]
fn a_notification_before_the_wait_ends_it_at_once() {
    within(|| {
        let poller = Poller::new().unwrap();
        poller.notify();
        assert_eq!(poller.try_poll(None).unwrap().woken, 0);
    });
}

#[test]
fn a_notification_ends_a_wait_that_has_begun() {
    within(|| {
        let poller = Poller::new().unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| poller.try_poll(None).unwrap().woken);
            while !poller.is_polling() {
                thread::yield_now();
            }
            poller.notify();
            assert_eq!(waiting.join().unwrap(), 0);
        });
        assert!(!poller.is_polling());
    });
}

#[test]
fn a_poll_that_does_not_wait_leaves_the_notification_to_one_that_does() {
    within(|| {
        let poller = Poller::new().unwrap();
        poller.notify();
        assert!(poller.try_poll(Some(Duration::ZERO)).is_some());
        assert_eq!(poller.try_poll(None).unwrap().woken, 0);
    });
}

#[test]
fn many_notifications_of_one_wait_interrupt_it_once() {
    let word = WaitWord::new();
    assert_eq!(word.transition_to_waiting(), TransitionToWaiting::Wait);
    assert_eq!(
        word.transition_to_notified(),
        TransitionToNotified::Interrupt
    );
    assert_eq!(word.transition_to_notified(), TransitionToNotified::Nothing);
    assert_eq!(word.transition_to_notified(), TransitionToNotified::Nothing);
    word.transition_to_idle();
    assert_eq!(word.transition_to_waiting(), TransitionToWaiting::Wait);
}

#[test]
fn notifications_without_a_wait_interrupt_nothing_and_end_the_next() {
    let word = WaitWord::new();
    assert_eq!(word.transition_to_notified(), TransitionToNotified::Nothing);
    assert_eq!(word.transition_to_notified(), TransitionToNotified::Nothing);
    assert_eq!(word.transition_to_waiting(), TransitionToWaiting::Notified);
    assert_eq!(word.transition_to_waiting(), TransitionToWaiting::Wait);
}

#[test]
fn no_notification_is_lost_when_two_threads_notify() {
    const ROUNDS: usize = 20_000;
    within(|| {
        let poller = Poller::new().unwrap();
        let asked = [const { AtomicUsize::new(0) }; 2];
        let answered = [const { AtomicUsize::new(0) }; 2];
        thread::scope(|scope| {
            for notifier in 0..asked.len() {
                let (poller, asked, answered) = (&poller, &asked, &answered);
                scope.spawn(move || {
                    for round in 1..=ROUNDS {
                        asked[notifier].store(round, SeqCst);
                        poller.notify();
                        // Nothing else ends the wait, so a lost notification stays unanswered.
                        while answered[notifier].load(SeqCst) < round {
                            thread::yield_now();
                        }
                    }
                });
            }
            while answered
                .iter()
                .any(|answered| answered.load(SeqCst) < ROUNDS)
            {
                poller.try_poll(None).unwrap();
                for (asked, answered) in asked.iter().zip(&answered) {
                    answered.store(asked.load(SeqCst), SeqCst);
                }
            }
        });
    });
}

#[test]
fn only_one_thread_polls() {
    within(|| {
        let poller = Poller::new().unwrap();
        thread::scope(|scope| {
            scope.spawn(|| poller.try_poll(None).unwrap());
            while !poller.is_polling() {
                thread::yield_now();
            }
            assert_eq!(poller.try_poll(Some(Duration::ZERO)), None);
            assert_eq!(poller.try_poll(None), None);
            poller.notify();
        });
    });
}

#[test]
fn a_wait_ends_when_its_time_is_up() {
    within(|| {
        let poller = Poller::new().unwrap();
        assert_eq!(
            poller
                .try_poll(Some(Duration::from_millis(1)))
                .unwrap()
                .woken,
            0
        );
        assert!(!poller.is_polling());
    });
}

// Wakers.

#[test]
fn a_socket_that_becomes_ready_wakes_its_reader() {
    within(|| {
        let poller = Poller::new().unwrap();
        let socket = socket(&poller);
        let (counter, waker) = counter();
        assert!(poll_receive(&socket, &waker).is_pending());

        send_to(&socket);
        assert_eq!(poll_until_woken(&poller), 1);
        assert_eq!(counter.calls(), 1);
        assert!(matches!(poll_receive(&socket, &waker), Poll::Ready(Ok(8))));
        assert!(poll_receive(&socket, &waker).is_pending());
    });
}

#[test]
fn sockets_can_be_made_and_dropped_while_another_thread_waits() {
    within(|| {
        let poller = Poller::new().unwrap();
        thread::scope(|scope| {
            let (counter, waker) = counter();
            let waiting = scope.spawn(|| poll_until_woken(&poller));
            while !poller.is_polling() {
                thread::yield_now();
            }
            drop(socket(&poller));
            let socket = socket(&poller);
            assert!(poll_receive(&socket, &waker).is_pending());
            send_to(&socket);
            assert_eq!(waiting.join().unwrap(), 1);
            assert_eq!(counter.calls(), 1);
        });
    });
}

#[test]
fn a_waker_may_use_the_poller() {
    /// Polls, registers and deregisters when called.
    struct Meddler(Arc<Poller>, AtomicUsize);
    impl Wake for Meddler {
        fn wake(self: Arc<Self>) {
            let outcome = self.0.try_poll(Some(Duration::ZERO));
            assert!(outcome.is_some(), "called while the poller was locked");
            drop(socket(&self.0));
            self.1.fetch_add(1, SeqCst);
        }
    }
    within(|| {
        let poller = Poller::new().unwrap();
        let socket = socket(&poller);
        let meddler = Arc::new(Meddler(Arc::clone(&poller), AtomicUsize::new(0)));
        assert!(poll_receive(&socket, &Waker::from(Arc::clone(&meddler))).is_pending());
        send_to(&socket);
        poll_until_woken(&poller);
        assert_eq!(meddler.1.load(SeqCst), 1);
    });
}

#[test]
fn the_last_caller_of_a_poll_function_is_the_one_that_is_woken() {
    within(|| {
        let poller = Poller::new().unwrap();
        let socket = socket(&poller);
        let (first, first_waker) = counter();
        let (second, second_waker) = counter();
        assert!(poll_receive(&socket, &first_waker).is_pending());
        assert!(poll_receive(&socket, &second_waker).is_pending());

        send_to(&socket);
        assert_eq!(poll_until_woken(&poller), 1);
        assert_eq!((first.calls(), second.calls()), (0, 1));
    });
}

#[test]
fn polling_again_with_the_same_waker_keeps_one_of_it() {
    let source = Source::new(Readiness::NONE);
    let (counter, waker) = counter();
    let mut cx = Context::from_waker(&waker);
    let before = Arc::strong_count(&counter);
    for _ in 0..3 {
        assert!(
            source
                .poll_ready(Direction::Read, Seat::Polled, &mut cx)
                .is_pending()
        );
    }
    assert_eq!(Arc::strong_count(&counter), before + 1);
}

#[test]
fn every_waiting_future_is_woken() {
    let source = Source::new(Readiness::NONE);
    let (first, first_waker) = counter();
    let (second, second_waker) = counter();
    let mut one = pin!(source.ready(Direction::Read));
    let mut two = pin!(source.ready(Direction::Read));
    assert!(
        one.as_mut()
            .poll(&mut Context::from_waker(&first_waker))
            .is_pending()
    );
    assert!(
        two.as_mut()
            .poll(&mut Context::from_waker(&second_waker))
            .is_pending()
    );

    announce(&source, Readiness::READABLE);
    assert_eq!((first.calls(), second.calls()), (1, 1));
    assert!(one.poll(&mut Context::from_waker(&first_waker)).is_ready());
    assert!(two.poll(&mut Context::from_waker(&second_waker)).is_ready());
}

#[test]
fn a_dropped_future_leaves_no_waker_behind() {
    let source = Source::new(Readiness::NONE);
    let (counter, waker) = counter();
    let before = Arc::strong_count(&counter);
    {
        let waiting = pin!(source.ready(Direction::Write));
        assert!(waiting.poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(Arc::strong_count(&counter), before + 1);
    }
    assert_eq!(Arc::strong_count(&counter), before);
    announce(&source, Readiness::ALL);
    assert_eq!(counter.calls(), 0);
}

#[test]
fn each_direction_wakes_its_own() {
    let source = Source::new(Readiness::NONE);
    let (reader, read_waker) = counter();
    let (writer, write_waker) = counter();
    let reading = source.poll_ready(
        Direction::Read,
        Seat::Polled,
        &mut Context::from_waker(&read_waker),
    );
    let writing = source.poll_ready(
        Direction::Write,
        Seat::Polled,
        &mut Context::from_waker(&write_waker),
    );
    assert!(reading.is_pending());
    assert!(writing.is_pending());

    announce(&source, Readiness::WRITABLE);
    assert_eq!((reader.calls(), writer.calls()), (0, 1));
    announce(&source, Readiness::READABLE);
    assert_eq!((reader.calls(), writer.calls()), (1, 1));
}

/// Announces `ready` and calls the wakers, as the poller does.
fn announce(source: &Source, ready: Readiness) {
    let mut woken = Vec::new();
    source.announce(ready, &mut woken);
    woken.into_iter().for_each(Waker::wake);
}

// Lost readiness and stale tokens.

#[test]
fn forgetting_does_not_undo_a_newer_announcement() {
    let source = Source::new(Readiness::READABLE);
    let tick = source.check(Direction::Read).unwrap().unwrap();
    // Between the attempt that found nothing and the forgetting, something arrives.
    announce(&source, Readiness::READABLE);
    source.forget(Direction::Read, tick);
    assert!(source.check(Direction::Read).is_some());
}

#[test]
fn no_announcement_is_lost_between_two_threads() {
    /// Unparks a thread. Each round makes its own, so that each poll clones and seats it.
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    const ROUNDS: usize = 50_000;
    within(|| {
        let source = Source::new(Readiness::NONE);
        let heard = AtomicUsize::new(0);
        thread::scope(|scope| {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    // Each round a little later, to come at every point of the other's poll.
                    (0..round % 100).for_each(|_| std::hint::spin_loop());
                    announce(&source, Readiness::READABLE);
                    // Spinning, the next announcement comes while the other thread polls; yielding
                    // now and then, the test ends on one core, too.
                    for spin in 1_u32.. {
                        if heard.load(SeqCst) > round {
                            break;
                        }
                        if spin % 1024 == 0 {
                            thread::yield_now();
                        }
                    }
                }
            });
            for round in 1..=ROUNDS {
                let waker = Waker::from(Arc::new(Unpark(thread::current())));
                let mut cx = Context::from_waker(&waker);
                let tick = loop {
                    match source.poll_ready(Direction::Read, Seat::Polled, &mut cx) {
                        Poll::Ready(tick) => break tick.unwrap(),
                        Poll::Pending => thread::park(),
                    }
                };
                source.forget(Direction::Read, tick);
                heard.store(round, SeqCst);
            }
        });
    });
}

#[test]
fn forgetting_one_direction_leaves_the_other() {
    let source = Source::new(Readiness::ALL);
    let tick = source.check(Direction::Read).unwrap().unwrap();
    source.forget(Direction::Read, tick);
    assert!(source.check(Direction::Read).is_none());
    assert!(source.check(Direction::Write).is_some());
}

#[test]
fn a_token_outlives_its_source_without_naming_the_next() {
    let mut sources = Sources::default();
    let first = sources
        .insert(Arc::new(Source::new(Readiness::NONE)))
        .unwrap();
    assert!(sources.remove(first).is_some());

    let second = sources
        .insert(Arc::new(Source::new(Readiness::NONE)))
        .unwrap();
    assert!(sources.get(first).is_none());
    assert!(sources.remove(first).is_none());
    assert!(sources.get(second).is_some());
}

#[test]
fn an_event_of_a_dropped_socket_wakes_nobody() {
    within(|| {
        let poller = Poller::new().unwrap();
        let dropped = socket(&poller);
        let (counter, waker) = counter();
        assert!(poll_receive(&dropped, &waker).is_pending());
        send_to(&dropped);
        // The event is ready at the system when the socket goes and its place is taken.
        drop(dropped);
        let next = socket(&poller);
        assert!(poll_receive(&next, &waker).is_pending());
        assert_eq!(poller.try_poll(Some(Duration::ZERO)).unwrap().woken, 0);
        assert_eq!(counter.calls(), 0);
    });
}

#[test]
fn dropped_sockets_leave_the_table_empty() {
    let poller = Poller::new().unwrap();
    assert!(!poller.has_sources());
    let sockets: Vec<_> = (0..10).map(|_| socket(&poller)).collect();
    assert!(poller.has_sources());
    drop(sockets);
    assert!(!poller.has_sources());
}

// The end of the runtime.

#[test]
fn closing_the_poller_wakes_everybody_with_an_error() {
    let poller = Poller::new().unwrap();
    let (polled, awaited) = (socket(&poller), socket(&poller));
    let (counter, waker) = counter();
    let mut cx = Context::from_waker(&waker);
    let mut waiting = pin!(awaited.ready(Direction::Read));
    assert!(poll_receive(&polled, &waker).is_pending());
    assert!(waiting.as_mut().poll(&mut cx).is_pending());

    assert_eq!(poller.close(), 2);
    assert_eq!(counter.calls(), 2);
    assert!(matches!(poll_receive(&polled, &waker), Poll::Ready(Err(_))));
    assert!(matches!(waiting.poll(&mut cx), Poll::Ready(Err(_))));
}

#[test]
fn a_closed_poller_takes_no_socket() {
    let poller = Poller::new().unwrap();
    poller.close();
    let io = mio::net::UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let refused = Socket::new(io, Arc::clone(&poller), Interest::READABLE, Readiness::NONE);
    assert!(refused.is_err());
}

#[test]
fn outside_a_runtime_the_error_says_what_to_do() {
    let error = super::current().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    assert!(error.to_string().contains("inside a process"));
}
