//! What a server keeps of what it did, and writes down; a server that is asked while it hibernates.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use parking_lot::Mutex;
use regrow::Handle;
use regrow::answer::{Next, Reply};
use regrow::call::CallError;
use regrow::prelude::gen_server;
use regrow::process::{ExitReason, process_info};
use regrow::reference::Name;
use regrow::sys::{self, Event};

use super::{Log, ask, handled, subject};
use crate::support::simulated;

struct Adder(i64);

#[gen_server]
impl Adder {
    #[init]
    fn new() -> Self {
        Adder(0)
    }

    #[cast]
    fn add(&mut self, by: i64) {
        self.0 += by;
    }

    #[cast]
    fn rest(&mut self) -> Next {
        Next::proceed().hibernate()
    }

    #[call]
    fn sum(&self) -> i64 {
        self.0
    }
}

fn texts(events: &[Event]) -> Vec<String> {
    let text = |event: &Event| {
        let text = event.to_string();
        let (what, of) = text.split_once(' ').unwrap();
        format!("{what} {}", of.rsplit("::").next().unwrap())
    };
    events.iter().map(text).collect()
}

#[test]
fn sys_001_a_server_keeps_the_last_events_when_it_is_asked_to_and_no_longer() {
    simulated(async {
        let adder = Adder::start().await.unwrap();
        adder.add(1);
        assert_eq!(sys::log(adder).await, Ok(vec![]), "it was not asked to");
        sys::keep_log(adder, 10).await.unwrap();
        adder.add(1);
        assert_eq!(adder.sum().await, Ok(2));
        let events = sys::log(adder).await.unwrap();
        assert_eq!(
            texts(&events),
            ["received Add>", "received Sum>", "replied i64"]
        );
        sys::keep_log(adder, 0).await.unwrap();
        adder.add(1);
        assert_eq!(sys::log(adder).await, Ok(vec![]));
        sys::keep_log(adder, 10).await.unwrap();
        sys::no_debug(adder).await.unwrap();
        adder.add(1);
        assert_eq!(sys::log(adder).await, Ok(vec![]));
    });
}

#[test]
fn sys_011_of_many_events_the_last_ones_are_kept() {
    simulated(async {
        let adder = Adder::start().await.unwrap();
        sys::keep_log(adder, 10).await.unwrap();
        assert_eq!(adder.sum().await, Ok(0));
        for _ in 0..9 {
            adder.add(1);
        }
        let mut wanted = vec!["replied i64".to_owned()];
        wanted.resize(10, "received Add>".to_owned());
        assert_eq!(texts(&sys::log(adder).await.unwrap()), wanted);
    });
}

/// A file, as it were, that has room for so many lines.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<(Vec<u8>, usize)>>);

impl Write for Paper {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let mut paper = self.0.lock();
        if paper.0.split(|&byte| byte == b'\n').count() > paper.1 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        paper.0.extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn sys_002_a_line_is_written_for_each_event_until_that_fails() {
    simulated(async {
        let paper = Paper::default();
        paper.0.lock().1 = 3;
        let adder = Adder::start().await.unwrap();
        let id = sys::log_to(adder, paper.clone()).await.unwrap();
        adder.add(1);
        assert_eq!(adder.sum().await, Ok(1));
        let text = String::from_utf8(paper.0.lock().0.clone()).unwrap();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(text.ends_with("replied i64\n"), "{text}");
        // The paper is full, which is no harm to the server.
        assert_eq!(adder.sum().await, Ok(1));
        assert_eq!(sys::untrace(adder, id).await, Ok(false));
    });
}

// What the system messages take they give back, so there is nothing to hibernate for again.
#[test]
fn sys_014_a_hibernating_server_that_is_suspended_and_asked_stays_as_small_as_it_was() {
    simulated(async {
        let adder = Adder::start().await.unwrap();
        adder.rest();
        assert_eq!(adder.sum().await, Ok(0));
        adder.rest();
        let hibernated = || Handle::current().stats().hibernated;
        regrow::process::settle().await;
        let (before, times) = (process_info(adder).await.unwrap(), hibernated());
        sys::suspend(adder).await.unwrap();
        for _ in 0..5 {
            assert!(sys::get_status(adder).await.unwrap().suspended);
        }
        adder.add(1);
        sys::resume(adder).await.unwrap();
        regrow::process::settle().await;
        let after = process_info(adder).await.unwrap();
        assert_eq!(after.body_size, before.body_size);
        assert_eq!((after.message_queue_len, hibernated()), (0, times));
        assert_eq!(adder.sum().await, Ok(1));
    });
}

/// Cannot show itself.
struct Shy;

#[gen_server]
impl Shy {
    #[init]
    fn new() -> Self {
        Shy
    }

    #[format_status]
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "I am ")?;
        panic!("not going to say")
    }

    #[call]
    fn is_well(&self) -> bool {
        true
    }
}

#[test]
fn gs_086_a_status_that_cannot_be_shown_is_an_error_and_the_server_lives() {
    simulated(async {
        let shy = Shy::start().await.unwrap();
        let status = sys::get_status(shy).await;
        let Err(CallError::Reply(failed)) = status else {
            panic!("{status:?}");
        };
        assert!(
            matches!(failed.reason(), ExitReason::Panic(panic) if panic.message() == "not going to say")
        );
        assert_eq!(shy.is_well().await, Ok(true));
    });
}

#[test]
fn gs_084_a_status_is_given_by_any_kind_of_reference() {
    simulated(async {
        const NAMED: Name<Adder> = Name::new("named adder");
        let adder = Adder::start().name(NAMED).await.unwrap();
        let made = Name::from_string(format!("{} adder", "named"));
        for status in [
            sys::get_status(adder).await,
            sys::get_status(NAMED).await,
            sys::get_status::<Adder>(made).await,
        ] {
            let status = status.unwrap();
            assert_eq!(status.pid, adder.pid());
            assert!(status.state.ends_with("Adder"), "{}", status.state);
        }
    });
}

// The default `terminate` does nothing.
#[test]
fn gs_070_a_server_that_says_nothing_about_its_end_is_stopped_for_any_reason() {
    simulated(async {
        for reason in [ExitReason::Normal, super::oops()] {
            let adder = Adder::start().await.unwrap();
            regrow::server::stop(adder, reason).await.unwrap();
            let watch = regrow::process::monitor(adder);
            assert_eq!(watch.await.reason, ExitReason::NoProc);
        }
        // Nor does one whose `terminate` is written, which is asked once.
        let log = Log::default();
        let server = subject(&log).await.unwrap();
        handled(server).await;
        let stopped = ask(server, |_, _, _| Reply::stop_with(ExitReason::Normal, 1));
        assert_eq!(stopped.await, Ok(1));
        regrow::process::settle().await;
        assert_eq!(log.take(), ["terminate: normal", "dropped"]);
    });
}
