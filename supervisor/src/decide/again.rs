//! Whether a child that is to be started again is, and when.
//!
//! | | counted | one too many |
//! |---|---|---|
//! | nothing asked for: OTP | by the supervisor | the supervisor gives up |
//! | [`retry_after`](Extras::retry_after) | by the supervisor | after that time, and the count begins anew |
//! | [`budget`](Extras::budget) | by the child alone | as its [`Exhausted`] says |
//!
//! What is allowed happens at once, or after the delay of the child's [`Backoff`].

use std::time::Duration;

use regrow_runtime::time::Instant;

use crate::child::extras::{Exhausted, Extras};
use crate::decide::backoff::{Backing, Backoff};
use crate::decide::intensity::Intensity;

/// What becomes of a child that is to be started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// It is started at once.
    Now,
    /// It is started after this long. `anew`: what has been counted is forgotten then.
    After { delay: Duration, anew: bool },
    /// It alone is given up.
    Never,
    /// The supervisor gives up.
    GiveUp,
}

/// What has become so far of a child for which something beyond OTP was asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trouble {
    backing: Backing,
    /// Its own count, once there is something to count.
    restarts: Option<Intensity>,
}

impl Trouble {
    /// The child runs from now on.
    pub(crate) fn started(&mut self, now: Instant) {
        self.backing.started(now);
    }

    /// What has been counted is forgotten.
    pub(crate) fn forget(&mut self) {
        self.restarts = None;
    }

    fn allows(&mut self, restarts: u32, within: Duration, now: Instant) -> bool {
        let own = self
            .restarts
            .get_or_insert_with(|| Intensity::new(restarts, within));
        own.allows(now)
    }
}

/// Decides over a child that is to be started again, and counts that.
pub(crate) fn when(
    child: Option<(&Extras, &mut Trouble)>,
    intensity: &mut Intensity,
    now: Instant,
    random: impl FnMut() -> u64,
) -> When {
    let Some((extras, trouble)) = child else {
        return if intensity.allows(now) {
            When::Now
        } else {
            When::GiveUp
        };
    };
    let allowed = match extras.budget {
        None => intensity.allows(now),
        Some(budget) => match budget.restarts {
            None => true,
            Some(restarts) => trouble.allows(restarts, budget.within, now),
        },
    };
    let exhausted = match extras.budget {
        Some(budget) => budget.exhausted,
        None => extras
            .retry_after
            .map_or(Exhausted::Escalate, Exhausted::RetryAfter),
    };
    match (allowed, &extras.backoff, exhausted) {
        (true, Some(backoff), _) => delayed(trouble, backoff, now, random),
        (true, None, _) => When::Now,
        (false, _, Exhausted::GiveUpChild) => When::Never,
        (false, _, Exhausted::RetryAfter(delay)) => When::After { delay, anew: true },
        (false, _, Exhausted::Escalate) => When::GiveUp,
    }
}

fn delayed(
    trouble: &mut Trouble,
    backoff: &Backoff,
    now: Instant,
    random: impl FnMut() -> u64,
) -> When {
    let delay = trouble.backing.failed(backoff, now, random);
    if delay.is_zero() {
        return When::Now;
    }
    When::After { delay, anew: false }
}

#[cfg(test)]
mod tests {
    use regrow_runtime::runtime::Runtime;
    use regrow_runtime::time::{millis, now, secs};

    use super::*;
    use crate::child::extras::Budget;

    const LATER: When = When::After {
        delay: secs(9),
        anew: true,
    };

    const fn after(delay: Duration) -> When {
        When::After { delay, anew: false }
    }

    /// A child with a budget of its own.
    fn budget(restarts: u32, exhausted: Exhausted) -> Extras {
        let budget = Budget {
            restarts: Some(restarts),
            within: secs(5),
            exhausted,
        };
        Extras {
            budget: Some(budget),
            ..Extras::default()
        }
    }

    /// Four decisions, 100 ms from one to the next, of a supervisor that allows two restarts.
    fn decisions(extras: Option<Extras>) -> [When; 4] {
        Runtime::simulated(1).run(async move {
            let (start, mut trouble) = (now(), Trouble::default());
            let mut intensity = Intensity::new(2, secs(5));
            [0, 1, 2, 3].map(|turn| {
                let child = extras.as_ref().map(|extras| (extras, &mut trouble));
                when(child, &mut intensity, start + millis(turn * 100), || 0)
            })
        })
    }

    #[test]
    fn what_is_asked_for_decides_who_counts_and_what_one_too_many_does() {
        use When::{GiveUp, Never, Now};
        let plain = Extras::default();
        let fixed = Some(Backoff::fixed(secs(1)));
        let table = [
            (None, [Now, Now, GiveUp, GiveUp]),
            (Some(plain.clone()), [Now, Now, GiveUp, GiveUp]),
            (
                Some(Extras {
                    backoff: fixed,
                    ..plain.clone()
                }),
                [after(secs(1)), after(secs(1)), GiveUp, GiveUp],
            ),
            (
                Some(Extras {
                    retry_after: Some(secs(9)),
                    ..plain.clone()
                }),
                [Now, Now, LATER, LATER],
            ),
            (
                Some(budget(1, Exhausted::GiveUpChild)),
                [Now, Never, Never, Never],
            ),
            (
                Some(budget(3, Exhausted::RetryAfter(secs(9)))),
                [Now, Now, Now, LATER],
            ),
            (
                Some(budget(1, Exhausted::Escalate)),
                [Now, GiveUp, GiveUp, GiveUp],
            ),
            (
                Some(Extras {
                    budget: Some(Budget {
                        restarts: None,
                        within: secs(5),
                        exhausted: Exhausted::Escalate,
                    }),
                    backoff: Some(Backoff::linear(secs(1), secs(3))),
                    ..plain
                }),
                [
                    after(secs(1)),
                    after(secs(2)),
                    after(secs(3)),
                    after(secs(3)),
                ],
            ),
        ];
        for (extras, expected) in table {
            let asked = format!("{extras:?}");
            assert_eq!(decisions(extras), expected, "{asked}");
        }
    }

    #[test]
    fn a_count_that_is_forgotten_begins_anew() {
        Runtime::simulated(1).run(async {
            let extras = budget(1, Exhausted::GiveUpChild);
            let (mut trouble, mut intensity) = (Trouble::default(), Intensity::new(0, secs(5)));
            let mut decide =
                |trouble: &mut Trouble| when(Some((&extras, trouble)), &mut intensity, now(), || 0);
            assert_eq!(decide(&mut trouble), When::Now);
            assert_eq!(decide(&mut trouble), When::Never);
            trouble.forget();
            assert_eq!(decide(&mut trouble), When::Now);
        });
    }
}
