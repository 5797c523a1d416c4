//! What is kept for a server that hibernates.

use super::super::{Context, GenServer, HandleCast, HandleInfo, Init, Next, Start, Step, cast};
use crate::cell::Running;
use crate::process::Pid;
use crate::process::info::ask;
use crate::process::settle::settle;
use crate::runtime::Runtime;
use crate::time::{millis, secs, sleep, timeout};

/// Sets timers when it is told to.
struct Clock;

struct SetTimers;
struct Hibernate;
struct Tick;

impl GenServer for Clock {
    type Args = ();

    fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Clock)
    }
}

impl HandleCast<SetTimers> for Clock {
    fn handle_cast(&mut self, _: SetTimers, cx: &mut Context<Self>) -> impl Step<Next> {
        for _ in 0..100 {
            cx.send_after(millis(1), Tick);
        }
        async {
            // And a limit that is not reached.
            let slept = timeout(secs(3_600), sleep(millis(1))).await;
            assert!(slept.is_ok());
            Next::proceed()
        }
    }
}

impl HandleCast<Hibernate> for Clock {
    fn handle_cast(&mut self, _: Hibernate, _: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed().hibernate()
    }
}

impl HandleInfo<Tick> for Clock {
    fn handle_info(&mut self, _: Tick, _: &mut Context<Self>) -> impl Step<Next> {
        Next::proceed()
    }
}

/// Whether nothing is kept for a process beyond its header and its state.
async fn keeps_nothing(process: Pid) -> bool {
    fn look(running: Running<'_>) -> bool {
        running.keeps_nothing()
    }
    let answer = ask(process, look);
    answer.await.expect("the process is alive")
}

// GS-066. Fails if `settle_wait` does not shrink.
#[test]
fn nothing_is_kept_for_a_server_that_hibernates() {
    Runtime::simulated(1).run(async {
        let clock = Start::<Clock>::new(()).await.expect("it starts");
        assert!(keeps_nothing(clock.pid()).await);
        for _ in 0..3 {
            cast(clock, SetTimers);
            sleep(millis(10)).await;
            settle().await;
            assert!(!keeps_nothing(clock.pid()).await);
            cast(clock, Hibernate);
            settle().await;
            assert!(keeps_nothing(clock.pid()).await);
        }
    });
}
