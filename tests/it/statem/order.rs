//! The order of events: inserted ones, those put off, those that have come.

use std::time::Duration;

use regrow::process::send;
use regrow::server::{call, cast};
use regrow::statem::{EventType, Timeout, Transition};

use super::{happened, plain, reply};
use crate::server::Log;
use crate::support::{over_seeds, simulated};

const ZERO: Duration = Duration::ZERO;

#[test]
fn statem_007_inserted_events_come_in_order_before_everything() {
    over_seeds(10, || async {
        let log = Log::default();
        let machine = plain(&log, |_, event| match event.name {
            "go" => Transition::keep()
                .next_event(EventType::Internal, "n1".into())
                .next_event(EventType::Cast, "n2".into())
                .next_event(EventType::Internal, "n3".into()),
            "n1" => Transition::keep().next_event(EventType::Internal, "n1a".into()),
            _ => Transition::keep(),
        });
        let machine = machine.start().await.unwrap();
        cast(machine, "go");
        cast(machine, "e");
        assert_eq!(
            happened(&log).await,
            [
                "cast go in a",
                "internal n1 in a",
                "internal n1a in a",
                "cast n2 in a",
                "internal n3 in a",
                "cast e in a",
            ]
        );
    });
}

// STATEM-037 too: the timeout of zero comes before the mail that was there first.
#[test]
fn statem_018_inserted_events_come_before_retried_ones_and_those_before_timeouts_and_mail() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |state, event| match (state, event.name) {
            ("a", "p1" | "p2") => Transition::keep().postpone(event),
            ("a", "go") => Transition::to("b")
                .event_timeout(ZERO, "never".into())
                .state_timeout(ZERO, "t1".into())
                .timeout(Timeout::named("n"), ZERO, "t2".into())
                .next_event(EventType::Internal, "n1".into())
                .next_event(EventType::Internal, "n2".into()),
            _ => Transition::keep(),
        });
        let machine = machine.start().await.unwrap();
        for event in ["p1", "p2", "go", "q1"] {
            cast(machine, event);
        }
        assert_eq!(
            happened(&log).await,
            [
                "cast p1 in a",
                "cast p2 in a",
                "cast go in a",
                "internal n1 in b",
                "internal n2 in b",
                "cast p1 in b",
                "cast p2 in b",
                "state timeout t1 in b",
                "timeout n t2 in b",
                "cast q1 in b",
            ]
        );
    });
}

#[test]
fn statem_021_an_event_of_every_kind_can_be_inserted() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |_, event| match event.name {
            "go" => {
                let kinds = [
                    EventType::Call,
                    EventType::Cast,
                    EventType::Info,
                    EventType::Internal,
                    Timeout::Event.into(),
                    Timeout::State.into(),
                    Timeout::named("n").into(),
                ];
                let mut kinds = kinds.into_iter();
                // The first is the call itself, as it came.
                let first = kinds.next().unwrap();
                let again = super::Event { name: "e", ..event };
                let next = Transition::keep().next_event(first, again);
                kinds.fold(next, |next, kind| next.next_event(kind, "e".into()))
            }
            _ => reply(event, 7),
        });
        let machine = machine.start().await.unwrap();
        assert_eq!(call(machine, "go").await, Ok(7));
        assert_eq!(
            happened(&log).await,
            [
                "call go in a",
                "call e in a",
                "cast e in a",
                "info e in a",
                "internal e in a",
                "event timeout e in a",
                "state timeout e in a",
                "timeout n e in a",
            ]
        );
    });
}

#[test]
fn statem_038_what_a_transition_puts_off_and_leaves_is_retried_at_once() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |state, event| match state {
            "a" => Transition::to("b").postpone(event),
            _ => reply(event, 7),
        });
        let machine = machine.start().await.unwrap();
        assert_eq!(call(machine, "e").await, Ok(7));
        assert_eq!(happened(&log).await, ["call e in a", "call e in b"]);
    });
}

#[test]
fn statem_039_what_is_put_off_stays_so_until_the_state_changes() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |state, event| match (state, event.name) {
            (_, "p") => Transition::keep().postpone(event),
            (_, "same") => Transition::to("a"),
            (_, "repeat") => Transition::repeat(),
            (_, "go") => Transition::to("b"),
            _ => Transition::keep(),
        });
        let machine = machine.start().await.unwrap();
        for event in ["p", "same", "repeat", "e"] {
            send(machine, event);
        }
        assert_eq!(
            happened(&log).await,
            [
                "info p in a",
                "info same in a",
                "info repeat in a",
                "info e in a"
            ]
        );
        send(machine, "go");
        assert_eq!(happened(&log).await, ["info go in a", "info p in b"]);
    });
}

#[test]
fn what_is_put_off_again_keeps_its_place() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |state, event| match (state, event.name) {
            (_, "b" | "c") => Transition::to(event.name),
            ("a" | "b", "p1" | "p2") | ("a", "p3") => Transition::keep().postpone(event),
            _ => Transition::keep(),
        });
        let machine = machine.start().await.unwrap();
        for event in ["p1", "p2", "p3", "b", "c"] {
            cast(machine, event);
        }
        let happened = happened(&log).await;
        assert_eq!(
            happened[3..],
            [
                "cast b in a",
                "cast p1 in b",
                "cast p2 in b",
                "cast p3 in b",
                "cast c in b",
                "cast p1 in c",
                "cast p2 in c",
            ]
        );
    });
}
