//! Rounding of ticks, at the edges: a clock may not run ahead, a deadline may not lie behind.

use std::time::Duration;

use super::Tick;

const fn nanos(n: u64) -> Duration {
    Duration::from_nanos(n)
}

#[test]
fn clock_is_rounded_down_and_deadline_up() {
    for (elapsed, reached, at_or_after) in [
        (nanos(0), 0, 0),
        (nanos(1), 0, 1),
        (nanos(999_999), 0, 1),
        (nanos(1_000_000), 1, 1),
        (nanos(1_000_001), 1, 2),
    ] {
        assert_eq!(Tick::reached(elapsed), Tick(reached), "{elapsed:?}");
        assert_eq!(Tick::at_or_after(elapsed), Tick(at_or_after), "{elapsed:?}");
    }
}

#[test]
fn deadline_is_never_before_the_time_asked_for() {
    let delay = Duration::from_millis(5);
    for start in (0..3_000_000).step_by(1_003).map(nanos) {
        let deadline = Tick::at_or_after(start + delay).since(Tick::ZERO);
        assert!(deadline >= start + delay, "started at {start:?}");
        assert!(
            deadline < start + delay + Duration::from_millis(1),
            "started at {start:?}"
        );
    }
}

#[test]
fn delay_is_rounded_up() {
    assert_eq!(Tick(7).after(Duration::ZERO), Tick(7));
    assert_eq!(Tick(7).after(nanos(1)), Tick(8));
    assert_eq!(Tick(7).after(Duration::from_secs(1)), Tick(1_007));
}

#[test]
fn sums_that_are_too_large_never_come() {
    assert_eq!(Tick(7).after(Duration::MAX), Tick::NEVER);
    assert_eq!(Tick::at_or_after(Duration::MAX), Tick::NEVER);
    assert_eq!(Tick::NEVER.after(Duration::from_millis(1)), Tick::NEVER);
}

#[test]
fn distance_is_exact_and_never_negative() {
    assert_eq!(Tick(12).since(Tick(5)), Duration::from_millis(7));
    assert_eq!(Tick(5).since(Tick(12)), Duration::ZERO);
    assert_eq!(
        Tick::NEVER.since(Tick::ZERO),
        Duration::from_millis(u64::MAX)
    );
}
