//! A panic that is the caller's fault says where the caller is.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Once;

use regrow::process::{
    ExitReason, Inbox, MailboxPolicy, MonitorOptions, Pid, Priority, SpawnOptions, demonitor,
    demonitor_flush, exit_self, monitor, monitor_with, processes_in_windows, self_pid, set_label,
    set_priority, spawn, spawn_link, spawn_monitor, trap_exit, unlink,
};
use regrow::task::{Task, async_stream, yield_many};
use regrow::{Handle, Runtime};

use crate::support::forever;

thread_local! {
    /// Where the last panic on this thread was, while somebody wants to know.
    static PLACE: Cell<Option<(String, u32)>> = const { Cell::new(None) };
    static WANTED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a body that panics, on a thread that runs no process; returns where the panic says it is.
fn place_of_panic<T>(body: impl FnOnce() -> T) -> (String, u32) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if WANTED.get() {
                let place = panic.location().expect("a panic has a place");
                PLACE.set(Some((place.file().to_owned(), place.line())));
            } else {
                others(panic);
            }
        }));
    });
    WANTED.set(true);
    let result = catch_unwind(AssertUnwindSafe(body));
    WANTED.set(false);
    assert!(result.is_err(), "there was no panic");
    PLACE.take().expect("the hook was called")
}

/// Runs a body that panics; says whether the panic is where this is called.
#[track_caller]
fn points_here<T>(body: impl FnOnce() -> T) {
    let here = Location::caller();
    let (file, line) = place_of_panic(body);
    assert_eq!((file.as_str(), line), (here.file(), here.line()));
}

/// A process of the past.
fn somebody() -> (Pid, regrow::process::Monitor) {
    Runtime::simulated(1).run(async {
        let (process, watch) = spawn_monitor(async |_: Inbox<()>| {});
        (process.pid(), watch)
    })
}

#[test]
fn what_only_a_process_can_do_points_at_who_tried() {
    let (pid, watch) = somebody();
    points_here(|| spawn(forever::<()>));
    points_here(|| spawn_link(forever::<()>));
    points_here(|| spawn_monitor(forever::<()>));
    points_here(|| self_pid());
    points_here(|| trap_exit(true));
    points_here(|| set_priority(Priority::High));
    points_here(|| set_label("nobody"));
    points_here(|| unlink(pid));
    points_here(|| monitor(pid));
    points_here(|| monitor_with(pid, MonitorOptions::new()));
    points_here(|| demonitor(watch));
    points_here(|| demonitor_flush(watch));
    points_here(|| exit_self(ExitReason::Normal));
    points_here(|| processes_in_windows().count());
    points_here(|| regrow::process::processes());
    points_here(|| Handle::current());
    points_here(|| Task::run(async {}));
    points_here(|| Task::run_nolink(async {}));
    points_here(|| Task::start(async {}));
    points_here(|| Task::start_link(async {}));
    points_here(|| watch.is_active());
}

#[test]
fn settings_that_make_no_sense_point_at_who_chose_them() {
    points_here(|| Runtime::builder().schedulers(0));
    points_here(|| Runtime::builder().name("a\0b"));
    points_here(|| SpawnOptions::new().mailbox_limit(0, MailboxPolicy::Refuse));
    points_here(|| SpawnOptions::new().mailbox_limit(1 << 20, MailboxPolicy::Refuse));
    points_here(|| SpawnOptions::new().align(3));
    points_here(|| SpawnOptions::new().align(128));
    points_here(|| async_stream([()], async |()| ()).max_concurrency(0));
    points_here(|| drop(yield_many(&mut [Task::completed(1)]).limit(0)));
}

#[test]
fn a_main_process_that_fails_points_at_who_ran_it() {
    let runtime = Runtime::builder()
        .schedulers(1)
        .crash_reports(false)
        .build()
        .unwrap();
    points_here(|| runtime.block_on(async { exit_self(ExitReason::Shutdown) }));
    let handle = runtime.handle();
    points_here(|| handle.block_on(async { exit_self(ExitReason::Shutdown) }));
    points_here(|| Runtime::simulated(1).run(async { exit_self(ExitReason::Shutdown) }));
    points_here(|| Runtime::simulated(1).run(std::future::pending::<()>()));
}

/// In a process the place is in the reason.
#[test]
fn a_process_that_blocks_its_scheduler_is_told_where() {
    let runtime = Runtime::builder()
        .schedulers(1)
        .crash_reports(false)
        .build()
        .unwrap();
    let (handle, line) = (runtime.handle(), line!() + 1);
    let main = runtime.try_block_on(async move { handle.block_on(async {}) });
    let Err(ExitReason::Panic(info)) = main else {
        panic!("{main:?}")
    };
    let place = format!("{}:{line}:", file!());
    assert!(
        info.location()
            .is_some_and(|location| location.starts_with(&place)),
        "{info}"
    );
}

#[test]
fn one_process_too_many_points_at_who_spawned_it() {
    let line = line!() + 7;
    let outcome = Runtime::simulated(1)
        .crash_reports(false)
        .max_processes(2)
        .explore(async {
            spawn(forever::<()>);
            // The main process is one of the two.
            spawn(forever::<()>);
        });
    let Err(ExitReason::Panic(info)) = outcome.result else {
        panic!("{outcome:?}")
    };
    let place = format!("{}:{line}:", file!());
    assert!(
        info.location()
            .is_some_and(|location| location.starts_with(&place)),
        "{info}"
    );
    assert!(info.message().contains("there are 2 processes"), "{info}");
}
