//! Circuit breakers: not asking a service that is known to be down.
//!
//! Whoever uses the service asks the breaker first, and tells it of each failure. Failures that come
//! too fast blow the circuit, and then everybody is told so at once instead of waiting for the next
//! failure; after a while the circuit is whole again.
//!
//! ```text
//!             one melt too many                     the reset time is over
//!   ok ─────────────────────────────▶ blown ─────────────────────────────────▶ ok
//!   ▲                                  ▲ │
//!   │                                  │ │ the same, with `.half_open()`
//!   │ the probe has gone well          │ ▼
//!   └────────────────── probing ◀── half open: the next to ask is let through
//!                          └────────── a melt: blown again
//! ```
//!
//! | file | concept |
//! |---|---|
//! | `melting.rs` | how many melts are too many: a function of times |
//! | `circuit.rs` | the state that everybody shares, and its transitions |
//! | `client.rs` | what references can do |
//! | `report.rs` | what is said of a circuit on the log |
//!
//! # Who does what
//!
//! Everything but the passing of time is done by those who ask and melt, on a state that they share:
//! asking is one look at an atomic, and a melt takes a lock that nobody holds for long. The process
//! holds the timer, of which there is at most one, and gives the state a lifetime, a name and a
//! supervisor.
//!
//! # Invariants
//!
//! - R-CIRCUIT-1  What a caller has done, it sees: who has sent the melt that blows the circuit is
//!   told that it is blown when it asks next.
//! - R-CIRCUIT-2  A timer that comes due changes only the state that it was set for. Each state that
//!   waits for one has a serial number.

mod circuit;
pub(crate) mod client;
mod melting;
mod report;

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use regrow_registry::directory;
use regrow_runtime::gen_server::{
    Context, GenServer, HandleCast, HandleInfo, Init, IntoName, Next, ServerName, Start, Step,
};
use regrow_runtime::process::Pid;
use regrow_runtime::time::{Instant, TimerRef, cancel_timer, now};

use crate::child::id::ChildId;
use crate::child::spec::{AnyChildSpec, ChildSpec};
use circuit::Circuit;

pub use circuit::{CircuitState, CircuitStatus};

/// How long a circuit stays blown by default: a minute, in which most services restart.
const RESET_AFTER: Duration = Duration::from_mins(1);

/// A circuit breaker: it is asked before a service is, told of the service's failures, and says for
/// a while that the service is down when there were too many.
///
/// A value of this type is a specification, until it is started: by
/// [`start_link`](CircuitBreaker::start_link), or as a child of a supervisor. A reference to one that
/// runs has the methods of [`CircuitBreakerClient`](crate::CircuitBreakerClient). Asking is a look at
/// an atomic, from any thread; the process is not asked.
///
/// A breaker that its supervisor starts again begins whole.
///
/// # In OTP
///
/// There is none. The words and the rules are those of the library
/// [`fuse`](https://hexdocs.pm/fuse/), in which one process keeps all fuses under names. The state
/// half open is not fuse's, and is there only if it is asked for.
///
/// # Examples
///
/// ```
/// # regrow::Runtime::simulated(1).run(async {
/// use regrow::prelude::*;
/// use regrow::supervisor::{CircuitBreaker, CircuitError};
/// use regrow::time::sleep;
///
/// static UPSTREAM: Name<CircuitBreaker> = Name::new("upstream");
///
/// async fn fetch(page: u32) -> Result<u32, &'static str> {
///     if page < 3 { Err("no route") } else { Ok(page) }
/// }
///
/// let breaker = CircuitBreaker::standard(2, secs(10)).reset_after(secs(30)).name(UPSTREAM);
/// Supervisor::new(Strategy::OneForOne).child(breaker).start_link().await?;
///
/// for page in 0..3 {
///     assert_eq!(UPSTREAM.run(fetch(page)).await, Err(CircuitError::Failed("no route")));
/// }
/// assert_eq!(UPSTREAM.run(fetch(3)).await, Err(CircuitError::Blown));       // not even tried
/// sleep(secs(31)).await;
/// assert_eq!(UPSTREAM.run(fetch(3)).await, Ok(3));
/// # Ok::<(), ExitReason>(())
/// # }).unwrap();
/// ```
#[must_use = "a circuit breaker does nothing until it is started"]
pub struct CircuitBreaker {
    id: ChildId,
    name: Option<ServerName>,
    options: CircuitOptions,
    /// What it has once it runs.
    open: Option<Open>,
}

/// How a circuit behaves.
#[derive(Debug, Clone, Copy)]
struct CircuitOptions {
    /// More melts than these within the time blow the circuit.
    melts_max: u32,
    within: Duration,
    reset_after: Duration,
    half_open: bool,
    /// How often an otherwise whole circuit is said to be blown; zero is never.
    fault_rate: f64,
    /// Whether faults are injected, whatever the rate.
    injects: bool,
}

/// A breaker that runs. Dropped, nobody finds it any more.
struct Open {
    this: Pid,
    circuit: Arc<Circuit>,
    timer: Option<TimerRef>,
}

/// What is wrong with a circuit breaker's specification. It does not start then.
///
/// # In OTP
///
/// `badarg` of fuse's `install`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum CircuitSpecError {
    /// Melts are counted over no time, so that none would ever count.
    ZeroWindow,
    /// A blown circuit would be whole again at once.
    ZeroReset,
    /// This rate of injected faults is not above 0 and at most 1.
    FaultRate(f64),
    /// Faults are injected into a circuit that tolerates no melt.
    FaultsWithoutMelts,
}

impl fmt::Display for CircuitSpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CircuitSpecError::ZeroWindow => {
                f.write_str("melts cannot be counted within a time of zero")
            }
            CircuitSpecError::ZeroReset => f.write_str(
                "a circuit stays blown for longer than no time: say for how long with \
                 `.reset_after(…)`",
            ),
            CircuitSpecError::FaultRate(rate) => write!(
                f,
                "the rate of injected faults is above 0 and at most 1, not {rate}"
            ),
            CircuitSpecError::FaultsWithoutMelts => f.write_str(
                "a circuit with injected faults tolerates one melt at least: the faults would blow \
                 it",
            ),
        }
    }
}

impl Error for CircuitSpecError {}

impl CircuitBreaker {
    /// A circuit that tolerates so many melts within any such time. One more blows it.
    ///
    /// # In OTP
    ///
    /// fuse's strategy `{standard, MaxR, MaxT}`.
    pub fn standard(melts_max: u32, within: Duration) -> CircuitBreaker {
        CircuitBreaker {
            id: ChildId::of::<CircuitBreaker>(),
            name: None,
            options: CircuitOptions {
                melts_max,
                within,
                reset_after: RESET_AFTER,
                half_open: false,
                fault_rate: 0.0,
                injects: false,
            },
            open: None,
        }
    }

    /// A [`standard`](CircuitBreaker::standard) circuit that is said to be blown at this rate while
    /// it is whole, each time anew: to see how a program lives with failures. A rate of 0.1 is every
    /// tenth time. In a simulation the seed decides.
    ///
    /// A rate that is not above 0 and at most 1, and no tolerated melts, are errors of the start.
    ///
    /// # In OTP
    ///
    /// fuse's strategy `{fault_injection, Rate, MaxR, MaxT}`.
    pub fn fault_injection(rate: f64, melts_max: u32, within: Duration) -> CircuitBreaker {
        let mut breaker = CircuitBreaker::standard(melts_max, within);
        breaker.options.fault_rate = rate;
        breaker.options.injects = true;
        breaker
    }

    /// How long a blown circuit stays blown. Default: a minute. Melts that come meanwhile do not make
    /// it longer.
    pub fn reset_after(mut self, after: Duration) -> CircuitBreaker {
        self.options.reset_after = after;
        self
    }

    /// After the reset time the circuit is not whole but *half open*: the next to ask is let through,
    /// as a probe, and all others are told that it is blown until it is known how that went. Default:
    /// it is whole.
    ///
    /// [`run`](crate::CircuitBreakerClient) says so by itself. Who was let through by an ask says
    /// `reset` or `melt`; if neither comes within the reset time, the probe is taken for lost, and
    /// the next to ask is let through.
    pub fn half_open(mut self) -> CircuitBreaker {
        self.options.half_open = true;
        self
    }

    /// As [`Supervisor::id`](crate::Supervisor::id).
    pub fn id(mut self, id: impl Into<ChildId>) -> CircuitBreaker {
        self.id = id.into();
        self
    }

    /// As [`Supervisor::name`](crate::Supervisor::name).
    pub fn name(mut self, name: impl IntoName<CircuitBreaker>) -> CircuitBreaker {
        self.name = Some(name.into_name());
        self
    }

    /// The breaker as a child of a supervisor.
    pub fn child_spec(self) -> ChildSpec<CircuitBreaker> {
        let (id, name) = (self.id.clone(), self.name.clone());
        let spec = ChildSpec::new(self).id(id);
        match name {
            Some(name) => spec.name(name),
            None => spec,
        }
    }

    /// Starts the breaker, linked to the caller.
    pub fn start_link(self) -> Start<CircuitBreaker> {
        self.start().link()
    }

    /// As [`start_link`](CircuitBreaker::start_link), linked to nobody.
    pub fn start(self) -> Start<CircuitBreaker> {
        let name = self.name.clone();
        let start = Start::new(self);
        match name {
            Some(name) => start.name(name),
            None => start,
        }
    }
}

impl CircuitOptions {
    fn admit(self) -> Result<CircuitOptions, CircuitSpecError> {
        if self.within.is_zero() {
            return Err(CircuitSpecError::ZeroWindow);
        }
        if self.reset_after.is_zero() {
            return Err(CircuitSpecError::ZeroReset);
        }
        if self.injects {
            if !(self.fault_rate > 0.0 && self.fault_rate <= 1.0) {
                return Err(CircuitSpecError::FaultRate(self.fault_rate));
            }
            if self.melts_max == 0 {
                return Err(CircuitSpecError::FaultsWithoutMelts);
            }
        }
        Ok(self)
    }
}

/// The circuit waits for this time, in the state of this number.
struct Wait {
    serial: u64,
    until: Instant,
}

/// The circuit waits for nothing any more.
struct WaitNoMore;

/// The time has come that the state of this number waits for.
struct Due(u64);

impl GenServer for CircuitBreaker {
    type Args = CircuitBreaker;

    fn init(mut breaker: CircuitBreaker, cx: &mut Context<Self>) -> impl Step<Init<Self>> {
        let options = match breaker.options.admit() {
            Ok(options) => options,
            Err(error) => return Init::stop(error.into()),
        };
        let circuit = Arc::new(Circuit::new(cx.this(), breaker.id.clone(), options));
        directory::enter(cx.pid(), &circuit);
        breaker.open = Some(Open {
            this: cx.pid(),
            circuit,
            timer: None,
        });
        Init::ok(breaker)
    }

    fn format_status(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.open {
            Some(open) => fmt::Debug::fmt(&open.circuit.status(), f),
            None => f.write_str("a circuit breaker that does not run"),
        }
    }
}

impl HandleCast<Wait> for CircuitBreaker {
    fn handle_cast(&mut self, wait: Wait, cx: &mut Context<Self>) -> impl Step<Next> {
        if let Some(open) = &mut self.open {
            open.forget_timer();
            let left = wait.until.duration_since(now());
            open.timer = Some(cx.send_after(left, Due(wait.serial)));
        }
        Next::proceed()
    }
}

impl HandleCast<WaitNoMore> for CircuitBreaker {
    fn handle_cast(&mut self, _: WaitNoMore, _: &mut Context<Self>) -> impl Step<Next> {
        if let Some(open) = &mut self.open {
            open.forget_timer();
        }
        Next::proceed()
    }
}

impl HandleInfo<Due> for CircuitBreaker {
    fn handle_info(&mut self, Due(serial): Due, _: &mut Context<Self>) -> impl Step<Next> {
        if let Some(open) = &mut self.open {
            open.circuit.time_is_up(serial);
        }
        Next::proceed()
    }
}

impl Open {
    fn forget_timer(&mut self) {
        self.timer.take().and_then(cancel_timer);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        directory::leave(self.this);
        self.circuit.remove();
    }
}

impl From<CircuitBreaker> for AnyChildSpec {
    fn from(breaker: CircuitBreaker) -> AnyChildSpec {
        breaker.child_spec().into()
    }
}

/// A specification to start it again: a breaker as it was before it ran.
impl Clone for CircuitBreaker {
    fn clone(&self) -> CircuitBreaker {
        CircuitBreaker {
            id: self.id.clone(),
            name: self.name.clone(),
            options: self.options,
            open: None,
        }
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("id", &self.id)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
