//! Strategies: which children are concerned when one has to be restarted.
//!
//! ```text
//! children in start order        A   B   C   D          C has crashed
//! one_for_one                            ✗              C starts again
//! one_for_all                    ✗   ✗   ✗   ✗          D, B, A stop; A, B, C, D start
//! rest_for_one                           ✗   ✗          D stops; C, D start
//! ```
//!
//! A strategy is asked only when a child is to be restarted: one that has ended for good, or that
//! nobody wants back, does not touch its siblings.

use std::ops::Range;

use crate::supervisor::children::Rank;

/// Which children a supervisor restarts when one of them has to be.
///
/// # In OTP
///
/// The [strategies](https://www.erlang.org/doc/apps/stdlib/supervisor#t:strategy/0)
/// `one_for_one`, `one_for_all` and `rest_for_one`. What is `simple_one_for_one` there is
/// [`DynamicSupervisor`](crate::DynamicSupervisor) here, as in Elixir.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// That one alone.
    OneForOne,
    /// All of them: the others are stopped, last first, and then all are started in order.
    OneForAll,
    /// That one and those that were started after it.
    RestForOne,
}

impl Strategy {
    /// Those that are stopped and started again when this one has to be.
    pub(crate) const fn concerned(self, failed: Rank) -> Range<Rank> {
        match self {
            Strategy::OneForOne => failed..failed.next(),
            Strategy::OneForAll => Rank::FIRST..Rank::END,
            Strategy::RestForOne => failed..Rank::END,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_strategy_concerns_its_part_of_the_children() {
        let (first, end) = (Rank::FIRST, Rank::END);
        let (second, third) = (first.next(), first.next().next());
        let table = [
            // strategy, and who is concerned if the first, the second or the third has failed
            (
                Strategy::OneForOne,
                [first..second, second..third, third..third.next()],
            ),
            (Strategy::OneForAll, [first..end, first..end, first..end]),
            (Strategy::RestForOne, [first..end, second..end, third..end]),
        ];
        for (strategy, expected) in table {
            let concerned = [first, second, third].map(|failed| strategy.concerned(failed));
            assert_eq!(concerned, expected, "{strategy:?}");
        }
    }
}
