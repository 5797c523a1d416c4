//! Servers: starts, calls, casts, what comes first, idle timeouts, stops, ends and names.
//!
//! Most tests use one server, [`Subject`], whose handlers are closures that the test sends it: what a
//! handler does stands where the test says what comes of it. What a server does of its own accord it
//! writes into a [`Log`].

use std::pin::Pin;
use std::sync::Arc;

use parking_lot::Mutex;
use regrow::ExitReason;
use regrow::answer::{Init, Next, Reply, ReplyTo};
use regrow::call::Call;
use regrow::process::{Accepts, Down, Exit, send};
use regrow::reference::{ServerRef, Target};
use regrow::server::{
    self, Context, GenServer, HandleCall, HandleCast, HandleContinue, HandleInfo, Start, Step,
};

mod beside;
mod call;
mod cast_info;
mod cycle;
mod deadline;
mod exits;
mod names;
mod protocol;
mod reply;
#[cfg(feature = "tracing")]
mod report;
mod requests;
mod room;
mod start;
mod stop;
mod sys;
mod sys_log;
mod timeout;
mod waiting;

/// What has happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.0.lock().push(text.into());
    }

    /// What has happened since this was asked last.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock())
    }
}

/// The server of most tests.
pub(crate) struct Subject {
    pub(crate) log: Log,
    pub(crate) value: u32,
    /// A reply that somebody waits for.
    pub(crate) kept: Option<ReplyTo<u32>>,
    /// What `terminate` does beside writing it down.
    pub(crate) last: Option<Box<dyn FnOnce() + Send>>,
    /// What `terminate` waits for.
    pub(crate) last_wait: Option<Waits<'static, ()>>,
}

impl Drop for Subject {
    fn drop(&mut self) {
        self.log.say("dropped");
    }
}

/// The outcome of a handler that waits.
pub(crate) type Waits<'a, O> = Pin<Box<dyn Future<Output = O> + Send + 'a>>;
type Cx = Context<Subject>;

/// What a server is started with.
pub(crate) type Begin = Box<dyn FnOnce(Subject, &mut Cx) -> Init<Subject> + Send>;

impl GenServer for Subject {
    type Args = (Log, Begin);

    fn init((log, begin): Self::Args, cx: &mut Cx) -> impl Step<Init<Self>> {
        let subject = Subject {
            log,
            value: 0,
            kept: None,
            last: None,
            last_wait: None,
        };
        begin(subject, cx)
    }

    fn handle_timeout(&mut self, _: &mut Cx) -> impl Step<Next> {
        self.log.say("timeout");
        Next::proceed()
    }

    fn handle_down(&mut self, down: Down, _: &mut Cx) -> impl Step<Next> {
        self.log.say(format!("down: {}", down.reason));
        Next::proceed()
    }

    fn handle_exit(&mut self, exit: Exit, _: &mut Cx) -> impl Step<Next> {
        self.log.say(format!("exit: {}", exit.reason));
        Next::proceed()
    }

    fn terminate(&mut self, reason: &ExitReason, _: &mut Cx) -> impl Step<Next> {
        let reason = match reason {
            ExitReason::Panic(panic) => panic.message().to_owned(),
            other => other.to_string(),
        };
        async move {
            self.log.say(format!("terminate: {reason}"));
            if let Some(wait) = self.last_wait.take() {
                wait.await;
            }
            if let Some(last) = self.last.take() {
                last();
            }
            Next::proceed()
        }
    }
}

type Handler = dyn FnOnce(&mut Subject, &mut Cx) -> Next + Send;
type WaitingHandler = dyn for<'a> FnOnce(&'a mut Subject, &'a mut Cx) -> Waits<'a, Next> + Send;
type CallHandler = dyn FnOnce(&mut Subject, ReplyTo<u32>, &mut Cx) -> Reply<u32> + Send;
type WaitingCallHandler =
    dyn for<'a> FnOnce(&'a mut Subject, ReplyTo<u32>, &'a mut Cx) -> Waits<'a, Reply<u32>> + Send;

/// A handler of a cast, a plain message or a continuation.
pub(crate) struct Do(Box<Handler>);
/// One that waits.
struct DoWaiting(Box<WaitingHandler>);
/// A handler of a call.
struct Ask(Box<CallHandler>);
/// One that waits.
struct AskWaiting(Box<WaitingCallHandler>);

impl HandleCast<Do> for Subject {
    fn handle_cast(&mut self, Do(handler): Do, cx: &mut Cx) -> impl Step<Next> {
        handler(self, cx)
    }
}

impl HandleCast<DoWaiting> for Subject {
    fn handle_cast(&mut self, DoWaiting(handler): DoWaiting, cx: &mut Cx) -> impl Step<Next> {
        async move { handler(self, cx).await }
    }
}

impl HandleInfo<Do> for Subject {
    fn handle_info(&mut self, Do(handler): Do, cx: &mut Cx) -> impl Step<Next> {
        handler(self, cx)
    }
}

impl HandleContinue<Do> for Subject {
    fn handle_continue(&mut self, Do(handler): Do, cx: &mut Cx) -> impl Step<Next> {
        handler(self, cx)
    }
}

impl HandleCall<Ask> for Subject {
    type Reply = u32;

    fn handle_call(
        &mut self,
        Ask(handler): Ask,
        from: ReplyTo<u32>,
        cx: &mut Cx,
    ) -> impl Step<Reply<u32>> {
        handler(self, from, cx)
    }
}

impl HandleCall<AskWaiting> for Subject {
    type Reply = u32;

    fn handle_call(
        &mut self,
        AskWaiting(handler): AskWaiting,
        from: ReplyTo<u32>,
        cx: &mut Cx,
    ) -> impl Step<Reply<u32>> {
        async move { handler(self, from, cx).await }
    }
}

/// Starts a server that does nothing of its own accord.
pub(crate) fn subject(log: &Log) -> Start<Subject> {
    subject_with(log, |subject, _| Init::ok(subject))
}

/// Starts a server whose `init` does this.
pub(crate) fn subject_with(
    log: &Log,
    init: impl FnOnce(Subject, &mut Cx) -> Init<Subject> + Send + 'static,
) -> Start<Subject> {
    let begin: Begin = Box::new(init);
    Start::new((log.clone(), begin))
}

/// Starts a server that traps exits.
pub(crate) fn trapping(log: &Log) -> Start<Subject> {
    subject_with(log, |subject, cx| {
        cx.trap_exit(true);
        Init::ok(subject)
    })
}

/// What a handler goes on with.
pub(crate) fn then(handler: impl FnOnce(&mut Subject, &mut Cx) -> Next + Send + 'static) -> Do {
    Do(Box::new(handler))
}

/// Casts.
pub(crate) fn act(
    server: impl Target<Subject>,
    handler: impl FnOnce(&mut Subject, &mut Cx) -> Next + Send + 'static,
) {
    server::cast(server, then(handler));
}

/// Casts something whose handler waits.
pub(crate) fn act_waiting(
    server: impl Target<Subject>,
    handler: impl for<'a> FnOnce(&'a mut Subject, &'a mut Cx) -> Waits<'a, Next> + Send + 'static,
) {
    server::cast(server, DoWaiting(Box::new(handler)));
}

/// Sends a plain message.
pub(crate) fn tell(
    server: impl Accepts<Do>,
    handler: impl FnOnce(&mut Subject, &mut Cx) -> Next + Send + 'static,
) {
    send(server, then(handler));
}

/// Calls.
pub(crate) fn ask(
    server: impl Target<Subject>,
    handler: impl FnOnce(&mut Subject, ReplyTo<u32>, &mut Cx) -> Reply<u32> + Send + 'static,
) -> Call<u32> {
    server::call(server, Ask(Box::new(handler)))
}

/// Calls something whose handler waits.
pub(crate) fn ask_waiting(
    server: impl Target<Subject>,
    handler: impl for<'a> FnOnce(&'a mut Subject, ReplyTo<u32>, &'a mut Cx) -> Waits<'a, Reply<u32>>
    + Send
    + 'static,
) -> Call<u32> {
    server::call(server, AskWaiting(Box::new(handler)))
}

/// A call that says nothing but that everything sent before has been handled.
pub(crate) async fn handled(server: ServerRef<Subject>) {
    let done = ask(server, |_, _, _| Reply::now(0)).no_timeout().await;
    assert_eq!(done, Ok(0));
}

/// A reason of the tests' own.
pub(crate) fn oops() -> ExitReason {
    ExitReason::atom("oops")
}
