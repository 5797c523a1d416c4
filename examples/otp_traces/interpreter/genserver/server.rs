//! The server of this suite: each callback does what its script says.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use regrow::answer::{Init, Next, Reply, ReplyTo};
use regrow::exit::ExitReason;
use regrow::process::{self, Exit};
use regrow::server::{
    Context, GenServer, HandleCall, HandleCast, HandleContinue, HandleInfo, Step, cast,
};
use serde_json::{Value, json};

use super::super::reason::{decode, encode};
use super::script::{Action, CallReturn, End, Failure, InitReturn, NextReturn, Script, Then};
use super::stage::Stage;
use super::step::Role;

/// A scripted server.
#[derive(Debug)]
pub(super) struct Server {
    stage: Arc<Stage>,
    name: String,
    state: i64,
    /// The callers that scripts have kept.
    saved: HashMap<String, ReplyTo<Value>>,
    /// Those that no script has. A caller that is let go of fails at once, which no scenario has a
    /// word for: a script that neither replies nor saves leaves its caller waiting.
    unsaved: Vec<ReplyTo<Value>>,
    term: Option<Failure>,
}

type Cx = Context<Server>;

impl GenServer for Server {
    type Args = (Arc<Stage>, Role);

    fn init((stage, role): Self::Args, cx: &mut Cx) -> impl Step<Init<Self>> {
        async move {
            stage.enter(&role.name, cx.this()).await;
            if role.trap {
                cx.trap_exit(true);
            }
            let mut server = Server {
                stage,
                name: role.name,
                state: 0,
                saved: HashMap::new(),
                unsaved: Vec::new(),
                term: role.term,
            };
            match server.perform("init", role.init, None, cx) {
                InitReturn::Ok(then) => {
                    let init = Init::ok(server);
                    go_on(init, then, cx, Init::idle_timeout, Init::hibernate)
                }
                InitReturn::Ignore => Init::ignore(),
                InitReturn::Stop(reason) => Init::stop(decode(&reason)),
            }
        }
    }

    fn handle_timeout(&mut self, _: &mut Cx) -> impl Step<Next> {
        self.note("info", &json!("timeout"));
        Next::proceed()
    }

    fn handle_exit(&mut self, exit: Exit, _: &mut Cx) -> impl Step<Next> {
        let from = json!({ "pid": self.stage.world().name_of(exit.from) });
        self.note("info", &json!(["EXIT", from, encode(&exit.reason)]));
        Next::proceed()
    }

    fn terminate(&mut self, reason: &ExitReason, _: &mut Cx) -> impl Step<Next> {
        self.note("terminate", &encode(reason));
        match self.term.take() {
            Some(failure) => fail(failure),
            None => Next::proceed(),
        }
    }
}

impl HandleCall<Script<CallReturn>> for Server {
    type Reply = Value;

    fn handle_call(
        &mut self,
        script: Script<CallReturn>,
        from: ReplyTo<Value>,
        cx: &mut Cx,
    ) -> impl Step<Reply<Value>> {
        match self.perform("call", script, Some(from), cx) {
            CallReturn::Reply(value, then) => {
                let reply = Reply::now(value.at(self.state));
                go_on(reply, then, cx, Reply::idle_timeout, Reply::hibernate)
            }
            CallReturn::Noreply(then) => {
                let reply = Reply::later();
                go_on(reply, then, cx, Reply::idle_timeout, Reply::hibernate)
            }
            CallReturn::Stop(reason) => Reply::stop(decode(&reason)),
            CallReturn::StopReply(reason, value) => {
                Reply::stop_with(decode(&reason), value.at(self.state))
            }
        }
    }
}

impl HandleCast<Script<NextReturn>> for Server {
    fn handle_cast(&mut self, script: Script<NextReturn>, cx: &mut Cx) -> impl Step<Next> {
        self.handle("cast", script, cx)
    }
}

impl HandleInfo<Script<NextReturn>> for Server {
    fn handle_info(&mut self, script: Script<NextReturn>, cx: &mut Cx) -> impl Step<Next> {
        self.handle("info", script, cx)
    }
}

impl HandleContinue<Script<NextReturn>> for Server {
    fn handle_continue(&mut self, script: Script<NextReturn>, cx: &mut Cx) -> impl Step<Next> {
        self.handle("continue", script, cx)
    }
}

impl Server {
    /// A callback that nobody waits for.
    fn handle(&mut self, kind: &str, script: Script<NextReturn>, cx: &mut Cx) -> Next {
        match self.perform(kind, script, None, cx) {
            NextReturn::Noreply(then) => {
                let next = Next::proceed();
                go_on(next, then, cx, Next::idle_timeout, Next::hibernate)
            }
            NextReturn::Stop(reason) => Next::stop(decode(&reason)),
        }
    }

    /// Carries a script out, up to what it returns. If it fails instead, this does not return, and
    /// the state is as it was.
    fn perform<R>(
        &mut self,
        kind: &str,
        script: Script<R>,
        mut from: Option<ReplyTo<Value>>,
        cx: &mut Cx,
    ) -> R {
        self.note(kind, &json!(script.tag));
        let mut state = self.state;
        for action in script.actions {
            match action {
                Action::Set(value) => state = value,
                Action::Add(by) => state += by,
                Action::Save(key) => {
                    self.saved.extend(from.take().map(|from| (key, from)));
                }
                Action::Reply(key, value) => {
                    if let Some(from) = self.saved.remove(&key) {
                        from.reply(value.at(state));
                    }
                }
                Action::CastSelf(script) => cast(cx.this(), script),
                Action::SendSelf(script) => process::send(cx.this(), script),
                Action::Trap(on) => {
                    cx.trap_exit(on);
                }
            }
        }
        self.unsaved.extend(from);
        match script.end {
            End::Returns(returned) => {
                self.state = state;
                returned
            }
            End::Fails(failure) => fail(failure),
        }
    }

    /// Writes down that a callback runs.
    fn note(&self, kind: &str, what: &Value) {
        self.stage.log(json!([self.name, kind, what, self.state]));
    }
}

/// Does not return, as a script says.
fn fail(failure: Failure) -> ! {
    match failure {
        Failure::Raise(message) => panic!("{message}"),
        Failure::Exit(reason) => process::exit_self(decode(&reason)),
    }
}

/// What a callback returns, with what the server does then.
fn go_on<O>(
    outcome: O,
    then: Then,
    cx: &mut Cx,
    idle_timeout: fn(O, Duration) -> O,
    hibernate: fn(O) -> O,
) -> O {
    match then {
        Then::Wait => outcome,
        Then::Continue(script) => {
            cx.continue_with(*script);
            outcome
        }
        Then::Timeout(after) => idle_timeout(outcome, after),
        Then::Hibernate => hibernate(outcome),
    }
}
