//! How the methods of a machine's references get onto them.
//!
//! A reference leads to a [`Machine<M>`], which is the library's own type, so what an attribute
//! writes beside the data cannot say what its client is. It says so of the data, and the machine
//! takes it from there.

use super::machine::Machine;
use super::statem::GenStatem;
use crate::gen_server::{HasClient, Target};

/// A machine whose references have methods. Written by `#[gen_statem]`; a machine that is written by
/// hand can do without.
pub trait HasMachineClient: GenStatem {
    /// What has the methods: `dyn DoorClient`.
    type Client: ?Sized;

    /// A reference, seen as what has the methods.
    #[doc(hidden)]
    fn client<T: Target<Machine<Self>> + 'static>(target: &T) -> &Self::Client;
}

impl<M: HasMachineClient> HasClient for Machine<M> {
    type Client = M::Client;

    #[inline]
    fn client<T: Target<Self> + 'static>(target: &T) -> &M::Client {
        M::client(target)
    }
}
