//! The worker: every callback is written down, and does what the scenario says.

use std::future::pending;
use std::sync::Arc;

use regrow::answer::{Init, Next, Reply, ReplyTo};
use regrow::exit::ExitReason;
use regrow::process::{self, Exit, Pid};
use regrow::server::{Context, GenServer, HandleCall, HandleCast, Step};
use serde_json::{Value, json};

use super::super::reason::{decode, encode};
use super::scenario::{How, Outcome, Role, Term};
use super::stage::Stage;

/// A scripted worker.
#[derive(Debug)]
pub(super) struct Worker {
    stage: Arc<Stage>,
    name: String,
    parent: String,
    term: Option<Term>,
    /// It ends because the driver has told it to.
    crashed: bool,
}

/// What a worker is started with.
#[derive(Clone)]
pub(super) struct Birth {
    pub(super) stage: Arc<Stage>,
    /// Who starts it.
    pub(super) parent: Pid,
    pub(super) role: Arc<Role>,
    pub(super) args: Vec<Value>,
}

/// Tells a worker to end.
pub(super) struct Crash(pub(super) How);

/// Asks a worker for its name.
pub(super) struct WhoAreYou;

impl GenServer for Worker {
    type Args = Birth;

    fn init(birth: Birth, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        let Birth {
            stage,
            parent,
            role,
            args,
        } = birth;
        cx.trap_exit(role.trap);
        async move {
            let entered = stage.enter(&role.actor, parent, &args).await;
            let begun = begin(&stage, parent, entered.outcome).await;
            begun.map_or_else(
                |init| init,
                |()| {
                    Init::ok(Worker {
                        stage,
                        name: entered.name,
                        parent: entered.parent,
                        term: role.term.clone(),
                        crashed: false,
                    })
                },
            )
        }
    }

    fn handle_exit(&mut self, exit: Exit, _: &mut Context<Self>) -> impl Step<Next> {
        let from = self.stage.term_of(exit.from);
        self.note("info", &json!(["EXIT", from, encode(&exit.reason)]));
        Next::proceed()
    }

    fn terminate(&mut self, reason: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        self.note("terminate", &encode(reason));
        async move {
            match self.term.take() {
                Some(Term::Fail(how)) => fail(how),
                Some(Term::Hang) if !self.crashed => pending().await,
                Some(Term::Hang) | None => Next::proceed(),
            }
        }
    }
}

impl HandleCast<Crash> for Worker {
    fn handle_cast(&mut self, Crash(how): Crash, _: &mut Context<Self>) -> impl Step<Next> {
        self.crashed = true;
        match how {
            How::Exit(reason) => Next::stop(decode(&reason)),
            How::Raise(message) => panic!("{message}"),
        }
    }
}

impl HandleCall<WhoAreYou> for Worker {
    type Reply = String;

    fn handle_call(
        &mut self,
        _: WhoAreYou,
        _: ReplyTo<String>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<String>> {
        Reply::now(self.name.clone())
    }
}

impl Worker {
    /// Writes down that a callback runs.
    fn note(&self, kind: &str, what: &Value) {
        self.stage.log(json!([self.parent, kind, self.name, what]));
    }
}

/// Does what is to come of an init. `Err` has what it gives instead of a beginning.
pub(super) async fn begin<S>(stage: &Stage, parent: Pid, outcome: Outcome) -> Result<(), Init<S>> {
    match outcome {
        Outcome::Ok => Ok(()),
        Outcome::Ignore => Err(Init::ignore()),
        Outcome::Stop(reason) => Err(Init::stop(decode(&reason))),
        Outcome::Fail(how) => fail(how),
        Outcome::Probe(reason) => {
            let asked = stage.collector().ask(parent).no_timeout().await;
            asked.expect("the collector outlives the scenario");
            Err(Init::stop(decode(&reason)))
        }
    }
}

/// Does not return, as the scenario says.
fn fail(how: How) -> ! {
    match how {
        How::Raise(message) => panic!("{message}"),
        How::Exit(reason) => process::exit_self(decode(&reason)),
    }
}
