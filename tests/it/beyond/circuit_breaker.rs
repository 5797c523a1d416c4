//! Circuit breakers, in the words of the library `fuse`: ask, melt, reset, run, disable; and half open.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

use regrow::prelude::*;
use regrow::process::{processes, settle};
use regrow::server::{StartError, stop};
use regrow::supervisor::{CircuitBreaker, CircuitError, CircuitSpecError, CircuitState};
use regrow::time::sleep;

use crate::support::{over_seeds, real, simulated};

const OK: Result<(), CircuitError> = Ok(());
const BLOWN: Result<(), CircuitError> = Err(CircuitError::Blown);
const NOT_FOUND: Result<(), CircuitError> = Err(CircuitError::NotFound);

static NOBODY: Name<CircuitBreaker> = Name::new("nobody");

const RESET: Duration = secs(30);

/// Tolerates two melts in ten seconds, and is blown for thirty.
fn two_in_ten() -> CircuitBreaker {
    CircuitBreaker::standard(2, secs(10)).reset_after(RESET)
}

async fn started(breaker: CircuitBreaker) -> ServerRef<CircuitBreaker> {
    breaker.start().await.unwrap()
}

fn melt(breaker: ServerRef<CircuitBreaker>, times: u32) {
    for _ in 0..times {
        breaker.melt();
    }
}

fn state(breaker: ServerRef<CircuitBreaker>) -> CircuitState {
    breaker.status().unwrap().state
}

/// A melt too many blows the circuit, to the millisecond for the reset time.
#[test]
fn ext_010_a_melt_too_many_blows_the_circuit_until_the_reset_time_is_over() {
    simulated(async {
        let breaker = started(two_in_ten()).await;
        assert_eq!(breaker.ask(), OK);
        melt(breaker, 2);
        assert_eq!(breaker.ask(), OK);
        melt(breaker, 1);
        assert_eq!(breaker.ask(), BLOWN);
        // Later melts do not make it longer.
        sleep(secs(20)).await;
        melt(breaker, 5);
        sleep(millis(9_998)).await;
        assert_eq!(breaker.ask(), BLOWN);
        sleep(millis(4)).await;
        assert_eq!(breaker.ask(), OK);
        // The melts from before are forgotten.
        melt(breaker, 2);
        assert_eq!(breaker.ask(), OK);
        melt(breaker, 1);
        assert_eq!(breaker.ask(), BLOWN);
        assert_eq!(breaker.status().unwrap().blown, 2);
        assert_eq!(breaker.status().unwrap().melts, 11);
    });
}

#[test]
fn ext_011_a_reset_by_hand_makes_a_blown_circuit_whole() {
    simulated(async {
        let breaker = started(two_in_ten()).await;
        melt(breaker, 3);
        sleep(secs(20)).await;
        assert_eq!(breaker.reset(), OK);
        assert_eq!(breaker.ask(), OK);
        // The old timer is gone: blown anew, the circuit stays so for the whole time.
        melt(breaker, 3);
        sleep(secs(20)).await;
        assert_eq!(breaker.ask(), BLOWN);
        sleep(secs(11)).await;
        assert_eq!(breaker.ask(), OK);

        assert_eq!(NOBODY.reset(), NOT_FOUND);
    });
}

/// Stopping the process is what removes a breaker; a kill does as well.
#[test]
fn ext_012_a_breaker_that_has_ended_is_not_found() {
    simulated(async {
        for how in [ExitReason::Shutdown, ExitReason::Kill] {
            let breaker = started(two_in_ten()).await;
            assert_eq!(breaker.ask(), OK);
            if how == ExitReason::Kill {
                exit(breaker, how);
                settle().await;
            } else {
                stop(breaker, how).await.unwrap();
            }
            assert_eq!(breaker.ask(), NOT_FOUND);
            assert_eq!(breaker.circuit_enable(), NOT_FOUND);
            assert_eq!(breaker.status(), Err(CircuitError::NotFound));
        }
    });
}

#[test]
fn ext_013_a_melt_of_nobody_does_nothing_and_a_wrong_specification_does_not_start() {
    simulated(async {
        NOBODY.melt();
        assert_eq!(NOBODY.ask(), NOT_FOUND);

        let faults = |rate| CircuitBreaker::fault_injection(rate, 1, secs(1));
        let wrong = [
            (
                CircuitBreaker::standard(1, Duration::ZERO),
                CircuitSpecError::ZeroWindow,
            ),
            (
                two_in_ten().reset_after(Duration::ZERO),
                CircuitSpecError::ZeroReset,
            ),
            (faults(0.0), CircuitSpecError::FaultRate(0.0)),
            (faults(1.5), CircuitSpecError::FaultRate(1.5)),
            (faults(-1.0), CircuitSpecError::FaultRate(-1.0)),
            (
                CircuitBreaker::fault_injection(0.5, 0, secs(1)),
                CircuitSpecError::FaultsWithoutMelts,
            ),
        ];
        let breaker = started(two_in_ten()).await;
        for (spec, error) in wrong {
            assert_eq!(breaker.install(&spec), Err(CircuitError::Failed(error)));
            match spec.start().await {
                Err(StartError::Failed(ExitReason::Error(reason))) => {
                    assert_eq!(reason.downcast_ref(), Some(&error));
                }
                other => panic!("{other:?}, not {error}"),
            }
        }
        let nan = faults(f64::NAN).start().await;
        assert!(matches!(nan, Err(StartError::Failed(_))));
        assert_eq!(breaker.ask(), OK);
    });
}

#[test]
fn ext_014_a_melt_as_old_as_the_window_does_not_count() {
    simulated(async {
        let breaker = started(two_in_ten()).await;
        melt(breaker, 2);
        sleep(secs(10)).await;
        assert_eq!(breaker.status().unwrap().melting, 0);
        melt(breaker, 2);
        assert_eq!(breaker.ask(), OK);
        sleep(millis(9_998)).await;
        melt(breaker, 1);
        assert_eq!(breaker.ask(), BLOWN);
    });
}

#[test]
fn ext_015_a_disabled_circuit_is_blown_whatever_happens_until_it_is_enabled() {
    simulated(async {
        let breaker = started(two_in_ten()).await;
        melt(breaker, 2);
        assert_eq!(breaker.circuit_disable(), OK);
        assert_eq!(breaker.ask(), BLOWN);
        assert_eq!(breaker.install(&two_in_ten()), Ok(()));
        assert_eq!(breaker.ask(), BLOWN);
        assert_eq!(breaker.reset(), OK);
        assert_eq!(breaker.ask(), BLOWN);
        melt(breaker, 3);
        sleep(RESET * 2).await;
        assert_eq!(breaker.ask(), BLOWN);
        assert!(breaker.status().unwrap().disabled);

        melt(breaker, 2);
        assert_eq!(breaker.circuit_enable(), OK);
        assert_eq!(breaker.ask(), OK);
        melt(breaker, 2);
        assert_eq!(breaker.ask(), OK);
    });
}

#[test]
fn ext_016_an_installation_begins_anew_and_keeps_a_circuit_disabled() {
    simulated(async {
        let breaker = started(two_in_ten()).await;
        melt(breaker, 3);
        let strict = CircuitBreaker::standard(0, secs(1)).reset_after(secs(1));
        assert_eq!(breaker.install(&strict), Ok(()));
        assert_eq!(breaker.ask(), OK);
        // The new options count.
        melt(breaker, 1);
        assert_eq!(breaker.ask(), BLOWN);
        sleep(millis(1002)).await;
        assert_eq!(breaker.ask(), OK);

        breaker.circuit_disable().unwrap();
        assert_eq!(breaker.install(&two_in_ten()), Ok(()));
        assert_eq!(breaker.ask(), BLOWN);
    });
}

#[test]
fn ext_017_a_run_gives_its_result_melts_on_an_error_and_does_not_begin_when_blown() {
    simulated(async {
        let begun = Arc::new(AtomicU32::new(0));
        let work = |result: Result<u8, &'static str>| {
            let begun = Arc::clone(&begun);
            async move {
                begun.fetch_add(1, SeqCst);
                result
            }
        };
        let breaker = started(CircuitBreaker::standard(1, secs(10))).await;
        assert_eq!(breaker.run(work(Ok(7))).await, Ok(7));
        assert_eq!(breaker.status().unwrap().melts, 0);
        let failed = Err(CircuitError::Failed("down"));
        assert_eq!(breaker.run(work(Err("down"))).await, failed);
        assert_eq!(breaker.status().unwrap().melts, 1);
        assert_eq!(breaker.run_now(|| Err::<u8, _>("down")), failed);
        assert_eq!(begun.load(SeqCst), 2);

        assert_eq!(breaker.run(work(Ok(7))).await, Err(CircuitError::Blown));
        assert_eq!(NOBODY.run(work(Ok(7))).await, Err(CircuitError::NotFound));
        let none: Result<u8, CircuitError<&str>> = breaker.run_now(|| panic!("it does not begin"));
        assert_eq!(none, Err(CircuitError::Blown));
        assert_eq!(begun.load(SeqCst), 2);
        assert_eq!(breaker.status().unwrap().refused, 2);
    });
}

#[test]
fn ext_018_where_no_melt_is_tolerated_the_first_blows_the_circuit() {
    simulated(async {
        let breaker = started(CircuitBreaker::standard(0, secs(1))).await;
        assert_eq!(breaker.ask(), OK);
        breaker.melt();
        assert_eq!(breaker.ask(), BLOWN);
    });
}

/// The seed decides; the rate is met on the whole; and the circuit itself is whole.
#[test]
fn r_fuse_1_injected_faults_come_at_their_rate_and_as_the_seed_says() {
    let refused = |seed, rate| {
        let run = regrow::Runtime::simulated(seed);
        run.run(async move {
            let breaker = started(CircuitBreaker::fault_injection(rate, 2, secs(10))).await;
            let refused: Vec<bool> = (0..1000).map(|_| breaker.ask().is_err()).collect();
            assert_eq!(state(breaker), CircuitState::Ok);
            refused
        })
    };
    let count = |all: &[bool]| all.iter().filter(|refused| **refused).count();
    let tenth = refused(1, 0.1);
    assert!((70..130).contains(&count(&tenth)), "{}", count(&tenth));
    assert_eq!(tenth, refused(1, 0.1));
    assert_ne!(tenth, refused(2, 0.1));
    assert_eq!(count(&refused(1, 1.0)), 1000);
}

#[test]
fn r_fuse_2_a_half_open_circuit_lets_one_through_and_goes_by_how_that_went() {
    simulated(async {
        let breaker = started(two_in_ten().half_open()).await;
        melt(breaker, 3);
        sleep(RESET + millis(2)).await;
        assert_eq!(state(breaker), CircuitState::HalfOpen);
        // The probe runs; meanwhile the others are told no.
        let probe = spawn_monitor(async move |_: Inbox<()>| {
            let run = breaker.run(async {
                sleep(secs(1)).await;
                Ok::<(), &str>(())
            });
            assert_eq!(run.await, Ok(()));
        });
        settle().await;
        assert_eq!(breaker.ask(), BLOWN);
        assert_eq!(state(breaker), CircuitState::Probing);
        assert_eq!(probe.1.await.reason, ExitReason::Normal);
        assert_eq!(breaker.ask(), OK);

        // A probe that fails blows the circuit, for another reset time.
        melt(breaker, 3);
        sleep(RESET + millis(2)).await;
        assert_eq!(
            breaker.run_now(|| Err::<(), _>("still")),
            Err(CircuitError::Failed("still"))
        );
        assert_eq!(breaker.ask(), BLOWN);
        sleep(millis(29_998)).await;
        assert_eq!(breaker.ask(), BLOWN);
        sleep(millis(4)).await;
        // By an ask; and it says itself how it went.
        assert_eq!(breaker.ask(), OK);
        assert_eq!(breaker.ask(), BLOWN);
        breaker.reset().unwrap();
        assert_eq!(breaker.ask(), OK);
        assert_eq!(breaker.ask(), OK);
    });
}

#[test]
fn r_fuse_3_a_probe_that_nothing_is_heard_of_gives_way_to_another() {
    simulated(async {
        let breaker = started(two_in_ten().half_open()).await;
        melt(breaker, 3);
        sleep(RESET + millis(2)).await;
        assert_eq!(breaker.ask(), OK);
        assert_eq!(breaker.ask(), BLOWN);
        sleep(RESET + millis(2)).await;
        assert_eq!(breaker.ask(), OK);
        assert_eq!(breaker.ask(), BLOWN);
    });
}

/// A breaker that is a child: it keeps its name over a restart, begins whole, and leaves nothing.
#[test]
fn r_fuse_4_a_breaker_that_is_started_again_begins_whole() {
    simulated(async {
        static UPSTREAM: Name<CircuitBreaker> = Name::new("upstream");
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .child(two_in_ten().name(UPSTREAM))
            .start()
            .await
            .unwrap();
        for _ in 0..3 {
            UPSTREAM.melt();
        }
        assert_eq!(UPSTREAM.ask(), BLOWN);
        exit(
            regrow::process::whereis("upstream").unwrap(),
            ExitReason::Kill,
        );
        settle().await;
        assert_eq!(UPSTREAM.ask(), OK);
        stop(supervisor, ExitReason::Shutdown).await.unwrap();
        assert_eq!(UPSTREAM.ask(), NOT_FOUND);
        assert_eq!(processes().len(), 1);
    });
}

/// What a process has done to the circuit it sees, however it is scheduled; of many who race for a
/// probe one is let through.
#[test]
fn r_fuse_5_of_many_who_ask_a_half_open_circuit_one_is_let_through() {
    over_seeds(200, || async {
        let breaker = started(CircuitBreaker::standard(0, secs(1)).half_open()).await;
        breaker.melt();
        assert_eq!(breaker.ask(), BLOWN);
        sleep(secs(61)).await;
        let askers: Vec<_> = (0..8)
            .map(|_| {
                spawn_monitor(async move |_: Inbox<()>| {
                    breaker.ask().map_err(|_| ExitReason::atom("blown"))
                })
            })
            .collect();
        let mut through = 0;
        for (_, end) in askers {
            through += u32::from(end.await.reason == ExitReason::Normal);
        }
        assert_eq!(through, 1);
    });
}

#[test]
fn r_fuse_6_threads_that_are_no_runtimes_ask_and_melt_too() {
    real(2, async {
        let breaker = started(two_in_ten()).await;
        let (told, heard) = std::sync::mpsc::channel();
        regrow::process::blocking(move || {
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    assert_eq!(breaker.ask(), OK);
                    melt(breaker, 3);
                    told.send(breaker.ask()).unwrap();
                });
            });
        })
        .await
        .unwrap();
        assert_eq!(heard.recv().unwrap(), BLOWN);
        assert_eq!(breaker.ask(), BLOWN);
    });
}
