//! Casts: a message that nobody waits for.

use std::marker::PhantomData;

use super::message::Cast;
use super::reference::Target;
use super::server::HandleCast;
use crate::cell::Envelope;
use crate::process::send;

/// Casts to a server written by hand, or any other message than its client has methods for.
///
/// Never waits and never fails: if nobody is there the message is dropped.
///
/// # Ordering
///
/// As with every message: what one process sends another arrives in the order in which it was sent.
///
/// # In OTP
///
/// [`gen_server:cast/2`](https://www.erlang.org/doc/apps/stdlib/gen_server#cast/2).
///
/// # Examples
///
/// See [`GenServer`](super::GenServer).
#[expect(
    clippy::needless_pass_by_value,
    reason = "references are small and mostly `Copy`"
)]
pub fn cast<S, M>(server: impl Target<S>, message: M)
where
    S: HandleCast<M>,
    M: Send + 'static,
{
    cast_to(&server, message);
}

/// As [`cast`], for client methods.
#[doc(hidden)]
#[inline]
pub fn cast_to<S, M>(server: &(impl Target<S> + ?Sized), message: M)
where
    S: HandleCast<M>,
    M: Send + 'static,
{
    if let Some(pid) = server.address().pid() {
        let message = Cast::<S, M> {
            message,
            to: PhantomData,
        };
        send::message(pid.local(), Envelope::addressed(message));
    }
}
