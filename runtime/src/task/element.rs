//! The tasks of a stream that are under way, or have ended and wait for their turn.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waking, Poll, ready};

use std::time::Duration;

use parking_lot::Mutex;

use super::error::TaskError;
use super::handle::Task;
use super::supervised::{Entrusted, Started};
use crate::process::{ExitReason, Pid, try_self_pid};
use crate::time::{Sleep, sleep};

/// A stream's tasks, in the order of their inputs.
pub(super) struct Window<T, K> {
    elements: VecDeque<Element<T, K>>,
    /// How many of them have ended so far.
    ended: u64,
}

/// The task of one input.
pub(super) struct Element<T, K> {
    pub(super) stage: Stage<T>,
    /// How long it may take from its start.
    pub(super) limit: Duration,
    /// The input, if it is to go with a failure.
    pub(super) input: Option<K>,
    /// What came of it, and after how many others.
    outcome: Option<(u64, Result<T, TaskError>)>,
}

/// How far a task is.
pub(super) enum Stage<T> {
    /// A supervisor is starting it. (The lock is never taken: it makes a stream `Sync`.)
    Starting(Mutex<Starting<T>>),
    Running(Task<T>, Sleep),
    /// It was not started.
    Refused,
}

/// A task that a supervisor is starting.
pub(super) struct Starting<T> {
    pub(super) started: Started,
    pub(super) entrusted: Entrusted<T>,
    pub(super) linked: bool,
}

/// What came of one input, with the input if that was kept.
pub(super) type Outcome<T, K> = (Result<T, TaskError>, Option<K>);

impl<T, K> Element<T, K> {
    pub(super) fn new(stage: Stage<T>, limit: Duration, input: Option<K>) -> Element<T, K> {
        Element {
            stage,
            limit,
            input,
            outcome: None,
        }
    }

    fn poll(&mut self, cx: &mut Waking<'_>) -> Poll<Result<T, TaskError>> {
        ready!(self.poll_start(cx))?;
        let Stage::Running(task, sleep) = &mut self.stage else {
            unreachable!("it was started");
        };
        if let Poll::Ready(outcome) = task.poll_outcome(cx) {
            return Poll::Ready(outcome.map_err(TaskError::Exited));
        }
        ready!(Pin::new(sleep).poll(cx));
        let late = task.abandon(ExitReason::Kill);
        Poll::Ready(match late {
            Some(outcome) => outcome.map_err(TaskError::Exited),
            None => Err(TaskError::Timeout),
        })
    }

    /// Goes on with the start, if a supervisor is at it.
    fn poll_start(&mut self, cx: &mut Waking<'_>) -> Poll<Result<(), TaskError>> {
        let Stage::Starting(starting) = &mut self.stage else {
            return Poll::Ready(Ok(()));
        };
        let started = ready!(starting.get_mut().started.as_mut().poll(cx));
        let stage = std::mem::replace(&mut self.stage, Stage::Refused);
        match (started, stage) {
            (Ok(process), Stage::Starting(starting)) => {
                let Starting {
                    entrusted, linked, ..
                } = starting.into_inner();
                let task = entrusted.begin(process, linked);
                self.stage = Stage::Running(task, sleep(self.limit));
                Poll::Ready(Ok(()))
            }
            (Err(reason), _) => Poll::Ready(Err(TaskError::NotStarted(reason))),
            (Ok(_), _) => unreachable!("it was starting"),
        }
    }

    fn owner(&mut self) -> Option<Pid> {
        match &mut self.stage {
            Stage::Starting(starting) => Some(starting.get_mut().entrusted.owner()),
            Stage::Running(task, _) => task.owner(),
            Stage::Refused => None,
        }
    }
}

impl<T, K> Window<T, K> {
    pub(super) fn new() -> Window<T, K> {
        Window {
            elements: VecDeque::new(),
            ended: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.elements.is_empty()
    }

    pub(super) fn push(&mut self, element: Element<T, K>) {
        self.elements.push_back(element);
    }

    /// Looks which tasks have ended.
    pub(super) fn poll_all(&mut self, cx: &mut Waking<'_>) {
        for element in &mut self.elements {
            if element.outcome.is_none()
                && let Poll::Ready(outcome) = element.poll(cx)
            {
                element.outcome = Some((self.ended, outcome));
                self.ended += 1;
            }
        }
    }

    /// Takes what came of the oldest input, if its task has ended.
    pub(super) fn take_oldest(&mut self) -> Option<Outcome<T, K>> {
        self.take_at(0)
    }

    /// Takes what came of a task that was not started, if there is one.
    pub(super) fn take_refused(&mut self) -> Option<Outcome<T, K>> {
        let mut elements = self.elements.iter();
        let at = elements.position(|element| matches!(element.stage, Stage::Refused))?;
        self.take_at(at)
    }

    /// Takes what came of the task that ended first.
    pub(super) fn take_first_ended(&mut self) -> Option<Outcome<T, K>> {
        let ended = self
            .elements
            .iter()
            .enumerate()
            .filter_map(|(at, element)| element.outcome.as_ref().map(|(after, _)| (*after, at)));
        let (_, at) = ended.min()?;
        self.take_at(at)
    }

    fn take_at(&mut self, at: usize) -> Option<Outcome<T, K>> {
        self.elements.get(at)?.outcome.as_ref()?;
        let mut element = self.elements.remove(at)?;
        let (_, outcome) = element.outcome.take()?;
        Some((outcome, element.input.take()))
    }

    /// Kills what is under way, and drops the rest.
    pub(super) fn clear(&mut self) {
        for element in self.elements.drain(..) {
            // One that is only starting does not begin when the word to is dropped.
            if let Stage::Running(mut task, _) = element.stage {
                drop(task.abandon(ExitReason::Kill));
            }
        }
    }
}

impl<T, K> Drop for Window<T, K> {
    /// Elsewhere than in their owner nothing can be done about the tasks.
    fn drop(&mut self) {
        let owner = self.elements.iter_mut().find_map(Element::owner);
        if owner.is_some() && owner == try_self_pid() {
            self.clear();
        }
    }
}
