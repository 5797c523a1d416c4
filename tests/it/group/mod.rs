//! Process groups: joining, leaving and ending; those who watch; and all of it at once.

use std::sync::Arc;

use regrow::prelude::*;
use regrow::process::{AsPid, settle};
use regrow::registry::{Change, GroupEvent, GroupMonitor, Groups, JoinError, LeaveError};
use regrow::server::stop;

use crate::support::{forever, simulated};

mod monitor;
mod race;

type Scope = ServerRef<Groups<char>>;

async fn scope() -> Scope {
    Groups::new().start().await.unwrap()
}

/// A process that waits.
fn idle() -> Pid {
    spawn(async |inbox: Inbox<()>| forever(inbox).await).pid()
}

/// Ends a process, and waits until that can be heard.
async fn end(process: impl AsPid) {
    let watch = monitor(process.as_pid());
    exit(process.as_pid(), ExitReason::Kill);
    watch.await;
}

static PG: Name<Groups<String>> = Name::new("pg");

#[test]
fn pg_001_a_scope_with_a_name_is_there_for_everybody() {
    simulated(async {
        Groups::new().name(PG).start().await.unwrap();
        let process = idle();
        PG.join("one".into(), process).unwrap();
        assert_eq!(PG.get_members("one"), [process]);
        assert_eq!(PG.get_local_members("one"), [process]);
        assert_eq!(PG.which_groups(), ["one"]);
        assert_eq!(PG.which_local_groups(), ["one"]);
        PG.leave("one", process).unwrap();
        assert!(PG.get_members("one").is_empty());
        assert!(PG.which_groups().is_empty());
    });
}

#[test]
fn pg_004_a_process_leaves_as_often_as_it_joined_and_all_at_once_by_its_end() {
    simulated(async {
        let (groups, one, other) = (scope().await, idle(), idle());
        assert_eq!(groups.leave(&'a', one), Err(LeaveError::NotJoined));
        groups.join('a', one).unwrap();
        assert_eq!(groups.leave(&'b', one), Err(LeaveError::NotJoined));
        groups.join_all('a', [one, one]).unwrap();
        assert_eq!(groups.get_members(&'a'), [one, one, one]);
        groups.leave_all(&'a', [one, one]).unwrap();
        assert_eq!(groups.get_members(&'a'), [one]);
        groups.leave(&'a', one).unwrap();
        assert!(groups.which_groups().is_empty());

        groups.join('a', one).unwrap();
        groups.join_all('a', [other, other]).unwrap();
        groups.join('b', other).unwrap();
        assert_eq!(groups.get_members(&'a'), [one, other, other]);
        assert_eq!(groups.which_groups(), ['a', 'b']);
        end(other).await;
        assert_eq!(groups.get_members(&'a'), [one]);
        assert_eq!(groups.which_groups(), ['a']);
        assert_eq!(groups.leave(&'a', other), Err(LeaveError::NotJoined));
    });
}

static MISTYPED: Name<Groups<u64>> = Name::new("pg of words");
static TYPED: Name<Groups<String>> = Name::new("pg of words");

#[test]
fn r_group_5_a_scope_that_is_taken_for_one_of_another_type_says_which_two() {
    simulated(async {
        Groups::new().name(TYPED).start().await.unwrap();
        let one = idle();
        let refused = MISTYPED.join(7, one).unwrap_err();
        let JoinError::OtherScope { wanted, found } = refused else {
            panic!("{refused}");
        };
        assert!(wanted.contains("Groups<u64>") && found.contains("String>"));
        let said = format!("the scope is a {found}, and was taken for a {wanted}");
        assert_eq!(refused.to_string(), said);
        let refused = MISTYPED.leave(&7, one).unwrap_err();
        assert_eq!(refused, LeaveError::OtherScope { wanted, found });
        assert_eq!(refused.to_string(), said);
        assert!(MISTYPED.get_members(&7).is_empty() && MISTYPED.which_groups().is_empty());
        TYPED.join("one".into(), one).unwrap();
    });
}

#[test]
fn pg_005_a_process_of_another_runtime_is_no_member() {
    let elsewhere = regrow::Runtime::builder().schedulers(1).build().unwrap();
    let stranger = elsewhere.block_on(async { idle() });
    simulated(async move {
        let groups = scope().await;
        let refused = Err(JoinError::OtherRuntime(stranger));
        assert_eq!(groups.join('a', stranger), refused);
        assert_eq!(groups.join_all('a', [idle(), stranger]), refused);
        assert!(groups.which_groups().is_empty());
        let said = JoinError::OtherRuntime(stranger).to_string();
        assert!(said.ends_with("belongs to another runtime: start a scope of groups there"));
    });
    elsewhere.shutdown(secs(1));
}

#[test]
fn pg_007_a_process_that_joined_twice_is_there_twice() {
    simulated(async {
        let (groups, one) = (scope().await, idle());
        groups.join('a', one).unwrap();
        groups.join('a', one).unwrap();
        assert_eq!(groups.get_members(&'a'), [one, one]);
        assert_eq!(groups.count(&'a'), 2);
    });
}

#[test]
fn pg_008_a_scope_that_is_started_again_has_no_members() {
    simulated(async {
        static RESTARTED: Name<Groups<char>> = Name::new("restarted");
        let tree = Supervisor::new(Strategy::OneForOne).child(Groups::new().name(RESTARTED));
        tree.start().await.unwrap();
        let process = idle();
        RESTARTED.join('a', process).unwrap();
        let first = regrow::process::whereis("restarted").unwrap();
        end(first).await;
        settle().await;
        assert_ne!(regrow::process::whereis("restarted"), Some(first));
        assert!(RESTARTED.get_members(&'a').is_empty());
        assert!(RESTARTED.which_groups().is_empty());
        // The member itself was not concerned, and can join again.
        RESTARTED.join('a', process).unwrap();
        assert_eq!(RESTARTED.get_members(&'a'), [process]);
    });
}

// PG-021 too: nobody is in a group of a scope that is not there.
#[test]
fn pg_009_a_scope_that_is_not_there_takes_nobody() {
    simulated(async {
        let groups = scope().await;
        let process = idle();
        groups.join('a', process).unwrap();
        assert!(groups.get_members(&'b').is_empty());
        stop(groups, ExitReason::Normal).await.unwrap();
        assert_eq!(groups.join('a', process), Err(JoinError::NoScope));
        assert_eq!(groups.leave(&'a', process), Err(LeaveError::NoScope));
        assert!(groups.get_members(&'a').is_empty());
        assert!(groups.which_groups().is_empty());
        crate::support::in_process(async move |inbox: Inbox<GroupEvent<char>>| {
            assert_eq!(groups.monitor('a', inbox.this()), Err(JoinError::NoScope));
            assert_eq!(
                groups.monitor_scope(inbox.this()).err(),
                Some(JoinError::NoScope)
            );
        })
        .await;
        let said = JoinError::NoScope.to_string();
        assert_eq!(said, "no such scope of groups: it is not running");
    });
}

#[test]
fn pg_010_of_sixteen_memberships_four_are_left_and_twelve_stay() {
    simulated(async {
        let (groups, one) = (scope().await, idle());
        groups.join_all('a', [one; 16]).unwrap();
        groups.leave_all(&'a', [one; 4]).unwrap();
        assert_eq!(groups.get_members(&'a'), [one; 12]);
    });
}

#[test]
fn pg_017_a_group_among_ten_thousand_is_like_any_other() {
    simulated(async {
        let groups: ServerRef<Groups<u32>> = Groups::new().start().await.unwrap();
        let (one, other) = (idle(), idle());
        for group in 0..10_000 {
            groups.join(group, one).unwrap();
        }
        groups.join_all(7, [other, other]).unwrap();
        assert_eq!(groups.which_groups().len(), 10_000);
        assert_eq!(groups.largest_groups(2), [(7, 3), (0, 1)]);
        end(one).await;
        assert_eq!(groups.which_groups(), [7]);
        assert_eq!(groups.get_members(&7), [other, other]);
    });
}

#[test]
fn pg_022_nobody_makes_no_group() {
    simulated(async {
        let groups = scope().await;
        groups.join_all('a', [] as [Pid; 0]).unwrap();
        assert!(groups.which_groups().is_empty());
        assert_eq!(
            groups.leave_all(&'a', [] as [Pid; 0]),
            Err(LeaveError::NotJoined)
        );
    });
}

#[test]
fn r_group_1_a_process_that_has_ended_joins_nothing_nor_do_those_with_it() {
    simulated(async {
        let (groups, alive, dead) = (scope().await, idle(), idle());
        end(dead).await;
        let refused = Err(JoinError::NoProcess(dead));
        assert_eq!(groups.join('a', dead), refused);
        assert_eq!(groups.join_all('a', [alive, dead]), refused);
        assert!(groups.which_groups().is_empty());
        assert_eq!(groups.leave(&'a', alive), Err(LeaveError::NotJoined));
        assert_eq!(
            JoinError::NoProcess(dead).to_string(),
            format!("no such process: {dead}")
        );
    });
}

/// A server that is in a group.
struct Worker;

#[gen_server]
impl Worker {
    #[init]
    fn new() -> Self {
        Worker
    }
}

#[supervisor]
struct Tree {
    groups: Groups<String>,
    worker: Worker,
}

#[test]
fn members_are_servers_of_a_type_if_they_are() {
    simulated(async {
        let tree = Tree::start().await.unwrap();
        let worker = Worker::start().await.unwrap();
        tree.groups()
            .join_all("all".into(), [idle(), worker.pid()])
            .unwrap();
        tree.groups().join("all".into(), tree.worker()).unwrap();
        let servers = tree.groups().get_servers::<Worker, _>("all");
        assert_eq!(servers[0], worker);
        assert_eq!((servers.len(), tree.groups().count("all")), (2, 3));
    });
}

/// A key that uses its own scope while it is compared would wait for itself; one that is dropped
/// there does not.
#[test]
fn a_key_is_dropped_when_nothing_is_locked() {
    #[derive(PartialEq, Eq, Hash, Clone)]
    struct Busy(u8, Option<ServerRef<Groups<Busy>>>);
    impl Drop for Busy {
        fn drop(&mut self) {
            if let Some(groups) = self.1.take() {
                groups.count(&Busy(self.0, None));
            }
        }
    }
    simulated(async {
        let groups: ServerRef<Groups<Busy>> = Groups::new().start().await.unwrap();
        let key = || Busy(1, Some(groups));
        let (one, other) = (idle(), idle());
        for process in [one, one, other] {
            groups.join(key(), process).unwrap();
        }
        groups.leave(&key(), one).unwrap();
        groups.leave(&key(), one).unwrap();
        end(other).await;
        assert!(groups.which_groups().is_empty());
        groups.join(key(), one).unwrap();
        end(groups).await;
    });
}
