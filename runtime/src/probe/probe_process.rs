//! A process that says what it was sent.
//!
//! The process takes everything out of its mailbox as it comes, and puts it on a list that the test
//! looks at. The list is locked for an instant at a time, and by nobody who waits.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use parking_lot::Mutex;

use crate::gen_server::Recipient;
use crate::process::{
    AsPid, Exit, ExitReason, Inbox, Pid, ProcessRef, Received, exit, self_pid, spawn,
};
use crate::time::timeout;

/// A process to give to code under test, in the place of one that it would talk to.
///
/// It takes every message of type `M`, and the test asks it what came. It traps exits, so a crash of
/// what is linked to it is something to [expect](Probe::expect_exit), and not its end. It ends when
/// the test [says so](Probe::stop), when it is killed, or with its runtime.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::test::Probe;
/// use regrow::time::send_after;
///
/// let probe = Probe::new();
/// send_after(secs(60), probe.this(), "a minute has passed");
/// probe.expect_no_message(secs(59)).await;
/// assert_eq!(probe.expect(secs(2)).await, "a minute has passed");
/// # });
/// ```
pub struct Probe<M> {
    process: ProcessRef<M>,
    heard: Arc<Mutex<Heard<M>>>,
}

/// What has come and was not asked for yet.
struct Heard<M> {
    messages: VecDeque<M>,
    exits: VecDeque<Exit>,
    waiting: Option<Waker>,
}

impl<M: fmt::Debug + Send + 'static> Probe<M> {
    /// Starts one.
    ///
    /// # Panics
    ///
    /// Outside a process.
    #[must_use]
    #[track_caller]
    pub fn new() -> Probe<M> {
        let heard = Arc::new(Mutex::new(Heard {
            messages: VecDeque::new(),
            exits: VecDeque::new(),
            waiting: None,
        }));
        let process = spawn({
            let (heard, test) = (Arc::clone(&heard), self_pid());
            async move |inbox: Inbox<M>| listen(inbox, heard, test).await
        });
        Probe { process, heard }
    }

    /// The process, for code that sends to one.
    pub fn this(&self) -> ProcessRef<M> {
        self.process
    }

    /// The process, for code that sends to whoever takes an `M`.
    pub fn recipient(&self) -> Recipient<M> {
        self.process.into()
    }

    /// The process's pid.
    pub fn pid(&self) -> Pid {
        self.process.pid()
    }

    /// The next message, if it comes within this time.
    ///
    /// # Panics
    ///
    /// No message came.
    #[track_caller]
    pub fn expect(&self, within: Duration) -> impl Future<Output = M> + Send + use<'_, M> {
        self.expect_that(|_| true, within)
    }

    /// The next message that is wanted, if it comes within this time. Others stay where they are, for
    /// whoever expects them next.
    ///
    /// # Panics
    ///
    /// None came; the panic says what came instead.
    ///
    /// # Examples
    ///
    /// ```
    /// # regrow::Runtime::simulated(1).run(async {
    /// use regrow::prelude::*;
    /// use regrow::test::Probe;
    ///
    /// let probe = Probe::new();
    /// for number in [1, 2, 3] {
    ///     probe.this().send(number);
    /// }
    /// assert_eq!(probe.expect_that(|number| number % 2 == 0, secs(1)).await, 2);
    /// assert_eq!(probe.expect(secs(1)).await, 1);
    /// # });
    /// ```
    #[track_caller]
    pub fn expect_that<P>(
        &self,
        mut is_wanted: P,
        within: Duration,
    ) -> impl Future<Output = M> + Send + use<'_, M, P>
    where
        P: FnMut(&M) -> bool + Send,
    {
        let line = Location::caller();
        async move {
            let found = self.wait(within, |heard| {
                let place = heard.messages.iter().position(&mut is_wanted)?;
                heard.messages.remove(place)
            });
            if let Some(message) = found.await {
                return message;
            }
            let others = &self.heard.lock().messages;
            assert!(
                !others.is_empty(),
                "{line}: no message came to the probe within {within:?}"
            );
            panic!(
                "{line}: no such message came to the probe within {within:?}; there are {others:?}"
            )
        }
    }

    /// Waits this long, in which no message may come, and none may be there already.
    ///
    /// # Panics
    ///
    /// One came.
    #[track_caller]
    pub fn expect_no_message(
        &self,
        within: Duration,
    ) -> impl Future<Output = ()> + Send + use<'_, M> {
        let line = Location::caller();
        async move {
            let found = self.wait(within, |heard| heard.messages.pop_front());
            if let Some(message) = found.await {
                panic!("{line}: no message was to come to the probe, and {message:?} did");
            }
        }
    }

    /// The exit signal of a process that is linked to the probe, or of whoever sent it one, if it
    /// comes within this time.
    ///
    /// # Panics
    ///
    /// None came.
    #[track_caller]
    pub fn expect_exit(&self, within: Duration) -> impl Future<Output = Exit> + Send + use<'_, M> {
        let line = Location::caller();
        async move {
            match self.wait(within, |heard| heard.exits.pop_front()).await {
                Some(exit) => exit,
                None => panic!("{line}: no exit signal came to the probe within {within:?}"),
            }
        }
    }

    /// Ends the process with this reason, as the one whose place it takes might end. To be called by
    /// the process that has started it.
    pub fn stop(&self, reason: ExitReason) {
        exit(self.process, reason);
    }

    /// What `take` finds, now or when something has come, for this long.
    async fn wait<T: Send>(
        &self,
        within: Duration,
        mut take: impl FnMut(&mut Heard<M>) -> Option<T> + Send,
    ) -> Option<T> {
        let found = poll_fn(|cx| {
            let mut heard = self.heard.lock();
            if let Some(found) = take(&mut heard) {
                return Poll::Ready(found);
            }
            heard.waiting = Some(cx.waker().clone());
            Poll::Pending
        });
        timeout(within, found).await.ok()
    }
}

/// The body of a probe.
async fn listen<M: Send + 'static>(
    mut inbox: Inbox<M>,
    heard: Arc<Mutex<Heard<M>>>,
    test: Pid,
) -> ExitReason {
    inbox.trap_exit(true);
    loop {
        let received = inbox.receive().await;
        let mut heard = heard.lock();
        match received {
            Received::Message(message) => heard.messages.push_back(message),
            Received::Exit(exit) if exit.from == test => return exit.reason,
            Received::Exit(exit) => heard.exits.push_back(exit),
            // It monitors nobody.
            Received::Down(_) => {}
        }
        let waiting = heard.waiting.take();
        drop(heard);
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

impl<M: fmt::Debug + Send + 'static> Default for Probe<M> {
    fn default() -> Probe<M> {
        Probe::new()
    }
}

impl<M> AsPid for Probe<M> {
    fn as_pid(&self) -> Pid {
        self.process.as_pid()
    }
}

impl<M> fmt::Debug for Probe<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Probe").field(&self.process).finish()
    }
}
