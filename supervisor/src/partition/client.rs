//! What a reference to a partition supervisor can do, and its half of that.

use std::hash::Hash;
use std::ops::Range;

use regrow_runtime::gen_server::{
    Call, Child, Context, HandleCall, HasClient, Place, Reply, ReplyTo, StartError, Step, Target,
    call_to,
};
use regrow_runtime::process::ExitReason;

use crate::child::id::ChildId;
use crate::child::info::{ChildCounts, ChildInfo};
use crate::child::request::{CountChildren, WhichChildren, answered};
use crate::error::{ResizeError, RestartChildError};
use crate::partition::{PartitionSupervisor, routes};

/// What a reference to a [`PartitionSupervisor`] can do: a
/// [`ServerRef`](regrow_runtime::gen_server::ServerRef), a
/// [`Name`](regrow_runtime::gen_server::Name) or a [`Child`] of one.
pub trait PartitionSupervisorClient<S: ?Sized>: Target<PartitionSupervisor<S>> + 'static {}

impl<S: ?Sized, T: Target<PartitionSupervisor<S>> + 'static> PartitionSupervisorClient<S> for T {}

impl<S: ?Sized + 'static> HasClient for PartitionSupervisor<S> {
    type Client = dyn PartitionSupervisorClient<S>;

    #[inline]
    fn client<T: Target<Self> + 'static>(target: &T) -> &Self::Client {
        target
    }
}

/// Asks how many partitions there are.
struct Partitions;
/// Asks for so many partitions.
struct Resize(usize);

impl<S: ?Sized + 'static> dyn PartitionSupervisorClient<S> {
    /// The partition that a key belongs to. A look-up in the caller.
    ///
    /// Keys that are integers go round the partitions; others are hashed. What is given is the
    /// partition's place: it leads to whichever process is there, so it can be kept, and stays good
    /// over restarts of the partition and of its supervisor. After a
    /// [`resize`](#method.resize) the key may belong to another one.
    ///
    /// If there is no such supervisor, or it has no partitions, it leads nowhere: calls fail with
    /// [`NoProcess`](regrow_runtime::gen_server::CallError::NoProcess).
    ///
    /// # In OTP
    ///
    /// `{:via, PartitionSupervisor, {name, key}}`. There, too, the place of a partition that is down
    /// leads to the process that it was; without partitions it is an error.
    pub fn at<K: Hash + ?Sized>(&self, key: &K) -> Child<S> {
        let supervisor = self.address().pid();
        let place = supervisor.and_then(|supervisor| routes::find(supervisor, key));
        Child::at(place.unwrap_or_else(Place::new))
    }

    /// How many partitions there are.
    ///
    /// # In OTP
    ///
    /// [`PartitionSupervisor.partitions/1`](https://hexdocs.pm/elixir/PartitionSupervisor.html#partitions/1).
    pub fn partitions(&self) -> Call<usize> {
        call_to::<PartitionSupervisor<S>, _>(self, Partitions).no_timeout()
    }

    /// Starts or stops partitions, so that there are as many as this, and gives how many there were.
    /// Keys are spread over those that there are.
    ///
    /// Partitions that are to go lose their keys first and are stopped then, with all that they have;
    /// those that come get keys when all of them run.
    ///
    /// # Errors
    ///
    /// There cannot be more than there were at the start; or a partition does not start, and then
    /// there are as many as before.
    ///
    /// # In OTP
    ///
    /// [`PartitionSupervisor.resize!/2`](https://hexdocs.pm/elixir/PartitionSupervisor.html#resize!/2).
    pub fn resize(&self, partitions: usize) -> Call<usize, ResizeError> {
        call_to::<PartitionSupervisor<S>, _>(self, Resize(partitions))
            .no_timeout()
            .flatten()
    }

    /// The partitions, the last one first, by their numbers as ids. One that was closed by
    /// [`resize`](#method.resize) is among them, as stopped.
    ///
    /// # In OTP
    ///
    /// [`PartitionSupervisor.which_children/1`](https://hexdocs.pm/elixir/PartitionSupervisor.html#which_children/1).
    pub fn which_children(&self) -> Call<Vec<ChildInfo>> {
        call_to::<PartitionSupervisor<S>, _>(self, WhichChildren).no_timeout()
    }

    /// How many children there are: one for each partition that there can be.
    ///
    /// # In OTP
    ///
    /// [`PartitionSupervisor.count_children/1`](https://hexdocs.pm/elixir/PartitionSupervisor.html#count_children/1).
    pub fn count_children(&self) -> Call<ChildCounts> {
        call_to::<PartitionSupervisor<S>, _>(self, CountChildren).no_timeout()
    }
}

answered! {
    [S: ?Sized + 'static] PartitionSupervisor<S> {
        WhichChildren -> Vec<ChildInfo>: |this, WhichChildren| this.supervisor.list();
        CountChildren -> ChildCounts: |this, CountChildren| this.supervisor.count();
        Partitions -> usize: |this, Partitions| this.routes.open();
    }
}

impl<S: ?Sized + 'static> HandleCall<Resize> for PartitionSupervisor<S> {
    type Reply = Result<usize, ResizeError>;

    fn handle_call(
        &mut self,
        Resize(partitions): Resize,
        _: ReplyTo<Self::Reply>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>> {
        async move { Reply::now(self.resize(partitions).await) }
    }
}

impl<S: ?Sized + 'static> PartitionSupervisor<S> {
    async fn resize(&mut self, partitions: usize) -> Result<usize, ResizeError> {
        let (before, most) = (self.routes.open(), self.routes.places(0).len());
        if partitions > most {
            return Err(ResizeError::TooMany {
                asked: partitions,
                most,
            });
        }
        if partitions < before {
            self.routes.set_open(partitions);
            // All of them: a restart of the whole group starts closed ones too.
            self.close(partitions..most).await;
            return Ok(before);
        }
        for partition in before..partitions {
            if let Err(error) = self.open(partition).await {
                self.close(before..partition).await;
                return Err(ResizeError::Failed(error));
            }
        }
        self.routes.set_open(partitions);
        Ok(before)
    }

    /// Starts a partition, unless a restart of all has done so already.
    async fn open(&mut self, partition: usize) -> Result<(), ExitReason> {
        match self
            .supervisor
            .restart_child(partition.to_string().into())
            .await
        {
            Err(RestartChildError::Failed(reason)) => Err(reason),
            Err(RestartChildError::AlreadyStarted(other)) => {
                Err(StartError::AlreadyStarted(other).into())
            }
            _ => Ok(()),
        }
    }

    /// Stops partitions, the last one first.
    async fn close(&mut self, partitions: Range<usize>) {
        for partition in partitions.rev() {
            let id = ChildId::from(partition.to_string());
            // One that is none any more was temporary, and has ended.
            let _forgotten = self.supervisor.terminate_child(id).await;
        }
    }
}
