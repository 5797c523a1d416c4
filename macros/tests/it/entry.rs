//! Functions that run as a process, with every result a process may have.

use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use regrow::prelude::*;

mod program {
    use super::{Error, ExitReason, fmt};

    #[regrow::main(schedulers = 1)]
    pub(super) async fn main() -> Result<(), ExitReason> {
        std::future::ready(()).await;
        Ok(())
    }

    #[regrow::main]
    pub(super) async fn failing() -> Result<(), fmt::Error> {
        Err(fmt::Error)?;
        Ok(())
    }

    #[regrow::main]
    pub(super) async fn boxed() -> Result<(), Box<dyn Error>> {
        let number: u8 = "seven".parse()?;
        std::future::ready(number).await;
        Ok(())
    }

    #[regrow::main]
    pub(super) async fn boxed_to_send() -> Result<(), Box<dyn Error + Send + Sync>> {
        Err("no reason at all")?;
        Ok(())
    }

    #[regrow::main]
    pub(super) async fn told_to_stop() -> Result<(), ExitReason> {
        Err(ExitReason::Shutdown)
    }

    #[regrow::main]
    pub(super) async fn plain() {}

    #[regrow::main]
    pub(super) async fn reason() -> ExitReason {
        ExitReason::Normal
    }
}

#[test]
fn main_gives_an_exit_code() {
    let codes = [
        program::main(),
        program::plain(),
        program::reason(),
        program::told_to_stop(),
    ];
    for code in codes {
        assert_eq!(
            format!("{code:?}"),
            format!("{:?}", std::process::ExitCode::SUCCESS)
        );
    }
    let failure = format!("{:?}", std::process::ExitCode::FAILURE);
    let codes = [
        program::failing(),
        program::boxed(),
        program::boxed_to_send(),
    ];
    for code in codes {
        assert_eq!(format!("{code:?}"), failure);
    }
}

mod ended {
    use super::{ExitReason, Inbox, spawn_link};

    async fn with_another() {
        spawn_link(async |_: Inbox<()>| ExitReason::Shutdown);
        std::future::pending::<()>().await;
    }

    #[regrow::main]
    pub(super) async fn main() {
        with_another().await;
    }

    #[regrow::test]
    #[should_panic(expected = "ended before it was done: shutdown")]
    async fn test() {
        with_another().await;
    }
}

#[test]
fn a_main_that_is_ended_before_it_is_done_has_failed() {
    let failure = format!("{:?}", std::process::ExitCode::FAILURE);
    assert_eq!(format!("{:?}", ended::main()), failure);
}

static RUNS: AtomicU32 = AtomicU32::new(0);

mod counted {
    use super::{Ordering, RUNS};

    #[regrow::test(seeds = 5, seed = 7)]
    pub(super) async fn runs() {
        RUNS.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_test_runs_once_for_each_seed() {
    // Once by the harness, at some time, and once here.
    counted::runs();
    let runs = RUNS.load(Ordering::Relaxed);
    assert!(runs >= 5, "{runs}");
}

/// Whatever error can be shown is one that a test may fail with.
#[regrow::test]
#[should_panic(expected = "invalid digit found in string")]
async fn tests_fail_with_any_error() -> Result<(), Box<dyn Error>> {
    let _: u8 = "seven".parse()?;
    Ok(())
}

/// The body may return early, and use `?`.
#[regrow::test]
async fn bodies_are_functions() -> Result<(), ExitReason> {
    if std::env::args().count() > 0 {
        return Ok(());
    }
    Err(fmt::Error)?;
    Ok(())
}
