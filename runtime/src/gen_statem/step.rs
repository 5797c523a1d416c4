//! Steps made of other steps.

use std::future::Future;
use std::marker::PhantomData;

use crate::gen_server::{Step, Visit};
use crate::primitive::mapped::Mapped;

/// A step whose outcome becomes another one: at once if it is there at once.
pub(super) struct Then<A, S, F> {
    step: S,
    change: F,
    from: PhantomData<fn() -> A>,
}

/// Makes the outcome of `step` another one.
pub(super) fn then<A, B, S: Step<A>, F: FnOnce(A) -> B + Send>(
    step: S,
    change: F,
) -> Then<A, S, F> {
    Then {
        step,
        change,
        from: PhantomData,
    }
}

impl<A, B, S: Step<A>, F: FnOnce(A) -> B + Send> Step<B> for Then<A, S, F> {
    #[inline]
    fn start<'a, V: Visit<'a, B>>(self, visit: V) -> V::Done
    where
        Self: 'a,
    {
        self.step.start(VisitThen {
            visit,
            change: self.change,
            to: PhantomData::<fn() -> B>,
        })
    }
}

/// Visits the step within a [`Then`].
struct VisitThen<V, F, B> {
    visit: V,
    change: F,
    to: PhantomData<fn() -> B>,
}

impl<'a, A, B, V, F> Visit<'a, A> for VisitThen<V, F, B>
where
    V: Visit<'a, B>,
    F: FnOnce(A) -> B + Send + 'a,
{
    type Done = V::Done;

    #[inline]
    fn ready(self, outcome: A) -> V::Done {
        self.visit.ready((self.change)(outcome))
    }

    fn future<Fut: Future<Output = A> + Send + 'a>(self, future: Fut) -> V::Done {
        self.visit.future(Mapped::new(future, self.change))
    }
}

/// One of two steps. What `#[gen_statem]` writes uses it too, for a machine some of whose handlers
/// wait.
#[doc(hidden)]
#[derive(Debug)]
pub enum Either<A, B> {
    /// This one.
    First(A),
    /// The other one.
    Second(B),
}

impl<O, A: Step<O>, B: Step<O>> Step<O> for Either<A, B> {
    #[inline]
    fn start<'a, V: Visit<'a, O>>(self, visit: V) -> V::Done
    where
        Self: 'a,
    {
        match self {
            Either::First(step) => step.start(visit),
            Either::Second(step) => step.start(visit),
        }
    }
}
