//! Partition supervisors: routing by key, partitions that come back, resizing.

use std::collections::HashSet;

use regrow::prelude::*;
use regrow::process::{has_ended, settle, whereis};
use regrow::reference::Child;
use regrow::server::stop;
use regrow::supervisor::{
    AnyChildSpec, Backoff, ChildKind, ChildProcess, FailedToStart, PartitionSupervisor,
    ResizeError, StartedChild,
};

use super::{Begin, Log, Plan, Worker, numbers, oops, worker};
use crate::support::{over_seeds, simulated};

type Parts<S> = ServerRef<PartitionSupervisor<S>>;

/// Knows which partition it is.
struct Numbered(usize);

#[gen_server]
impl Numbered {
    #[init]
    fn new(partition: usize) -> Self {
        Numbered(partition)
    }

    #[call]
    fn number(&self) -> usize {
        self.0
    }
}

/// A partition supervisor of servers that know their number.
async fn numbered(partitions: usize) -> Parts<Numbered> {
    PartitionSupervisor::with_arguments(Numbered::child_spec)
        .partitions(partitions)
        .max_restarts(1000, secs(5))
        .start()
        .await
        .unwrap()
}

/// A partition supervisor of the same worker three times over.
async fn workers(plan: &Plan) -> Parts<Worker> {
    PartitionSupervisor::new(plan.spec())
        .partitions(3)
        .max_restarts(1000, secs(5))
        .start()
        .await
        .unwrap()
}

async fn counts<S: 'static>(parts: Parts<S>) -> [usize; 4] {
    numbers(parts.count_children().await.unwrap())
}

/// The processes that so many keys lead to.
fn hit<S: 'static>(parts: Parts<S>, keys: u64) -> HashSet<Pid> {
    (0..keys).filter_map(|key| parts.at(&key).pid()).collect()
}

#[test]
fn part_001_its_id_is_its_own_or_that_of_its_type() {
    let parts = PartitionSupervisor::new(DynamicSupervisor::new());
    let spec = AnyChildSpec::from(parts.clone());
    assert!(spec.child_id().as_str().contains("PartitionSupervisor"));
    assert_eq!(spec.child_kind(), ChildKind::Supervisor);
    assert_eq!(spec.shutdown_type(), Shutdown::Infinity);
    let spec = AnyChildSpec::from(parts.id("parts"));
    assert_eq!(spec.child_id().as_str(), "parts");
}

// PART-016 too.
#[test]
fn part_002_a_child_is_started_in_the_partition_of_its_key_and_in_no_other() {
    static PARTS: Name<PartitionSupervisor<DynamicSupervisor>> = Name::new("parts");
    simulated(async {
        let parts = PartitionSupervisor::new(DynamicSupervisor::new())
            .partitions(4)
            .name(PARTS)
            .start_link()
            .await
            .unwrap();
        assert_eq!(whereis("parts"), Some(parts.pid()));
        assert_eq!(counts(parts).await, [4, 4, 4, 0]);
        let mut started = HashSet::new();
        for user in 0..100 {
            let key = format!("user {user}");
            let spec = ChildSpec::<Numbered>::new(user);
            let child = PARTS.at(&key).start_child(spec).await.unwrap();
            started.insert(child.running().unwrap().pid());
        }
        let mut found = HashSet::new();
        for partition in 0..4_u64 {
            let children = parts.at(&partition).which_children().await.unwrap();
            assert!(!children.is_empty());
            for child in children {
                if let ChildProcess::Running(pid) = child.process {
                    assert!(found.insert(pid), "it is there once");
                }
            }
        }
        assert_eq!(found, started);
    });
}

// PART-018 too.
#[test]
fn part_003_a_partition_supervisor_is_reached_through_a_registry() {
    simulated(async {
        let registry = Registry::<String>::new().start_link().await.unwrap();
        let parts = PartitionSupervisor::with_arguments(Numbered::child_spec);
        let named = parts.partitions(2).name(registry.via("parts".to_owned()));
        named.start_link().await.unwrap();
        let via = registry.via::<PartitionSupervisor<Numbered>>("parts".to_owned());
        assert_eq!(via.at(&1).number().await, Ok(1));
        assert_eq!(via.partitions().await, Ok(2));
        assert_eq!(numbers(via.count_children().await.unwrap()), [2, 2, 0, 2]);
    });
}

// OBS-036 too.
#[test]
fn part_004_a_key_that_is_an_integer_goes_round_the_partitions() {
    simulated(async {
        let parts = numbered(3).await;
        for (key, partition) in [(0, 0), (1, 1), (2, 2), (3, 0), (-1, 1), (-3, 0), (-4, 1)] {
            assert_eq!(parts.at(&key).number().await, Ok(partition), "{key}");
        }
        // Others are hashed, the same way each time.
        for key in ["a", "b", "c", "d"] {
            let first = parts.at(key).number().await;
            assert_eq!(parts.at(&key.to_owned()).number().await, first);
        }
    });
}

#[test]
fn there_are_as_many_partitions_as_schedulers_if_it_is_not_said() {
    simulated(async {
        let parts = PartitionSupervisor::new(DynamicSupervisor::new());
        let parts = parts.start_link().await.unwrap();
        assert_eq!(parts.partitions().await, Ok(1));
    });
    let runtime = regrow::Runtime::builder().schedulers(3).build().unwrap();
    let partitions = runtime.block_on(async {
        let parts = PartitionSupervisor::new(DynamicSupervisor::new());
        parts.start().await.unwrap().partitions().await
    });
    assert_eq!(partitions, Ok(3));
}

#[test]
#[should_panic(expected = "there has to be one partition at least")]
fn part_006_there_has_to_be_a_partition() {
    let _parts = PartitionSupervisor::new(DynamicSupervisor::new()).partitions(0);
}

// PART-010 too.
#[test]
fn part_009_a_partition_supervisor_that_was_stopped_has_ended_with_its_partitions() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log).trapping();
        let parts = PartitionSupervisor::new(plan.spec())
            .partitions(2)
            .name("parts")
            .start()
            .await
            .unwrap();
        let place = parts.at(&0);
        assert_eq!(stop(parts, ExitReason::Normal).await, Ok(()));
        assert!(has_ended(parts) && whereis("parts").is_none());
        assert_eq!(parts.at(&0).pid(), None);
        assert!(place.pid().is_none_or(has_ended));
        let expected = ["+a", "+a", "a: shutdown", "-a", "a: shutdown", "-a"];
        assert_eq!(log.take(), expected);
    });
}

// PART-017 and OBS-037 too.
#[test]
fn part_011_where_there_is_no_partition_supervisor_there_is_no_process() {
    static NOBODY: Name<PartitionSupervisor<Numbered>> = Name::new("nobody");
    simulated(async {
        assert_eq!(NOBODY.partitions().await, Err(CallError::NoProcess));
        assert_eq!(NOBODY.count_children().await, Err(CallError::NoProcess));
        assert!(NOBODY.at(&7).pid().is_none());
        assert_eq!(NOBODY.at(&7).number().await, Err(CallError::NoProcess));
    });
}

#[test]
fn part_012_partitions_close_and_open_again() {
    simulated(async {
        let parts = numbered(8).await;
        let mut before = 8;
        let sizes = (0..8_usize).rev().chain(1..=8);
        for partitions in sizes.chain([3, 7, 0, 5, 8, 8]) {
            assert_eq!(parts.resize(partitions).await, Ok(before));
            before = partitions;
            assert_eq!(parts.partitions().await, Ok(before));
            assert_eq!(counts(parts).await, [8, before, 0, 8]);
            assert_eq!(hit(parts, 8).len(), before);
        }
    });
}

#[test]
fn part_013_without_partitions_keys_lead_nowhere() {
    simulated(async {
        let parts = numbered(8).await;
        let place = parts.at(&3);
        assert_eq!(parts.resize(0).await, Ok(8));
        assert!(parts.at(&3).pid().is_none());
        assert_eq!(parts.at(&3).number().await, Err(CallError::NoProcess));
        assert_eq!(place.number().await, Err(CallError::NoProcess));
        assert_eq!(parts.resize(8).await, Ok(0));
        assert_eq!(place.number().await, Ok(3));
    });
}

#[test]
fn part_014_there_cannot_be_more_partitions_than_at_the_start() {
    simulated(async {
        let parts = numbered(8).await;
        let refused = parts.resize(9).await;
        let expected = ResizeError::TooMany { asked: 9, most: 8 };
        assert_eq!(refused, Err(CallError::Reply(expected)));
        assert_eq!(
            refused.unwrap_err().to_string(),
            "there can be 8 partitions, not 9"
        );
        assert_eq!(parts.partitions().await, Ok(8));
    });
}

#[test]
fn a_partition_that_does_not_open_leaves_those_that_were_open() {
    simulated(async {
        let plan = worker("a", &Log::default());
        let parts = workers(&plan).await;
        assert_eq!(parts.resize(0).await, Ok(3));
        let plan = plan.begins([Begin::Runs, Begin::Fails]);
        let failed = parts.resize(3).await;
        assert_eq!(failed, Err(CallError::Reply(ResizeError::Failed(oops()))));
        assert_eq!(parts.partitions().await, Ok(0));
        assert_eq!(counts(parts).await, [3, 0, 0, 3]);
        assert_eq!(parts.resize(3).await, Ok(0));
        assert_eq!(plan.starts(), 3 + 2 + 3);
    });
}

#[test]
fn part_015_partitions_are_listed_by_their_numbers_the_last_one_first() {
    simulated(async {
        let parts = numbered(4).await;
        let children = parts.which_children().await.unwrap();
        for (child, partition) in children.iter().zip([3_u64, 2, 1, 0]) {
            let id = child.id.as_ref().unwrap().as_str();
            assert_eq!(id, partition.to_string());
            let pid = parts.at(&partition).pid().unwrap();
            assert_eq!(child.process, ChildProcess::Running(pid));
            assert_eq!(child.kind, ChildKind::Worker);
        }
    });
}

#[test]
fn obs_035_a_place_outlives_its_partitions_restarts() {
    over_seeds(50, || async {
        let plan = worker("a", &Log::default());
        let parts = workers(&plan).await;
        let place: Child<Worker> = parts.at(&2);
        let first = place.pid().unwrap();
        plan.then(Begin::After(secs(1), Box::new(Begin::Runs)));
        exit(first, ExitReason::Kill);
        settle().await;
        // While it is down, the place leads to the process that it was.
        assert_eq!(place.pid(), Some(first));
        regrow::time::sleep(secs(2)).await;
        let second = place.pid().unwrap();
        assert!(second != first && !has_ended(second));
        assert_eq!(parts.at(&2).pid(), Some(second));
    });
}

#[test]
fn a_place_outlives_the_restart_of_its_supervisor() {
    over_seeds(20, || async {
        let parts = PartitionSupervisor::with_arguments(Numbered::child_spec).partitions(3);
        let outer = Supervisor::new(Strategy::OneForOne).child(parts.name("parts"));
        outer.start_link().await.unwrap();
        let name: Name<PartitionSupervisor<Numbered>> = Name::new("parts");
        let place = name.at(&1);
        let first = (whereis("parts").unwrap(), place.pid().unwrap());
        exit(first.0, ExitReason::Kill);
        settle().await;
        assert_ne!(whereis("parts"), Some(first.0));
        assert_ne!(place.pid(), Some(first.1));
        assert_eq!(place.number().await, Ok(1));
        assert_eq!(name.at(&4).pid(), place.pid());
    });
}

#[test]
fn a_specification_that_was_started_twice_has_places_for_each() {
    simulated(async {
        let parts = PartitionSupervisor::with_arguments(Numbered::child_spec).partitions(2);
        let one = parts.clone().start_link().await.unwrap();
        let two = parts.start_link().await.unwrap();
        assert_ne!(one.at(&0).pid(), two.at(&0).pid());
        assert_eq!(stop(two, ExitReason::Normal).await, Ok(()));
        assert_eq!(one.at(&1).number().await, Ok(1));
    });
}

#[test]
fn a_partition_that_does_not_start_fails_the_start_of_all() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log).begins([Begin::Runs, Begin::Fails]);
        let failed = PartitionSupervisor::new(plan.spec())
            .partitions(3)
            .start()
            .await;
        let reason = match failed {
            Err(regrow::server::StartError::Failed(reason)) => reason,
            other => panic!("it cannot start: {other:?}"),
        };
        let failed = reason.downcast_ref::<FailedToStart>().unwrap();
        assert_eq!((failed.child.as_str(), &failed.reason), ("1", &oops()));
        assert_eq!(log.take(), ["+a", "!a", "-a"]);
    });
}

#[test]
fn partitions_together_may_be_restarted_so_often() {
    simulated(async {
        let plan = worker("a", &Log::default());
        let parts = PartitionSupervisor::new(plan.spec())
            .partitions(3)
            .max_restarts(2, secs(5))
            .start()
            .await
            .unwrap();
        let end = monitor(parts);
        for key in 0..3_u64 {
            exit(parts.at(&key).pid().unwrap(), ExitReason::Kill);
            settle().await;
        }
        assert_eq!(end.await.reason, ExitReason::Shutdown);
    });
}

#[test]
fn a_strategy_holds_for_partitions_as_for_any_children() {
    simulated(async {
        let plan = worker("a", &Log::default());
        let parts = PartitionSupervisor::new(plan.spec())
            .partitions(3)
            .strategy(Strategy::RestForOne)
            .start()
            .await
            .unwrap();
        let before = [0, 1, 2].map(|key: u64| parts.at(&key).pid().unwrap());
        exit(before[1], ExitReason::Kill);
        settle().await;
        let after = [0, 1, 2].map(|key: u64| parts.at(&key).pid().unwrap());
        assert_eq!(after[0], before[0]);
        assert!(after[1] != before[1] && after[2] != before[2]);
    });
}

// What is beyond OTP in a specification holds in a partition too: its timers are this process's.
#[test]
fn a_partition_may_wait_before_it_is_restarted_and_live_for_so_long() {
    over_seeds(20, || async {
        let plan = worker("a", &Log::default());
        let spec = plan.spec().backoff(Backoff::fixed(secs(10)));
        let parts = PartitionSupervisor::new(spec.max_lifetime(secs(3600)));
        let parts = parts.partitions(2).start().await.unwrap();
        let first = parts.at(&0).pid().unwrap();
        exit(first, ExitReason::Kill);
        settle().await;
        assert_eq!(counts(parts).await, [2, 1, 0, 2]);
        regrow::time::sleep(secs(11)).await;
        assert_eq!(counts(parts).await, [2, 2, 0, 2]);
        let second = parts.at(&0).pid().unwrap();
        regrow::time::sleep(secs(3700)).await;
        let third = parts.at(&0).pid().unwrap();
        assert!(first != second && second != third && !has_ended(third));
    });
}

#[supervisor]
struct Chat {
    users: Registry<u64>,
    workers: PartitionSupervisor<DynamicSupervisor>,
    #[child(start = PartitionSupervisor::with_arguments(Numbered::child_spec).partitions(2))]
    numbers: PartitionSupervisor<Numbered>,
}

#[test]
fn a_partition_supervisor_is_a_field_of_a_declared_tree() {
    simulated(async {
        let chat = Chat::start_link().await.unwrap();
        let spec = || Numbered::child_spec(7);
        let workers = chat.workers().at(&7_u64);
        let one = workers
            .find_or_start(chat.users(), 7, spec())
            .await
            .unwrap();
        let same = workers
            .find_or_start(chat.users(), 7, spec())
            .await
            .unwrap();
        assert_eq!(one, same);
        let other = chat.workers().at(&8_u64).start_child(spec()).await;
        assert!(matches!(other, Ok(StartedChild::Started(worker)) if worker != one));
        assert_eq!(chat.numbers().at(&5).number().await, Ok(1));
        assert_eq!(chat.workers().partitions().await, Ok(1));
    });
}
