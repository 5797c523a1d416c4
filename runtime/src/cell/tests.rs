//! One process's cell, from birth to burial, by the rights that there are and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, Waker};

use super::{
    Behaviour, BodySlot, Handler, Heaps, Layout, Newborn, Nursery, Owned, Started, State, Turn,
};

/// What happened, as a number that every event is written behind.
type Log = Arc<AtomicUsize>;

fn note(log: &Log, event: usize) {
    log.store(log.load(Relaxed) * 10 + event, Relaxed);
}

/// Notes its own end.
struct Ends(Log, usize);

impl Drop for Ends {
    fn drop(&mut self) {
        note(&self.0, self.1);
    }
}

/// Notes its own end, and panics.
struct EndsBadly(Log);

impl Drop for EndsBadly {
    fn drop(&mut self) {
        note(&self.0, 3);
        std::panic::resume_unwind(Box::new("a drop that fails"));
    }
}

/// A server whose turns begin a handler that borrows the state, or go on with it.
struct Server;

impl Behaviour for Server {
    type Body = State<Ends>;
    type Identity = Server;

    fn turn(body: &mut BodySlot<'_, State<Ends>>) -> Turn {
        let polled = if body.has_pending() {
            body.poll_pending(&mut Context::from_waker(Waker::noop()))
        } else {
            body.start(Waits)
        };
        match polled {
            Poll::Ready(()) => Turn::Ended,
            Poll::Pending => Turn::Waiting,
        }
    }
}

/// Waits until it is polled, and notes what becomes of it.
struct Waits;

impl Handler<Ends> for Waits {
    fn start(self, state: &mut Ends) -> Started<'_> {
        let ends = Ends(Arc::clone(&state.0), 1);
        Started::Pending(Box::pin(std::future::poll_fn(move |_| {
            note(&ends.0, 2);
            note(&state.0, state.1);
            Poll::Ready(())
        })))
    }
}

/// A body that cannot be dropped without a panic.
struct Clumsy;

impl Behaviour for Clumsy {
    type Body = EndsBadly;
    type Identity = Clumsy;

    fn turn(_: &mut BodySlot<'_, EndsBadly>) -> Turn {
        Turn::Ended
    }
}

fn born<B: Behaviour>(nursery: &mut Nursery, body: Option<B::Body>) -> Owned {
    let newborn: Newborn = nursery.bear::<B>(Layout::default(), body).unwrap();
    let (_, entry) = newborn.publish();
    entry.own()
}

fn bury(nursery: &mut Nursery, mut owned: Owned) {
    owned.clear_body();
    drop(owned.close());
    nursery.bury(owned.end());
}

fn with_nursery(test: impl FnOnce(&mut Nursery, &Log)) {
    let mut nursery = Nursery::new(Heaps::new(u32::MAX));
    test(&mut nursery, &Log::default());
}

#[test]
fn a_body_is_dropped_once_and_where_it_lies() {
    with_nursery(|nursery, log| {
        let owned = born::<Server>(nursery, Some(State(Ends(Arc::clone(log), 3))));
        bury(nursery, owned);
        assert_eq!(log.load(Relaxed), 3);
        let empty = born::<Server>(nursery, None);
        bury(nursery, empty);
        assert_eq!(log.load(Relaxed), 3);
    });
}

#[test]
fn a_handler_that_waits_goes_on_with_the_state_that_it_borrows() {
    with_nursery(|nursery, log| {
        let mut owned = born::<Server>(nursery, Some(State(Ends(Arc::clone(log), 3))));
        assert_eq!(owned.turn(), Turn::Waiting);
        assert_eq!(log.load(Relaxed), 0);
        assert_eq!(owned.turn(), Turn::Ended);
        assert_eq!(log.load(Relaxed), 231, "it saw the state, and was dropped");
        bury(nursery, owned);
        assert_eq!(log.load(Relaxed), 2313);
    });
}

#[test]
fn a_handler_that_waits_is_dropped_before_the_state() {
    with_nursery(|nursery, log| {
        let mut owned = born::<Server>(nursery, Some(State(Ends(Arc::clone(log), 3))));
        assert_eq!(owned.turn(), Turn::Waiting);
        bury(nursery, owned);
        assert_eq!(log.load(Relaxed), 13);
    });
}

#[test]
fn a_panic_in_the_drop_of_a_body_ends_there() {
    with_nursery(|nursery, log| {
        let owned = born::<Clumsy>(nursery, Some(EndsBadly(Arc::clone(log))));
        bury(nursery, owned);
        assert_eq!(log.load(Relaxed), 3);
    });
}
