//! What a reference to a supervisor can do.

use regrow_runtime::gen_server::{
    Call, Context, HandleCall, HasClient, Reply, ReplyTo, Step, Target, call_to,
};

use crate::child::info::{ChildCounts, ChildInfo};
use crate::supervisor::Supervisor;

/// What a reference to a [`Supervisor`] can do: a
/// [`ServerRef`](regrow_runtime::gen_server::ServerRef), a
/// [`Name`](regrow_runtime::gen_server::Name) or a [`Child`](regrow_runtime::gen_server::Child) of
/// one.
///
/// A supervisor answers when it has nothing else to do: while a child starts or stops, calls wait,
/// however long that takes. A child that calls its own supervisor while that stops it is waited for
/// until its time is up.
pub trait SupervisorClient: Target<Supervisor> {}

impl<T: Target<Supervisor>> SupervisorClient for T {}

impl HasClient for Supervisor {
    type Client = dyn SupervisorClient;

    #[inline]
    fn client<T: Target<Self>>(target: &T) -> &Self::Client {
        target
    }
}

/// Asks who the children are.
struct WhichChildren;
/// Asks how many there are.
struct CountChildren;

impl dyn SupervisorClient {
    /// The children, those that were started last first.
    ///
    /// # In OTP
    ///
    /// [`supervisor:which_children/1`](https://www.erlang.org/doc/apps/stdlib/supervisor#which_children/1).
    pub fn which_children(&self) -> Call<Vec<ChildInfo>> {
        call_to::<Supervisor, _>(self, WhichChildren).no_timeout()
    }

    /// How many children there are.
    ///
    /// # In OTP
    ///
    /// [`supervisor:count_children/1`](https://www.erlang.org/doc/apps/stdlib/supervisor#count_children/1).
    pub fn count_children(&self) -> Call<ChildCounts> {
        call_to::<Supervisor, _>(self, CountChildren).no_timeout()
    }
}

impl HandleCall<WhichChildren> for Supervisor {
    type Reply = Vec<ChildInfo>;

    fn handle_call(
        &mut self,
        _: WhichChildren,
        _: ReplyTo<Self::Reply>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>> {
        Reply::now(self.list())
    }
}

impl HandleCall<CountChildren> for Supervisor {
    type Reply = ChildCounts;

    fn handle_call(
        &mut self,
        _: CountChildren,
        _: ReplyTo<Self::Reply>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>> {
        Reply::now(self.count())
    }
}
