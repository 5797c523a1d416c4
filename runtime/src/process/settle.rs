//! Waiting until all is quiet.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use crate::scheduler::try_with_local;

/// Waits until nothing is runnable in this runtime and nothing undelivered, the caller apart.
///
/// A process that waits for a timer, a socket or a message is quiet; so is a message that was
/// delivered and that nobody has read. A job on the blocking pool is not. In a simulation no time
/// passes. If some process never comes to rest, this never returns.
///
/// # Panics
///
/// Outside a process.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::process::settle;
///
/// let counter = spawn(async |mut inbox: Inbox<u8>| loop { inbox.receive().await; });
/// for n in 0..100 {
///     counter.send(n);
/// }
/// settle().await;                      // all hundred have been read
/// # });
/// ```
pub async fn settle() {
    Settle { flag: None }.await;
}

struct Settle {
    flag: Option<Arc<Settled>>,
}

struct Settled {
    done: AtomicBool,
    waker: Waker,
}

impl Wake for Settled {
    fn wake(self: Arc<Self>) {
        self.done.store(true, SeqCst);
        self.waker.wake_by_ref();
    }
}

impl Future for Settle {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(settled) = &self.flag {
            return if settled.done.load(SeqCst) {
                Poll::Ready(())
            } else {
                Poll::Pending
            };
        }
        let settled = Arc::new(Settled {
            done: AtomicBool::new(false),
            waker: cx.waker().clone(),
        });
        self.flag = Some(Arc::clone(&settled));
        let registered = try_with_local(|local| local.shared.add_settler(Waker::from(settled)));
        assert!(
            registered.is_some(),
            "only a process of a runtime can wait for it to settle"
        );
        Poll::Pending
    }
}
