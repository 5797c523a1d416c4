//! Deadlines travel with calls: what a handler calls in turn waits no longer than its own caller.

use std::time::Duration;

use regrow::answer::Reply;
use regrow::call::{Call, CallError};
use regrow::process::{Inbox, spawn_monitor};
use regrow::reference::ServerRef;
use regrow::time::{Instant, millis, now, secs, sleep};

use super::{Log, Subject, ask, ask_waiting, handled, subject};
use crate::support::{real, simulated};

/// A call whose handler makes this one, and replies with how many milliseconds that took to time out.
fn through(
    server: ServerRef<Subject>,
    inner: impl FnOnce() -> Call<u32> + Send + 'static,
) -> Call<u32> {
    ask_waiting(server, move |_, _, _| {
        Box::pin(async move {
            let begun = now();
            assert_eq!(inner().await, Err(CallError::Timeout));
            Reply::now(u32::try_from(begun.elapsed().as_millis()).unwrap())
        })
    })
}

/// A call that takes this long.
fn slow(server: ServerRef<Subject>, takes: Duration) -> Call<u32> {
    ask_waiting(server, move |_, _, _| {
        Box::pin(async move {
            sleep(takes).await;
            Reply::now(1)
        })
    })
}

/// How long a call took, made by another process so that its own time being up is no matter.
async fn took(call: Call<u32>) -> u32 {
    call.no_timeout().await.unwrap()
}

async fn servers<const N: usize>() -> [ServerRef<Subject>; N] {
    let mut servers = Vec::new();
    for _ in 0..N {
        servers.push(subject(&Log::default()).await.unwrap());
    }
    servers.try_into().unwrap()
}

/// Makes a call with this deadline, and says what its handler's own call came to: in milliseconds
/// from the beginning until the inner call had failed.
async fn inner_took(
    limit: Duration,
    inner: impl FnOnce(Call<u32>) -> Call<u32> + Send + 'static,
) -> u32 {
    let [outer, target] = servers().await;
    let (tell, told) = std::sync::mpsc::channel();
    let call = ask_waiting(outer, move |_, _, _| {
        Box::pin(async move {
            let begun = now();
            assert_eq!(
                inner(slow(target, secs(100))).await,
                Err(CallError::Timeout)
            );
            tell.send(begun.elapsed()).unwrap();
            Reply::now(0)
        })
    });
    let _timed_out = call.deadline(now() + limit).await;
    handled(outer).await;
    u32::try_from(told.recv().unwrap().as_millis()).unwrap()
}

// R-CALL-7.
#[test]
fn a_call_within_a_call_with_a_deadline_waits_no_longer_than_that() {
    simulated(async {
        for patient in [
            |call: Call<u32>| call,
            |call: Call<u32>| call.no_timeout(),
            |call: Call<u32>| call.timeout(secs(50)),
            |call: Call<u32>| call.deadline(now() + secs(50)),
        ] {
            let took = inner_took(secs(2), patient).await;
            assert!((2_000..2_010).contains(&took), "{took}");
        }
    });
}

// R-CALL-7.
#[test]
fn a_call_with_a_shorter_limit_of_its_own_keeps_it() {
    simulated(async {
        let took = inner_took(secs(2), |call| call.timeout(millis(500))).await;
        assert!((500..510).contains(&took), "{took}");
        let took = inner_took(secs(2), |call| call.deadline(now() + millis(700))).await;
        assert!((700..710).contains(&took), "{took}");
    });
}

// R-CALL-7.
#[test]
fn a_deadline_is_passed_on_through_calls_that_know_nothing_of_it() {
    simulated(async {
        let [one, two, three, four] = servers().await;
        let (tell, told) = std::sync::mpsc::channel();
        let call = ask_waiting(one, move |_, _, _| {
            Box::pin(async move {
                sleep(secs(1)).await;
                let second = ask_waiting(two, move |_, _, cx| {
                    let left = cx.deadline().unwrap();
                    Box::pin(async move {
                        tell.send(left).unwrap();
                        Reply::now(
                            through(three, move || slow(four, secs(9)))
                                .await
                                .unwrap_or(0),
                        )
                    })
                });
                let _timed_out = second.no_timeout().await;
                Reply::now(0)
            })
        });
        let deadline = now() + secs(3);
        assert_eq!(call.deadline(deadline).await, Err(CallError::Timeout));
        // To the millisecond, and not before.
        let seen = told.recv().unwrap();
        assert!(seen >= deadline && seen - deadline < millis(1), "{seen:?}");
        // All of them are free when it is over, but for the one that does not call.
        let begun = now();
        for server in [one, two, three] {
            handled(server).await;
        }
        assert!(begun.elapsed() < millis(10));
    });
}

// R-CALL-7: it is asked for by `deadline`; a timeout is the caller's own affair, as in OTP.
#[test]
fn a_call_with_a_timeout_passes_nothing_on() {
    simulated(async {
        let [outer, target] = servers().await;
        let call = through(outer, move || slow(target, secs(100)).timeout(secs(4)));
        assert_eq!(call.timeout(secs(2)).await, Err(CallError::Timeout));
        let begun = now();
        handled(outer).await;
        assert!(begun.elapsed() > millis(1_900));
    });
}

// R-CALL-7.
#[test]
fn a_deadline_ends_with_the_handler_and_is_not_for_what_it_spawns() {
    simulated(async {
        let [outer, target] = servers().await;
        let beside = ask_waiting(outer, move |_, _, cx| {
            assert!(cx.deadline().is_some());
            Box::pin(async move {
                let (_, watch) = spawn_monitor(async move |_: Inbox<()>| {
                    assert_eq!(slow(target, secs(4)).await, Ok(1));
                });
                assert!(watch.await.reason.is_normal());
                Reply::now(0)
            })
        });
        let _timed_out = beside.deadline(now() + secs(1)).await;
        let next = ask(outer, |_, _, cx| {
            Reply::now(u32::from(cx.deadline().is_some()))
        });
        assert_eq!(took(next).await, 0);
    });
}

// R-CALL-7.
#[test]
fn a_deadline_travels_on_real_schedulers() {
    real(2, async {
        let [outer, target] = servers().await;
        let call = through(outer, move || slow(target, secs(60)).no_timeout());
        // The inner call's time is up no later than the outer one's; who hears of it first is open.
        let outcome = call.deadline(now() + millis(50)).await;
        assert!(
            outcome.is_ok() || outcome == Err(CallError::Timeout),
            "{outcome:?}"
        );
        handled(outer).await;
        let at: Instant = now() + secs(60);
        let seen = ask(outer, |_, _, cx| {
            Reply::now(u32::from(cx.deadline().is_some()))
        });
        assert_eq!(seen.deadline(at).await, Ok(1));
    });
}
