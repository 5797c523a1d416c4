//! Rounding of ticks, at the edges: a clock may not run ahead, a deadline may not lie behind.

use super::Tick;

#[test]
fn clock_is_rounded_down_and_deadline_up() {
    for (nanos, reached, at_or_after) in [
        (0, 0, 0),
        (1, 0, 1),
        (999_999, 0, 1),
        (1_000_000, 1, 1),
        (1_000_001, 1, 2),
    ] {
        assert_eq!(Tick::reached(nanos), Tick(reached), "{nanos}");
        assert_eq!(Tick::at_or_after(nanos), Tick(at_or_after), "{nanos}");
    }
}

#[test]
fn deadline_is_never_before_the_time_asked_for() {
    const DELAY: u64 = 5_000_000;
    for start in (0..3_000_000).step_by(1_003) {
        let deadline = Tick::at_or_after(start + DELAY).nanos();
        assert!(deadline >= start + DELAY, "started at {start}");
        assert!(deadline < start + DELAY + 1_000_000, "started at {start}");
    }
}

#[test]
fn times_that_are_too_late_never_come() {
    assert!(Tick::at_or_after(u64::MAX).nanos() == u64::MAX);
    assert_eq!(Tick(u64::MAX).nanos(), u64::MAX);
}
