//! What becomes of a child that has ended by itself.
//!
//! | | `Normal`, `Shutdown` | crash |
//! |---|---|---|
//! | permanent | starts again | starts again |
//! | transient | rests | starts again |
//! | temporary | is forgotten | is forgotten |
//!
//! A transient child that ends with [`RestartMe`] starts again too.
//!
//! A child that *rests* keeps its place among its siblings without a process, and a restart of its
//! group starts it with the others. A [`DynamicSupervisor`](crate::DynamicSupervisor) has no groups
//! and forgets it.

use regrow_runtime::gen_server::{Restart, Shutdown};
use regrow_runtime::process::ExitReason;

/// What becomes of a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is started again, if the intensity allows it.
    Again,
    /// It has done what it was there for, and keeps its place.
    Rests,
    /// It is none of the supervisor's any more.
    Forgotten,
}

/// Decides over a child that has ended for this reason.
pub(crate) fn fate(restart: Restart, reason: &ExitReason) -> Fate {
    match restart {
        Restart::Permanent => Fate::Again,
        Restart::Transient if reason.is_crash() || is_wish(reason) => Fate::Again,
        Restart::Transient => Fate::Rests,
        Restart::Temporary => Fate::Forgotten,
    }
}

/// What a transient child ends with to be started again without having crashed, and without a report:
/// `Next::stop(ExitReason::shutdown_with(RestartMe))`. The restart counts as others do.
///
/// # In OTP
///
/// There is none. The reason `{shutdown, restart}` of the library `supervisor3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartMe;

/// Whether a child that has not crashed wants to be started again.
fn is_wish(reason: &ExitReason) -> bool {
    reason.is_shutdown() && reason.downcast_ref::<RestartMe>().is_some()
}

/// Whether a child's end is worth a report: it is to come back, or has crashed.
pub(crate) fn is_reported(restart: Restart, reason: &ExitReason) -> bool {
    restart == Restart::Permanent || reason.is_crash()
}

/// Whether a child that was stopped has ended as it should: as it was asked to, or in another
/// orderly way if it need not be there.
pub(crate) fn ended_as_asked(restart: Restart, shutdown: Shutdown, reason: &ExitReason) -> bool {
    let asked = match shutdown {
        Shutdown::BrutalKill => matches!(reason, ExitReason::Killed),
        Shutdown::After(_) | Shutdown::Infinity => matches!(reason, ExitReason::Shutdown),
    };
    asked || (restart != Restart::Permanent && !reason.is_crash())
}

/// As [`ended_as_asked`], of a child that was stopped with many: by a
/// [`DynamicSupervisor`](crate::DynamicSupervisor). One that had ended `before` it was told to has
/// not done as it was asked, unless it need not be there and ended normally.
pub(crate) fn ended_as_asked_of_many(
    restart: Restart,
    shutdown: Shutdown,
    reason: &ExitReason,
    before: bool,
) -> bool {
    let need_not_be = restart != Restart::Permanent && matches!(reason, ExitReason::Normal);
    match shutdown {
        _ if before => need_not_be,
        Shutdown::BrutalKill => matches!(reason, ExitReason::Killed),
        Shutdown::After(_) | Shutdown::Infinity => {
            let asked = matches!(reason, ExitReason::Shutdown | ExitReason::ShutdownWith(_));
            asked || need_not_be
        }
    }
}

#[cfg(test)]
mod tests {
    use regrow_runtime::time::secs;

    use super::*;

    /// The ways to end that make a difference, in the order of the tables below.
    fn reasons() -> [ExitReason; 5] {
        let with = ExitReason::shutdown_with("later");
        [
            ExitReason::Normal,
            ExitReason::Shutdown,
            with,
            ExitReason::atom("oops"),
            ExitReason::Killed,
        ]
    }

    #[test]
    fn the_restart_type_and_the_reason_decide_over_a_child() {
        use Fate::{Again, Forgotten, Rests};
        #[rustfmt::skip]
        let table = [
            // restart type         normal     shutdown   {shutdown,_}  crash      killed
            (Restart::Permanent,  [Again,     Again,     Again,        Again,     Again]),
            (Restart::Transient,  [Rests,     Rests,     Rests,        Again,     Again]),
            (Restart::Temporary,  [Forgotten, Forgotten, Forgotten,    Forgotten, Forgotten]),
        ];
        for (restart, expected) in table {
            assert_eq!(
                reasons().map(|reason| fate(restart, &reason)),
                expected,
                "{restart:?}"
            );
        }
    }

    #[test]
    fn a_transient_child_that_wants_to_be_started_again_is_and_that_is_no_news() {
        let wish = ExitReason::shutdown_with(RestartMe);
        assert_eq!(fate(Restart::Transient, &wish), Fate::Again);
        assert_eq!(fate(Restart::Temporary, &wish), Fate::Forgotten);
        assert!(!is_reported(Restart::Transient, &wish));
    }

    #[test]
    fn the_end_of_a_permanent_child_and_any_crash_is_reported() {
        #[rustfmt::skip]
        let table = [
            // restart type         normal  shutdown  {shutdown,_}  crash  killed
            (Restart::Permanent,  [true,   true,     true,         true,  true]),
            (Restart::Transient,  [false,  false,    false,        true,  true]),
            (Restart::Temporary,  [false,  false,    false,        true,  true]),
        ];
        for (restart, expected) in table {
            let reported = reasons().map(|reason| is_reported(restart, &reason));
            assert_eq!(reported, expected, "{restart:?}");
        }
    }

    #[test]
    fn a_child_that_was_stopped_may_end_in_few_ways() {
        let (after, kill) = (Shutdown::After(secs(1)), Shutdown::BrutalKill);
        #[rustfmt::skip]
        let table = [
            // restart type        shutdown              normal  shutdown  {shutdown,_}  crash  killed
            (Restart::Permanent, after,              [false,  true,     false,        false, false]),
            (Restart::Permanent, Shutdown::Infinity, [false,  true,     false,        false, false]),
            (Restart::Permanent, kill,               [false,  false,    false,        false, true]),
            (Restart::Transient, after,              [true,   true,     true,         false, false]),
            (Restart::Temporary, kill,               [true,   true,     true,         false, true]),
        ];
        for (restart, shutdown, expected) in table {
            let asked = reasons().map(|reason| ended_as_asked(restart, shutdown, &reason));
            assert_eq!(asked, expected, "{restart:?}, {shutdown:?}");
        }
    }

    #[test]
    fn one_of_many_children_that_were_stopped_may_end_in_few_ways() {
        let (after, kill) = (Shutdown::After(secs(1)), Shutdown::BrutalKill);
        let (permanent, temporary) = (Restart::Permanent, Restart::Temporary);
        #[rustfmt::skip]
        let table = [
            // restart   shutdown            before  normal  shutdown  {shutdown,_}  crash  killed
            (permanent, after,               false, [false,  true,     true,         false, false]),
            (temporary, Shutdown::Infinity,  false, [true,   true,     true,         false, false]),
            (permanent, kill,                false, [false,  false,    false,        false, true]),
            (temporary, kill,                false, [false,  false,    false,        false, true]),
            (permanent, after,               true,  [false,  false,    false,        false, false]),
            (temporary, after,               true,  [true,   false,    false,        false, false]),
        ];
        for (restart, shutdown, before, expected) in table {
            let asked =
                reasons().map(|reason| ended_as_asked_of_many(restart, shutdown, &reason, before));
            assert_eq!(asked, expected, "{restart:?}, {shutdown:?}, {before}");
        }
    }
}
