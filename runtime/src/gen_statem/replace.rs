//! Putting another state and other data in the place of a machine's, from outside.

use super::machine::Machine;
use super::statem::GenStatem;
use crate::gen_server::sys::{CallbackFailed, ask_state};
use crate::gen_server::{Call, Target};

/// Puts another state and other data in the place of a machine's, made from those that it has. For
/// debugging: it is no transition. Nothing is entered, what was put off stays so, and timeouts run on.
///
/// If the function panics, both stay what they are.
///
/// # In OTP
///
/// [`sys:replace_state/2`](https://www.erlang.org/doc/apps/stdlib/sys#replace_state/2) of a
/// `gen_statem`.
pub fn replace_state<M: GenStatem>(
    machine: impl Target<Machine<M>>,
    replace: impl FnOnce(&M::State, &M) -> (M::State, M) + Send + 'static,
) -> Call<(), CallbackFailed> {
    ask_state(&machine, move |machine: &mut Machine<M>| {
        let (state, data) = replace(&machine.state, &machine.data);
        machine.state = state;
        machine.data = data;
    })
}
