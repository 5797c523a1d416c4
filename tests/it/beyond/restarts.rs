//! Restarts beyond OTP: delays between them, budgets of a child's own, and lifetimes.

use std::time::Duration;

use regrow::prelude::*;
use regrow::process::{is_alive, processes, settle};
use regrow::server::{GenServer, StartError, Step, stop};
use regrow::supervisor::{
    Backoff, BackoffError, ChildInfo, ChildProcess, Exhausted, RestartMe, SettingError, SpecError,
};
use regrow::time::sleep;

use crate::supervisor::{Begin, Log, Plan, Worker, oops, shown, worker};
use crate::support::simulated;

/// A supervisor of these, which allows two restarts in five seconds.
async fn supervisor(
    strategy: Strategy,
    children: impl IntoIterator<Item = ChildSpec<Worker>>,
) -> ServerRef<Supervisor> {
    let supervisor = Supervisor::new(strategy).max_restarts(2, secs(5));
    let supervisor = children.into_iter().fold(supervisor, Supervisor::child);
    supervisor.start().await.unwrap()
}

async fn one_for_one(
    children: impl IntoIterator<Item = ChildSpec<Worker>>,
) -> ServerRef<Supervisor> {
    supervisor(Strategy::OneForOne, children).await
}

async fn info(supervisor: ServerRef<Supervisor>, id: &'static str) -> ChildInfo {
    supervisor.which_child(id).await.unwrap()
}

/// How long it takes until a child has been started this often, in whole milliseconds.
async fn until_started(plan: &Plan, times: usize) -> u128 {
    let begun = regrow::time::now();
    while plan.starts() < times {
        sleep(millis(1)).await;
    }
    begun.elapsed().as_millis()
}

/// `retry_after` is supervisor3's delay.
#[test]
fn ext_001_within_the_limit_a_child_with_a_delay_is_restarted_at_once() {
    simulated(async {
        let a = worker("a", &Log::default());
        let supervisor = one_for_one([a.spec().retry_after(secs(10))]).await;
        a.killed().await;
        a.killed().await;
        assert_eq!(a.starts(), 3);
        assert_eq!(shown(supervisor).await, "a+");
    });
}

#[test]
fn ext_002_beyond_the_limit_it_waits_and_the_supervisor_lives_and_counts_anew() {
    simulated(async {
        let log = Log::default();
        let (a, b) = (worker("a", &log), worker("b", &log));
        let supervisor = one_for_one([a.spec().retry_after(secs(10)), b.spec()]).await;
        for round in 1..=3 {
            a.killed().await;
            a.killed().await;
            a.killed().await;
            assert_eq!(a.starts(), 3 * round);
            assert_eq!(shown(supervisor).await, "a? b+");
            let left = info(supervisor, "a").await.delayed.unwrap();
            assert!(left <= secs(10) && left > millis(9_990), "{left:?}");
            sleep(secs(10) + millis(2)).await;
            assert_eq!(a.starts(), 3 * round + 1);
            assert_eq!(info(supervisor, "a").await.delayed, None);
        }
        assert_eq!(b.starts(), 1);
    });
}

#[test]
fn ext_003_a_child_that_waits_can_be_terminated_and_not_restarted_or_deleted() {
    simulated(async {
        let a = worker("a", &Log::default());
        let supervisor = one_for_one([a.spec().backoff(Backoff::fixed(secs(10)))]).await;
        a.killed().await;
        assert_eq!(shown(supervisor).await, "a?");
        let restarting = "the child is being restarted by its supervisor";
        let refused = supervisor.restart_child("a").await.unwrap_err();
        assert_eq!(refused.to_string(), restarting);
        assert!(supervisor.delete_child("a").await.is_err());
        assert!(supervisor.start_child(a.spec()).await.is_err());
        assert_eq!(supervisor.count_children().await.unwrap().active, 0);

        supervisor.terminate_child("a").await.unwrap();
        assert_eq!(shown(supervisor).await, "a-");
        sleep(secs(20)).await;
        assert_eq!(a.starts(), 1, "its timer went with the wait");
        // At once, and then deleted.
        supervisor.restart_child("a").await.unwrap();
        assert_eq!(shown(supervisor).await, "a+");
        supervisor.terminate_child("a").await.unwrap();
        supervisor.delete_child("a").await.unwrap();
        assert_eq!(shown(supervisor).await, "");
    });
}

#[test]
fn ext_004_a_delayed_attempt_that_fails_is_tried_again_at_once_under_a_fresh_count() {
    simulated(async {
        let a = worker("a", &Log::default()).begins([Begin::Runs]);
        let supervisor = one_for_one([a.spec().retry_after(secs(10))]).await;
        a.then(Begin::Fails);
        a.killed().await;
        // Two attempts within the limit, and the wait.
        assert_eq!(a.starts(), 3);
        assert_eq!(shown(supervisor).await, "a?");
        sleep(secs(10) + millis(2)).await;
        // The delayed one, which is not counted, and two more.
        assert_eq!(a.starts(), 6);
        a.then(Begin::Runs);
        sleep(secs(10) + millis(2)).await;
        assert_eq!(shown(supervisor).await, "a+");
    });
}

#[test]
fn ext_006_exponential_delays_double_to_their_limit_and_begin_anew_when_it_went_well() {
    simulated(async {
        let a = worker("a", &Log::default());
        let backoff = Backoff::exponential(secs(1), secs(4));
        let supervisor = one_for_one([a.spec().backoff(backoff).unlimited_restarts()]).await;
        for (start, seconds) in (2..).zip([1, 2, 4, 4, 4]) {
            a.killed().await;
            let took = until_started(&a, start).await;
            assert!(
                (seconds * 1000..=seconds * 1000 + 3).contains(&took),
                "{took}"
            );
        }
        sleep(secs(4)).await;
        a.killed().await;
        let took = until_started(&a, 7).await;
        assert!((1000..=1003).contains(&took), "{took}");
        assert!(is_alive(supervisor).await);
    });
}

/// The same seed, the same delays; and they are spread.
#[test]
fn ext_007_random_delays_are_within_their_bounds_and_the_seed_decides_them() {
    let delays = |seed: u64, backoff: Backoff| {
        regrow::Runtime::simulated(seed)
            .crash_reports(false)
            .run(async move {
                let a = worker("a", &Log::default());
                let spec = a.spec().backoff(backoff).unlimited_restarts();
                let _supervisor = one_for_one([spec]).await;
                let mut delays = Vec::new();
                for start in 2..40 {
                    a.killed().await;
                    delays.push(until_started(&a, start).await);
                }
                delays
            })
    };
    let random = Backoff::random(millis(100), millis(500));
    let all = delays(1, random);
    assert!(
        all.iter().all(|delay| (100..=503).contains(delay)),
        "{all:?}"
    );
    assert!(all.iter().any(|delay| *delay > 400) && all.iter().any(|delay| *delay < 200));
    assert_eq!(all, delays(1, random));
    assert_ne!(all, delays(2, random));
    let jitter = delays(1, Backoff::fixed(secs(1)).jitter(0.1));
    assert!(
        jitter.iter().all(|delay| (900..=1103).contains(delay)),
        "{jitter:?}"
    );
    assert!(jitter.iter().any(|delay| *delay > 1050));
}

#[test]
fn ext_008_random_growing_delays_grow_and_begin_anew_when_it_went_well() {
    simulated(async {
        let a = worker("a", &Log::default());
        let backoff = Backoff::random_exponential(millis(100), secs(3)).reset_after(secs(5));
        let _supervisor = one_for_one([a.spec().backoff(backoff).unlimited_restarts()]).await;
        let mut last = 0;
        for start in 2..30 {
            a.killed().await;
            let took = until_started(&a, start).await;
            assert!((100..=3003).contains(&took), "{took}");
            assert!(took + 3 >= last || took >= 1000, "{last}, {took}");
            last = took;
        }
        sleep(secs(5)).await;
        a.killed().await;
        assert!(until_started(&a, 30).await <= 303);
    });
}

/// What cannot be is refused when the supervisor starts, with the field and the child.
#[test]
fn ext_009_wrong_settings_are_refused_by_name() {
    simulated(async {
        let spec = || worker("a", &Log::default()).spec();
        let (min, max) = (secs(2), secs(1));
        let wrong = [
            (
                spec().backoff(Backoff::exponential(min, max)),
                SettingError::Backoff(BackoffError::MinAboveMax { min, max }),
            ),
            (
                spec().backoff(Backoff::default().jitter(2.0)),
                SettingError::Backoff(BackoffError::Jitter),
            ),
            (
                spec().unlimited_restarts(),
                SettingError::UnlimitedWithoutBackoff,
            ),
            (
                spec().budget(1, Duration::ZERO),
                SettingError::ZeroBudgetPeriod,
            ),
            (
                spec().on_exhausted(Exhausted::GiveUpChild),
                SettingError::ExhaustedWithoutBudget,
            ),
            (
                spec().budget(1, secs(1)).retry_after(secs(1)),
                SettingError::RetryAfterWithBudget,
            ),
            (
                spec().max_lifetime(Duration::ZERO),
                SettingError::ZeroLifetime,
            ),
            (
                spec().binds_to("nobody"),
                SettingError::UnknownSibling("nobody".into()),
            ),
            (
                spec().binds_to("a"),
                SettingError::UnknownSibling("a".into()),
            ),
        ];
        let running = Supervisor::new(Strategy::OneForOne).start().await.unwrap();
        for (spec, error) in wrong {
            let expected = SpecError::Setting("a".into(), error);
            assert!(
                expected.to_string().starts_with("the child \"a\": "),
                "{expected}"
            );
            let added = running.start_child(spec.clone()).await;
            assert_eq!(added.unwrap_err(), StartChildError::Spec(expected.clone()));
            let started = Supervisor::new(Strategy::OneForOne)
                .child(spec)
                .start()
                .await;
            match started {
                Err(StartError::Failed(ExitReason::Error(reason))) => {
                    assert_eq!(reason.downcast_ref(), Some(&expected));
                }
                other => panic!("{other:?}, not {expected}"),
            }
        }
    });
}

/// By default, when a child has used its own budget up, the supervisor gives up.
#[test]
fn ext_020_a_childs_own_budget_ends_its_supervisor_even_if_that_would_not() {
    simulated(async {
        let log = Log::default();
        let (a, b) = (worker("a", &log), worker("b", &log));
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .max_restarts(1000, secs(5))
            .child(a.spec().budget(2, secs(5)))
            .child(b.spec())
            .start()
            .await
            .unwrap();
        let end = monitor(supervisor);
        a.killed().await;
        b.killed().await;
        a.killed().await;
        b.killed().await;
        assert!(is_alive(supervisor).await);
        a.killed().await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
    });
}

#[test]
fn ext_021_a_child_without_limit_is_restarted_for_ever_and_costs_its_supervisor_nothing() {
    simulated(async {
        let log = Log::default();
        let (a, b) = (worker("a", &log), worker("b", &log));
        let backoff = Backoff::fixed(millis(1));
        let supervisor = one_for_one([a.spec().backoff(backoff).unlimited_restarts(), b.spec()]);
        let supervisor = supervisor.await;
        for start in 2..500 {
            a.killed().await;
            until_started(&a, start).await;
        }
        assert_eq!(shown(supervisor).await, "a+ b+");
        // The supervisor's own limit is as it was.
        b.killed().await;
        b.killed().await;
        assert!(is_alive(supervisor).await);
        b.killed().await;
        assert!(!is_alive(supervisor).await);
    });
}

#[test]
fn ext_022_a_budget_is_full_again_when_its_window_is_over() {
    simulated(async {
        let a = worker("a", &Log::default());
        let supervisor = one_for_one([a.spec().budget(2, secs(60))]).await;
        a.killed().await;
        a.killed().await;
        sleep(secs(61)).await;
        a.killed().await;
        a.killed().await;
        assert!(is_alive(supervisor).await);
        sleep(secs(50)).await;
        a.killed().await;
        assert!(!is_alive(supervisor).await);
    });
}

#[test]
fn ext_024_a_child_that_has_lived_for_long_enough_is_stopped_and_started_again() {
    simulated(async {
        let log = Log::default();
        let a = worker("a", &log).trapping();
        let b = worker("b", &log);
        let temporary = b.spec().restart(Restart::Temporary);
        let specs = [
            a.spec().restart(Restart::Transient).max_lifetime(secs(100)),
            temporary.max_lifetime(secs(150)),
        ];
        let supervisor = one_for_one(specs).await;
        sleep(secs(99)).await;
        assert_eq!(a.starts(), 1);
        log.take();
        sleep(secs(2)).await;
        assert_eq!(log.take(), ["a: timeout", "-a", "+a"]);
        sleep(secs(90)).await;
        assert_eq!(log.take(), ["-b"]);
        assert_eq!(shown(supervisor).await, "a+");
        // A child that was started anew has the whole time.
        a.killed().await;
        log.take();
        sleep(secs(99)).await;
        assert_eq!(log.take(), [""; 0]);
        sleep(secs(2)).await;
        assert_eq!(log.take(), ["a: timeout", "-a", "+a"]);
        stop(supervisor, ExitReason::Shutdown).await.unwrap();
        assert_eq!(processes().len(), 1);
    });
}

#[test]
fn r_again_1_a_child_that_is_given_up_leaves_its_siblings_alone_and_shows_as_such() {
    simulated(async {
        let log = Log::default();
        let (a, b) = (worker("a", &log), worker("b", &log));
        let given = a
            .spec()
            .budget(3, secs(60))
            .on_exhausted(Exhausted::GiveUpChild);
        let supervisor = supervisor(Strategy::OneForOne, [given, b.spec()]).await;
        for _ in 0..4 {
            assert!(!info(supervisor, "a").await.given_up);
            a.killed().await;
        }
        assert_eq!(shown(supervisor).await, "a- b+");
        assert!(info(supervisor, "a").await.given_up);
        assert_eq!((a.starts(), b.starts()), (4, 1));
        // Somebody may start it again.
        supervisor.restart_child("a").await.unwrap();
        assert!(!info(supervisor, "a").await.given_up);
        assert_eq!(shown(supervisor).await, "a+ b+");
    });
}

#[test]
fn r_again_2_a_budget_that_is_used_up_can_be_waited_for() {
    simulated(async {
        let a = worker("a", &Log::default());
        let retries = a
            .spec()
            .budget(1, secs(60))
            .on_exhausted(Exhausted::RetryAfter(secs(30)));
        let supervisor = one_for_one([retries]).await;
        for round in 1..=3 {
            a.killed().await;
            a.killed().await;
            assert_eq!(a.starts(), 2 * round);
            assert_eq!(shown(supervisor).await, "a?");
            sleep(secs(30) + millis(2)).await;
            assert_eq!(a.starts(), 2 * round + 1);
        }
    });
}

/// The delay counts in the supervisor's limit as any restart does.
#[test]
fn r_again_3_delayed_restarts_count_as_others_do() {
    simulated(async {
        let a = worker("a", &Log::default());
        let supervisor = one_for_one([a.spec().backoff(Backoff::fixed(millis(10)))]).await;
        for start in 2..=3 {
            a.killed().await;
            until_started(&a, start).await;
        }
        a.killed().await;
        assert!(!is_alive(supervisor).await);
    });
}

/// In a group the siblings are stopped until the delay is over; an older one's crash ends the wait.
#[test]
fn r_again_4_a_delayed_child_is_restarted_with_its_group() {
    simulated(async {
        let log = Log::default();
        let (a, b) = (worker("a", &log), worker("b", &log));
        let delayed = a.spec().backoff(Backoff::fixed(secs(1)));
        let supervisor = supervisor(Strategy::OneForAll, [delayed, b.spec()]).await;
        a.killed().await;
        assert_eq!(shown(supervisor).await, "a? b-");
        sleep(secs(1) + millis(2)).await;
        assert_eq!(shown(supervisor).await, "a+ b+");
        assert_eq!((a.starts(), b.starts()), (2, 2));

        let delayed = b.spec().backoff(Backoff::fixed(secs(1)));
        let supervisor = self::supervisor(Strategy::RestForOne, [a.spec(), delayed]).await;
        b.killed().await;
        assert_eq!(shown(supervisor).await, "a+ b?");
        a.killed().await;
        assert_eq!(shown(supervisor).await, "a+ b+");
        assert_eq!((a.starts(), b.starts()), (4, 4));
        sleep(secs(2)).await;
        assert_eq!((a.starts(), b.starts()), (4, 4), "the wait is over");
    });
}

#[test]
fn r_again_5_a_supervisor_that_ends_takes_a_waiting_child_along_and_leaves_no_timer() {
    simulated(async {
        let log = Log::default();
        let a = worker("a", &log);
        let spec = a
            .spec()
            .backoff(Backoff::fixed(secs(10)))
            .max_lifetime(secs(5));
        let supervisor = one_for_one([spec]).await;
        a.killed().await;
        stop(supervisor, ExitReason::Shutdown).await.unwrap();
        sleep(secs(20)).await;
        assert_eq!(a.starts(), 1);
        assert_eq!(processes().len(), 1);
    });
}

#[test]
fn r_again_6_who_does_not_heed_a_setting_refuses_it() {
    simulated(async {
        use regrow::supervisor::{Pool, PoolSpecError};
        let spec = worker("a", &Log::default())
            .spec()
            .backoff(Backoff::default());
        match Pool::new(spec.clone()).start().await {
            Err(StartError::Failed(ExitReason::Error(reason))) => {
                assert_eq!(reason.downcast_ref(), Some(&PoolSpecError::WorkerSetting));
            }
            other => panic!("{other:?}"),
        }
    });
}

/// A child that fails for hours, beside one that does not notice.
#[test]
fn r_again_7_a_child_may_fail_for_hours() {
    simulated(async {
        let log = Log::default();
        let (a, b) = (worker("a", &log).begins([Begin::Runs]), worker("b", &log));
        let backoff = Backoff::exponential(millis(100), secs(30)).jitter(0.2);
        let patient = a.spec().backoff(backoff).unlimited_restarts();
        let supervisor = one_for_one([patient, b.spec()]).await;
        a.then(Begin::Fails);
        a.ends(oops()).await;
        sleep(secs(4 * 3600)).await;
        assert!((400..700).contains(&a.starts()), "{}", a.starts());
        assert_eq!(shown(supervisor).await, "a? b+");
        a.then(Begin::Runs);
        sleep(secs(40)).await;
        assert_eq!(shown(supervisor).await, "a+ b+");
        assert_eq!(b.starts(), 1);
    });
}

#[test]
fn ext_005_a_transient_child_that_wants_to_be_restarted_is() {
    simulated(async {
        let log = Log::default();
        let (a, b) = (worker("a", &log), worker("b", &log));
        let wishes = a.spec().restart(Restart::Transient).retry_after(secs(10));
        let rests = b.spec().restart(Restart::Transient);
        let supervisor = one_for_one([wishes, rests]).await;
        a.ends(ExitReason::shutdown_with(RestartMe)).await;
        b.ends(ExitReason::shutdown_with("later")).await;
        assert_eq!(shown(supervisor).await, "a+ b-");
        assert_eq!((a.starts(), b.starts()), (2, 1));
        // It counts.
        a.ends(ExitReason::shutdown_with(RestartMe)).await;
        a.ends(ExitReason::shutdown_with(RestartMe)).await;
        assert_eq!(shown(supervisor).await, "a? b-");
    });
}

struct Door;

#[gen_server]
impl Door {
    #[init]
    fn new() -> Self {
        Door
    }
}

/// A server that says so itself.
struct Patient;

#[gen_server(backoff = Backoff::fixed(secs(2)), budget(1, secs(60)))]
impl Patient {
    #[init]
    fn new() -> Self {
        Patient
    }
}

/// One that is written by hand.
#[derive(ChildSpec)]
#[child_spec(retry_after = "20s")]
struct Plain;

impl GenServer for Plain {
    type Args = ();

    fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Plain)
    }
}

#[test]
fn r_again_10_a_servers_own_specification_has_the_same_settings() {
    simulated(async {
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .max_restarts(0, secs(5))
            .child(Patient::child_spec().id("patient"))
            .child(Plain::child_spec(()).id("plain"))
            .start()
            .await
            .unwrap();
        for (id, delay) in [("patient", secs(2)), ("plain", secs(20))] {
            let ChildProcess::Running(pid) = info(supervisor, id).await.process else {
                panic!("it runs")
            };
            exit(pid, ExitReason::Kill);
            settle().await;
            let left = info(supervisor, id).await.delayed.unwrap();
            assert!(left <= delay && left + millis(10) > delay, "{left:?}");
        }
    });
}

#[supervisor(max_restarts = 1, max_seconds = 5)]
struct House {
    #[child(
        backoff = Backoff::fixed(secs(1)),
        budget(2, secs(60)),
        on_exhausted = Exhausted::GiveUpChild
    )]
    front: Door,
    #[child(binds_to = "front", max_lifetime = "1h")]
    back: Door,
    #[child(retry_after = "10s")]
    side: Door,
}

#[test]
fn r_again_9_a_declared_child_has_the_same_settings() {
    simulated(async {
        let house = House::start().await.unwrap();
        let supervisor = house.supervisor();
        for _ in 0..2 {
            exit(house.front(), ExitReason::Kill);
            settle().await;
            assert_eq!(shown(supervisor).await, "front? back- side+");
            assert!(info(supervisor, "front").await.delayed.is_some());
            sleep(secs(1) + millis(2)).await;
            assert_eq!(shown(supervisor).await, "front+ back+ side+");
        }
        let before = house.back().pid();
        sleep(secs(3601)).await;
        assert_ne!(house.back().pid(), before);
        for _ in 0..2 {
            exit(house.side(), ExitReason::Kill);
            settle().await;
        }
        assert_eq!(shown(supervisor).await, "front+ back+ side?");
    });
}
