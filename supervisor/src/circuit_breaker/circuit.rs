//! A circuit: what all who ask share, and its transitions.
//!
//! Those who ask look at the [`Gate`], one byte that says what they are told. Everything else is
//! behind a lock that is taken by those who change something: by melts, by the process when a time
//! is up, and by the one who is let through as a probe.

use std::sync::atomic::{
    AtomicU8, AtomicU64, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed,
};

use parking_lot::{Mutex, MutexGuard};
use regrow_runtime::gen_server::{ServerRef, cast};
use regrow_runtime::process::random_u64;
use regrow_runtime::runtime::Handle;
use regrow_runtime::time::Instant;

use super::melting::Melting;
use super::{CircuitBreaker, CircuitOptions, Wait, WaitNoMore, report};
use crate::child::id::ChildId;

/// Whether a circuit is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CircuitState {
    /// It is whole: who asks may go on.
    Ok,
    /// It is blown, and waits for its reset.
    Blown,
    /// The next to ask is let through, to see how it goes.
    HalfOpen,
    /// One was let through, and it is not known yet how that went.
    Probing,
}

/// What a circuit breaker says of itself.
///
/// Those that were let through are not counted: threads that ask at the same time would have to share
/// the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CircuitStatus {
    /// Whether it is whole.
    pub state: CircuitState,
    /// Whether it is disabled: then it is blown to whoever asks, whatever its state.
    pub disabled: bool,
    /// The melts that count at the moment.
    pub melting: usize,
    /// All melts there have been.
    pub melts: u64,
    /// How often it was blown.
    pub blown: u64,
    /// How often somebody was told that it is blown.
    pub refused: u64,
}

/// What those who ask are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Gate {
    /// They may go on.
    Open,
    /// They may go on, but for those whom chance says no to.
    Injecting,
    /// The first of them may go on.
    Probe,
    /// They may not.
    Shut,
    /// There is no breaker any more.
    Gone,
}

impl Gate {
    fn of(byte: u8) -> Gate {
        match byte {
            0 => Gate::Open,
            1 => Gate::Injecting,
            2 => Gate::Probe,
            3 => Gate::Shut,
            _ => Gate::Gone,
        }
    }
}

/// What somebody is told who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// The circuit is whole.
    Ok,
    /// Go on, as the probe of this number.
    Probe(u64),
    /// It is blown.
    Blown,
    /// There is none.
    Gone,
}

/// See the module's head.
#[derive(Debug)]
pub(super) struct Circuit {
    gate: AtomicU8,
    refused: AtomicU64,
    kept: Mutex<Kept>,
    breaker: ServerRef<CircuitBreaker>,
    id: ChildId,
    /// Whose time counts, wherever this is called.
    runtime: Handle,
}

/// What is behind the lock.
#[derive(Debug)]
struct Kept {
    options: CircuitOptions,
    melting: Melting,
    state: CircuitState,
    disabled: bool,
    gone: bool,
    /// Grows with each change of the state, so that what was meant for another one is known.
    serial: u64,
    melts: u64,
    blown: u64,
}

impl Circuit {
    /// A whole circuit of the process that runs.
    pub(super) fn new(
        breaker: ServerRef<CircuitBreaker>,
        id: ChildId,
        options: CircuitOptions,
    ) -> Circuit {
        let kept = Kept {
            options,
            melting: Melting::default(),
            state: CircuitState::Ok,
            disabled: false,
            gone: false,
            serial: 0,
            melts: 0,
            blown: 0,
        };
        Circuit {
            gate: AtomicU8::new(kept.gate() as u8),
            refused: AtomicU64::new(0),
            kept: Mutex::new(kept),
            breaker,
            id,
            runtime: Handle::current(),
        }
    }

    /// Whether to go on.
    #[inline]
    pub(super) fn ask(&self) -> Told {
        match Gate::of(self.gate.load(Acquire)) {
            Gate::Open => Told::Ok,
            gate => self.ask_further(gate),
        }
    }

    #[cold]
    fn ask_further(&self, gate: Gate) -> Told {
        let told = match gate {
            Gate::Open => Told::Ok,
            Gate::Injecting => self.inject(),
            Gate::Probe => self.probe(),
            Gate::Shut => Told::Blown,
            Gate::Gone => Told::Gone,
        };
        if told == Told::Blown {
            self.refused.fetch_add(1, Relaxed);
        }
        told
    }

    fn inject(&self) -> Told {
        let rate = self.kept.lock().options.fault_rate;
        // The 53 bits that a float between 0 and 1 has.
        let fraction = (random_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        if fraction < rate {
            Told::Blown
        } else {
            Told::Ok
        }
    }

    /// The first to come here is let through.
    fn probe(&self) -> Told {
        let mut kept = self.kept.lock();
        if kept.state != CircuitState::HalfOpen || kept.disabled {
            return match Gate::of(kept.gate() as u8) {
                Gate::Open | Gate::Injecting => Told::Ok,
                Gate::Gone => Told::Gone,
                Gate::Probe | Gate::Shut => Told::Blown,
            };
        }
        self.wait_in(&mut kept, CircuitState::Probing);
        Told::Probe(kept.serial)
    }

    /// What is behind the lock, unless the process has ended.
    fn kept(&self) -> Option<MutexGuard<'_, Kept>> {
        Some(self.kept.lock()).filter(|kept| !kept.gone)
    }

    /// A failure.
    pub(super) fn melt(&self) {
        let now = self.runtime.now();
        let Some(mut kept) = self.kept() else { return };
        kept.melts += 1;
        let Kept { options, .. } = *kept;
        let blows = match kept.state {
            CircuitState::Ok => kept.melting.melt(options.melts_max, options.within, now),
            CircuitState::HalfOpen | CircuitState::Probing => true,
            CircuitState::Blown => false,
        };
        if blows {
            kept.blown += 1;
            self.wait_in(&mut kept, CircuitState::Blown);
            drop(kept);
            report::blown(&self.id, options.melts_max, options.within);
        }
    }

    /// The probe of this number went well.
    pub(super) fn mend(&self, serial: u64) {
        if let Some(kept) = self.kept()
            && kept.serial == serial
            && kept.state == CircuitState::Probing
        {
            self.make_whole(kept);
        }
    }

    /// Makes the circuit whole, by hand. `None` as for all that follow: the process has ended.
    pub(super) fn reset(&self) -> Option<()> {
        self.make_whole(self.kept()?);
        Some(())
    }

    /// The time is up that a state of this number waited for.
    pub(super) fn time_is_up(&self, serial: u64) {
        let mut kept = self.kept.lock();
        if kept.serial != serial {
            return;
        }
        match kept.state {
            CircuitState::Blown if !kept.options.half_open => self.make_whole(kept),
            // Nothing was heard of a probe: another one.
            CircuitState::Blown | CircuitState::Probing => {
                kept.state = CircuitState::HalfOpen;
                self.publish(&mut kept);
            }
            CircuitState::Ok | CircuitState::HalfOpen => {}
        }
    }

    /// Lets the circuit be blown to whoever asks, until it is enabled.
    pub(super) fn disable(&self) -> Option<()> {
        let mut kept = self.kept()?;
        kept.disabled = true;
        self.publish(&mut kept);
        Some(())
    }

    /// Lets the circuit be as it is again, which is whole.
    pub(super) fn enable(&self) -> Option<()> {
        let mut kept = self.kept()?;
        kept.disabled = false;
        self.make_whole(kept);
        Some(())
    }

    /// Begins anew with these options. A circuit that is disabled stays so.
    pub(super) fn install(&self, options: CircuitOptions) -> Option<()> {
        let mut kept = self.kept()?;
        kept.options = options;
        self.make_whole(kept);
        Some(())
    }

    /// The process has ended.
    pub(super) fn remove(&self) {
        let mut kept = self.kept.lock();
        kept.gone = true;
        self.publish(&mut kept);
    }

    pub(super) fn status(&self) -> Option<CircuitStatus> {
        let now = self.runtime.now();
        let mut kept = self.kept()?;
        let within = kept.options.within;
        Some(CircuitStatus {
            state: kept.state,
            disabled: kept.disabled,
            melting: kept.melting.count(within, now),
            melts: kept.melts,
            blown: kept.blown,
            refused: self.refused.load(Relaxed),
        })
    }

    /// Goes to a state that is over after the reset time.
    fn wait_in(&self, kept: &mut Kept, state: CircuitState) {
        kept.state = state;
        self.publish(kept);
        let until: Instant = self.runtime.now() + kept.options.reset_after;
        cast(
            self.breaker,
            Wait {
                serial: kept.serial,
                until,
            },
        );
    }

    fn make_whole(&self, mut kept: MutexGuard<'_, Kept>) {
        let before = std::mem::replace(&mut kept.state, CircuitState::Ok);
        kept.melting.clear();
        self.publish(&mut kept);
        if matches!(before, CircuitState::Blown | CircuitState::Probing) {
            cast(self.breaker, WaitNoMore);
        }
        // Whoever reads the log may ask the circuit.
        drop(kept);
        if before != CircuitState::Ok {
            report::whole(&self.id);
        }
    }

    /// Lets those who ask see what has changed.
    fn publish(&self, kept: &mut Kept) {
        kept.serial += 1;
        self.gate.swap(kept.gate() as u8, AcqRel);
    }
}

impl Kept {
    fn gate(&self) -> Gate {
        match self.state {
            _ if self.gone => Gate::Gone,
            _ if self.disabled => Gate::Shut,
            CircuitState::Ok if self.options.injects => Gate::Injecting,
            CircuitState::Ok => Gate::Open,
            CircuitState::HalfOpen => Gate::Probe,
            CircuitState::Blown | CircuitState::Probing => Gate::Shut,
        }
    }
}
