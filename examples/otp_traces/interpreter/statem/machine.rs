//! The machine of this suite: each callback does what its rule says.

use std::sync::Arc;

use regrow::answer::{Next as ServerNext, ReplyTo};
use regrow::exit::ExitReason;
use regrow::reference::ServerRef;
use regrow::server::{Context, Step};
use regrow::statem::{
    self, CallEvent, Enter, EventType, GenStatem, Initial, Machine, Timeout, Transition,
};
use serde_json::{Value, json};

use super::super::reason::{decode, encode};
use super::script::{Action, Next, Rule, Script, Setting, name_of};
use super::{MACHINE, Stage};

/// How many events and entries have rules; the rest keep the state.
const BUDGET: u32 = 40;

/// A scripted machine's data. `ENTER`: whether entering a state is a callback.
#[derive(Debug)]
pub(super) struct Player<const ENTER: bool> {
    stage: Arc<Stage>,
    script: Script,
    /// How many events and entries there have been.
    count: u32,
    /// The callers that no rule replies to. A caller that is let go of fails at once, which no
    /// scenario has a word for.
    unanswered: Vec<ReplyTo<Value>>,
}

/// An event: what it says, and who waits for a reply.
#[derive(Debug)]
pub(super) struct Event {
    content: String,
    from: Option<ReplyTo<Value>>,
}

impl From<String> for Event {
    fn from(content: String) -> Event {
        Event {
            content,
            from: None,
        }
    }
}

/// A machine that is running, of either kind.
#[derive(Clone, Copy, Debug)]
pub(super) enum MachineRef {
    Enters(ServerRef<Machine<Player<true>>>),
    Plain(ServerRef<Machine<Player<false>>>),
}

type Cx<const ENTER: bool> = Context<Machine<Player<ENTER>>>;

impl<const ENTER: bool> GenStatem for Player<ENTER> {
    type Args = (Arc<Stage>, Script);
    type State = String;
    type Event = Event;

    const STATE_ENTER: bool = ENTER;

    fn init((stage, script): Self::Args, cx: &mut Cx<ENTER>) -> impl Step<Initial<Self>> {
        async move {
            stage.world.enter(MACHINE, cx.pid()).await;
            let state = script.init.state.clone();
            stage.events.log(json!([MACHINE, "init", state]));
            let actions = script.init.actions.clone();
            let player = Player {
                stage,
                script,
                count: 0,
                unanswered: Vec::new(),
            };
            let initial = Initial::ok(state, player);
            actions
                .into_iter()
                .fold(initial, |initial, action| match action {
                    Action::NextEvent(kind, event) => initial.next_event(kind, event.into()),
                    Action::Timeout(timeout, setting) => initial.set(timeout, setting),
                    // There is neither an event nor a caller.
                    Action::Postpone | Action::Reply(_) => initial,
                })
        }
    }

    fn handle_event(
        &mut self,
        kind: EventType,
        event: Event,
        state: &String,
        _: &mut Cx<ENTER>,
    ) -> impl Step<Transition<Self>> {
        self.note(&name_of(&kind), &event.content, state);
        let rules = self.script.rules.get(state);
        let rule = rules.and_then(|rules| rules.get(&event.content)).cloned();
        let rule = self.allow(rule);
        self.transition(rule, event)
    }

    fn handle_enter(
        &mut self,
        old: &String,
        state: &String,
        _: &mut Cx<ENTER>,
    ) -> impl Step<Enter<Self>> {
        self.note(&json!("enter"), old, state);
        let rule = self.script.enter_rules.get(state).cloned();
        let Rule { next, actions } = self.allow(rule);
        let enter = match next {
            Next::Repeat => Enter::repeat(),
            Next::Stop(reason) => Enter::stop(decode(&reason)),
            Next::Raise(message) => panic!("{message}"),
            // A rule of this kind says nothing else.
            Next::Keep | Next::State(_) | Next::StopReply(..) => Enter::keep(),
        };
        actions
            .into_iter()
            .fold(enter, |enter, action| match action {
                Action::Timeout(timeout, setting) => enter.set(timeout, setting),
                Action::NextEvent(..) | Action::Postpone | Action::Reply(_) => enter,
            })
    }

    fn terminate(
        &mut self,
        reason: &ExitReason,
        state: &String,
        _: &mut Cx<ENTER>,
    ) -> impl Step<ServerNext> {
        let event = json!([MACHINE, "terminate", encode(reason), state]);
        self.stage.events.log(event);
        ServerNext::proceed()
    }
}

impl<const ENTER: bool> CallEvent<String> for Player<ENTER> {
    type Reply = Value;

    fn call_event(content: String, from: ReplyTo<Value>) -> Event {
        Event {
            content,
            from: Some(from),
        }
    }
}

impl<const ENTER: bool> Player<ENTER> {
    /// Writes down that a callback runs.
    fn note(&self, kind: &Value, content: &str, state: &str) {
        self.stage
            .events
            .log(json!([MACHINE, kind, content, state]));
    }

    /// The rule, unless there have been too many.
    fn allow(&mut self, rule: Option<Rule>) -> Rule {
        self.count += 1;
        rule.filter(|_| self.count <= BUDGET).unwrap_or_default()
    }

    fn transition(&mut self, rule: Rule, mut event: Event) -> Transition<Self> {
        let mut transition = match rule.next {
            Next::Keep => Transition::keep(),
            Next::Repeat => Transition::repeat(),
            Next::State(state) => Transition::to(state),
            Next::Stop(reason) => return Transition::stop(decode(&reason)),
            Next::StopReply(reason, value) => {
                let stop = Transition::stop(decode(&reason));
                return match event.from {
                    Some(from) => stop.reply(from, value),
                    None => stop,
                };
            }
            Next::Raise(message) => panic!("{message}"),
        };
        let mut postponed = false;
        for action in rule.actions {
            transition = match action {
                Action::Postpone => {
                    postponed = true;
                    transition
                }
                Action::NextEvent(kind, event) => transition.next_event(kind, event.into()),
                Action::Reply(value) => match event.from.take() {
                    Some(from) => transition.reply(from, value),
                    None => transition,
                },
                Action::Timeout(timeout, setting) => transition.set(timeout, setting),
            };
        }
        if postponed {
            return transition.postpone(event);
        }
        self.unanswered.extend(event.from);
        transition
    }
}

/// Outcomes that may set timeouts.
trait SetsTimeouts {
    fn set(self, timeout: Timeout, setting: Setting) -> Self;
}

macro_rules! sets_timeouts {
    ($($outcome:ident),*) => {$(
        impl<const ENTER: bool> SetsTimeouts for statem::$outcome<Player<ENTER>> {
            fn set(self, timeout: Timeout, setting: Setting) -> Self {
                match setting {
                    Setting::Start(after, event) => self.timeout(timeout, after, event.into()),
                    Setting::Update(event) => self.update_timeout(timeout, event.into()),
                    Setting::Cancel => self.cancel_timeout(timeout),
                }
            }
        }
    )*};
}

sets_timeouts!(Initial, Transition, Enter);
