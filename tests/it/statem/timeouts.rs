//! Timeouts: what ends them, what starts them afresh, and when those of zero come.

use std::time::Duration;

use regrow::process::{MailboxPolicy, process_info, send};
use regrow::server::cast;
use regrow::statem::{EventType, Timeout, Transition};
use regrow::time::{millis, now, secs, sleep};

use super::{Subject, happened, plain};
use crate::server::Log;
use crate::support::simulated;

type Next = Transition<Subject<false>>;

const ZERO: Duration = Duration::ZERO;

fn keep() -> Next {
    Transition::keep()
}

/// Starts a machine and sends it these events, one after the other once all is quiet, with this
/// long between them; gives what has happened.
async fn play(
    handle: impl Fn(&'static str, &'static str) -> Next + Send + Sync + 'static,
    events: &[&'static str],
    between: Duration,
) -> Vec<String> {
    let log = Log::default();
    let machine = plain(&log, move |state, event| handle(state, event.name));
    let machine = machine.start().await.unwrap();
    let mut all = Vec::new();
    for event in events {
        cast(machine, *event);
        all.extend(happened(&log).await);
        sleep(between).await;
        all.extend(happened(&log).await);
    }
    all
}

// STATEM-035 too: it survives what keeps the state, in whichever way.
#[test]
fn statem_019_a_state_timeout_lasts_as_long_as_the_state() {
    simulated(async {
        let handle = |_: &str, event: &str| match event {
            "set" => keep().state_timeout(millis(100), "t".into()),
            "to b" => Transition::to("b"),
            "to a" => Transition::to("a"),
            "repeat" => Transition::repeat(),
            _ => keep(),
        };
        let step = millis(30);
        assert_eq!(
            play(handle, &["set", "e", "to a", "repeat", "e"], step).await,
            [
                "cast set in a",
                "cast e in a",
                "cast to a in a",
                "cast repeat in a",
                "state timeout t in a",
                "cast e in a",
            ]
        );
        let gone = play(handle, &["set", "to b", "to a", "e", "e"], step).await;
        assert!(
            !gone.iter().any(|event| event.contains("timeout")),
            "{gone:?}"
        );
    });
}

// STATEM-037 too: they come before the mail that was there when they were set.
#[test]
fn statem_019_timeouts_of_zero_come_in_order_and_one_ends_the_event_timeout() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |state, event| match (state, event.name) {
            ("a", "go") => Transition::to("b")
                .state_timeout(ZERO, "t1".into())
                .event_timeout(ZERO, "t2".into())
                .timeout(Timeout::named("n"), ZERO, "t3".into()),
            ("b", "t3") => keep()
                .event_timeout(ZERO, "t4".into())
                .state_timeout(ZERO, "t5".into())
                .next_event(EventType::Internal, "t6".into()),
            ("b", "t6") => keep().event_timeout(ZERO, "t7".into()),
            _ => keep(),
        });
        let machine = machine.start().await.unwrap();
        cast(machine, "go");
        cast(machine, "mail");
        assert_eq!(
            happened(&log).await,
            [
                "cast go in a",
                "state timeout t1 in b",
                "timeout n t3 in b",
                "internal t6 in b",
                "state timeout t5 in b",
                "cast mail in b",
            ]
        );
    });
}

#[test]
fn statem_020_a_timeout_is_cancelled_and_given_another_event() {
    simulated(async {
        let handle = |_: &str, event: &str| match event {
            "set" => keep().state_timeout(millis(100), "t".into()),
            "update" => keep().update_timeout(Timeout::State, "u".into()),
            "cancel" => keep().cancel_timeout(Timeout::State),
            "never" => keep().state_timeout(Duration::MAX, "n".into()),
            _ => keep(),
        };
        let step = millis(40);
        let updated = play(handle, &["set", "update", "e", "e"], step).await;
        assert_eq!(updated[3..], ["state timeout u in a", "cast e in a"]);
        for end in ["cancel", "never"] {
            let ended = play(handle, &["set", end, "e", "e"], step).await;
            assert_eq!(ended.len(), 4, "{ended:?}");
        }
    });
}

#[test]
fn statem_020_a_timeout_whose_time_was_up_can_still_be_cancelled_and_updated() {
    simulated(async {
        for (action, comes) in [("cancel", None), ("update", Some("state timeout u in a"))] {
            let log = Log::default();
            let machine = plain(&log, move |_, event| match event.name {
                "go" => keep()
                    .state_timeout(millis(1), "t".into())
                    .next_event(EventType::Internal, action.into()),
                "cancel" => keep().cancel_timeout(Timeout::State),
                "update" => keep().update_timeout(Timeout::State, "u".into()),
                _ => keep(),
            });
            let machine = machine.start().await.unwrap();
            cast(machine, "go");
            happened(&log).await;
            // The timer has come due, and waits in the mailbox behind this.
            cast(machine, action);
            sleep(millis(10)).await;
            let happened = happened(&log).await;
            assert_eq!(happened.get(1).map(String::as_str), comes, "{happened:?}");
        }
    });
}

#[test]
fn statem_042_another_event_for_a_timeout_that_does_not_run_comes_at_once() {
    simulated(async {
        let handle = |_: &str, event: &str| match event {
            "go" => keep()
                .update_timeout(Timeout::named("n"), "u".into())
                .next_event(EventType::Internal, "i".into()),
            _ => keep(),
        };
        assert_eq!(
            play(handle, &["go"], ZERO).await,
            ["cast go in a", "internal i in a", "timeout n u in a"]
        );
    });
}

#[test]
fn statem_022_named_timeouts_run_side_by_side_through_all_states() {
    simulated(async {
        let log = Log::default();
        let (t, u) = (|| Timeout::named("t"), || Timeout::named(format!("u{}", 1)));
        let machine = plain(&log, move |_, event| match event.name {
            "set" => Transition::to("b")
                .timeout(t(), millis(100), "1".into())
                .timeout(u(), millis(50), "2".into())
                .timeout_at(Timeout::named("at"), now() + millis(70), "3".into()),
            "again" => Transition::to("c").timeout(t(), millis(100), "4".into()),
            "cancel" => keep().timeout(t(), Duration::MAX, "5".into()),
            _ => keep(),
        });
        let machine = machine.start().await.unwrap();
        cast(machine, "set");
        sleep(millis(60)).await;
        cast(machine, "again");
        sleep(millis(60)).await;
        assert_eq!(
            happened(&log).await,
            [
                "cast set in a",
                "timeout u1 2 in b",
                "cast again in b",
                "timeout at 3 in c"
            ]
        );
        sleep(millis(60)).await;
        assert_eq!(happened(&log).await, ["timeout t 4 in c"]);
        cast(machine, "set");
        cast(machine, "cancel");
        sleep(secs(1)).await;
        let happened = happened(&log).await;
        assert!(
            !happened.iter().any(|event| event.contains("timeout t")),
            "{happened:?}"
        );
    });
}

#[test]
fn statem_033_of_two_settings_of_one_timeout_the_last_counts() {
    simulated(async {
        let handle = |_: &str, event: &str| match event {
            "go" => keep()
                .state_timeout(ZERO, "1".into())
                .timeout(Timeout::named("n"), ZERO, "2".into())
                .state_timeout(ZERO, "3".into())
                .event_timeout(millis(1), "4".into())
                .cancel_timeout(Timeout::Event),
            _ => keep(),
        };
        assert_eq!(
            play(handle, &["go"], secs(1)).await,
            ["cast go in a", "timeout n 2 in a", "state timeout 3 in a"]
        );
    });
}

#[test]
fn statem_034_an_event_timeout_is_ended_by_any_event_and_by_no_question() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |_, event| match event.name {
            "set" => keep().event_timeout(millis(100), "t".into()),
            "insert" => keep()
                .event_timeout(millis(100), "t".into())
                .next_event(EventType::Internal, "i".into()),
            _ => keep(),
        });
        let machine = machine.start().await.unwrap();
        for end in ["insert", "set"] {
            cast(machine, end);
            if end == "set" {
                send(machine, "e");
            }
            sleep(secs(1)).await;
            assert_eq!(happened(&log).await.len(), 2);
        }
        cast(machine, "set");
        sleep(millis(60)).await;
        assert!(process_info(machine).await.is_some());
        sleep(millis(60)).await;
        assert_eq!(
            happened(&log).await,
            ["cast set in a", "event timeout t in a"]
        );
    });
}

#[test]
fn statem_045_a_timeout_of_zero_that_is_set_again_for_later_comes_once_then() {
    simulated(async {
        let handle = |_: &str, event: &str| match event {
            "go" => keep()
                .state_timeout(ZERO, "now".into())
                .next_event(EventType::Internal, "again".into()),
            "again" => keep().state_timeout(millis(50), "later".into()),
            _ => keep(),
        };
        assert_eq!(
            play(handle, &["go", "e"], millis(100)).await,
            [
                "cast go in a",
                "internal again in a",
                "state timeout later in a",
                "cast e in a",
            ]
        );
    });
}

#[test]
fn r_statem_2_a_full_mailbox_does_not_refuse_a_timeout() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |_, event| match event.name {
            "set" => keep().state_timeout(millis(5), "t".into()),
            _ => keep(),
        });
        let start = machine.start().mailbox_limit(1, MailboxPolicy::DropNewest);
        let machine = start.await.unwrap();
        cast(machine, "set");
        happened(&log).await;
        // In one turn of this process: the mailbox is full when the time comes.
        cast(machine, "e");
        cast(machine, "dropped");
        sleep(millis(10)).await;
        assert_eq!(
            happened(&log).await,
            ["cast e in a", "state timeout t in a"]
        );
    });
}
