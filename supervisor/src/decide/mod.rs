//! What becomes of a child that has ended, decided as a value of what is known: no process, no clock.

pub(crate) mod again;
pub(crate) mod backoff;
pub(crate) mod intensity;
pub(crate) mod restart;
