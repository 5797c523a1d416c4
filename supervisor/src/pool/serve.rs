//! The pool as a process: what it does with its messages, and with the ends of workers and borrowers.

use std::collections::HashMap;
use std::marker::PhantomData;

use indexmap::IndexMap;
use regrow_runtime::gen_server::{
    Context, GenServer, HandleCall, HandleCast, HandleContinue, HandleInfo, Init, Next, Reply,
    ReplyTo, ServerRef, Shutdown, StartError, Step,
};
use regrow_runtime::process::{
    Down, Exit, ExitReason, Monitor, Pid, demonitor_flush, exit, monitor,
};
use regrow_runtime::time::{TimerRef, cancel_timer, now};

use super::Pool;
use super::client::{CheckoutError, PoolStatus};
use super::lease::Lease;
use super::stock::{Back, Gap, Over, Stock, Ticket};
use crate::child::id::ChildKind;
use crate::child::kept::Settings;
use crate::child::report::{self, Occasion};
use crate::child::start::start;
use crate::child::stop::{Ended, stop_all};
use crate::error::{FailedToStart, reason_of};

/// Asks for a worker.
pub(super) struct CheckOut {
    pub(super) ticket: Ticket,
    /// The process whose end gives the worker back; a thread that is none has no end.
    pub(super) owner: Option<Pid>,
    /// Whether it waits for one that comes back.
    pub(super) waits: bool,
}

/// A ticket is over: the worker comes back, or nobody waits any more.
pub(super) struct CheckIn(pub(super) Ticket);

/// Asks how the pool is.
pub(super) struct Status;

/// One more worker is to be started, for this ticket.
struct Grow(Ticket);

/// A worker that was dismissed has not ended in time.
struct IsLate(Pid);

/// How somebody who waits is told.
type Waits<S> = ReplyTo<Result<Lease<S>, CheckoutError>>;

/// What a pool has once it runs.
pub(super) struct Open<S: GenServer> {
    stock: Stock<Waits<S>>,
    /// Whose ends give tickets back.
    owners: HashMap<Monitor, Ticket>,
    /// Workers that were told to end, with the timers that limit that.
    dismissed: IndexMap<Pid, Option<TimerRef>, foldhash::fast::FixedState>,
    server: PhantomData<fn() -> S>,
}

impl<S: GenServer> GenServer for Pool<S> {
    type Args = Pool<S>;

    const TRAP_EXIT: bool = true;
    const SHUTDOWN: Shutdown = Shutdown::Infinity;

    fn init(mut pool: Pool<S>, _: &mut Context<Self>) -> impl Step<Init<Self>> {
        async move {
            if let Err(error) = pool.admit() {
                return Init::stop(error.into());
            }
            pool.open = Some(Open {
                stock: Stock::new(pool.strategy, pool.overflow_max),
                owners: HashMap::new(),
                dismissed: IndexMap::default(),
                server: PhantomData,
            });
            for _ in 0..pool.size {
                match pool.start_worker().await {
                    Ok(worker) => drop(pool.open().stock.put(worker)),
                    Err(reason) => {
                        pool.stop_workers().await;
                        return Init::stop(pool.failed_to_start(reason));
                    }
                }
            }
            Init::ok(pool)
        }
    }

    fn handle_exit(&mut self, exit: Exit, cx: &mut Context<Self>) -> impl Step<Next> {
        async move {
            let Exit { from, reason } = exit;
            if let Some(timer) = self.open().dismissed.swap_remove(&from) {
                timer.and_then(cancel_timer);
                return Next::proceed();
            }
            let Some((gap, owner)) = self.open().stock.lose(from) else {
                return Next::proceed();
            };
            self.open().forget(owner);
            report::child_ended(report::Child::of(&self.worker), from, &reason);
            match gap {
                Gap::Leave => Next::proceed(),
                Gap::Fill => self.replace(cx.this()).await,
            }
        }
    }

    fn handle_down(&mut self, down: Down, cx: &mut Context<Self>) -> impl Step<Next> {
        if let Some(ticket) = self.open().owners.remove(&down.monitor) {
            self.close(ticket, cx);
        }
        Next::proceed()
    }

    fn terminate(&mut self, _: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        async move {
            self.stop_workers().await;
            Next::proceed()
        }
    }
}

impl<S: GenServer> HandleCall<CheckOut> for Pool<S> {
    type Reply = Result<Lease<S>, CheckoutError>;

    fn handle_call(
        &mut self,
        CheckOut {
            ticket,
            owner,
            waits,
        }: CheckOut,
        from: ReplyTo<Self::Reply>,
        cx: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>> {
        let open = self.open();
        if !waits && !open.stock.has_room() {
            return Reply::now(Err(CheckoutError::Full));
        }
        let watch = owner.map(monitor);
        if let Some(watch) = watch {
            open.owners.insert(watch, ticket);
        }
        if let Some(worker) = open.stock.lend_idle(ticket, watch) {
            return Reply::now(Ok(Lease::new(worker, cx.this(), ticket)));
        }
        open.stock.queue(ticket, watch, from);
        if open.stock.grow() {
            cx.continue_with(Grow(ticket));
        }
        Reply::later()
    }
}

impl<S: GenServer> HandleContinue<Grow> for Pool<S> {
    fn handle_continue(&mut self, Grow(ticket): Grow, cx: &mut Context<Self>) -> impl Step<Next> {
        async move {
            match self.start_worker().await {
                Ok(worker) => self.put(worker, cx),
                Err(reason) => {
                    report::not_started(report::Child::of(&self.worker), &reason);
                    let open = self.open();
                    if let Some((from, owner)) = open.stock.shrink(ticket) {
                        open.forget(owner);
                        from.reply(Err(CheckoutError::NotStarted(reason)));
                    }
                }
            }
            Next::proceed()
        }
    }
}

impl<S: GenServer> HandleCast<CheckIn> for Pool<S> {
    fn handle_cast(&mut self, CheckIn(ticket): CheckIn, cx: &mut Context<Self>) -> impl Step<Next> {
        self.close(ticket, cx);
        Next::proceed()
    }
}

impl<S: GenServer> HandleInfo<IsLate> for Pool<S> {
    fn handle_info(&mut self, IsLate(worker): IsLate, _: &mut Context<Self>) -> impl Step<Next> {
        if self.open().dismissed.contains_key(&worker) {
            exit(worker, ExitReason::Kill);
        }
        Next::proceed()
    }
}

impl<S: GenServer> HandleCall<Status> for Pool<S> {
    type Reply = PoolStatus;

    fn handle_call(
        &mut self,
        _: Status,
        _: ReplyTo<PoolStatus>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<PoolStatus>> {
        let stock = &self.open().stock;
        Reply::now(PoolStatus {
            state: stock.state(),
            idle: stock.idle(),
            overflow: stock.overflow(),
            lent: stock.lent(),
            waiting: stock.waiting(),
        })
    }
}

impl<S: GenServer> Pool<S> {
    fn open(&mut self) -> &mut Open<S> {
        let open = self.open.as_mut();
        open.unwrap_or_else(|| unreachable!("a pool that runs has been opened"))
    }

    async fn start_worker(&self) -> Result<Pid, ExitReason> {
        let spec = &self.worker;
        let started = start(spec).await.map_err(reason_of)?;
        let worker = started
            .pid()
            .ok_or_else(|| ExitReason::from(StartError::Ignored))?;
        report::started(report::Child::of(&self.worker), worker, Occasion::Dynamic);
        Ok(worker)
    }

    /// A worker has ended that is to be there.
    async fn replace(&mut self, this: ServerRef<Pool<S>>) -> Next {
        if self
            .intensity
            .as_mut()
            .is_some_and(|limit| !limit.allows(now()))
        {
            report::gave_up(report::Child::of(&self.worker));
            return Next::stop(ExitReason::Shutdown);
        }
        report::restarting(report::Child::of(&self.worker));
        match self.start_worker().await {
            Ok(worker) => {
                // It cannot be one too many: it takes the place of one that was not.
                if let Back::Lent(ticket, from) = self.open().stock.put(worker) {
                    from.reply(Ok(Lease::new(worker, this, ticket)));
                }
                Next::proceed()
            }
            Err(reason) => {
                report::not_started(report::Child::of(&self.worker), &reason);
                Next::stop(self.failed_to_start(reason))
            }
        }
    }

    /// A worker has come back, or is one more.
    fn put(&mut self, worker: Pid, cx: &mut Context<Self>) {
        match self.open().stock.put(worker) {
            Back::Lent(ticket, from) => from.reply(Ok(Lease::new(worker, cx.this(), ticket))),
            Back::Dismissed => self.dismiss(worker, cx),
            Back::Idle => {}
        }
    }

    /// A ticket is over.
    fn close(&mut self, ticket: Ticket, cx: &mut Context<Self>) {
        let open = self.open();
        let Some(Over { worker, owner }) = open.stock.close(ticket) else {
            return;
        };
        open.forget(owner);
        if let Some(worker) = worker {
            self.put(worker, cx);
        }
    }

    /// Tells a worker to end, and does not wait for it.
    fn dismiss(&mut self, worker: Pid, cx: &mut Context<Self>) {
        let timer = match self.worker.shutdown {
            Shutdown::BrutalKill => {
                exit(worker, ExitReason::Kill);
                None
            }
            Shutdown::Infinity => {
                exit(worker, ExitReason::Shutdown);
                None
            }
            Shutdown::After(limit) => {
                exit(worker, ExitReason::Shutdown);
                Some(cx.send_after(limit, IsLate(worker)))
            }
        };
        self.open().dismissed.insert(worker, timer);
    }

    /// Stops all workers at the same time, those that were told to end among them.
    async fn stop_workers(&mut self) {
        let worker = self.worker.clone();
        let open = self.open();
        let workers: Vec<Pid> = open.stock.workers().collect();
        let workers = workers.into_iter().chain(open.dismissed.keys().copied());
        let settings = Settings {
            restart: worker.restart,
            shutdown: worker.shutdown,
            kind: ChildKind::Worker,
        };
        let workers: Vec<_> = workers.map(|worker| (worker, settings)).collect();
        stop_all(workers.into_iter(), |ended| {
            let Ended {
                process, reason, ..
            } = ended;
            report::stopped(report::Child::of(&worker), process, &reason);
        })
        .await;
    }

    fn failed_to_start(&self, reason: ExitReason) -> ExitReason {
        ExitReason::shutdown_with(FailedToStart {
            child: self.worker.child_id().clone(),
            reason,
        })
    }
}

impl<S: GenServer> Open<S> {
    /// An owner's end is of no more interest.
    fn forget(&mut self, owner: Option<Monitor>) {
        if let Some(watch) = owner {
            self.owners.remove(&watch);
            demonitor_flush(watch);
        }
    }
}
