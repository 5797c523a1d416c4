//! What is seen of a machine from outside: its status, and what is logged of its crash. And what a
//! machine written with the attribute is told when it asks for an event in the wrong way.

use std::fmt;

use regrow::ExitReason;
use regrow::gen_statem;
use regrow::process::{monitor, set_label};
use regrow::statem::{EventType, Timeout, Transition};
use regrow::sys;
use regrow::time::{millis, secs, sleep};

use crate::support::simulated;

#[derive(Debug, PartialEq)]
enum Door {
    Shut,
    Open,
}

/// A machine with something to hide.
struct Safe {
    secret: &'static str,
    calm: bool,
}

#[gen_statem(state = Door, hibernate_after = "1s")]
impl Safe {
    #[init]
    fn new(secret: &'static str) -> (Door, Self) {
        set_label("safe");
        (Door::Shut, Safe { secret, calm: true })
    }

    #[cast(in = Shut, ignore = Open)]
    fn open(&mut self) -> Transition<Self> {
        Transition::to(Door::Open).timeout("shut", millis(3_500), SafeEvent::Shut)
    }

    #[timeout("shut")]
    fn shut(&mut self) -> Door {
        Door::Shut
    }

    #[cast]
    fn burn(&mut self, calm: bool) {
        self.calm = calm;
        panic!("it burns");
    }

    /// Asks for an event in a way that its handler was not written for.
    #[cast]
    fn mistake(&mut self, which: u8) -> Transition<Self> {
        let keep = Transition::keep();
        match which {
            0 => keep.state_timeout(secs(1), SafeEvent::Shut),
            1 => keep.event_timeout(secs(1), SafeEvent::Open),
            2 => keep.timeout("open", secs(1), SafeEvent::Shut),
            3 => keep.update_timeout(Timeout::Event, SafeEvent::Shut),
            _ => keep.next_event(EventType::Internal, SafeEvent::Burn(true)),
        }
    }

    #[call]
    fn is_open(&self, state: &Door) -> bool {
        *state == Door::Open
    }

    #[terminate]
    fn last(&mut self, _: &ExitReason, _state: &Door) {
        assert!(self.calm, "and it cannot be put out");
    }

    #[format_status]
    fn show(&self, f: &mut fmt::Formatter<'_>, state: &Door) -> fmt::Result {
        let length = self.secret.len();
        assert!(length > 0, "nothing to show");
        write!(f, "{state:?}, with {length} letters in it")
    }
}

#[test]
fn statem_024_a_status_shows_what_the_machine_wants_to_show_and_a_report_nothing() {
    simulated(async {
        let safe = Safe::start("open sesame").await.unwrap();
        safe.open();
        let status = sys::get_status(safe).await.unwrap();
        assert_eq!(status.state, "Open, with 11 letters in it");

        let empty = Safe::start("").await.unwrap();
        let failed = sys::get_status(empty).await.unwrap_err();
        assert!(failed.to_string().contains("nothing to show"));
        assert_eq!(empty.is_open().await, Ok(false), "it goes on");
    });
}

#[test]
fn statem_027_a_machine_hibernates_by_itself_wakes_for_its_timeout_and_hibernates_again() {
    let hibernated = || regrow::Handle::current().stats().hibernated;
    simulated(async move {
        let safe = Safe::start("s").await.unwrap();
        let before = hibernated();
        sleep(millis(1_100)).await;
        assert_eq!(hibernated(), before + 1, "after its start");
        safe.open();
        sleep(millis(1_100)).await;
        assert_eq!(hibernated(), before + 2, "while its timeout runs");
        sleep(millis(2_600)).await;
        assert_eq!(hibernated(), before + 2, "the timeout has come meanwhile");
        sleep(millis(1_000)).await;
        assert_eq!(hibernated(), before + 3, "after it too");
        assert_eq!(safe.is_open().await, Ok(false));
    });
}

/// Also STATEM-024: neither the state nor the data is in it.
#[cfg(feature = "tracing")]
#[test]
fn statem_031_a_crash_is_logged_once_with_the_label_the_machine_and_the_reason() {
    for calm in [true, false] {
        let lines = crate::task::report::log_of(async move {
            let safe = Safe::start("open sesame").await.unwrap();
            safe.burn(calm);
            assert!(monitor(safe).await.reason.is_crash());
        });
        assert_eq!(lines.len(), 1, "{lines:?}");
        let why = if calm {
            "it burns"
        } else {
            "and it cannot be put out"
        };
        for said in ["crashed", "(safe)", "Safe", why, file!()] {
            assert!(lines[0].contains(said), "{said:?} is not in {lines:?}");
        }
        for hidden in ["sesame", "Shut", "letters"] {
            assert!(!lines[0].contains(hidden), "{hidden:?} is in {lines:?}");
        }
    }
}

#[test]
fn r_statem_4_an_event_that_is_to_come_in_another_way_is_refused_where_it_is_asked_for() {
    let said = [
        "`shut` is for the timeout \"shut\": its event cannot come as the state's timeout",
        "`open` is for casts: its event cannot come as the event timeout",
        "`shut` is for the timeout \"shut\": its event cannot come as the timeout \"open\"",
        "`shut` is for the timeout \"shut\": its event cannot come as the event timeout",
        "`burn` is for casts: its event cannot come as an internal event",
    ];
    simulated(async move {
        for (which, said) in (0..).zip(said) {
            let safe = Safe::start("s").await.unwrap();
            let watch = monitor(safe);
            safe.mistake(which);
            let ExitReason::Panic(panic) = watch.await.reason else {
                unreachable!("it was refused");
            };
            assert_eq!(panic.message(), said);
            let place = panic.location().unwrap();
            assert!(place.starts_with(file!()), "{place}");
        }
    });
}
