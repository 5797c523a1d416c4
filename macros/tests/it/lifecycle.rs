//! The handlers nobody calls: what happens to a server, and at which points it may say something.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use regrow::prelude::*;
use regrow::process::{Down, Exit};
use regrow::server::GenServer;
use regrow::supervisor::Shutdown;

struct Load(u8);

struct Worker {
    loaded: u8,
    ended: Arc<AtomicU32>,
}

#[gen_server(
    restart = "transient",
    shutdown = "30s",
    idle_timeout = "1m 500ms",
    trap_exit
)]
impl Worker {
    #[init]
    async fn new(
        cx: &mut Context<Self>,
        ended: Arc<AtomicU32>,
    ) -> Result<Init<Self>, std::fmt::Error> {
        cx.continue_with(Load(1));
        Ok(Init::ok(Worker { loaded: 0, ended }))
    }

    #[handle_continue]
    async fn load(&mut self, Load(by): Load, cx: &mut Context<Self>) {
        self.loaded += by;
        if self.loaded < 3 {
            cx.continue_with(Load(1));
        }
    }

    #[call]
    fn loaded(&self) -> u8 {
        self.loaded
    }

    #[cast]
    fn stop(&mut self) -> Next {
        Next::stop(ExitReason::Normal)
    }

    #[timeout]
    fn idle(&mut self, _cx: &mut Context<Self>) -> Next {
        Next::stop(ExitReason::Normal)
    }

    #[down]
    async fn down(&mut self, down: Down) {
        drop(down);
    }

    #[exit]
    fn exited(&mut self, _: Exit) -> Next {
        Next::proceed()
    }

    #[terminate]
    async fn flush(&mut self, cx: &mut Context<Self>, reason: &ExitReason) {
        let _ = cx.this();
        if matches!(reason, ExitReason::Normal) {
            self.ended.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[regrow::test]
async fn init_continues_before_anything_else() -> Result<(), ExitReason> {
    let worker = Worker::start(Arc::default()).await?;
    assert_eq!(worker.loaded().await?, 3);
    Ok(())
}

#[regrow::test]
async fn terminate_runs_with_the_reason() -> Result<(), ExitReason> {
    let ended = Arc::new(AtomicU32::new(0));
    let worker = Worker::start(Arc::clone(&ended)).await?;
    worker.stop();
    assert!(worker.loaded().await.is_err());
    assert_eq!(ended.load(Ordering::Relaxed), 1);
    Ok(())
}

#[test]
fn arguments_of_the_attribute_become_constants() {
    assert_eq!(Worker::RESTART, Restart::Transient);
    assert_eq!(Worker::SHUTDOWN, Shutdown::After(Duration::from_secs(30)));
    assert_eq!(Worker::IDLE_TIMEOUT, Some(Duration::from_millis(60_500)));
    const { assert!(Worker::TRAP_EXIT) };
}

struct Plain;

#[gen_server(restart = "temporary", shutdown = "brutal_kill")]
impl Plain {
    #[init]
    fn new() -> Self {
        Plain
    }

    #[exit]
    fn exited(&mut self, _exit: Exit) {}
}

#[test]
fn an_exit_handler_traps_exits() {
    assert_eq!(Plain::RESTART, Restart::Temporary);
    assert_eq!(Plain::SHUTDOWN, Shutdown::BrutalKill);
    assert_eq!(Plain::IDLE_TIMEOUT, None);
    const { assert!(Plain::TRAP_EXIT) };
}

struct Failing;

#[gen_server(shutdown = "infinity")]
impl Failing {
    #[init]
    fn new(fail: bool) -> Result<Self, std::fmt::Error> {
        if fail {
            Err(std::fmt::Error)
        } else {
            Ok(Failing)
        }
    }
}

#[regrow::test]
async fn a_failed_init_fails_the_start() -> Result<(), ExitReason> {
    assert!(Failing::start(true).await.is_err());
    assert!(Failing::start(false).await.is_ok());
    assert_eq!(Failing::SHUTDOWN, Shutdown::Infinity);
    const { assert!(!Failing::TRAP_EXIT) };
    Ok(())
}
