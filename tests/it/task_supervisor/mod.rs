//! Supervisors of tasks: starting them, tasks that are somebody's, tasks that are nobody's, streams.
//!
//! What a task is to its owner is the same wherever it is started; the tests of that are in `task`, and
//! here is what a supervisor adds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use regrow::ExitReason;
use regrow::prelude::{Restart, Shutdown, Strategy, Supervisor, supervisor};
use regrow::process::{
    DownTarget, Inbox, Pid, Priority, Received, exit_self, is_alive, monitor, process_info,
    self_pid, settle, spawn_monitor, trap_exit, whereis,
};
use regrow::reference::{Name, ServerRef};
use regrow::server::{StartError, stop};
use regrow::supervisor::{ChildSpec, StartChildError, TaskSupervisor};
use regrow::task::TaskError;
use regrow::time::{millis, secs, sleep};

use crate::support::{in_process, over_seeds, simulated};
use crate::task::report::log_of;
use crate::task::{assert_clean, failing, never, oops};

mod stream;

pub(super) async fn started() -> ServerRef<TaskSupervisor> {
    TaskSupervisor::new().start_link().await.unwrap()
}

/// A supervisor with room for one task.
pub(super) async fn narrow() -> ServerRef<TaskSupervisor> {
    let tasks = TaskSupervisor::new().max_children(1);
    tasks.start_link().await.unwrap()
}

const TASKS: Name<TaskSupervisor> = Name::new("tasks");

#[supervisor]
struct App {
    #[child(max_children = 1)]
    tasks: TaskSupervisor,
}

#[test]
fn tsup_001_a_supervisor_of_tasks_stands_in_a_tree_and_has_a_name() {
    simulated(async {
        let supervisor = Supervisor::new(Strategy::OneForOne);
        let supervisor = supervisor.child(TaskSupervisor::new().name(TASKS));
        supervisor.start_link().await.unwrap();
        assert!(whereis("tasks").is_some());
        assert_eq!(TASKS.run(async { 1 }).await.unwrap().await, Ok(1));

        let app = App::start_link().await.unwrap();
        let running = app.tasks().run(never()).await.unwrap();
        let refused = app.tasks().start_child(never()).await;
        assert_eq!(refused, Err(StartChildError::MaxChildren));
        assert_eq!(
            app.tasks().children().await,
            Ok(vec![running.pid().unwrap()])
        );
        drop(running.ignore());
    });
}

#[test]
fn tsup_002_a_supervisor_of_tasks_begins_with_the_options_that_it_was_given() {
    simulated(async {
        let start = TaskSupervisor::new().start();
        let start = start.label("uploads").priority(Priority::High);
        let tasks = start.await.unwrap();
        let info = process_info(tasks).await.unwrap();
        assert_eq!(info.label.as_deref(), Some("uploads"));
        assert_eq!(info.priority, Priority::High);
        assert_eq!(info.links, []);
    });
}

#[test]
fn tsup_003_several_stand_in_one_list_each_with_an_id_of_its_own() {
    simulated(async {
        trap_exit(true);
        let mut list = Supervisor::new(Strategy::OneForOne);
        for name in ["one", "two", "three"] {
            list = list.child(TaskSupervisor::new().id(name).name(name));
        }
        let list = list.child(TaskSupervisor::new());
        list.start_link().await.unwrap();
        for name in ["one", "two", "three"] {
            let named: Name<TaskSupervisor> = Name::from_string(name);
            assert_eq!(named.children().await, Ok(vec![]));
        }
        // A second one without an id of its own.
        let twice = Supervisor::new(Strategy::OneForOne).child(TaskSupervisor::new());
        let refused = twice.child(TaskSupervisor::new()).start_link().await;
        let Err(StartError::Failed(reason)) = refused else {
            panic!("{refused:?}");
        };
        let text = reason.to_string();
        assert!(text.contains("two children have the id"), "{text}");
    });
}

#[test]
fn tsup_004_a_fresh_supervisor_has_no_tasks() {
    simulated(async {
        let tasks = started().await;
        assert_eq!(tasks.children().await, Ok(vec![]));
        stop(tasks, ExitReason::Normal).await.unwrap();
        assert!(tasks.children().await.unwrap_err().is_no_process());
    });
}

// And TASK-030.
#[test]
fn tsup_005_a_task_is_its_supervisors_child_and_its_callers_to_await() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let tasks = TaskSupervisor::new().start().await.unwrap();
        let task = tasks.run(async {
            sleep(millis(10)).await;
            7
        });
        let mut task = task.await.unwrap();
        let pid = task.pid().unwrap();
        assert_eq!(tasks.children().await, Ok(vec![pid]));
        let info = process_info(pid).await.unwrap();
        assert_eq!(sorted(info.links), sorted(vec![tasks.pid(), self_pid()]));
        assert_eq!(info.monitored_by, [self_pid()]);
        // Its end comes as that of a task which the caller has spawned itself.
        let Received::Down(down) = inbox.receive().await else {
            panic!("a notice was due");
        };
        assert_eq!(
            (down.target.clone(), &down.reason),
            (DownTarget::Process(pid), &ExitReason::Normal)
        );
        assert_eq!(task.claim(&down), Some(Ok(7)));
        assert_eq!(tasks.children().await, Ok(vec![]));
        assert_clean(&mut inbox).await;
    }));
}

fn sorted(mut pids: Vec<Pid>) -> Vec<Pid> {
    pids.sort();
    pids
}

// And TSUP-011, TSUP-016: of every kind.
#[test]
fn tsup_006_a_task_that_is_to_be_killed_is_killed_when_its_supervisor_ends() {
    simulated(async {
        trap_exit(true);
        let tasks = started().await;
        let linked = tasks
            .run(never())
            .shutdown(Shutdown::BrutalKill)
            .await
            .unwrap();
        let alone = tasks
            .run_nolink(never())
            .shutdown(Shutdown::BrutalKill)
            .await
            .unwrap();
        let nobodys = tasks
            .start_child(never())
            .shutdown(Shutdown::BrutalKill)
            .await
            .unwrap();
        let asked = tasks.run_nolink(never()).await.unwrap();
        let end = monitor(nobodys);
        stop(tasks, ExitReason::Shutdown).await.unwrap();
        assert_eq!(linked.await, Err(ExitReason::Killed));
        assert_eq!(alone.await, Err(ExitReason::Killed));
        assert_eq!(end.await.reason, ExitReason::Killed);
        // One that is not is asked to end.
        assert_eq!(asked.await, Err(ExitReason::Shutdown));
    });
}

// And TSUP-012.
#[test]
fn tsup_007_one_task_too_many_is_not_started() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let tasks = TaskSupervisor::new().max_children(1).start().await.unwrap();
        let one = tasks.run_nolink(never()).await.unwrap();
        for _ in 0..2 {
            let full = StartChildError::MaxChildren;
            assert_eq!(tasks.run(async { 1 }).await.unwrap_err(), full);
            assert_eq!(tasks.run_nolink(async { 1 }).await.unwrap_err(), full);
            assert_eq!(tasks.start_child(async { 1 }).await.unwrap_err(), full);
        }
        assert_eq!(one.shutdown(Shutdown::BrutalKill).await, None);
        settle().await;
        assert_eq!(tasks.run(async { 1 }).await.unwrap().await, Ok(1));
        stop(tasks, ExitReason::Normal).await.unwrap();
        assert_eq!(
            tasks.run(async { 1 }).await.unwrap_err(),
            StartChildError::NoProcess
        );
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn tsup_010_a_task_without_a_link_fails_alone() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        let tasks = TaskSupervisor::new().start().await.unwrap();
        let task = tasks.run_nolink(failing(oops())).await.unwrap();
        assert_eq!(task.await, Err(oops()));
        let task = tasks.run_nolink(never()).await.unwrap();
        let pid = task.pid().unwrap();
        assert_eq!(process_info(pid).await.unwrap().links, [tasks.pid()]);
        assert_eq!(tasks.children().await, Ok(vec![pid]));
        assert_eq!(task.shutdown(Shutdown::default()).await, None);
        assert!(is_alive(tasks).await, "a task that fails is never too much");
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn tsup_014_a_task_that_is_nobodys_is_linked_to_its_supervisor_alone() {
    simulated(async {
        let tasks = started().await;
        let (tell, told) = std::sync::mpsc::channel();
        let pid = tasks.start_child(async move {
            sleep(millis(1)).await;
            tell.send(self_pid()).unwrap();
        });
        let pid = pid.await.unwrap();
        assert_eq!(tasks.children().await, Ok(vec![pid]));
        assert_eq!(process_info(pid).await.unwrap().links, [tasks.pid()]);
        sleep(millis(2)).await;
        assert_eq!(told.try_recv(), Ok(pid));
        assert_eq!(tasks.children().await, Ok(vec![]));
    });
}

#[test]
fn tsup_017_a_task_that_can_be_made_again_is_started_again() {
    simulated(async {
        let tasks = started().await;
        let (tell, told) = std::sync::mpsc::channel();
        let spec = ChildSpec::task(move || {
            let tell = tell.clone();
            async move {
                tell.send(()).unwrap();
                if told_often() {
                    let _: u32 = never().await;
                }
                exit_self(ExitReason::Shutdown)
            }
        });
        tasks
            .start_child_with(spec.restart(Restart::Permanent))
            .await
            .unwrap();
        settle().await;
        assert_eq!(told.try_iter().count(), 3);
        assert_eq!(tasks.children().await.unwrap().len(), 1);
    });
}

/// Whether this is the third time that it is asked.
fn told_often() -> bool {
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
    static TIMES: AtomicU32 = AtomicU32::new(0);
    TIMES.fetch_add(1, SeqCst) == 2
}

#[test]
fn tsup_019_a_task_is_terminated_once() {
    simulated(async {
        let tasks = started().await;
        let task = tasks.run_nolink(never()).await.unwrap();
        let pid = task.pid().unwrap();
        tasks.terminate_child(pid).await.unwrap();
        assert_eq!(tasks.children().await, Ok(vec![]));
        assert!(tasks.terminate_child(pid).await.is_err());
        assert_eq!(task.await, Err(ExitReason::Shutdown));
    });
}

#[test]
fn tsup_020_an_await_that_takes_too_long_leaves_nothing() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let tasks = TaskSupervisor::new().start().await.unwrap();
        let task = tasks.run(async { sleep(millis(100)).await }).await.unwrap();
        assert_eq!(task.timeout(millis(0)).await, Err(TaskError::Timeout));
        sleep(millis(200)).await;
        assert_eq!(tasks.children().await, Ok(vec![]));
        assert_clean(&mut inbox).await;
    }));
}

#[test]
fn tsup_021_a_task_that_panics_or_exits_gives_the_reason_to_an_owner_that_traps_exits() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let tasks = TaskSupervisor::new().start().await.unwrap();
        let task = tasks.run(async { panic!("no") }).await.unwrap();
        let failed: Result<(), ExitReason> = task.await;
        assert!(matches!(failed, Err(ExitReason::Panic(panic)) if panic.message() == "no"));
        let task = tasks.run(failing(oops())).await.unwrap();
        assert_eq!(task.await, Err(oops()));
        assert_clean(&mut inbox).await;
    }));
}

// An owner that does not trap exits goes with its task, and the task with its owner.
#[test]
fn tsup_005_a_linked_task_and_its_owner_end_together() {
    simulated(async {
        let tasks = TaskSupervisor::new().start().await.unwrap();
        let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
            drop(tasks.run(failing(oops())).await.unwrap().await);
        });
        assert_eq!(end.await.reason, oops());
        let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
            drop(tasks.run(never()).await.unwrap());
            exit_self(oops())
        });
        assert_eq!(end.await.reason, oops());
        settle().await;
        assert_eq!(tasks.children().await, Ok(vec![]));
    });
}

#[test]
fn obs_038_a_permanent_task_that_returns_too_often_ends_its_supervisor() {
    simulated(async {
        let tasks = TaskSupervisor::new().max_restarts(2, secs(5));
        let tasks = tasks.start().await.unwrap();
        let end = monitor(tasks);
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let spec = ChildSpec::task(move || {
            counted.fetch_add(1, Relaxed);
            async {}
        });
        let spec = spec.restart(Restart::Permanent);
        tasks.start_child_with(spec).await.unwrap();
        assert_eq!(end.await.reason, ExitReason::Shutdown);
        assert_eq!(runs.load(Relaxed), 3);
    });
}

#[test]
fn obs_039_a_linked_task_ends_as_its_owner_does_and_one_without_a_link_goes_on() {
    simulated(async {
        let tasks = TaskSupervisor::new().start().await.unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
            let _linked = tasks.run(never()).await.unwrap();
            let loose = tasks.run_nolink(never()).await.unwrap();
            tell.send(loose.pid().unwrap()).unwrap();
            exit_self(oops())
        });
        assert_eq!(end.await.reason, oops());
        settle().await;
        let loose = told.try_recv().unwrap();
        assert_eq!(tasks.children().await, Ok(vec![loose]));
    });
}

#[test]
fn obs_040_a_task_that_ends_with_shutdown_is_no_news_and_one_that_panics_is() {
    let logged = |fails: fn()| {
        log_of(async move {
            let tasks = TaskSupervisor::new().start().await.unwrap();
            let task = tasks.run_nolink(async move { fails() }).await.unwrap();
            let reason = task.await.unwrap_err();
            assert_eq!(reason.is_crash(), reason != ExitReason::Shutdown);
        })
    };
    assert_eq!(logged(|| exit_self(ExitReason::Shutdown)), [""; 0]);
    let lines = logged(|| panic!("no"));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("no"), "{lines:?}");
}

// Nothing runs before the owner has its task: whoever gives up while it is started has no task.
#[test]
fn r_tsup_1_a_task_whose_owner_gave_up_while_it_was_started_does_not_run() {
    over_seeds(200, give_up_while_it_starts);
}

async fn give_up_while_it_starts() {
    let tasks = TaskSupervisor::new().start().await.unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let (owner, end) = spawn_monitor(async move |_: Inbox<()>| {
        let task = tasks.run_nolink(async move { tell.send(()).unwrap() });
        task.await.unwrap().await.unwrap();
    });
    regrow::process::yield_now().await;
    regrow::process::exit(owner, ExitReason::Kill);
    let reason = end.await.reason;
    settle().await;
    // It may have been done before.
    let times = told.try_iter().count();
    assert!(times <= 1 && (reason != ExitReason::Normal || times == 1));
    assert_eq!(
        tasks.children().await,
        Ok(vec![]),
        "and its process has ended"
    );
}
