//! The machine: data, a state, and what is in its queue.

use std::collections::VecDeque;
use std::fmt;

use super::event::{EventType, Timeout};
use super::server::{Going, remind};
use super::statem::GenStatem;
use super::timeouts::{Setting, Timeouts};
use super::transition::{Actions, Course, Transition};

/// A state machine, as a server: what is started, referred to and supervised.
///
/// [`sys::look_at_state`](crate::gen_server::sys::look_at_state) hands it to whoever wants to look at
/// it.
///
/// `M` is its data, and says what it does; see [`GenStatem`].
pub struct Machine<M: GenStatem> {
    pub(super) data: M,
    pub(super) state: M::State,
    more: Option<Box<More<M>>>,
}

/// What most machines have none of, most of the time.
struct More<M: GenStatem> {
    /// The state before, while the new one is entered.
    old: Option<M::State>,
    /// What comes before the mailbox.
    queue: VecDeque<Queued<M>>,
    /// What waits for another state, oldest first.
    postponed: VecDeque<Queued<M>>,
    timeouts: Timeouts<M::Event>,
}

/// An event that has come already.
type Queued<M> = (EventType, <M as GenStatem>::Event);

/// What is left of a transition when the state is entered.
pub(super) struct Rest<M: GenStatem> {
    changed: bool,
    inserted: Vec<Queued<M>>,
    timeouts: Vec<(Timeout, Setting<M::Event>)>,
    hibernate: bool,
}

/// What is to be done when a transition has been begun.
pub(super) enum Begun<M: GenStatem> {
    /// The state is entered, with a call.
    Enters(Rest<M>),
    Done(Rest<M>),
}

impl<M: GenStatem> Rest<M> {
    /// Adds what the handler says that has entered the state. Its settings come last, and so win.
    pub(super) fn add(&mut self, actions: Option<Box<Actions<M::Event>>>) {
        let Some(mut actions) = actions else { return };
        actions.reply();
        self.timeouts.append(&mut actions.timeouts);
        self.hibernate |= actions.hibernate;
    }
}

impl<M: GenStatem> Machine<M> {
    pub(super) fn new(state: M::State, data: M) -> Machine<M> {
        Machine {
            data,
            state,
            more: None,
        }
    }

    /// The state that it is in.
    pub fn state(&self) -> &M::State {
        &self.state
    }

    /// The data.
    pub fn data(&self) -> &M {
        &self.data
    }

    /// The timeouts that run, in the order in which they were set.
    pub fn timeouts(&self) -> Vec<&Timeout> {
        self.more
            .iter()
            .flat_map(|more| more.timeouts.names())
            .collect()
    }

    /// How many events wait for another state.
    pub fn postponed(&self) -> usize {
        self.more.as_ref().map_or(0, |more| more.postponed.len())
    }

    fn more(&mut self) -> &mut More<M> {
        self.more.get_or_insert_with(|| {
            Box::new(More {
                old: None,
                queue: VecDeque::new(),
                postponed: VecDeque::new(),
                timeouts: Timeouts::new(),
            })
        })
    }

    /// The data, the state before, and the state: for a handler that enters it.
    pub(super) fn entering(&mut self) -> (&mut M, &M::State, &M::State) {
        let before = self.more.as_ref().and_then(|more| more.old.as_ref());
        (&mut self.data, before.unwrap_or(&self.state), &self.state)
    }

    /// The state is entered: the one before is forgotten.
    pub(super) fn entered(&mut self) {
        if let Some(more) = &mut self.more {
            more.old = None;
        }
    }

    /// An event begins: the one that comes if none does has been waited for in vain. Says whether
    /// there is more to be handled before the mailbox is looked at.
    pub(super) fn begin_event(&mut self) -> bool {
        let Some(more) = &mut self.more else {
            return false;
        };
        more.timeouts.cancel(&Timeout::Event);
        self.has_next()
    }

    fn has_next(&self) -> bool {
        self.more
            .as_ref()
            .is_some_and(|more| !more.queue.is_empty() || more.timeouts.has_due())
    }

    /// What comes before the mailbox.
    pub(super) fn take_next(&mut self) -> Option<Queued<M>> {
        let more = self.more.as_mut()?;
        more.queue.pop_front().or_else(|| {
            let (timeout, event) = more.timeouts.take_due()?;
            Some((timeout.into(), event))
        })
    }

    /// The timeout whose timer has brought this number.
    pub(super) fn take_expired(&mut self, number: u64) -> Option<Queued<M>> {
        let (timeout, event) = self.more.as_mut()?.timeouts.take_expired(number)?;
        Some((timeout.into(), event))
    }

    /// Goes where a transition says that the event of this kind came to. It does not stop.
    pub(super) fn begin(&mut self, kind: EventType, transition: Transition<M>) -> Begun<M> {
        let Transition {
            course,
            postponed,
            actions,
        } = transition;
        let mut actions = actions.map_or_else(Actions::default, |actions| *actions);
        actions.reply();
        let (changed, enters) = match course {
            Course::Keep | Course::Stop(_) => (false, false),
            Course::Repeat => (false, true),
            Course::To(state) => self.change(state),
        };
        if let Some(event) = postponed {
            self.more().postponed.push_back((kind, event));
        }
        let rest = Rest {
            changed,
            inserted: actions.inserted,
            timeouts: actions.timeouts,
            hibernate: actions.hibernate,
        };
        if enters && M::STATE_ENTER {
            Begun::Enters(rest)
        } else {
            Begun::Done(rest)
        }
    }

    /// Puts the state in place. Says whether it is another one, twice: it is entered then.
    fn change(&mut self, state: M::State) -> (bool, bool) {
        let changed = state != self.state;
        let before = std::mem::replace(&mut self.state, state);
        if changed && M::STATE_ENTER {
            self.more().old = Some(before);
        }
        (changed, changed)
    }

    /// The state is there: puts the queue and the timeouts in order, and goes on with what is next.
    /// Says whether the machine hibernates.
    pub(super) fn finish(&mut self, rest: Rest<M>) -> bool {
        let Rest {
            changed,
            inserted,
            timeouts,
            hibernate,
        } = rest;
        if changed && let Some(more) = &mut self.more {
            let newer = std::mem::replace(&mut more.queue, std::mem::take(&mut more.postponed));
            more.queue.extend(newer);
            more.timeouts.cancel(&Timeout::State);
        }
        if !timeouts.is_empty() {
            self.more().timeouts.set_all(timeouts, remind::<M>);
        }
        for event in inserted.into_iter().rev() {
            self.more().queue.push_front(event);
        }
        if self.has_next() {
            Going::<M>::Next.go();
        }
        if hibernate {
            self.shrink();
        }
        hibernate
    }

    fn shrink(&mut self) {
        self.more.take_if(|more| {
            more.queue.is_empty() && more.postponed.is_empty() && more.timeouts.is_empty()
        });
    }
}

impl<M: GenStatem> fmt::Debug for Machine<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Machine")
    }
}
