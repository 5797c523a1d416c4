//! A build: a server that has its steps as children, and a pool of tools that the steps share.
//!
//! ```text
//!   tree (one_for_one)
//!   ├── tools    Pool of two, and one more while there is a rush
//!   └── build    a server with children of its own:
//!                fetch, lint, test, document, package: a process for each
//! ```
//!
//! What it teaches: a server can be the supervisor of its workers. Then nobody else has to be asked
//! who they are and how they are, and what to do about one that has failed is the server's own
//! decision: here, to try a step again, and to give the build up when that does not help. And a
//! pool lends what there is little of, to one at a time; who has a tool and crashes gives it back
//! by that.
//!
//! ```sh
//! cargo run --release --example smart_parent
//! ```
//!
//! What you will see: five steps share three tools. One step crashes once and is tried again; in a
//! second build one crashes each time; in a third one the build itself crashes, with its children.
//! After each of them the pool is whole. What the tools write is counted in their files. Reports of
//! crashes are on standard error.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use regrow::prelude::*;
use regrow::process::settle;
use regrow::supervisor::{ChildTerminated, Lease, ParentContext, Pool};

/// A build: a server that has its steps as children, and a pool of tools that the steps share.
#[derive(Parser)]
struct Options;

static TOOLS: Name<Pool<Tool>> = Name::new("tools");
static BUILD: Name<Build> = Name::new("build");

/// The steps of each build.
const STEPS: [&str; 5] = ["fetch", "lint", "test", "document", "package"];
/// So often a step is tried.
const ATTEMPTS_MAX: u32 = 2;

/// What there is little of: it has a file of its own open.
struct Tool {
    log: File,
}

#[gen_server]
impl Tool {
    #[init]
    fn open(folder: PathBuf) -> Result<Self, ExitReason> {
        let path = folder.join(format!("{}.log", regrow::process::random_u64()));
        Ok(Tool {
            log: File::create(path)?,
        })
    }

    #[call]
    fn apply(&mut self, step: &'static str) -> std::io::Result<()> {
        writeln!(self.log, "{step}")
    }
}

/// A step takes a tool, waits for the word, uses the tool, and ends.
struct Step {
    name: &'static str,
    fails: bool,
    tool: Option<Lease<Tool>>,
}

struct TakeTool;

#[gen_server(restart = "temporary")]
impl Step {
    #[init]
    fn new(name: &'static str, fails: bool, cx: &mut Context<Self>) -> Self {
        cx.continue_with(TakeTool);
        Step {
            name,
            fails,
            tool: None,
        }
    }

    /// In line with the others, if there is none.
    #[handle_continue]
    async fn take(&mut self, _: TakeTool) -> Next {
        match TOOLS.checkout().no_timeout().await {
            Ok(tool) => self.tool = Some(tool),
            Err(error) => return Next::stop(error.into()),
        }
        Next::proceed()
    }

    #[cast]
    async fn go(&mut self) -> Next {
        assert!(!self.fails, "{} has failed", self.name);
        let Some(tool) = self.tool.take() else {
            return Next::proceed();
        };
        match tool.apply(self.name).await {
            Ok(()) => Next::stop(ExitReason::Normal),
            Err(error) => Next::stop(error.into()),
        }
    }
}

/// How a build came out.
#[derive(Debug, Clone, Default)]
struct Outcome {
    done: Vec<String>,
    tried_again: Vec<String>,
    failed: Option<String>,
}

/// The parent.
struct Build {
    /// Which step is to fail, and how often.
    mishap: Option<(&'static str, u32)>,
    attempts: Vec<&'static str>,
    outcome: Outcome,
    /// Who waits for the outcome.
    asker: Option<ReplyTo<Outcome>>,
}

#[gen_server]
impl Build {
    #[init]
    fn new(cx: &mut Context<Self>) -> Self {
        cx.children().notify(); // of each step that has ended
        Build {
            mishap: None,
            attempts: Vec::new(),
            outcome: Outcome::default(),
            asker: None,
        }
    }

    /// Starts all steps, which take tools and wait.
    #[call]
    async fn begin(
        &mut self,
        mishap: Option<(&'static str, u32)>,
        cx: &mut Context<Self>,
    ) -> Result<(), StartChildError> {
        self.mishap = mishap;
        self.attempts.clear();
        self.outcome = Outcome::default();
        for step in STEPS {
            self.start_step(step, cx).await?;
        }
        Ok(())
    }

    /// Lets the steps go on. The caller gets the outcome when there is one.
    #[call]
    fn finish(&mut self, from: ReplyTo<Outcome>, cx: &mut Context<Self>) -> Reply<Outcome> {
        self.asker = Some(from);
        for child in cx.children().which() {
            if let regrow::supervisor::ChildProcess::Running(pid) = child.process {
                let step = pid.as_server::<Step>().expect("all children are steps");
                step.go();
            }
        }
        Reply::later()
    }

    /// A step has ended: well, or not for the first time, or for good.
    #[handle_continue]
    async fn ended(&mut self, step: ChildTerminated, cx: &mut Context<Self>) {
        let name = STEPS.into_iter().find(|name| *name == step.id.as_str());
        let name = name.expect("all children are steps");
        let attempts = self.attempts.iter().filter(|tried| **tried == name).count() as u32;
        if !step.reason.is_crash() {
            self.outcome.done.push(name.into());
        } else if attempts < ATTEMPTS_MAX {
            self.outcome.tried_again.push(name.into());
            if let Ok(step) = self.start_step(name, cx).await {
                step.go();
            }
        } else {
            // What the others do is worth nothing now.
            self.outcome.failed = Some(name.into());
            cx.children().shutdown_all().await;
        }
        if cx.children().count().active == 0
            && let Some(asker) = self.asker.take()
        {
            self.outcome.done.sort();
            asker.reply(self.outcome.clone());
        }
    }

    #[cast]
    fn crash(&self) {
        panic!("the build is asked to crash");
    }

    async fn start_step(
        &mut self,
        name: &'static str,
        cx: &mut Context<Self>,
    ) -> Result<ServerRef<Step>, StartChildError> {
        self.attempts.push(name);
        let attempt = self.attempts.iter().filter(|tried| **tried == name).count() as u32;
        let fails = self
            .mishap
            .is_some_and(|(step, times)| step == name && attempt <= times);
        let spec = Step::child_spec(name, fails).id(name);
        let started = cx.children().start_child(spec).await?;
        started.running().ok_or(StartChildError::Ignored)
    }
}

async fn say_pool() -> Result<(), ExitReason> {
    settle().await;
    let pool = TOOLS.status().await?;
    println!(
        "  tools: {} lent, {} of them beyond the size; {} idle; {} steps wait for one",
        pool.lent, pool.overflow, pool.idle, pool.waiting
    );
    Ok(())
}

/// How many lines the tools have written, in all.
fn lines(folder: &Path) -> Result<usize, ExitReason> {
    let mut lines = 0;
    for log in fs::read_dir(folder)? {
        lines += fs::read_to_string(log?.path())?.lines().count();
    }
    Ok(lines)
}

async fn build(mishap: Option<(&'static str, u32)>, folder: &Path) -> Result<(), ExitReason> {
    let before = lines(folder)?;
    BUILD.begin(mishap).await?;
    say_pool().await?;
    let outcome = BUILD.finish().await?;
    for step in outcome.tried_again {
        println!("  tried again: {step}");
    }
    if let Some(step) = outcome.failed {
        println!("  given up because of {step}");
    } else {
        let written = lines(folder)? - before;
        println!(
            "  done: {}; lines written: {written}",
            outcome.done.join(", ")
        );
    }
    say_pool().await
}

#[regrow::main]
async fn main() -> Result<(), ExitReason> {
    Options::parse();
    let folder = tempfile::tempdir()?;
    let pool = Pool::new(Tool::child_spec(folder.path().into()))
        .size(2)
        .max_overflow(1);
    Supervisor::new(Strategy::OneForOne)
        .child(pool.name(TOOLS))
        .child(Build::child_spec().name(BUILD))
        .start_link()
        .await?;

    println!("a build in which a step crashes once, and is tried again:");
    build(Some(("test", 1)), folder.path()).await?;
    println!("\na build in which a step crashes each time:");
    build(Some(("fetch", u32::MAX)), folder.path()).await?;

    println!("\na build that crashes itself, and its steps with it; it is started again:");
    BUILD.begin(None).await?;
    say_pool().await?;
    BUILD.crash();
    say_pool().await?;
    println!("\nand once more, without any mishap:");
    build(None, folder.path()).await
}
