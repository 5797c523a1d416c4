//! What takes the place of a bridge: a server that starts something which is no server, and answers
//! for it to its supervisor.

use regrow::prelude::*;
use regrow::process::{settle, whereis};
use regrow::server::{GenServer, StartError, Step};
use regrow::supervisor::ChildProcess;

use super::{Log, oops, shown};
use crate::support::{forever, simulated};

/// A bridge to a process that knows nothing of supervisors.
struct Bridge {
    log: Log,
    worker: Pid,
}

/// What its start comes to.
#[derive(Clone, Copy)]
enum Beginning {
    Runs,
    Ignores,
    Fails,
}

impl GenServer for Bridge {
    type Args = (Log, Beginning);

    const TRAP_EXIT: bool = true;

    fn init((log, beginning): (Log, Beginning), _: &mut Context<Self>) -> impl Step<Init<Self>> {
        match beginning {
            Beginning::Runs => Init::ok(Bridge {
                log,
                worker: spawn_link(forever::<()>).pid(),
            }),
            Beginning::Ignores => Init::ignore(),
            Beginning::Fails => Init::error(oops()),
        }
    }

    fn handle_exit(&mut self, exit: Exit, _: &mut Context<Self>) -> impl Step<Next> {
        Next::stop(exit.reason)
    }

    fn terminate(&mut self, reason: &ExitReason, _: &mut Context<Self>) -> impl Step<Next> {
        self.log.say(format!("bridge: {reason}"));
        exit(self.worker, ExitReason::Shutdown);
        Next::proceed()
    }
}

/// The process that a bridge has started.
async fn worker_of(bridge: Pid) -> Pid {
    let info = regrow::process::process_info(bridge).await.unwrap();
    let mut links = info.links.into_iter();
    links
        .find(|pid| pid.as_server::<Supervisor>().is_none())
        .unwrap()
}

// BRG-001, BRG-002, BRG-003, BRG-004 and BRG-005.
#[test]
fn brg_001_a_server_that_traps_exits_is_a_bridge() {
    simulated(async {
        let log = Log::default();
        let ignores = regrow::server::Start::<Bridge>::new((log.clone(), Beginning::Ignores));
        assert_eq!(ignores.await, Err(StartError::Ignored));
        let fails = regrow::server::Start::<Bridge>::new((log.clone(), Beginning::Fails));
        assert_eq!(fails.await, Err(StartError::Failed(oops())));

        let spec = ChildSpec::<Bridge>::new((log.clone(), Beginning::Runs)).id("bridge");
        let supervisor = Supervisor::new(Strategy::OneForAll)
            .child(spec.name("bridge"))
            .start()
            .await
            .unwrap();
        let first = whereis("bridge").unwrap();
        let again = regrow::server::Start::<Bridge>::new((log.clone(), Beginning::Runs));
        let taken = again.name("bridge").await;
        assert_eq!(taken, Err(StartError::AlreadyStarted(first)));

        let end = monitor(first);
        exit(worker_of(first).await, ExitReason::Kill);
        assert_eq!(end.await.reason, ExitReason::Killed);
        settle().await;
        let second = whereis("bridge").unwrap();
        assert_ne!(second, first);
        let end = monitor(second);
        exit(worker_of(second).await, oops());
        assert_eq!(end.await.reason, oops());
        settle().await;
        assert_eq!(shown(supervisor).await, "bridge+");
        let third = supervisor.which_child("bridge").await.unwrap().process;
        assert_eq!(third, ChildProcess::Running(whereis("bridge").unwrap()));
        assert_eq!(
            log.take(),
            ["bridge: killed", &format!("bridge: {}", oops())]
        );
    });
}
