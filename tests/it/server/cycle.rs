//! Cycles of calls: one of those who wait gets an error that names the path, and nobody hangs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use regrow::answer::{Init, Next, Reply};
use regrow::call::CallError;
use regrow::process::{Inbox, MailboxPolicy, spawn};
use regrow::reference::ServerRef;
use regrow::time::{millis, now, secs, sleep, timeout};

use super::{Log, Subject, act, act_waiting, ask, ask_waiting, handled, subject};
use crate::support::{over_seeds, real, simulated};

type Outcome = Result<u32, CallError>;

/// Has a server call others, each from the handler of the call before; the last replies with 7.
fn chain(servers: &[ServerRef<Subject>]) -> regrow::call::Call<u32> {
    let Some((&first, rest)) = servers.split_first() else {
        unreachable!("there is one to call")
    };
    let rest = rest.to_vec();
    ask_waiting(first, |_, _, _| {
        Box::pin(async move {
            if rest.is_empty() {
                return Reply::now(7);
            }
            match chain(&rest).no_timeout().await {
                Ok(value) => Reply::now(value),
                Err(_) => Reply::now(0),
            }
        })
    })
}

/// Has each of these servers call the next one at the same time, and collects what comes of it.
async fn call_round(servers: &[ServerRef<Subject>]) -> Vec<Outcome> {
    let requests: Vec<_> = servers
        .iter()
        .zip(servers.iter().cycle().skip(1))
        .map(|(&from, &to)| {
            let (tell, told) = std::sync::mpsc::channel();
            let request = ask_waiting(from, move |_, _, _| {
                Box::pin(async move {
                    let inner = ask(to, |_, _, _| Reply::now(1)).no_timeout().await;
                    tell.send(inner).unwrap();
                    Reply::now(0)
                })
            });
            (request.no_timeout().request(), told)
        })
        .collect();
    let mut outcomes = Vec::new();
    for (request, told) in requests {
        assert_eq!(request.await, Ok(0));
        outcomes.push(told.recv().unwrap());
    }
    outcomes
}

/// One call of the round has failed, with the path that begins with whoever made it.
fn check_round(servers: &[ServerRef<Subject>], outcomes: &[Outcome]) {
    let mut cycles = 0;
    for (number, outcome) in outcomes.iter().enumerate() {
        match outcome {
            Ok(value) => assert_eq!(*value, 1),
            Err(CallError::Cycle(path)) => {
                cycles += 1;
                let round = servers.iter().cycle().skip(number).take(servers.len());
                let round: Vec<_> = round.map(ServerRef::pid).collect();
                assert_eq!(*path, round);
            }
            Err(other) => panic!("{other}"),
        }
    }
    // On real schedulers they may just have missed each other.
    assert!(cycles <= 1, "{outcomes:?}");
}

// R-CALL-6.
#[test]
fn a_server_that_is_called_by_the_one_it_calls_is_a_cycle() {
    simulated(async {
        let (one, other) = pair().await;
        let begun = now();
        let outer = ask_waiting(one, move |_, _, cx| {
            let this = cx.this();
            Box::pin(async move {
                let inner = ask_waiting(other, move |_, _, _| {
                    Box::pin(async move {
                        let back = ask(this, |_, _, _| Reply::now(1)).await;
                        assert_eq!(back, Err(CallError::Cycle(vec![other.pid(), this.pid()])));
                        Reply::now(2)
                    })
                });
                Reply::now(inner.await.unwrap() + 1)
            })
        });
        assert_eq!(outer.await, Ok(3));
        assert!(begun.elapsed() < millis(50), "{:?}", begun.elapsed());
        let text = CallError::<std::fmt::Error>::Cycle(vec![one.pid(), other.pid()]).to_string();
        let (first, second) = (one.pid(), other.pid());
        assert_eq!(
            text,
            format!("a cycle of calls: {first} -> {second} -> {first}")
        );
    });
}

async fn pair() -> (ServerRef<Subject>, ServerRef<Subject>) {
    let log = Log::default();
    (subject(&log).await.unwrap(), subject(&log).await.unwrap())
}

// R-CALL-6. Fails, with servers that hang, if a wait is written down after the look for a cycle.
#[test]
fn of_servers_that_call_each_other_at_once_one_gets_the_cycle_and_nobody_hangs() {
    over_seeds(500, || async {
        for size in [2, 3, 5] {
            let mut servers = Vec::new();
            for _ in 0..size {
                servers.push(subject(&Log::default()).await.unwrap());
            }
            let outcomes = call_round(&servers).await;
            check_round(&servers, &outcomes);
            let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
            let missed = outcomes.iter().all(Result::is_ok);
            assert!(failed == 1 || missed, "{outcomes:?}");
        }
    });
}

// R-CALL-6.
#[test]
fn on_real_schedulers_servers_that_call_each_other_do_not_hang_either() {
    real(4, async {
        let servers = [pair().await, pair().await, pair().await];
        for _ in 0..20 {
            for (one, other) in servers {
                let both = [one, other];
                check_round(&both, &call_round(&both).await);
            }
        }
    });
}

// R-CALL-6.
#[test]
fn a_cycle_through_many_servers_names_them_all() {
    simulated(async {
        let log = Log::default();
        let mut servers = Vec::new();
        for _ in 0..6 {
            servers.push(subject(&log).await.unwrap());
        }
        let mut round = servers.clone();
        round.push(servers[2]);
        // The last one's call fails, so it replies with 0, and they all do.
        assert_eq!(chain(&round).no_timeout().await, Ok(0));
        assert_eq!(chain(&servers).no_timeout().await, Ok(7));
    });
}

// R-CALL-6.
#[test]
fn a_long_wait_that_is_no_cycle_goes_on() {
    simulated(async {
        let log = Log::default();
        let (one, other) = pair().await;
        let third = subject(&log).await.unwrap();
        // Two wait for the third, one of them through the other, for long.
        let slow = |server| {
            ask_waiting(server, |_, _, _| {
                Box::pin(async {
                    sleep(secs(100)).await;
                    Reply::now(7)
                })
            })
            .no_timeout()
        };
        let through = ask_waiting(one, move |_, _, _| {
            Box::pin(async move {
                let inner = ask_waiting(other, move |_, _, _| {
                    Box::pin(async move { Reply::now(slow(third).await.unwrap()) })
                });
                Reply::now(inner.no_timeout().await.unwrap())
            })
        });
        assert_eq!(through.no_timeout().await, Ok(7));
    });
}

// R-CALL-6. Fails, with a cycle, if a wait counts after the reply was given.
#[test]
fn a_server_that_has_replied_may_call_its_caller() {
    over_seeds(50, || async {
        let (one, other) = pair().await;
        let outer = ask_waiting(one, move |_, _, cx| {
            let this = cx.this();
            Box::pin(async move {
                let inner = ask_waiting(other, move |_, from, _| {
                    Box::pin(async move {
                        // Late enough for the caller's wait to be written down.
                        sleep(millis(100)).await;
                        from.reply(1);
                        let back = ask(this, |_, _, _| Reply::now(5)).await;
                        assert_eq!(back, Ok(5));
                        Reply::later()
                    })
                });
                Reply::now(inner.await.unwrap())
            })
        });
        assert_eq!(outer.await, Ok(1));
        handled(other).await;
    });
}

// R-CALL-6. Fails, with a cycle, if a handler that gives its reply out of hand does not say so.
#[test]
fn a_server_whose_reply_comes_from_elsewhere_may_call_its_caller() {
    over_seeds(50, || async {
        let (one, other) = pair().await;
        let calls_back = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&calls_back);
        let outer = ask_waiting(one, move |_, _, cx| {
            let this = cx.this();
            Box::pin(async move {
                let inner = ask_waiting(other, move |_, from, cx| {
                    let other = cx.this();
                    Box::pin(async move {
                        sleep(millis(100)).await;
                        spawn(async move |_: Inbox<()>| {
                            sleep(millis(200)).await;
                            from.reply(1);
                        });
                        act_waiting(other, move |_, _| {
                            Box::pin(async move {
                                let back = ask(this, |_, _, _| Reply::now(5)).await;
                                assert_eq!(back, Ok(5));
                                seen.fetch_add(1, SeqCst);
                                Next::proceed()
                            })
                        });
                        Reply::later()
                    })
                });
                Reply::now(inner.await.unwrap())
            })
        });
        assert_eq!(outer.await, Ok(1));
        handled(other).await;
        assert_eq!(calls_back.load(SeqCst), 1);
    });
}

// R-CALL-6.
#[test]
fn a_caller_that_has_gone_is_in_no_cycle() {
    simulated(async {
        let (one, other) = pair().await;
        act_waiting(one, move |_, _| {
            Box::pin(async move {
                let inner = ask_waiting(other, |_, _, _| {
                    Box::pin(async {
                        sleep(millis(200)).await;
                        Reply::now(1)
                    })
                });
                let given_up = timeout(millis(100), inner).await;
                assert!(given_up.is_err());
                Next::proceed()
            })
        });
        act_waiting(other, move |_, _| {
            Box::pin(async move {
                sleep(millis(150)).await;
                assert_eq!(ask(one, |_, _, _| Reply::now(3)).await, Ok(3));
                Next::proceed()
            })
        });
        handled(one).await;
        handled(other).await;
    });
}

// R-CALL-6.
#[test]
fn a_wait_for_room_closes_a_cycle_too() {
    simulated(async {
        let log = Log::default();
        let one = subject(&log).await.unwrap();
        let bounded = super::subject_with(&log, |subject, _| Init::ok(subject))
            .mailbox_limit(1, MailboxPolicy::Wait)
            .await
            .unwrap();
        let outer = ask_waiting(bounded, move |_, _, cx| {
            let this = cx.this();
            Box::pin(async move {
                // Its mailbox is full from here on.
                act(this, |_, _| Next::proceed());
                let inner = ask_waiting(one, move |_, _, _| {
                    Box::pin(async move {
                        let back = ask(this, |_, _, _| Reply::now(1)).no_timeout().await;
                        assert_eq!(back, Err(CallError::Cycle(vec![one.pid(), this.pid()])));
                        Reply::now(2)
                    })
                });
                Reply::now(inner.no_timeout().await.unwrap())
            })
        });
        assert_eq!(outer.no_timeout().await, Ok(2));
    });
}
