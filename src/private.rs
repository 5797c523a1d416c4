//! The door that the macros' output goes through.
//!
//! Not for people: what is in here changes with any version. A macro crate of another version
//! does not find the names that it looks for.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

pub use regrow_runtime::gen_server::{
    HasClient, IntoInit, IntoNext, IntoReply, IsResult, ProtocolCall, ProtocolCast, Step, Target,
    call_to as call, cast_to as cast, cast_when_room_to as cast_when_room, protocol_call,
    protocol_cast,
};
pub use regrow_runtime::gen_statem::{
    Either, HasMachineClient, IntoEnter, IntoInitial, IntoTransition, Way,
};
use regrow_runtime::process::ExitReason;
use regrow_runtime::runtime::{Builder, Runtime};
pub use regrow_supervisor::{DefaultChild, Tree, place, start_tree, supervisor_at};

/// How long a program waits for its processes to end when `main` has returned.
const SHUTDOWN: Duration = Duration::from_secs(5);
/// The variable that replays one run of a test.
const SEED: &str = "REGROW_SEED";

/// What `#[regrow::main]` was given.
#[derive(Debug, Clone, Copy, Default)]
pub struct MainOptions {
    /// The number of schedulers, if it was said.
    pub schedulers: Option<usize>,
}

/// What a main function and a test may return.
///
/// More than a process may: an error that can be shown is enough, so `Box<dyn Error>` and what else
/// programs put their errors in are welcome. It becomes a reason in the process itself, so it need
/// not be `Send`.
#[diagnostic::on_unimplemented(
    message = "a main function or a test cannot return `{Self}`",
    label = "return nothing, an `ExitReason`, or a `Result` whose error can be shown"
)]
pub trait MainEnd {
    /// The reason that it stands for.
    fn reason(self) -> ExitReason;
}

impl MainEnd for () {
    fn reason(self) -> ExitReason {
        ExitReason::Normal
    }
}

impl MainEnd for ExitReason {
    fn reason(self) -> ExitReason {
        self
    }
}

impl<T: MainEnd, E: fmt::Display + 'static> MainEnd for Result<T, E> {
    fn reason(self) -> ExitReason {
        match self {
            Ok(value) => value.reason(),
            // A reason is itself, and may be a good one; anything else is a failure.
            Err(error) => (&error as &dyn Any)
                .downcast_ref::<ExitReason>()
                .cloned()
                .unwrap_or_else(|| ExitReason::atom(error.to_string())),
        }
    }
}

/// The type of a body that never ends, which stable Rust has no name for.
trait Output {
    type Of;
}

impl<T> Output for fn() -> T {
    type Of = T;
}

impl MainEnd for <fn() -> ! as Output>::Of {
    #[expect(private_interfaces, reason = "the type is `!`, however it is written")]
    fn reason(self) -> ExitReason {
        self
    }
}

/// Runs a program's main process on a runtime of its own.
pub fn main<F>(options: MainOptions, body: F) -> ExitCode
where
    F: Future<Output: MainEnd> + Send + 'static,
{
    let builder = Runtime::builder();
    let builder = options
        .schedulers
        .map_or(builder.clone(), |count| Builder::schedulers(builder, count));
    let runtime = match builder.build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("the runtime does not start: {error}")),
    };
    let result = runtime.try_block_on(async move { body.await.reason() });
    // Whoever is stuck is left behind: the program ends in any case.
    runtime.shutdown(SHUTDOWN);
    match result {
        Ok(reason) | Err(reason) if reason.is_crash() => fail(&reason.to_string()),
        // It did not come to its end: an exit signal ended it, of a process that it was linked to
        // as a rule. However orderly that was, what was to follow has not been done.
        Err(reason) if !reason.is_normal() => fail(&format!(
            "the main process was ended before it was done: {reason}"
        )),
        _ => ExitCode::SUCCESS,
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the last word of a program that failed"
)]
fn fail(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::FAILURE
}

/// What `#[regrow::test]` was given.
#[derive(Debug, Clone, Copy)]
pub struct TestOptions {
    /// The test's name.
    pub name: &'static str,
    /// How many seeds it is run under, from `seed` on.
    pub seeds: u64,
    /// The first seed.
    pub seed: Option<u64>,
}

/// Runs a test in the simulation, once for each seed; under one alone if `REGROW_SEED` says so.
///
/// # Panics
///
/// The test failed; the message says under which seed.
#[track_caller]
pub fn test<F>(options: TestOptions, body: impl Fn() -> F)
where
    F: Future<Output: MainEnd> + Send + 'static,
{
    let first = options.seed.unwrap_or(0);
    let seeds = match std::env::var(SEED) {
        Ok(text) => match text.parse() {
            Ok(seed) => seed..seed + 1,
            Err(error) => panic!("{SEED} is a number, not {text:?}: {error}"),
        },
        Err(_) => first..first + options.seeds.max(1),
    };
    for seed in seeds {
        let body = body();
        let outcome = Runtime::simulated(seed).explore(async move { body.await.reason() });
        let failure = match outcome.result {
            Ok(reason) | Err(reason) if reason.is_crash() => reason.to_string(),
            Ok(_) => continue,
            Err(reason) => format!("ended before it was done: {reason}"),
        };
        panic!(
            "test {} failed under seed {seed} (replay it with {SEED}={seed}): {failure}",
            options.name,
        );
    }
}
