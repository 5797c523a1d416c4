//! The process of a program: it starts applications in order, watches them, and stops them in
//! reverse order.
//!
//! ```text
//!   starting ── all have ──▶ running ── told to, or one has ended ──▶ stopping ──▶ outcome
//!      │ one fails, or told to                                           ▲
//!      └─────────────────────────────────────────────────────────────────┘
//! ```
//!
//! # Invariants
//!
//! - R-APP-1  Each application's process is linked to this one, which traps exits, and its tree to
//!   that. So nothing outlives this process, and each end is heard of once.
//! - R-APP-2  Whatever happens, the outcome is known only when all applications have ended.

use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use parking_lot::Mutex;
use regrow_runtime::gen_server::Restart;
use regrow_runtime::process::{
    ExitReason, Inbox, Pid, ProcessRef, Received, SpawnOptions, exit, spawn_with,
};
use regrow_runtime::time::{Instant, now};

use super::error::ProgramError;
use super::master::{Stop, master};
use super::program::{App, Program, State};
use super::report;
use super::signal::Signal;

/// What a program is told.
#[derive(Debug)]
pub(super) enum Command {
    /// By the operating system: to stop, and at once if it is stopping already.
    Signal(Signal),
    /// To stop.
    Stop,
    /// An application has started.
    Started { master: Pid, root: Pid },
}

/// An application that was started.
struct Member {
    name: String,
    restart: Restart,
    process: ProcessRef<Stop>,
    /// Known when it has started.
    root: Option<Pid>,
}

/// What comes in, as far as it concerns a program.
enum News {
    /// Somebody wants it to stop; by a signal if this is `true`.
    Stop { signal: bool },
    /// This application has started.
    Started,
    /// This application has ended.
    Ended(Member, ExitReason),
    /// The time is up.
    TooLate,
}

struct Control {
    inbox: Inbox<Command>,
    parent: Pid,
    /// Those that have not ended, in the order in which they were started.
    members: Vec<Member>,
    shutdown_timeout: Option<Duration>,
}

/// The life of a program.
pub(super) async fn control(
    inbox: Inbox<Command>,
    program: Program,
    parent: Pid,
    state: Arc<Mutex<State>>,
) {
    let mut control = Control {
        inbox,
        parent,
        members: Vec::new(),
        shutdown_timeout: program.shutdown_timeout,
    };
    let mut outcome = control.start(program.applications).await;
    if let Ok(true) = outcome {
        let waker = {
            let mut state = state.lock();
            state.started = true;
            state.waker.take()
        };
        waker.into_iter().for_each(Waker::wake);
        outcome = control.watch().await.map(|()| true);
    }
    let stopped = control.stop().await;
    state.lock().outcome = Some(outcome.and(stopped));
}

impl Control {
    /// Starts applications one after the other. `false`: it was told to stop before all had started.
    async fn start(&mut self, applications: Vec<App>) -> Result<bool, ProgramError> {
        for app in applications {
            let (name, restart) = (app.name.clone(), app.restart);
            let options = SpawnOptions::new().link().trap_exit(true).label(&*name);
            let this = self.inbox.this();
            let spawned = spawn_with(options, move |inbox| master(inbox, app, this));
            let process = match spawned {
                Ok(spawned) => spawned.process,
                Err(error) => {
                    return Err(ProgramError::NotStarted {
                        application: name,
                        reason: error.into(),
                    });
                }
            };
            self.members.push(Member {
                name,
                restart,
                process,
                root: None,
            });
            loop {
                match self.news(None).await {
                    News::Started => break,
                    News::Stop { .. } => return Ok(false),
                    News::Ended(member, reason) if member.root.is_none() => {
                        return Err(ProgramError::NotStarted {
                            application: member.name,
                            reason,
                        });
                    }
                    News::Ended(member, reason) => goes_on_without(member, reason)?,
                    News::TooLate => {}
                }
            }
        }
        Ok(true)
    }

    /// Waits until the program is to stop, or has nothing more to run.
    async fn watch(&mut self) -> Result<(), ProgramError> {
        while !self.members.is_empty() {
            match self.news(None).await {
                News::Stop { .. } => return Ok(()),
                News::Ended(member, reason) if stops(&member, &reason) && reason.is_normal() => {
                    return Ok(());
                }
                News::Ended(member, reason) => goes_on_without(member, reason)?,
                News::Started | News::TooLate => {}
            }
        }
        Ok(())
    }

    /// Stops what runs, the last one first.
    async fn stop(&mut self) -> Result<(), ProgramError> {
        let mut deadline = self.shutdown_timeout.map(|limit| now() + limit);
        let mut outcome = Ok(());
        while let Some(last) = self.members.last() {
            last.process.send(Stop);
            let stopping = last.process.pid();
            loop {
                match self.news(deadline).await {
                    News::Ended(member, reason) => {
                        let is_it = member.process.pid() == stopping;
                        if reason.is_crash() {
                            outcome = outcome.and(Err(ProgramError::Ended {
                                application: member.name,
                                reason,
                            }));
                        }
                        if is_it {
                            break;
                        }
                    }
                    News::Stop { signal: true } => deadline = Some(now()),
                    News::TooLate => return Err(self.kill().await),
                    News::Started | News::Stop { signal: false } => {}
                }
            }
        }
        outcome
    }

    /// Kills what is left, and waits until it is gone.
    async fn kill(&mut self) -> ProgramError {
        let left = self.members.iter().rev();
        let killed = left.clone().map(|member| member.name.clone()).collect();
        for member in left {
            for process in member.root.into_iter().chain([member.process.pid()]) {
                exit(process, ExitReason::Kill);
            }
        }
        while !self.members.is_empty() {
            self.news(None).await;
        }
        ProgramError::ShutdownTimeout { killed }
    }

    /// Waits for something that concerns the program, until a moment.
    async fn news(&mut self, until: Option<Instant>) -> News {
        loop {
            let received = match until {
                None => Some(self.inbox.receive().await),
                Some(until) => {
                    let left = until.duration_since(now());
                    self.inbox.receive_timeout(left).await
                }
            };
            match received {
                None => return News::TooLate,
                Some(Received::Message(Command::Signal(signal))) => {
                    report::told(signal);
                    return News::Stop { signal: true };
                }
                Some(Received::Message(Command::Stop)) => return News::Stop { signal: false },
                Some(Received::Message(Command::Started { master, root })) => {
                    let mut members = self.members.iter_mut();
                    if let Some(member) = members.find(|member| member.process.pid() == master) {
                        member.root = Some(root);
                        report::started(&member.name, root);
                        return News::Started;
                    }
                }
                Some(Received::Exit(exit)) if exit.from == self.parent => {
                    return News::Stop { signal: false };
                }
                Some(Received::Exit(exit)) => {
                    let mut members = self.members.iter();
                    let at = members.position(|member| member.process.pid() == exit.from);
                    if let Some(at) = at {
                        return News::Ended(self.members.remove(at), exit.reason);
                    }
                }
                Some(Received::Down(_)) => {}
            }
        }
    }
}

/// Whether the end of an application is the end of the program.
fn stops(member: &Member, reason: &ExitReason) -> bool {
    match member.restart {
        Restart::Permanent => true,
        Restart::Transient => !reason.is_normal(),
        Restart::Temporary => false,
    }
}

/// An application has ended: reports it.
///
/// # Errors
///
/// The program cannot be without it.
fn goes_on_without(member: Member, reason: ExitReason) -> Result<(), ProgramError> {
    report::ended(&member.name, member.restart, &reason);
    if stops(&member, &reason) {
        return Err(ProgramError::Ended {
            application: member.name,
            reason,
        });
    }
    Ok(())
}
