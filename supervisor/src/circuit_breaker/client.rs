//! What a reference to a circuit breaker can do: all of it in the caller, on the state that all share.

use std::error::Error;
use std::fmt;
use std::future::Future;

use regrow_registry::directory::with_shared;
use regrow_runtime::gen_server::{HasClient, Never, Target};
use regrow_runtime::process::Pid;

use super::circuit::{Circuit, CircuitStatus, Told};
use super::{CircuitBreaker, CircuitSpecError};

/// What a reference to a [`CircuitBreaker`] can do: a
/// [`ServerRef`](regrow_runtime::gen_server::ServerRef), a
/// [`Name`](regrow_runtime::gen_server::Name) or a [`Child`](regrow_runtime::gen_server::Child) of
/// one.
///
/// Nothing of it waits, from whatever thread it is called: the breaker's process is not asked.
pub trait CircuitBreakerClient: Target<CircuitBreaker> + 'static {}

impl<T: Target<CircuitBreaker> + 'static> CircuitBreakerClient for T {}

impl HasClient for CircuitBreaker {
    type Client = dyn CircuitBreakerClient;

    #[inline]
    fn client<T: Target<Self> + 'static>(target: &T) -> &Self::Client {
        target
    }
}

/// Why something was not done with a circuit breaker, or not by it.
///
/// # In OTP
///
/// `blown` and `{error, not_found}` of fuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CircuitError<E = Never> {
    /// The circuit is blown, or disabled: nothing was tried.
    Blown,
    /// The circuit breaker is not running.
    NotFound,
    /// It was tried, and this came of it.
    Failed(E),
}

impl<E: fmt::Display> fmt::Display for CircuitError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CircuitError::Blown => f.write_str("the circuit is blown"),
            CircuitError::NotFound => f.write_str("no such circuit breaker"),
            CircuitError::Failed(error) => write!(f, "{error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> Error for CircuitError<E> {}

impl dyn CircuitBreakerClient {
    /// Whether to go on: whether the circuit is whole.
    ///
    /// Of a circuit that is half open, the one who is let through says afterwards how it went, by
    /// [`reset`](#method.reset) or [`melt`](#method.melt).
    ///
    /// # Errors
    ///
    /// [`CircuitError::Blown`], [`CircuitError::NotFound`].
    ///
    /// # In OTP
    ///
    /// `fuse:ask/2`, in either mode: what the caller has done, it sees.
    pub fn ask(&self) -> Result<(), CircuitError> {
        self.look(Circuit::ask)
            .map_or(Err(CircuitError::NotFound), told)
            .map(drop)
    }

    /// Says that the service has failed. One melt more than is tolerated blows the circuit, before
    /// this returns. If the breaker is not running nothing happens.
    ///
    /// # In OTP
    ///
    /// `fuse:melt/1`.
    pub fn melt(&self) {
        self.look(Circuit::melt);
    }

    /// Makes the circuit whole, and forgets all melts.
    ///
    /// # Errors
    ///
    /// [`CircuitError::NotFound`].
    ///
    /// # In OTP
    ///
    /// `fuse:reset/1`.
    pub fn reset(&self) -> Result<(), CircuitError> {
        self.change(Circuit::reset)
    }

    /// Begins anew, as a whole circuit with the options of this specification. Its id and its name
    /// are not looked at. A circuit that is disabled stays so.
    ///
    /// # Errors
    ///
    /// [`CircuitError::Failed`] if something is wrong with the specification, which changes nothing;
    /// [`CircuitError::NotFound`].
    ///
    /// # In OTP
    ///
    /// `fuse:install/2` of a fuse that is installed.
    pub fn install(&self, breaker: &CircuitBreaker) -> Result<(), CircuitError<CircuitSpecError>> {
        let options = breaker.options.admit().map_err(CircuitError::Failed)?;
        self.change(|circuit| circuit.install(options))
    }

    /// Blows the circuit until it is [enabled](#method.circuit_enable), whatever else happens to it.
    ///
    /// # Errors
    ///
    /// [`CircuitError::NotFound`].
    ///
    /// # In OTP
    ///
    /// `fuse:circuit_disable/1`.
    pub fn circuit_disable(&self) -> Result<(), CircuitError> {
        self.change(Circuit::disable)
    }

    /// Ends what [`circuit_disable`](#method.circuit_disable) began. The circuit is whole then, and
    /// has forgotten all melts.
    ///
    /// # Errors
    ///
    /// [`CircuitError::NotFound`].
    ///
    /// # In OTP
    ///
    /// `fuse:circuit_enable/1`.
    pub fn circuit_enable(&self) -> Result<(), CircuitError> {
        self.change(Circuit::enable)
    }

    /// How the circuit is, and what has become of it so far.
    ///
    /// # Errors
    ///
    /// [`CircuitError::NotFound`].
    pub fn status(&self) -> Result<CircuitStatus, CircuitError> {
        self.change(Circuit::status)
    }

    /// Asks, and awaits the future if the circuit is whole. An `Err` of the future's is a melt. A
    /// failure that is not the service's fault is none: let the future give `Ok(Err(…))`.
    ///
    /// A future that panics, or is dropped half way, says nothing to the circuit.
    ///
    /// # Errors
    ///
    /// [`CircuitError::Blown`] and [`CircuitError::NotFound`], without a poll of the future;
    /// [`CircuitError::Failed`] with the future's own.
    ///
    /// # In OTP
    ///
    /// `fuse:run/3`, whose function says `{melt, Result}`.
    pub fn run<F, T, E>(
        &self,
        work: F,
    ) -> impl Future<Output = Result<T, CircuitError<E>>> + use<F, T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let breaker = self.address().pid();
        async move {
            let told = enter(breaker)?;
            settle(breaker, told, work.await)
        }
    }

    /// As [`run`](#method.run), for something that is done at once.
    ///
    /// # Errors
    ///
    /// As for [`run`](#method.run).
    pub fn run_now<T, E>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, CircuitError<E>> {
        let breaker = self.address().pid();
        let told = enter(breaker)?;
        settle(breaker, told, work())
    }

    fn change<R, E>(&self, f: impl FnOnce(&Circuit) -> Option<R>) -> Result<R, CircuitError<E>> {
        self.look(f).flatten().ok_or(CircuitError::NotFound)
    }

    #[inline]
    fn look<R>(&self, f: impl FnOnce(&Circuit) -> R) -> Option<R> {
        with_shared(self.address().pid()?, f)
    }
}

/// What somebody was told, as a permission to go on.
fn told<E>(told: Told) -> Result<Told, CircuitError<E>> {
    match told {
        Told::Ok | Told::Probe(_) => Ok(told),
        Told::Blown => Err(CircuitError::Blown),
        Told::Gone => Err(CircuitError::NotFound),
    }
}

fn enter<E>(breaker: Option<Pid>) -> Result<Told, CircuitError<E>> {
    let asked = breaker.and_then(|pid| with_shared(pid, Circuit::ask));
    asked.map_or(Err(CircuitError::NotFound), told)
}

/// Tells the circuit how it went.
fn settle<T, E>(
    breaker: Option<Pid>,
    told: Told,
    result: Result<T, E>,
) -> Result<T, CircuitError<E>> {
    let tell = |circuit: &Circuit| match (&result, told) {
        (Err(_), _) => circuit.melt(),
        (Ok(_), Told::Probe(serial)) => circuit.mend(serial),
        (Ok(_), _) => {}
    };
    breaker.and_then(|pid| with_shared(pid, tell));
    result.map_err(CircuitError::Failed)
}
