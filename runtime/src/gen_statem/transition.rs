//! Outcomes of a machine's handlers: [`Initial`], [`Transition`] and [`Enter`].
//!
//! Each says where the machine goes and may add actions. What a handler may not do its outcome
//! cannot say: one that enters a state cannot put an event off, insert one, or go elsewhere.

use std::fmt;
use std::time::Duration;

use super::event::{EventType, Timeout, Way};
use super::statem::GenStatem;
use super::timeouts::{Setting, When};
use crate::gen_server::{ReplyTo, Step, Visit};
use crate::process::ExitReason;
use crate::time::Instant;

/// What is to be done beside going somewhere. Most outcomes have none of it.
pub(super) struct Actions<E> {
    pub(super) replies: Vec<SendReply>,
    pub(super) inserted: Vec<(EventType, E)>,
    pub(super) timeouts: Vec<(Timeout, Setting<E>)>,
    pub(super) hibernate: bool,
}

/// A reply that goes out when the handler is done.
type SendReply = Box<dyn FnOnce() + Send>;

impl<E> Default for Actions<E> {
    fn default() -> Self {
        Actions {
            replies: Vec::new(),
            inserted: Vec::new(),
            timeouts: Vec::new(),
            hibernate: false,
        }
    }
}

impl<E> Actions<E> {
    /// Sends the replies, in order.
    pub(super) fn reply(&mut self) {
        for send in self.replies.drain(..) {
            send();
        }
    }
}

/// What a machine does after an event.
///
/// # In OTP
///
/// The result of a state callback: `{next_state, …}`, `keep_state`, `repeat_state`, `{stop, …}`.
#[must_use = "it is the handler's outcome"]
pub struct Transition<M: GenStatem> {
    pub(super) course: Course<M::State>,
    pub(super) postponed: Option<M::Event>,
    pub(super) actions: Option<Box<Actions<M::Event>>>,
}

/// Where a machine goes.
#[derive(Debug)]
pub(super) enum Course<S> {
    Keep,
    Repeat,
    To(S),
    Stop(ExitReason),
}

impl<M: GenStatem> Transition<M> {
    fn of(course: Course<M::State>) -> Transition<M> {
        Transition {
            course,
            postponed: None,
            actions: None,
        }
    }

    /// Stays in the state.
    ///
    /// # In OTP
    ///
    /// `keep_state_and_data`.
    #[inline]
    pub fn keep() -> Transition<M> {
        Transition::of(Course::Keep)
    }

    /// Goes to a state. If it equals the one that the machine is in, that is no change: this is
    /// [`keep`](Transition::keep) then. If it is another one, what was put off is tried again,
    /// before anything that has come since, and the timeout of the old state is gone.
    ///
    /// # In OTP
    ///
    /// `{next_state, State, Data}`.
    #[inline]
    pub fn to(state: M::State) -> Transition<M> {
        Transition::of(Course::To(state))
    }

    /// Stays in the state, and enters it again. What was put off stays so, and the state's timeout
    /// runs on.
    ///
    /// # In OTP
    ///
    /// `repeat_state_and_data`.
    pub fn repeat() -> Transition<M> {
        Transition::of(Course::Repeat)
    }

    /// Ends the machine with this reason, after [`terminate`](GenStatem::terminate). Replies of this
    /// outcome go out before; whoever else waits for one fails with
    /// [`CallError::Exited`](crate::gen_server::CallError::Exited). Other actions are not carried
    /// out.
    ///
    /// # In OTP
    ///
    /// `{stop, Reason}`, and with replies `{stop_and_reply, Reason, Replies}`.
    pub fn stop(reason: ExitReason) -> Transition<M> {
        Transition::of(Course::Stop(reason))
    }

    /// Puts the event off until the state changes, by giving it back. Those that were put off are
    /// tried again in the order in which they came. If this very transition changes the state, that
    /// is at once.
    ///
    /// # In OTP
    ///
    /// The action `postpone`.
    pub fn postpone(mut self, event: M::Event) -> Transition<M> {
        self.postponed = Some(event);
        self
    }

    /// Lets this event be the next, before anything else, as if it had come from there. Several come
    /// in the order in which they were given.
    ///
    /// # Panics
    ///
    /// The event's handler was written for another way to come, by an attribute of
    /// `#[gen_statem]`. So it is with timeouts.
    ///
    /// # In OTP
    ///
    /// The action `{next_event, EventType, EventContent}`.
    #[track_caller]
    pub fn next_event(mut self, kind: impl Into<EventType>, event: M::Event) -> Transition<M> {
        let kind = kind.into();
        Way::check::<M>(&kind, &event);
        self.actions().inserted.push((kind, event));
        self
    }

    /// Whether nothing is to be done but to go on.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.course, Course::Keep) && self.postponed.is_none() && self.actions.is_none()
    }
}

/// What a machine does after it has entered a state.
///
/// It stays there, so this can neither go elsewhere nor put an event off or insert one:
///
/// ```compile_fail,E0599
/// use regrow::statem::{Enter, GenStatem};
///
/// fn entered<M: GenStatem>(event: M::Event) -> Enter<M> {
///     Enter::keep().postpone(event)
/// }
/// ```
///
/// # In OTP
///
/// The result of a state enter call.
#[must_use = "it is the handler's outcome"]
pub struct Enter<M: GenStatem> {
    pub(super) entered: Entered,
    pub(super) actions: Option<Box<Actions<M::Event>>>,
}

/// See [`Enter`].
#[derive(Debug)]
pub(super) enum Entered {
    Keep,
    Repeat,
    Stop(ExitReason),
}

impl<M: GenStatem> Enter<M> {
    fn of(entered: Entered) -> Enter<M> {
        Enter {
            entered,
            actions: None,
        }
    }

    /// The state is entered.
    ///
    /// # In OTP
    ///
    /// `keep_state_and_data`.
    pub fn keep() -> Enter<M> {
        Enter::of(Entered::Keep)
    }

    /// Enters the state once more.
    ///
    /// # In OTP
    ///
    /// `repeat_state_and_data`.
    pub fn repeat() -> Enter<M> {
        Enter::of(Entered::Repeat)
    }

    /// As [`Transition::stop`].
    pub fn stop(reason: ExitReason) -> Enter<M> {
        Enter::of(Entered::Stop(reason))
    }
}

/// What comes of a machine's start.
///
/// # In OTP
///
/// What `init` returns.
#[must_use = "it is the outcome of the start"]
pub struct Initial<M: GenStatem> {
    pub(super) began: Began<M>,
    pub(super) actions: Option<Box<Actions<M::Event>>>,
}

/// See [`Initial`].
pub(super) enum Began<M: GenStatem> {
    Ok(M::State, M),
    Ignore,
    Stop(ExitReason),
    Error(ExitReason),
}

impl<M: GenStatem> Initial<M> {
    fn of(began: Began<M>) -> Initial<M> {
        Initial {
            began,
            actions: None,
        }
    }

    /// The machine runs, in this state and with this data.
    ///
    /// # In OTP
    ///
    /// `{ok, State, Data}`.
    pub fn ok(state: M::State, data: M) -> Initial<M> {
        Initial::of(Began::Ok(state, data))
    }

    /// As [`Init::ignore`](crate::gen_server::Init::ignore).
    pub fn ignore() -> Initial<M> {
        Initial::of(Began::Ignore)
    }

    /// As [`Init::stop`](crate::gen_server::Init::stop).
    pub fn stop(reason: ExitReason) -> Initial<M> {
        Initial::of(Began::Stop(reason))
    }

    /// As [`Init::error`](crate::gen_server::Init::error).
    pub fn error(reason: ExitReason) -> Initial<M> {
        Initial::of(Began::Error(reason))
    }

    /// As [`Transition::next_event`].
    #[track_caller]
    pub fn next_event(mut self, kind: impl Into<EventType>, event: M::Event) -> Initial<M> {
        let kind = kind.into();
        Way::check::<M>(&kind, &event);
        self.actions().inserted.push((kind, event));
        self
    }
}

/// Which timeout is to bring this event, if it may.
#[track_caller]
fn checked<M: GenStatem>(timeout: impl Into<Timeout>, event: &M::Event) -> Timeout {
    let timeout = timeout.into();
    Way::check::<M>(&EventType::Timeout(timeout.clone()), event);
    timeout
}

/// The actions that every outcome may have, written once.
macro_rules! actions {
    ($($outcome:ident),*) => {$(
        impl<M: GenStatem> $outcome<M> {
            fn actions(&mut self) -> &mut Actions<M::Event> {
                self.actions.get_or_insert_default()
            }

            /// The event that comes if the machine is still in this state after this long. With
            /// zero it comes when nothing is left to be done first, and before what waits in the
            /// mailbox; with [`Duration::MAX`] never, and none that runs does.
            ///
            /// # In OTP
            ///
            /// The action `{state_timeout, Time, EventContent}`.
            #[track_caller]
            pub fn state_timeout(self, after: Duration, event: M::Event) -> Self {
                self.timeout(Timeout::State, after, event)
            }

            /// The event that comes if there is no other one for this long.
            ///
            /// # In OTP
            ///
            /// The action `{timeout, Time, EventContent}`.
            #[track_caller]
            pub fn event_timeout(self, after: Duration, event: M::Event) -> Self {
                self.timeout(Timeout::Event, after, event)
            }

            /// The event that comes after this long, unless the timeout is over before. If it runs
            /// already it starts afresh; of several settings in one outcome the last one counts. A
            /// text is the timeout of that name.
            ///
            /// # In OTP
            ///
            /// The actions of [`timeout_action()`](https://www.erlang.org/doc/apps/stdlib/gen_statem#t:timeout_action/0).
            #[track_caller]
            pub fn timeout(
                mut self,
                timeout: impl Into<Timeout>,
                after: Duration,
                event: M::Event,
            ) -> Self {
                let timeout = checked::<M>(timeout, &event);
                let setting = Setting::Start(When::After(after), event);
                self.actions().timeouts.push((timeout, setting));
                self
            }

            /// As [`timeout`](Self::timeout), at a point in time.
            ///
            /// # In OTP
            ///
            /// With the option `{abs, true}`.
            #[track_caller]
            pub fn timeout_at(
                mut self,
                timeout: impl Into<Timeout>,
                at: Instant,
                event: M::Event,
            ) -> Self {
                let timeout = checked::<M>(timeout, &event);
                let setting = Setting::Start(When::At(at), event);
                self.actions().timeouts.push((timeout, setting));
                self
            }

            /// Lets the timeout bring this event instead, when it is due. If it does not run, this
            /// one comes as with a timeout of zero.
            ///
            /// # In OTP
            ///
            /// `{Timeout, update, EventContent}`.
            #[track_caller]
            pub fn update_timeout(
                mut self,
                timeout: impl Into<Timeout>,
                event: M::Event,
            ) -> Self {
                let timeout = checked::<M>(timeout, &event);
                self.actions().timeouts.push((timeout, Setting::Update(event)));
                self
            }

            /// Ends the timeout, if it runs: its event does not come, not even if its time was up.
            ///
            /// # In OTP
            ///
            /// `{Timeout, cancel}`.
            pub fn cancel_timeout(mut self, timeout: impl Into<Timeout>) -> Self {
                self.actions().timeouts.push((timeout.into(), Setting::Cancel));
                self
            }

            /// Replies to a call, once the handler is done and before anything else. Several are
            /// sent in the order in which they were given.
            ///
            /// [`ReplyTo::reply`] does it within the handler.
            ///
            /// # In OTP
            ///
            /// The action `{reply, From, Reply}`.
            pub fn reply<T: Send + 'static>(mut self, to: ReplyTo<T>, value: T) -> Self {
                let send = Box::new(move || to.reply(value));
                self.actions().replies.push(send);
                self
            }

            /// As [`Next::hibernate`](crate::gen_server::Next::hibernate).
            pub fn hibernate(mut self) -> Self {
                self.actions().hibernate = true;
                self
            }
        }

        impl<M: GenStatem> Step<$outcome<M>> for $outcome<M> {
            #[inline]
            fn start<'a, V: Visit<'a, $outcome<M>>>(self, visit: V) -> V::Done {
                visit.ready(self)
            }
        }
    )*};
}

actions!(Transition, Enter, Initial);

impl<M: GenStatem> fmt::Debug for Transition<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let course = match &self.course {
            Course::Keep => "Keep",
            Course::Repeat => "Repeat",
            Course::To(_) => "To",
            Course::Stop(reason) => return write!(f, "Transition(Stop({reason}))"),
        };
        write!(f, "Transition({course})")
    }
}

impl<M: GenStatem> fmt::Debug for Enter<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Enter").field(&self.entered).finish()
    }
}

impl<M: GenStatem> fmt::Debug for Initial<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.began {
            Began::Ok(..) => "Initial(Ok)",
            Began::Ignore => "Initial(Ignore)",
            Began::Stop(_) => "Initial(Stop)",
            Began::Error(_) => "Initial(Error)",
        })
    }
}
