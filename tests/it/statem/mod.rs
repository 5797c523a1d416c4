//! State machines: starts and ends, the order of events, timeouts, entering states.
//!
//! Most tests use one machine, [`Subject`], whose states and events are words. What is to be done
//! with an event in a state the test says, in a closure; what happens the machine writes into a
//! [`Log`].

use std::sync::Arc;

use regrow::ExitReason;
use regrow::answer::{Next, ReplyTo};
use regrow::process::{Exit, settle};
use regrow::reference::ServerRef;
use regrow::server::{Context, Start, Step};
use regrow::statem::{
    CallEvent, Enter, EventType, GenStatem, Initial, Machine, Timeout, Transition,
};

use crate::server::Log;

mod ends;
mod enter;
mod order;
mod shown;
mod start;
mod timeouts;
mod waiting;

/// The data of most machines. `ENTER`: whether entering a state is written down.
#[derive(Clone)]
pub(crate) struct Subject<const ENTER: bool> {
    log: Log,
    handle: Handle<ENTER>,
    enter: Entering<ENTER>,
    /// What `terminate` does beside writing it down.
    last: Option<fn()>,
}

/// What happens.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) name: &'static str,
    /// Who waits for a reply.
    pub(crate) from: Option<ReplyTo<u32>>,
}

type Handle<const ENTER: bool> =
    Arc<dyn Fn(&'static str, Event) -> Transition<Subject<ENTER>> + Send + Sync>;
type Entering<const ENTER: bool> =
    Arc<dyn Fn(&'static str, &'static str) -> Enter<Subject<ENTER>> + Send + Sync>;
type Begins<const ENTER: bool> =
    Box<dyn FnOnce(Initial<Subject<ENTER>>) -> Initial<Subject<ENTER>> + Send>;

/// A running one.
pub(crate) type Ref<const ENTER: bool> = ServerRef<Machine<Subject<ENTER>>>;

/// A machine that is about to be started.
pub(crate) struct Script<const ENTER: bool> {
    subject: Subject<ENTER>,
    begins: Begins<ENTER>,
    trap: bool,
}

/// A machine that begins in the state `a`, and does this with an event in a state.
pub(crate) fn machine<const ENTER: bool>(
    log: &Log,
    handle: impl Fn(&'static str, Event) -> Transition<Subject<ENTER>> + Send + Sync + 'static,
) -> Script<ENTER> {
    Script {
        subject: Subject {
            log: log.clone(),
            handle: Arc::new(handle),
            enter: Arc::new(|_, _| Enter::keep()),
            last: None,
        },
        begins: Box::new(|initial| initial),
        trap: false,
    }
}

/// One whose states are not entered by a call.
pub(crate) fn plain(
    log: &Log,
    handle: impl Fn(&'static str, Event) -> Transition<Subject<false>> + Send + Sync + 'static,
) -> Script<false> {
    machine(log, handle)
}

impl<const ENTER: bool> Script<ENTER> {
    /// What it does when it enters a state from another.
    pub(crate) fn enters(
        mut self,
        enter: impl Fn(&'static str, &'static str) -> Enter<Subject<ENTER>> + Send + Sync + 'static,
    ) -> Self {
        self.subject.enter = Arc::new(enter);
        self
    }

    /// What its `init` gives.
    pub(crate) fn begins(
        mut self,
        begins: impl FnOnce(Initial<Subject<ENTER>>) -> Initial<Subject<ENTER>> + Send + 'static,
    ) -> Self {
        self.begins = Box::new(begins);
        self
    }

    pub(crate) fn traps_exits(mut self) -> Self {
        self.trap = true;
        self
    }

    /// What its `terminate` does.
    pub(crate) fn at_last(mut self, last: fn()) -> Self {
        self.subject.last = Some(last);
        self
    }

    pub(crate) fn start(self) -> Start<Machine<Subject<ENTER>>> {
        Start::new(self)
    }
}

impl From<&'static str> for Event {
    fn from(name: &'static str) -> Event {
        Event { name, from: None }
    }
}

impl<const ENTER: bool> GenStatem for Subject<ENTER> {
    type Args = Script<ENTER>;
    type State = &'static str;
    type Event = Event;

    const STATE_ENTER: bool = ENTER;

    fn init(script: Script<ENTER>, cx: &mut Context<Machine<Self>>) -> impl Step<Initial<Self>> {
        if script.trap {
            cx.trap_exit(true);
        }
        (script.begins)(Initial::ok("a", script.subject))
    }

    fn handle_event(
        &mut self,
        kind: EventType,
        event: Event,
        state: &&'static str,
        _: &mut Context<Machine<Self>>,
    ) -> impl Step<Transition<Self>> {
        self.log
            .say(format!("{} {} in {state}", kind_name(&kind), event.name));
        (Arc::clone(&self.handle))(state, event)
    }

    fn handle_enter(
        &mut self,
        old: &&'static str,
        state: &&'static str,
        _: &mut Context<Machine<Self>>,
    ) -> impl Step<Enter<Self>> {
        self.log.say(format!("{old} -> {state}"));
        (Arc::clone(&self.enter))(old, state)
    }

    fn exit_event(_: Exit) -> Result<Event, Exit> {
        Ok("exit".into())
    }

    fn terminate(
        &mut self,
        reason: &ExitReason,
        state: &&'static str,
        _: &mut Context<Machine<Self>>,
    ) -> impl Step<Next> {
        let reason = match reason {
            ExitReason::Panic(panic) => panic.message().to_owned(),
            other => other.to_string(),
        };
        self.log.say(format!("terminate in {state}: {reason}"));
        if let Some(last) = self.last {
            last();
        }
        Next::proceed()
    }
}

impl<const ENTER: bool> CallEvent<&'static str> for Subject<ENTER> {
    type Reply = u32;

    fn call_event(name: &'static str, from: ReplyTo<u32>) -> Event {
        Event {
            name,
            from: Some(from),
        }
    }
}

fn kind_name(kind: &EventType) -> String {
    match kind {
        EventType::Call => "call".to_owned(),
        EventType::Cast => "cast".to_owned(),
        EventType::Info => "info".to_owned(),
        EventType::Internal => "internal".to_owned(),
        EventType::Timeout(Timeout::Event) => "event timeout".to_owned(),
        EventType::Timeout(Timeout::State) => "state timeout".to_owned(),
        EventType::Timeout(Timeout::Named(name)) => format!("timeout {name}"),
    }
}

/// What has happened since this was asked last, once all is quiet.
pub(crate) async fn happened(log: &Log) -> Vec<String> {
    settle().await;
    log.take()
}

/// A reply to whoever waits, and no other change.
pub(crate) fn reply<const ENTER: bool>(event: Event, value: u32) -> Transition<Subject<ENTER>> {
    match event.from {
        Some(from) => Transition::keep().reply(from, value),
        None => Transition::keep(),
    }
}
