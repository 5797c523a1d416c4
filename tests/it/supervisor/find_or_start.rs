//! One process for each key, whoever asks for it and whatever happens meanwhile.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use parking_lot::Mutex;
use regrow::Runtime;
use regrow::call::CallError;
use regrow::prelude::*;
use regrow::process::settle;
use regrow::supervisor::ChildProcess;
use regrow::time::sleep;

use super::{Begin, Log, dynamic_counts, oops, worker};
use crate::support::{over_seeds, simulated};

/// A registry, and a supervisor that allows many restarts.
async fn parts() -> (ServerRef<Registry<u64>>, ServerRef<DynamicSupervisor>) {
    let registry = Registry::<u64>::new().start().await.unwrap();
    let supervisor = DynamicSupervisor::new()
        .max_restarts(10_000, secs(5))
        .start()
        .await;
    (registry, supervisor.unwrap())
}

#[test]
fn whoever_asks_for_a_key_gets_the_same_process() {
    over_seeds(500, || async {
        let (registry, supervisor) = parts().await;
        let plan =
            worker("a", &Log::default()).begins([Begin::After(millis(5), Box::new(Begin::Runs))]);
        let found = Arc::new(Mutex::new(Vec::new()));
        for _ in 0..20 {
            let (plan, found) = (plan.clone(), Arc::clone(&found));
            spawn(async move |_: Inbox<()>| {
                let server = supervisor.find_or_start(&registry, 7, plan.spec()).await;
                found.lock().push(server.unwrap().pid());
            });
        }
        sleep(secs(1)).await;
        assert_eq!(*found.lock(), vec![plan.pid(); 20]);
        assert_eq!(plan.starts(), 1);
        assert_eq!(dynamic_counts(supervisor).await, [1, 1, 0, 1]);
    });
}

#[test]
fn what_has_the_key_but_is_of_another_type_is_an_error() {
    simulated(async {
        let (registry, supervisor) = parts().await;
        let holder = spawn(async move |mut inbox: Inbox<()>| {
            registry.register(7).unwrap();
            inbox.receive().await;
        });
        settle().await;
        let plan = worker("a", &Log::default());
        let refused = supervisor.find_or_start(&registry, 7, plan.spec()).await;
        assert_eq!(refused, Err(StartChildError::AlreadyStarted(holder.pid())));
        assert_eq!(plan.starts(), 0);
    });
}

#[test]
fn a_start_that_fails_leaves_the_key_free_and_says_why() {
    over_seeds(50, || async {
        let (registry, supervisor) = parts().await;
        let plan = worker("a", &Log::default()).begins([Begin::Fails, Begin::Ignores]);
        let ask = || supervisor.find_or_start(&registry, 7, plan.spec());
        assert_eq!(ask().await, Err(StartChildError::Failed(oops())));
        assert_eq!(registry.lookup(&7), None);
        assert_eq!(ask().await, Err(StartChildError::Ignored));
        assert_eq!(registry.lookup(&7), None);
        assert_eq!(registry.lookup(&7), None);
        assert_eq!(ask().await.unwrap().pid(), plan.pid());
        assert_eq!(registry.lookup(&7), Some(plan.pid()));
    });
}

#[test]
fn nobody_is_started_under_a_key_of_a_registry_that_is_not_there() {
    simulated(async {
        let (registry, supervisor) = parts().await;
        assert_eq!(
            regrow::server::stop(registry, ExitReason::Normal).await,
            Ok(())
        );
        let plan = worker("a", &Log::default());
        let refused = supervisor.find_or_start(&registry, 7, plan.spec()).await;
        assert!(
            matches!(refused, Err(StartChildError::Failed(_))),
            "{refused:?}"
        );
        assert_eq!(plan.starts(), 0);
    });
}

#[test]
fn a_child_keeps_its_key_over_restarts() {
    over_seeds(100, || async {
        let (registry, supervisor) = parts().await;
        let plan = worker("a", &Log::default());
        assert!(
            supervisor
                .find_or_start(&registry, 7, plan.spec())
                .await
                .is_ok()
        );
        for starts in 2..5 {
            plan.killed().await;
            assert_eq!(
                (registry.lookup(&7), plan.starts()),
                (Some(plan.pid()), starts)
            );
        }
        assert_eq!(registry.count(), 1);
    });
}

// The new one came first; whose restart finds the key taken is not restarted, and costs nothing.
#[test]
fn a_child_that_was_replaced_while_it_was_down_is_not_restarted() {
    over_seeds(500, || async {
        let (registry, supervisor) = parts().await;
        let plan = worker("a", &Log::default());
        assert!(
            supervisor
                .find_or_start(&registry, 7, plan.spec())
                .await
                .is_ok()
        );
        let watch = monitor(plan.pid());
        exit(plan.pid(), ExitReason::Kill);
        watch.await;
        let found = supervisor
            .find_or_start(&registry, 7, plan.spec())
            .await
            .unwrap();
        settle().await;
        assert_eq!(
            (registry.lookup(&7), registry.count()),
            (Some(found.pid()), 1)
        );
        assert_eq!(dynamic_counts(supervisor).await, [1, 1, 0, 1]);
    });
}

const KEYS: u64 = 3;

/// What is known of the processes of a race.
#[derive(Default)]
struct Known {
    /// By whom a key is had, as the holders themselves see it.
    holders: Mutex<HashMap<u64, Pid>>,
    /// Those of whose end somebody has heard.
    ended: Mutex<HashSet<Pid>>,
}

/// A server under a key, that sees to it that it is the only one.
struct Holder {
    key: u64,
    known: Arc<Known>,
}

impl regrow::server::GenServer for Holder {
    type Args = (u64, u64, ServerRef<Registry<u64>>, Arc<Known>);

    fn init(
        (key, kind, registry, known): Self::Args,
        cx: &mut Context<Self>,
    ) -> impl regrow::server::Step<Init<Self>> {
        let this = cx.pid();
        async move {
            assert_eq!(registry.lookup(&key), Some(this));
            let before = known.holders.lock().insert(key, this);
            if let Some(before) = before {
                assert!(!regrow::process::is_alive(before).await, "two live ones");
            }
            sleep(millis(kind % 3)).await;
            assert_eq!(registry.lookup(&key), Some(this));
            match kind % 7 {
                0 => Init::stop(oops()),
                1 => Init::ignore(),
                _ => Init::ok(Holder { key, known }),
            }
        }
    }
}

impl regrow::server::HandleCall<u64> for Holder {
    type Reply = Pid;

    fn handle_call(
        &mut self,
        key: u64,
        _: ReplyTo<Pid>,
        cx: &mut Context<Self>,
    ) -> impl regrow::server::Step<Reply<Pid>> {
        assert_eq!(key, self.key);
        assert_eq!(self.known.holders.lock().get(&key), Some(&cx.pid()));
        Reply::now(cx.pid())
    }
}

/// A number that is made of another one: what a test decides by.
pub(super) fn scramble(number: u64) -> u64 {
    let mixed = (number ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ (mixed >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 17
}

/// One caller: asks for keys, looks at what it gets, and ends some of them.
async fn ask_around(
    seed: u64,
    registry: ServerRef<Registry<u64>>,
    supervisor: ServerRef<DynamicSupervisor>,
    known: Arc<Known>,
) {
    for round in 0..4 {
        let choice = scramble(seed * 8 + round);
        let key = choice % KEYS;
        let restart = [Restart::Permanent, Restart::Transient, Restart::Temporary];
        let args = known.clone();
        let starts = AtomicU64::new(choice);
        let spec = ChildSpec::<Holder>::with(move || {
            let kind = scramble(starts.fetch_add(1, Relaxed));
            (key, kind, registry, Arc::clone(&args))
        });
        let spec = spec.restart(restart[(choice / 8 % 3) as usize]);
        let ended: HashSet<Pid> = known.ended.lock().clone();
        match supervisor.find_or_start(&registry, key, spec).await {
            Ok(server) => {
                assert!(!ended.contains(&server.pid()), "of whose end was heard");
                match regrow::server::call(server, key).await {
                    Ok(pid) => assert_eq!(pid, server.pid()),
                    Err(CallError::NoProcess | CallError::Exited(_)) => {}
                    Err(error) => panic!("{error}"),
                }
                if (choice / 64).is_multiple_of(2) {
                    let watch = monitor(server);
                    exit(
                        server,
                        if (choice / 128).is_multiple_of(2) {
                            ExitReason::Kill
                        } else {
                            oops()
                        },
                    );
                    watch.await;
                    known.ended.lock().insert(server.pid());
                }
            }
            Err(StartChildError::Ignored) => {}
            Err(StartChildError::Failed(reason)) => {
                let expected = [oops(), ExitReason::Killed];
                assert!(expected.contains(&reason), "{reason}");
            }
            Err(error) => panic!("{error}"),
        }
        if (choice / 256).is_multiple_of(2) {
            sleep(millis(choice / 512 % 4)).await;
        }
    }
}

#[test]
fn there_is_never_a_second_live_process_under_a_key() {
    for seed in 0..2000 {
        Runtime::simulated(seed)
            .crash_reports(false)
            .run(async move {
                let (registry, supervisor) = parts().await;
                let known = Arc::new(Known::default());
                let mut callers = Vec::new();
                for caller in 0..8 {
                    let known = Arc::clone(&known);
                    let seed = seed * 64 + caller;
                    let (_, watch) = spawn_monitor(async move |_: Inbox<()>| {
                        ask_around(seed, registry, supervisor, known).await;
                    });
                    callers.push(watch);
                }
                for caller in callers {
                    assert_eq!(caller.await.reason, ExitReason::Normal, "seed {seed}");
                }
                sleep(secs(10)).await;
                // Every child is where its key says, and nothing else has a key.
                let children = supervisor.which_children().await.unwrap();
                let mut running = HashSet::new();
                for child in children {
                    let ChildProcess::Running(pid) = child.process else {
                        panic!("still restarting, seed {seed}");
                    };
                    running.insert(pid);
                }
                let found = (0..KEYS).filter_map(|key| registry.lookup(&key));
                assert_eq!(found.collect::<HashSet<_>>(), running, "seed {seed}");
                assert_eq!(registry.count(), running.len(), "seed {seed}");
            });
    }
}
