//! Limits that are reckoned roughly.

use std::time::Duration;

use super::*;

/// A tick of the slowest system that anybody still configures: 100 Hz.
const SYSTEM_TICK: Duration = Duration::from_millis(10);

#[test]
fn a_long_limit_allows_for_a_tick_of_the_system_and_for_little_more() {
    for limit in [LONG, LONG * 2, LONG * 5, LONG * 3_600] {
        let allowance = allowance(limit);
        assert!(allowance > SYSTEM_TICK, "{limit:?} could come early");
        assert!(allowance <= LATE_AT_MOST, "{limit:?} comes too late");
    }
}

#[test]
fn virtual_time_and_short_limits_are_exact() {
    let virtual_time = Clock::virtual_time();
    let long = LONG * 5;
    assert_eq!(
        virtual_time.try_after_roughly(long),
        virtual_time.try_after(long)
    );
    let real = Clock::real();
    let short = LONG / 2;
    let roughly = real.try_after_roughly(short);
    assert!(
        roughly <= real.try_after(short),
        "what is read later is not earlier"
    );
}

#[test]
fn a_long_limit_is_late_by_no_more_than_is_said() {
    let clock = Clock::real();
    let limit = LONG * 5;
    let roughly = clock.try_after_roughly(limit);
    assert!(roughly <= clock.try_after(limit + LATE_AT_MOST));
}

#[test]
fn a_limit_beyond_the_clock_is_none() {
    assert_eq!(Clock::real().try_after_roughly(Duration::MAX), None);
    assert_eq!(Clock::virtual_time().try_after_roughly(Duration::MAX), None);
}
