//! Tasks in a server's state: their ends come to its handler of notices.

use regrow::answer::{Init, Next, Reply, ReplyTo};
use regrow::prelude::*;
use regrow::process::settle;
use regrow::server::{GenServer, HandleCall, HandleCast, Start, Step, call, cast};
use regrow::task::Task;

use super::{failing, oops};
use crate::support::simulated;

/// Runs tasks, and keeps what came of them.
#[derive(Default)]
struct Runner {
    tasks: Vec<Task<u32>>,
    outcomes: Vec<Result<u32, ExitReason>>,
}

struct Run(Result<u32, ExitReason>);
struct Outcomes;

impl GenServer for Runner {
    type Args = ();

    const TRAP_EXIT: bool = true;

    fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Runner::default())
    }

    fn handle_down(&mut self, down: Down, _: &mut Context<Self>) -> impl Step<Next> {
        let outcome = self.tasks.iter_mut().find_map(|task| task.claim(&down));
        self.outcomes.extend(outcome);
        Next::proceed()
    }
}

impl HandleCast<Run> for Runner {
    fn handle_cast(&mut self, Run(outcome): Run, _: &mut Context<Self>) -> impl Step<Next> {
        self.tasks.push(Task::run_nolink(async {
            match outcome {
                Ok(value) => value,
                Err(reason) => failing(reason).await,
            }
        }));
        Next::proceed()
    }
}

impl HandleCall<Outcomes> for Runner {
    type Reply = Vec<Result<u32, ExitReason>>;

    fn handle_call(
        &mut self,
        _: Outcomes,
        _: ReplyTo<Self::Reply>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<Self::Reply>> {
        Reply::now(self.outcomes.clone())
    }
}

/// A server that traps exits and has no handler for them lives on: there is no link.
#[test]
fn r_task_7_a_server_claims_its_tasks_by_their_notices() {
    simulated(async {
        let runner = Start::<Runner>::new(()).await.unwrap();
        for outcome in [Ok(1), Err(oops()), Ok(2)] {
            cast(runner, Run(outcome));
            settle().await;
        }
        let outcomes = call(runner, Outcomes).await;
        assert_eq!(outcomes, Ok(vec![Ok(1), Err(oops()), Ok(2)]));
    });
}

/// A handler that awaits a linked task finds no exit of it afterwards, which would end the server.
#[test]
fn a_server_that_traps_exits_may_await_a_task() {
    struct Asks;
    impl GenServer for Asks {
        type Args = ();

        const TRAP_EXIT: bool = true;

        fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
            Init::ok(Asks)
        }
    }
    impl HandleCall<u32> for Asks {
        type Reply = Option<u32>;

        fn handle_call(
            &mut self,
            value: u32,
            _: ReplyTo<Option<u32>>,
            _: &mut Context<Self>,
        ) -> impl Step<Reply<Option<u32>>> {
            async move {
                let task = Task::run(async move {
                    assert!(value > 0, "nothing");
                    value
                });
                Reply::now(task.await.ok())
            }
        }
    }
    simulated(async {
        let asks = Start::<Asks>::new(()).await.unwrap();
        assert_eq!(call(asks, 7).await, Ok(Some(7)));
        assert_eq!(call(asks, 0).await, Ok(None));
        settle().await;
        assert_eq!(call(asks, 8).await, Ok(Some(8)));
    });
}
