//! The tree, what is done to it from outside, and filling it again.

use std::sync::Arc;

use fastrand::Rng;
use regrow::prelude::*;
use regrow::process::{process_info, whereis};
use regrow::registry::Groups;
use regrow::time::{now, sleep, timeout};

use crate::HANGS_AFTER;
use crate::account::Account;
use crate::wire;
use crate::worker::Worker;

pub(crate) static NAMES: Name<Registry<u64>> = Name::new("soak names");
pub(crate) static GROUPS: Name<Groups<u64>> = Name::new("soak groups");
pub(crate) static WORKERS: Name<DynamicSupervisor> = Name::new("soak workers");
pub(crate) const LISTENER: &str = "soak listener";

/// How many groups the workers are in.
pub(crate) const GROUP_COUNT: u64 = 8;
/// More restarts than there can be: giving up is another test's subject.
const RESTARTS: u32 = 1_000_000;

/// Starts the tree, without workers.
pub(crate) async fn start() -> Result<ServerRef<Supervisor>, String> {
    let workers = DynamicSupervisor::new().id("workers").name(WORKERS);
    let listener = ChildSpec::task(wire::listen)
        .id("listener")
        .name(LISTENER)
        .restart(Restart::Permanent);
    Supervisor::new(Strategy::RestForOne)
        .max_restarts(RESTARTS, secs(60))
        .child(Registry::<u64>::new().name(NAMES))
        .child(Groups::<u64>::new().name(GROUPS))
        .child(workers.max_restarts(RESTARTS, secs(60)))
        .child(listener)
        .start()
        .await
        .map_err(|error| format!("the tree does not start: {error}"))
}

/// Starts the workers that are not there: a supervisor that was killed has forgotten its own.
pub(crate) async fn populate(workers: u64) -> Result<(), String> {
    for number in 0..workers {
        let spec = Worker::child_spec(number);
        let began = now();
        loop {
            let start = WORKERS.find_or_start(&NAMES, number, spec.clone());
            match timeout(HANGS_AFTER, start).await {
                Ok(Ok(_)) => break,
                Ok(Err(_)) if began.elapsed() < HANGS_AFTER => {}
                Ok(Err(error)) => return Err(format!("worker {number} does not start: {error}")),
                Err(_) => {
                    return Err(format!(
                        "the start of worker {number} hangs: {}",
                        seen().await
                    ));
                }
            }
            // Whoever was asked may be the one that was killed a moment ago.
            sleep(millis(5)).await;
        }
    }
    Ok(())
}

/// What can be seen of the tree's processes from outside, when something hangs.
async fn seen() -> String {
    let mut seen = Vec::new();
    for name in [
        Name::text(NAMES),
        Name::text(GROUPS),
        Name::text(WORKERS),
        LISTENER,
    ] {
        let info = async { process_info(whereis(name)?).await };
        let info = timeout(secs(1), info).await;
        seen.push(format!("{name}: {info:?}"));
    }
    seen.join("\n")
}

/// Kills something, from outside.
pub(crate) fn strike(rng: &mut Rng, workers: u64, account: &Arc<Account>) {
    let victim = match rng.u32(0..60) {
        0 => whereis(Name::text(NAMES)),
        1 => whereis(Name::text(GROUPS)),
        2 => whereis(Name::text(WORKERS)),
        3 | 4 => whereis(LISTENER),
        _ => NAMES.lookup(&rng.u64(0..workers)),
    };
    let reason = match rng.u32(0..4) {
        0 => ExitReason::Shutdown,
        1 => ExitReason::atom("struck"),
        _ => ExitReason::kill(),
    };
    if let Some(victim) = victim {
        account.kills.add(1);
        exit(victim, reason);
    }
}
