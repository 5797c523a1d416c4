//! Entering states.

use std::time::Duration;

use parking_lot::Mutex;
use regrow::server::{call, cast};
use regrow::statem::{Enter, EventType, Timeout, Transition};
use regrow::time::{millis, secs, sleep};

use super::{Event, Ref, Subject, happened, machine, reply};
use crate::server::{Log, oops};
use crate::support::simulated;

type Next = Transition<Subject<true>>;

/// Goes to the state that the event is named after, or enters it again.
fn go(event: &Event) -> Next {
    match event.name {
        "repeat" => Transition::repeat(),
        "keep" => Transition::keep(),
        state => Transition::to(state),
    }
}

// STATEM-036 too: the same state again is entered only if a handler says so.
#[test]
fn statem_017_a_state_is_entered_at_the_start_on_a_change_and_on_a_repeat() {
    simulated(async {
        let log = Log::default();
        let machine: Ref<true> = machine(&log, |_, event| go(&event)).start().await.unwrap();
        assert_eq!(happened(&log).await, ["a -> a"]);
        for event in ["b", "b", "repeat", "keep"] {
            cast(machine, event);
        }
        assert_eq!(
            happened(&log).await,
            [
                "cast b in a",
                "a -> b",
                "cast b in b",
                "cast repeat in b",
                "b -> b",
                "cast keep in b",
            ]
        );
    });
}

#[test]
fn statem_017_a_state_can_be_entered_once_more_from_within() {
    simulated(async {
        let log = Log::default();
        let left = Mutex::new(2);
        let script = machine(&log, |state, event| match state {
            "a" => Transition::to("b").next_event(EventType::Internal, event.name.into()),
            _ => Transition::keep(),
        });
        let script = script.enters(move |_, new| {
            let mut left = left.lock();
            if new == "a" || *left == 0 {
                return Enter::keep();
            }
            *left -= 1;
            Enter::repeat().timeout(Timeout::named("n"), millis(*left), "t".into())
        });
        let machine: Ref<true> = script.start().await.unwrap();
        happened(&log).await;
        cast(machine, "e");
        let happened = happened(&log).await;
        assert_eq!(happened[..4], ["cast e in a", "a -> b", "b -> b", "b -> b"]);
    });
}

#[test]
fn statem_017_who_enters_replies_and_what_was_inserted_comes_after() {
    simulated(async {
        let log = Log::default();
        let waiting = std::sync::Arc::new(Mutex::new(None));
        let kept = std::sync::Arc::clone(&waiting);
        let script = machine(&log, move |state, event| match state {
            "a" => {
                *kept.lock() = event.from;
                Transition::to("b").next_event(EventType::Internal, "i".into())
            }
            _ => reply(event, 1),
        });
        let script = script.enters(move |_, _| match waiting.lock().take() {
            Some(from) => Enter::keep().reply(from, 7),
            None => Enter::keep(),
        });
        let machine: Ref<true> = script.start().await.unwrap();
        assert_eq!(call(machine, "e").await, Ok(7));
        assert_eq!(
            happened(&log).await,
            ["a -> a", "call e in a", "a -> b", "internal i in b"]
        );
    });
}

#[test]
fn statem_040_the_timeouts_of_who_enters_take_the_place_of_the_events() {
    simulated(async {
        let log = Log::default();
        let script = machine(&log, |_, event| match event.name {
            "b" => Transition::to("b").state_timeout(millis(10), "of the event".into()),
            _ => Transition::keep(),
        });
        let script = script.enters(|old, new| {
            if old == new {
                return Enter::keep();
            }
            Enter::keep().state_timeout(millis(50), "of the state".into())
        });
        let machine: Ref<true> = script.start().await.unwrap();
        cast(machine, "b");
        sleep(secs(1)).await;
        assert_eq!(
            happened(&log).await,
            [
                "a -> a",
                "cast b in a",
                "a -> b",
                "state timeout of the state in b"
            ]
        );
    });
}

#[test]
fn what_init_asks_for_comes_when_the_first_state_is_entered() {
    simulated(async {
        let log = Log::default();
        let script = machine(&log, |_, _| Transition::keep()).begins(|initial| {
            initial
                .state_timeout(Duration::ZERO, "t".into())
                .next_event(EventType::Internal, "i".into())
        });
        let machine: Ref<true> = script.start().await.unwrap();
        cast(machine, "e");
        assert_eq!(
            happened(&log).await,
            [
                "a -> a",
                "internal i in a",
                "state timeout t in a",
                "cast e in a"
            ]
        );
    });
}

#[test]
fn who_enters_may_stop() {
    simulated(async {
        let log = Log::default();
        let script = machine(&log, |_, event| go(&event)).enters(|_, new| match new {
            "b" => Enter::stop(oops()),
            _ => Enter::keep(),
        });
        let (machine, watch) = script.start().monitor().await.unwrap();
        cast(machine, "b");
        assert_eq!(watch.await.reason, oops());
        assert_eq!(
            log.take(),
            ["a -> a", "cast b in a", "a -> b", "terminate in b: oops"]
        );
    });
}
