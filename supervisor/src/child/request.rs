//! Asking a supervisor for a child, and what every supervisor is asked.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waking, Poll, ready};

use regrow_runtime::gen_server::Call;
use regrow_runtime::process::Pid;

use crate::child::started::StartedChild;
use crate::error::StartChildError;

/// What a supervisor answers who is asked for a child.
pub(crate) type Answer = Result<StartedChild<Pid>, StartChildError>;

/// Asks who the children are.
pub(crate) struct WhichChildren;
/// Asks how many there are.
pub(crate) struct CountChildren;

/// The requests that a server answers without waiting for anything:
/// `[generics] Server { Request -> Reply: |the server, the request| the answer; … }`.
macro_rules! answered {
    (@one [$($generics:tt)*] $server:ty, $message:ty, $reply:ty, $this:ident, $asked:pat, $answer:expr) => {
        impl<$($generics)*> regrow_runtime::gen_server::HandleCall<$message> for $server {
            type Reply = $reply;

            fn handle_call(
                &mut self,
                $asked: $message,
                _: regrow_runtime::gen_server::ReplyTo<Self::Reply>,
                _: &mut regrow_runtime::gen_server::Context<Self>,
            ) -> impl regrow_runtime::gen_server::Step<regrow_runtime::gen_server::Reply<Self::Reply>> {
                let $this = self;
                regrow_runtime::gen_server::Reply::now($answer)
            }
        }
    };
    ($generics:tt $server:ty {
        $($message:ident -> $reply:ty: |$this:ident, $asked:pat_param| $answer:expr;)*
    }) => {$(
        $crate::child::request::answered! {
            @one $generics $server, $message, $reply, $this, $asked, $answer
        }
    )*};
}
pub(crate) use answered;

/// A child that a supervisor is asked to start; awaiting it gives what came of it. It may take as
/// long as the child's `init` does.
///
/// # Cancel safety
///
/// Dropped after the first poll, it has asked, and the child is started if the supervisor has begun
/// to.
#[must_use = "a child is started when this is awaited"]
pub struct StartChild<T> {
    stage: Stage<T>,
}

enum Stage<T> {
    /// The process was there.
    Found(Option<T>),
    /// The supervisor is asked, and its answer is to be read like this.
    Asked(
        Call<StartedChild<Pid>, StartChildError>,
        fn(StartedChild<Pid>) -> Result<T, StartChildError>,
    ),
}

impl<T> StartChild<T> {
    /// There is nothing to ask for.
    pub(crate) fn found(child: T) -> StartChild<T> {
        StartChild {
            stage: Stage::Found(Some(child)),
        }
    }

    /// Asks, and waits for as long as it takes.
    pub(crate) fn asked(
        call: Call<Answer>,
        read: fn(StartedChild<Pid>) -> Result<T, StartChildError>,
    ) -> StartChild<T> {
        StartChild {
            stage: Stage::Asked(call.no_timeout().flatten(), read),
        }
    }
}

// What is found is moved out, and the call is not pinned either.
impl<T> Unpin for StartChild<T> {}

impl<T> Future for StartChild<T> {
    type Output = Result<T, StartChildError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Waking<'_>) -> Poll<Self::Output> {
        match &mut self.stage {
            Stage::Found(found) => match found.take() {
                Some(found) => Poll::Ready(Ok(found)),
                None => panic!("a child is started once"),
            },
            Stage::Asked(call, read) => {
                let answer = ready!(Pin::new(call).poll(cx));
                Poll::Ready(answer.map_err(StartChildError::of_call).and_then(*read))
            }
        }
    }
}

impl<T> fmt::Debug for StartChild<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartChild").finish_non_exhaustive()
    }
}
