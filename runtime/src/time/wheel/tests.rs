//! The wheel against a sorted map that does the same the slow way, then its corners by hand.
//! Random runs are seeded by a constant; each failure names its step.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::{Advance, Entry, FIRE_COST, TimerKey, Wheel};
use crate::time::tick::Tick;

/// Later than any tick that will be reached.
const NEVER: Tick = Tick(u64::MAX);

/// Lengths of time that lie on, just before and just after every border between levels.
const SPANS: [u64; 20] = [
    0,
    1,
    2,
    255,
    256,
    257,
    65_535,
    65_536,
    65_537,
    (1 << 24) - 1,
    1 << 24,
    (1 << 24) + 1,
    255 << 24,
    (1 << 32) - 1,
    1 << 32,
    (1 << 32) + 1,
    1 << 40,
    1 << 48,
    1 << 56,
    1 << 62,
];

/// A sequence of numbers that looks random (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap()
    }
}

/// A wheel and its model, operated side by side.
struct Pair {
    wheel: Wheel<u64>,
    /// Deadline and order of insertion, which is also the payload, to the key.
    model: BTreeMap<(Tick, u64), TimerKey>,
    /// The latest time either has been advanced to.
    now: Tick,
    inserted: u64,
}

impl Pair {
    fn new(now: Tick) -> Pair {
        Pair {
            wheel: Wheel::new(now),
            model: BTreeMap::new(),
            now,
            inserted: 0,
        }
    }

    fn insert(&mut self, at: Tick) -> TimerKey {
        let payload = self.inserted;
        self.inserted += 1;
        let key = self.wheel.insert(at, payload);
        let (set, &found) = self
            .wheel
            .get(key)
            .expect("a timer just inserted is pending");
        assert_eq!(found, payload);
        assert!(set >= at);
        assert!(
            set == at || set <= self.now,
            "{at:?} was moved to {set:?} at {:?}",
            self.now
        );
        assert_eq!(self.model.insert((set, payload), key), None);
        key
    }

    /// Cancels the `n`th timer by deadline.
    fn cancel(&mut self, n: usize) -> TimerKey {
        let (&(at, payload), &key) = self.model.iter().nth(n).unwrap();
        self.model.remove(&(at, payload));
        assert_eq!(self.wheel.get(key), Some((at, &payload)));
        assert_eq!(self.wheel.cancel(key), Some((at, payload)));
        key
    }

    /// Advances both and compares what fires; returns the keys of the timers that did.
    fn advance(&mut self, now: Tick, limit: usize) -> (Advance, Vec<TimerKey>) {
        self.now = self.now.max(now);
        let mut fired = Vec::new();
        let advance = self.wheel.advance(now, limit, &mut |at, payload| {
            assert!(at <= now, "{at:?} fired at {now:?}");
            let first = self
                .model
                .pop_first()
                .expect("a timer fired that is not pending");
            assert_eq!((at, payload), first.0, "not the first in order");
            fired.push(first.1);
        });
        assert!(fired.len() <= limit);
        if advance == Advance::Done {
            let left = self.model.first_key_value();
            assert!(
                left.is_none_or(|((at, _), _)| *at > now),
                "{left:?} is due at {now:?}"
            );
        }
        (advance, fired)
    }

    fn check_rest(&self) {
        assert_eq!(self.wheel.len(), self.model.len());
        let earliest = self.model.first_key_value().map(|(&(at, _), _)| at);
        match (self.wheel.next_deadline(), earliest) {
            (None, None) => {}
            (Some(bound), Some(earliest)) => assert!(bound <= earliest),
            (bound, earliest) => panic!("next_deadline {bound:?}, earliest {earliest:?}"),
        }
    }
}

/// Runs random operations: `spans` are the lengths of time to choose from, `grid` what deadlines
/// are rounded up to, so that many are equal although inserted at different times.
fn compare_with_model(seed: u64, steps: usize, spans: &[u64], grid: u64) {
    let mut numbers = Numbers(seed);
    let start = if seed.is_multiple_of(2) {
        0
    } else {
        (1 << 32) - 100
    };
    let mut pair = Pair::new(Tick(start));
    let mut stale = Vec::new();
    for step in 0..steps {
        let span = spans[numbers.index(spans.len())];
        let span = if numbers.below(2) == 0 {
            span
        } else {
            numbers.below(span.max(1))
        };
        match numbers.below(16) {
            0..8 => {
                let at = pair
                    .now
                    .0
                    .saturating_add(span)
                    .div_ceil(grid)
                    .saturating_mul(grid);
                pair.insert(Tick(at));
            }
            8 => {
                pair.insert(Tick(pair.now.0.saturating_sub(span)));
            }
            9..12 if !pair.model.is_empty() => {
                let n = numbers.index(pair.model.len());
                stale.push(pair.cancel(n));
            }
            12 => stale.extend(pair.advance(pair.now, 3).1),
            _ => {
                let now = Tick(pair.now.0.saturating_add(span));
                let limit = [1, 2, 7, usize::MAX][numbers.index(4)];
                stale.extend(pair.advance(now, limit).1);
            }
        }
        if let Some(&key) = stale.last() {
            assert_eq!(pair.wheel.get(key), None, "seed {seed}, step {step}");
            assert_eq!(pair.wheel.cancel(key), None, "seed {seed}, step {step}");
        }
        if step % 16 == 0 {
            pair.check_rest();
        }
        // Keeps the test about full and empty wheels both, and the model's `nth` short.
        if pair.model.len() > 500 {
            while pair.advance(Tick(pair.now.0.saturating_add(span)), 100).0 == Advance::More {}
            let kept = pair.model.len() / 8;
            while pair.model.len() > kept {
                pair.cancel(0);
            }
        }
    }
    for key in stale {
        assert_eq!(pair.wheel.cancel(key), None);
    }
    while pair.advance(NEVER, 5).0 == Advance::More {}
    assert_eq!(pair.wheel.len(), 0);
    pair.check_rest();
}

#[test]
fn wheel_fires_what_a_sorted_map_would_over_100_000_operations() {
    // Up to 65 s, up to 50 days, and everything; from fine to coarse grids.
    compare_with_model(1, 40_000, &SPANS[..9], 1);
    compare_with_model(2, 20_000, &SPANS[..9], 300);
    compare_with_model(3, 20_000, &SPANS[..13], 70_000);
    compare_with_model(4, 10_000, &SPANS[8..14], 1 << 24);
    compare_with_model(5, 10_000, &SPANS[8..16], 1 << 31);
    for seed in 6..26 {
        compare_with_model(seed, 500, &SPANS, 1 << (seed * 2));
    }
}

/// Advances to `now` without a limit and returns what fires.
fn fire_all<T>(wheel: &mut Wheel<T>, now: Tick) -> Vec<(Tick, T)> {
    let mut fired = Vec::new();
    let advance = wheel.advance(now, usize::MAX, &mut |at, payload| {
        fired.push((at, payload));
    });
    assert_eq!(advance, Advance::Done);
    fired
}

#[test]
fn timer_fires_at_its_tick_and_not_before() {
    for start in [0, 1, 255, 256, (1 << 24) - 1, (1 << 32) - 1, 1 << 50] {
        for span in SPANS {
            let at = Tick(start + span);
            let mut wheel = Wheel::new(Tick(start));
            wheel.insert(at, ());
            if span > 0 {
                assert_eq!(fire_all(&mut wheel, Tick(at.0 - 1)), [], "{start} + {span}");
            }
            assert_eq!(fire_all(&mut wheel, at), [(at, ())], "{start} + {span}");
        }
    }
}

#[test]
fn timer_at_the_last_tick_of_all_fires() {
    let mut wheel = Wheel::new(Tick(u64::MAX - 300));
    wheel.insert(NEVER, 'a');
    assert_eq!(fire_all(&mut wheel, Tick(u64::MAX - 1)), []);
    assert_eq!(fire_all(&mut wheel, NEVER), [(NEVER, 'a')]);
    wheel.insert(NEVER, 'b');
    assert_eq!(fire_all(&mut wheel, NEVER), [(NEVER, 'b')]);
}

#[test]
fn deadline_that_has_passed_fires_with_the_next_advance() {
    let mut wheel = Wheel::new(Tick(1_000));
    let key = wheel.insert(Tick(10), 'a');
    assert_eq!(wheel.get(key), Some((Tick(1_000), &'a')));
    assert_eq!(wheel.next_deadline(), Some(Tick(1_000)));
    assert_eq!(fire_all(&mut wheel, Tick(1_000)), [(Tick(1_000), 'a')]);
    // The same after time has passed over an empty wheel.
    assert_eq!(fire_all(&mut wheel, Tick(2_000)), []);
    let key = wheel.insert(Tick(1_500), 'b');
    assert_eq!(wheel.get(key), Some((Tick(2_000), &'b')));
    assert_eq!(fire_all(&mut wheel, Tick(2_000)), [(Tick(2_000), 'b')]);
}

#[test]
fn equal_deadlines_fire_in_order_of_insertion_across_levels() {
    for (at, stops) in [
        (
            Tick(0x0203_0405),
            [0, 0x0100_0000, 0x0203_0000, 0x0203_0400, 0x0203_0405],
        ),
        (
            Tick(1 << 40),
            [
                0,
                (1 << 40) - (1 << 31),
                (1 << 40) - 400,
                (1 << 40) - 3,
                1 << 40,
            ],
        ),
    ] {
        let mut wheel = Wheel::new(Tick(0));
        for (number, stop) in stops.into_iter().enumerate() {
            assert_eq!(
                fire_all(&mut wheel, Tick(stop - u64::from(stop == at.0))),
                []
            );
            wheel.insert(at, number);
        }
        let fired: Vec<usize> = fire_all(&mut wheel, at)
            .into_iter()
            .map(|(_, n)| n)
            .collect();
        assert_eq!(fired, [0, 1, 2, 3, 4]);
    }
}

#[test]
fn timers_inserted_during_a_cascade_keep_their_place() {
    let mut wheel = Wheel::new(Tick(0));
    let count = FIRE_COST + 4;
    for number in 0..count {
        wheel.insert(Tick(70_000), number);
    }
    let mut fired = Vec::new();
    // Ends while the slot of level 2 is half empty: a limit of 1 pays for FIRE_COST moves.
    let advance = wheel.advance(Tick(70_000), 1, &mut |_, number| fired.push(number));
    assert_eq!(advance, Advance::More);
    assert_eq!(fired, []);
    wheel.insert(Tick(70_000), count);
    wheel.insert(Tick(69_999), count + 1);
    fired.extend(
        fire_all(&mut wheel, Tick(70_000))
            .into_iter()
            .map(|(_, number)| number),
    );
    let expected: Vec<usize> = [count + 1].into_iter().chain(0..=count).collect();
    assert_eq!(fired, expected);
}

#[test]
fn cancelling_the_rest_of_a_cascade_ends_it() {
    let mut wheel = Wheel::new(Tick(0));
    let keys: Vec<TimerKey> = (0..=FIRE_COST)
        .map(|number| wheel.insert(Tick(70_000), number))
        .collect();
    assert_eq!(
        wheel.advance(Tick(70_000), 1, &mut |_, _| ()),
        Advance::More
    );
    assert_eq!(
        wheel.cancel(keys[FIRE_COST]),
        Some((Tick(70_000), FIRE_COST))
    );
    wheel.insert(Tick(65_536), 100);
    let fired = fire_all(&mut wheel, Tick(70_000));
    assert_eq!(fired[0], (Tick(65_536), 100));
    assert_eq!(fired.len(), FIRE_COST + 1);
}

#[test]
fn advance_fires_at_most_its_limit_and_says_that_more_are_due() {
    let mut wheel = Wheel::new(Tick(0));
    for number in 0..10 {
        wheel.insert(Tick(5), number);
    }
    wheel.insert(Tick(6), 10);
    let mut fired = Vec::new();
    let mut advance = |wheel: &mut Wheel<i32>, now, limit| {
        let end = wheel.advance(Tick(now), limit, &mut |_, number| fired.push(number));
        (end, fired.len())
    };
    assert_eq!(advance(&mut wheel, 4, 0), (Advance::Done, 0));
    assert_eq!(advance(&mut wheel, 5, 0), (Advance::More, 0));
    assert_eq!(advance(&mut wheel, 5, 4), (Advance::More, 4));
    assert_eq!(advance(&mut wheel, 5, 6), (Advance::Done, 10));
    assert_eq!(advance(&mut wheel, 5, 6), (Advance::Done, 10));
    assert_eq!(advance(&mut wheel, 6, 1), (Advance::Done, 11));
}

#[test]
fn key_of_a_timer_that_fired_finds_nothing() {
    for at in [Tick(3), Tick(1 << 40)] {
        let mut wheel = Wheel::new(Tick(0));
        let key = wheel.insert(at, 'a');
        assert_eq!(fire_all(&mut wheel, at), [(at, 'a')]);
        assert_eq!(wheel.cancel(key), None);
        assert_eq!(wheel.get(key), None);
    }
}

#[test]
fn stale_key_never_finds_the_timer_that_took_its_place() {
    for span in [3, 1 << 40] {
        let mut wheel = Wheel::new(Tick(0));
        let stale = wheel.insert(Tick(span), 'a');
        assert_eq!(wheel.cancel(stale), Some((Tick(span), 'a')));
        let fresh = wheel.insert(Tick(span), 'b');
        assert_eq!(fresh.index, stale.index, "the place is used again");
        assert_eq!(wheel.get(stale), None);
        assert_eq!(wheel.cancel(stale), None);
        assert_eq!(wheel.cancel(fresh), Some((Tick(span), 'b')));
    }
}

#[test]
fn generations_start_again_after_the_last() {
    let mut wheel = Wheel::new(Tick(0));
    wheel.generation = NonZeroU32::MAX;
    let key = wheel.insert(Tick(1), 'a');
    assert_eq!(key.generation, NonZeroU32::MIN);
    assert_eq!(wheel.cancel(key), Some((Tick(1), 'a')));
}

#[test]
fn panic_while_firing_loses_no_other_timer() {
    let mut wheel = Wheel::new(Tick(0));
    for number in 0..3 {
        wheel.insert(Tick(9), number);
    }
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        wheel.advance(Tick(9), 10, &mut |_, _| {
            std::panic::resume_unwind(Box::new(()))
        })
    }));
    assert!(unwound.is_err());
    assert_eq!(fire_all(&mut wheel, Tick(9)), [(Tick(9), 1), (Tick(9), 2)]);
}

#[test]
fn large_jumps_cost_what_is_pending_and_not_what_is_passed() {
    let mut wheel = Wheel::new(Tick(0));
    for span in SPANS {
        wheel.insert(Tick(span), ());
    }
    // Each call does one firing's worth of work. A timer needs one for itself and less than one
    // for its three moves.
    let mut calls = 1;
    while wheel.advance(NEVER, 1, &mut |_, ()| ()) == Advance::More {
        calls += 1;
    }
    assert!(
        calls <= 2 * SPANS.len(),
        "{calls} calls for {} timers",
        SPANS.len()
    );
    assert_eq!(wheel.len(), 0);
}

#[test]
fn following_next_deadline_reaches_a_timer_in_four_wakes() {
    for span in SPANS {
        for start in [0, 0x00ff_ffff, 0xffff_fff0] {
            let at = Tick(start + span);
            let mut wheel = Wheel::new(Tick(start));
            wheel.insert(at, ());
            let mut wakes = 0;
            while let Some(bound) = wheel.next_deadline() {
                assert!(bound <= at);
                let fired = fire_all(&mut wheel, bound);
                assert_eq!(fired.len(), usize::from(bound == at), "{start} + {span}");
                wakes += 1;
            }
            assert!(wakes <= 4, "{wakes} wakes for {start} + {span}");
        }
    }
}

#[test]
fn entry_costs_sixteen_bytes_and_a_key_eight() {
    /// Laid out like the slab's own entries, which have no public name.
    #[expect(dead_code, reason = "only its size matters")]
    enum InSlab<T> {
        Vacant(usize),
        Occupied(T),
    }
    assert_eq!(size_of::<InSlab<Entry<[u64; 2]>>>(), 16 + 16);
    assert_eq!(size_of::<InSlab<Entry<[u64; 3]>>>(), 16 + 24);
    assert_eq!(size_of::<Option<TimerKey>>(), 8);
}
