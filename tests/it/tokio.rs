//! tokio inside processes, and processes inside programs that live in tokio.
//!
//! Method: nothing here waits for a length of time. tokio's timers are waited for, however late they
//! are; a process is known to wait when nobody is runnable (`settle`), a socket to be closed when
//! its peer reads the end. Which tokio runtime a future found is its id.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use regrow::process::{
    ExitReason, Inbox, Received, blocking, exit, link, settle, spawn, spawn_monitor,
};
use regrow::time::millis;
use regrow::tokio::with_tokio;
use regrow::{Handle, Runtime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Handle as Tokio, Id, Runtime as TokioRuntime};
use tokio::sync::oneshot;

use crate::support::{in_process, real};

/// A tokio runtime of the test's own, with a thread that drives it until the test ends.
fn another_tokio() -> TokioRuntime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// Which tokio runtime a future finds.
#[expect(clippy::unused_async, reason = "it is asked for when it is polled")]
async fn id() -> Id {
    Tokio::current().id()
}

/// Whether the code runs in a process's turn, and not on tokio.
fn on_a_scheduler() -> bool {
    regrow::process::try_self_pid().is_some()
}

/// Both ends of a new connection between tokio's sockets.
async fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await;
    (client.unwrap(), listener.accept().await.unwrap().0)
}

#[test]
fn a_tokio_timer_wakes_a_process() {
    for schedulers in [1, 2, 4] {
        real(schedulers, async {
            let processes = (0..100).map(|_| {
                spawn_monitor(async |_: Inbox<()>| {
                    with_tokio(async {
                        tokio::time::sleep(millis(1)).await;
                        assert!(on_a_scheduler());
                    })
                    .await;
                })
            });
            for (_, watch) in processes.collect::<Vec<_>>() {
                assert_eq!(watch.await.reason, ExitReason::Normal);
            }
        });
    }
}

#[test]
fn a_tokio_socket_wakes_a_process() {
    for schedulers in [1, 2, 4] {
        real(schedulers, async {
            let (mut client, mut server) = with_tokio(connection()).await;
            let (_, watch) = spawn_monitor(async |_: Inbox<()>| {
                with_tokio(async move {
                    let mut buffer = [0; 1024];
                    loop {
                        match server.read(&mut buffer).await.unwrap() {
                            0 => break,
                            count => server.write_all(&buffer[..count]).await.unwrap(),
                        }
                    }
                })
                .await;
            });
            with_tokio(async move {
                for round in 0..100 {
                    client.write_all(&[round; 100]).await.unwrap();
                    let mut answer = [0; 100];
                    client.read_exact(&mut answer).await.unwrap();
                    assert_eq!(answer, [round; 100]);
                }
            })
            .await;
            assert_eq!(watch.await.reason, ExitReason::Normal);
        });
    }
}

#[test]
fn what_a_process_spawns_on_tokio_runs_there_and_outlives_it() {
    real(2, async {
        let (go, gate) = oneshot::channel::<()>();
        let (done, outcome) = oneshot::channel();
        let (_, watch) = spawn_monitor(async |_: Inbox<()>| {
            let task =
                with_tokio(async { tokio::spawn(async { on_a_scheduler() }).await.unwrap() });
            assert!(!task.await);
            with_tokio(async move {
                tokio::spawn(async move {
                    gate.await.unwrap();
                    done.send(on_a_scheduler()).unwrap();
                });
            })
            .await;
        });
        assert_eq!(watch.await.reason, ExitReason::Normal);
        go.send(()).unwrap();
        assert_eq!(outcome.await, Ok(false));
    });
}

#[test]
fn messages_wait_in_the_mailbox_and_keep_their_order() {
    real(2, async {
        let (go, gate) = oneshot::channel::<()>();
        let (process, watch) = spawn_monitor(async |mut inbox: Inbox<u32>| {
            with_tokio(gate).await.unwrap();
            for expected in 0..100 {
                assert_eq!(inbox.receive().await, Received::Message(expected));
            }
        });
        for message in 0..100 {
            process.send(message);
        }
        settle().await;
        go.send(()).unwrap();
        assert_eq!(watch.await.reason, ExitReason::Normal);
    });
}

#[test]
fn a_killed_process_closes_the_tokio_socket_it_waits_on() {
    for schedulers in [1, 2] {
        real(schedulers, async {
            let (mut client, mut server) = with_tokio(connection()).await;
            let (process, watch) = spawn_monitor(async |_: Inbox<()>| {
                with_tokio(async move { server.read(&mut [0]).await.map(drop) }).await
            });
            settle().await;
            exit(process, ExitReason::Kill);
            assert_eq!(watch.await.reason, ExitReason::Killed);
            let count = with_tokio(async move { client.read(&mut [0]).await });
            assert_eq!(count.await.unwrap(), 0);
        });
    }
}

#[test]
fn a_linked_crash_ends_a_process_that_waits_in_tokio() {
    real(2, async {
        let (process, watch) =
            spawn_monitor(async |_: Inbox<()>| with_tokio(std::future::pending::<()>()).await);
        settle().await;
        spawn(async move |_: Inbox<()>| {
            link(process).unwrap();
            ExitReason::atom("crash")
        });
        assert_eq!(watch.await.reason, ExitReason::atom("crash"));
    });
}

/// Notes which tokio it is dropped in.
struct Dropped(Arc<AtomicUsize>, Id);

impl Drop for Dropped {
    fn drop(&mut self) {
        if Tokio::try_current().is_ok_and(|tokio| tokio.id() == self.1) {
            self.0.fetch_add(1, SeqCst);
        }
    }
}

#[test]
fn a_future_is_dropped_inside_its_tokio_however_its_process_ends() {
    real(2, async {
        let inside = Arc::new(AtomicUsize::new(0));
        for (rank, reason) in (1..).zip([ExitReason::Normal, ExitReason::Kill]) {
            let seen = Arc::clone(&inside);
            let (go, gate) = oneshot::channel::<()>();
            let (process, watch) = spawn_monitor(async |_: Inbox<()>| {
                with_tokio(async move {
                    let _held = Dropped(seen, id().await);
                    gate.await
                })
                .await
                .unwrap();
            });
            settle().await;
            if reason.is_normal() {
                go.send(()).unwrap();
            } else {
                exit(process, reason);
            }
            watch.await;
            assert_eq!(inside.load(SeqCst), rank);
        }
    });
}

#[test]
fn a_panic_is_the_exit_reason_and_leaves_no_tokio_behind() {
    real(1, async {
        let (_, watch) = spawn_monitor(async |_: Inbox<()>| {
            with_tokio(async {
                tokio::time::sleep(millis(1)).await;
                panic!("out of paper");
            })
            .await;
        });
        let reason = watch.await.reason;
        assert!(reason.to_string().contains("out of paper"), "{reason}");
        assert!(Tokio::try_current().is_err());
    });
}

#[test]
fn without_with_tokio_a_process_finds_none() {
    real(1, async {
        assert!(Tokio::try_current().is_err());
        with_tokio(tokio::task::yield_now()).await;
        assert!(Tokio::try_current().is_err());
        let (_, watch) = spawn_monitor(async |_: Inbox<()>| tokio::time::sleep(millis(1)).await);
        let reason = watch.await.reason.to_string();
        assert!(reason.contains("there is no reactor running"), "{reason}");
    });
}

#[test]
fn the_nearest_tokio_is_taken() {
    let (built_with, given) = (another_tokio(), another_tokio());
    let (of_builder, of_on) = (built_with.handle().id(), given.handle().id());
    let handle = given.handle().clone();
    let runtime = Runtime::builder()
        .tokio(built_with.handle().clone())
        .build()
        .unwrap();
    runtime.block_on(async move {
        assert_eq!(with_tokio(id()).await, of_builder);
        assert_eq!(with_tokio(id()).on(handle.clone()).await, of_on);
        let inner = with_tokio(async { with_tokio(id()).await }).on(handle);
        assert_eq!(inner.await, of_on);
        assert_eq!(with_tokio(id()).await, of_builder);
    });
    drop(runtime);
    // Polled by tokio itself, on a thread that no runtime of regrow's knows.
    assert_eq!(given.block_on(with_tokio(id())), of_on);
}

#[test]
fn runtimes_that_were_given_none_share_one_of_regrows_own() {
    let ids = [1, 2].map(|schedulers| {
        let runtime = Runtime::builder().schedulers(schedulers).build().unwrap();
        runtime.block_on(with_tokio(id()))
    });
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_tokio_that_is_gone_crashes_who_waits_for_its_timers_and_nobody_else() {
    let gone = another_tokio();
    let handle = gone.handle().clone();
    drop(gone);
    let runtime = Runtime::builder().crash_reports(false).tokio(handle);
    runtime.build().unwrap().block_on(async {
        let (_, watch) = spawn_monitor(async |_: Inbox<()>| {
            with_tokio(async { tokio::time::sleep(millis(1)).await }).await;
        });
        assert!(watch.await.reason.is_crash());
        in_process(async |_: Inbox<()>| ()).await;
    });
}

#[test]
fn a_program_in_tokio_awaits_processes_and_its_tasks_go_on() {
    #[tokio::main(flavor = "current_thread")]
    async fn program() {
        let runtime = Runtime::builder().tokio(Tokio::current()).build().unwrap();
        let (ask, question) = oneshot::channel::<u32>();
        let (reply, answer) = oneshot::channel();
        // On the only thread of this tokio: the process waits for a task, and the task for it.
        tokio::spawn(async move { reply.send(question.await.unwrap() + 1) });
        let answer = runtime.run(async move {
            ask.send(41).unwrap();
            with_tokio(async { tokio::time::sleep(millis(1)).await }).await;
            assert!(on_a_scheduler());
            answer.await.unwrap()
        });
        assert_eq!(answer.await, Ok(42));
        let crash = runtime.run(async { panic!("no sum today") }).await;
        assert!(crash.is_err_and(|reason: ExitReason| reason.is_crash()));
    }
    program();
}

#[test]
fn a_task_that_gives_up_on_a_process_kills_it() {
    another_tokio().block_on(async {
        let runtime = Runtime::builder().build().unwrap();
        let (held, dropped) = oneshot::channel::<()>();
        let waits = runtime.run(async move {
            let _held = held;
            std::future::pending::<()>().await;
        });
        assert!(tokio::time::timeout(millis(1), waits).await.is_err());
        assert!(dropped.await.is_err());
    });
}

#[test]
fn a_thread_of_tokio_may_block_on_a_runtime() {
    another_tokio().block_on(async {
        let runtime = Runtime::builder().build().unwrap();
        let sum = tokio::task::spawn_blocking(move || {
            runtime.block_on(async {
                with_tokio(id()).await;
                1 + 1
            })
        });
        assert_eq!(sum.await.unwrap(), 2);
    });
}

#[test]
fn a_process_may_start_a_tokio_whose_tasks_await_processes() {
    real(2, async {
        let processes = Handle::current();
        let answer = blocking(move || {
            let tokio = Builder::new_current_thread().enable_all().build().unwrap();
            tokio.block_on(async {
                tokio::time::sleep(millis(1)).await;
                processes.run(async { on_a_scheduler() }).await
            })
        });
        assert_eq!(answer.await.unwrap(), Ok(true));
    });
}

#[test]
fn a_simulation_refuses_tokio_and_says_what_to_do() {
    let given = another_tokio();
    for handle in [None, Some(given.handle().clone())] {
        Runtime::simulated(1).crash_reports(false).run(async move {
            let (_, watch) = spawn_monitor(async |_: Inbox<()>| {
                let future = with_tokio(async { tokio::time::sleep(millis(1)).await });
                match handle {
                    Some(handle) => future.on(handle).await,
                    None => future.await,
                }
            });
            let reason = watch.await.reason.to_string();
            assert!(reason.contains("a simulation has no tokio"), "{reason}");
            assert!(reason.contains("test this on a `Runtime`"), "{reason}");
        });
    }
}
