//! What goes on beside a server: futures and streams whose results come to its handlers.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context as Waking, Poll};

use futures_lite::Stream;
use regrow::answer::Next;
use regrow::process::{ExitReason, Pid, exit, is_alive, monitor, processes, settle};
use regrow::reference::ServerRef;
use regrow::server::stop;
use regrow::time::{Sleep, millis, secs, sleep};

use super::{Do, Log, Subject, act, ask, handled, oops, subject, then, trapping};
use crate::support::{over_seeds, simulated};

/// Has a server do something with its context, and gives the pid that comes of it.
async fn begin(
    server: ServerRef<Subject>,
    how: impl FnOnce(&mut regrow::server::Context<Subject>) -> Pid + Send + 'static,
) -> Pid {
    let (tell, told) = std::sync::mpsc::channel();
    act(server, move |_, cx| {
        tell.send(how(cx)).unwrap();
        Next::proceed()
    });
    handled(server).await;
    told.recv().unwrap()
}

fn says(what: &'static str) -> Do {
    then(move |subject, _| {
        subject.log.say(what);
        Next::proceed()
    })
}

// R-SERVER-6.
#[test]
fn a_future_goes_on_beside_the_server_and_its_result_comes_to_a_handler() {
    over_seeds(20, || async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        let beside = begin(server, |cx| {
            cx.run(async {
                sleep(secs(1)).await;
                says("result")
            })
        })
        .await;
        // It takes messages meanwhile.
        handled(server).await;
        assert_eq!(log.take(), Vec::<String>::new());
        assert!(is_alive(beside).await);
        sleep(secs(2)).await;
        assert_eq!(log.take(), ["result"]);
        assert!(!is_alive(beside).await);
    });
}

// R-SERVER-6.
#[test]
fn what_goes_on_beside_a_server_ends_with_it_whatever_the_reason() {
    simulated(async {
        for reason in [ExitReason::Normal, ExitReason::Shutdown, ExitReason::Kill] {
            let log = Log::default();
            let before = processes().len();
            let server = trapping(&log).await.unwrap();
            let beside = begin(server, |cx| {
                cx.run(async {
                    sleep(secs(100)).await;
                    says("never")
                })
            })
            .await;
            let watch = monitor(beside);
            if reason == ExitReason::Kill {
                exit(server, reason);
            } else {
                stop(server, reason).await.unwrap();
            }
            assert!(watch.await.reason.is_normal());
            settle().await;
            assert_eq!(processes().len(), before);
        }
    });
}

// R-SERVER-6.
fn fails() -> Do {
    panic!("beside")
}

#[test]
fn a_future_that_panics_takes_its_server_along() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        let watch = monitor(server);
        begin(server, |cx| {
            cx.run(async {
                sleep(millis(10)).await;
                fails()
            })
        })
        .await;
        let reason = watch.await.reason;
        assert!(
            matches!(&reason, ExitReason::Panic(panic) if panic.message() == "beside"),
            "{reason}"
        );
    });
}

// R-SERVER-6: a trapping server sees the crash as an exit, and nothing of one that went well.
#[test]
fn a_trapping_server_sees_only_the_exit_of_a_future_that_fails() {
    simulated(async {
        let log = Log::default();
        let server = trapping(&log).await.unwrap();
        begin(server, |cx| cx.run(async { says("result") })).await;
        sleep(millis(10)).await;
        begin(server, |cx| {
            cx.run(async {
                regrow::process::yield_now().await;
                regrow::process::exit_self(oops());
                #[expect(unreachable_code, reason = "it says what the result would have been")]
                says("never")
            })
        })
        .await;
        sleep(millis(10)).await;
        assert_eq!(log.take(), ["result", "exit: oops"]);
    });
}

// R-SERVER-6.
#[test]
fn one_that_is_ended_from_outside_is_not_heard_of() {
    simulated(async {
        let log = Log::default();
        let server = trapping(&log).await.unwrap();
        let beside = begin(server, |cx| {
            cx.run(async {
                sleep(secs(1)).await;
                says("never")
            })
        })
        .await;
        exit(beside, ExitReason::Kill);
        sleep(secs(2)).await;
        handled(server).await;
        assert_eq!(log.take(), Vec::<String>::new());
    });
}

/// Gives what it has, some time apart.
struct Slowly {
    items: VecDeque<&'static str>,
    pause: Pin<Box<Sleep>>,
}

impl Slowly {
    fn new(items: &[&'static str]) -> Slowly {
        Slowly {
            items: items.iter().copied().collect(),
            pause: Box::pin(sleep(millis(100))),
        }
    }
}

impl Stream for Slowly {
    type Item = Do;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Option<Do>> {
        if self.pause.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.pause = Box::pin(sleep(millis(100)));
        Poll::Ready(self.items.pop_front().map(says))
    }
}

// R-SERVER-7.
#[test]
fn the_items_of_a_stream_come_to_a_handler_until_it_or_the_server_ends() {
    simulated(async {
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        let stream = begin(server, |cx| cx.attach_stream(Slowly::new(&["one", "two"]))).await;
        sleep(millis(150)).await;
        assert_eq!(log.take(), ["one"]);
        sleep(secs(1)).await;
        assert_eq!(log.take(), ["two"]);
        assert!(!is_alive(stream).await);

        let long = begin(server, |cx| cx.attach_stream(Slowly::new(&["a"; 100]))).await;
        let watch = monitor(long);
        stop(server, ExitReason::Normal).await.unwrap();
        assert_eq!(watch.await.reason, ExitReason::Normal);
        assert_eq!(ask(server, |_, _, _| unreachable!()).await.ok(), None);
    });
}
