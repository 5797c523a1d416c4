//! Random numbers that a simulation decides, so that a run under its seed goes the same way again.

use crate::scheduler::{Local, try_with_local};

/// A random number. In a simulation it comes from the seed; otherwise nobody can foretell it, though
/// it is not for secrets.
///
/// What a program leaves to chance, a jitter or whom to ask first, is left to this function rather
/// than to another, or a failing simulation cannot be replayed.
///
/// # In OTP
///
/// `rand:uniform/1`, whose generator is the process's own and seeded by itself.
///
/// # Examples
///
/// ```
/// use regrow::Runtime;
/// use regrow::process::random_u64;
///
/// let draw = |seed| Runtime::simulated(seed).run(async { [random_u64(), random_u64()] });
/// assert_eq!(draw(7), draw(7));
/// assert_ne!(draw(7), draw(8));
/// ```
pub fn random_u64() -> u64 {
    let simulated = try_with_local(Local::simulated_random).flatten();
    simulated.unwrap_or_else(|| fastrand::u64(..))
}
