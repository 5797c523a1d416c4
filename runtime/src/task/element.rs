//! The tasks of a stream that are under way, or have ended and wait for their turn.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waking, Poll};

use super::error::TaskError;
use super::handle::Task;
use crate::process::{ExitReason, try_self_pid};
use crate::time::Sleep;

/// A stream's tasks, in the order of their inputs.
pub(super) struct Window<T, K> {
    elements: VecDeque<Element<T, K>>,
    /// How many of them have ended so far.
    ended: u64,
}

/// The task of one input.
pub(super) struct Element<T, K> {
    pub(super) task: Task<T>,
    pub(super) sleep: Sleep,
    /// The input, if it is to go with a failure.
    pub(super) input: Option<K>,
    /// What came of it, and after how many others.
    outcome: Option<(u64, Result<T, TaskError>)>,
}

/// What came of one input, with the input if that was kept.
pub(super) type Outcome<T, K> = (Result<T, TaskError>, Option<K>);

impl<T, K> Element<T, K> {
    pub(super) fn new(task: Task<T>, sleep: Sleep, input: Option<K>) -> Element<T, K> {
        Element {
            task,
            sleep,
            input,
            outcome: None,
        }
    }

    fn poll(&mut self, cx: &mut Waking<'_>) -> Poll<Result<T, TaskError>> {
        if let Poll::Ready(outcome) = self.task.poll_outcome(cx) {
            return Poll::Ready(outcome.map_err(TaskError::Exited));
        }
        if Pin::new(&mut self.sleep).poll(cx).is_pending() {
            return Poll::Pending;
        }
        let late = self.task.abandon(ExitReason::Kill);
        Poll::Ready(match late {
            Some(outcome) => outcome.map_err(TaskError::Exited),
            None => Err(TaskError::Timeout),
        })
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
        for mut element in self.elements.drain(..) {
            drop(element.task.abandon(ExitReason::Kill));
        }
    }
}

impl<T, K> Drop for Window<T, K> {
    /// Elsewhere than in their owner nothing can be done about the tasks.
    fn drop(&mut self) {
        let owner = self
            .elements
            .front()
            .and_then(|element| element.task.owner());
        if owner.is_some() && owner == try_self_pid() {
            self.clear();
        }
    }
}
