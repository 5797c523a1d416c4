//! Programs: applications that start in order, end for one reason or another, and are stopped.

use std::sync::Arc;

use regrow::application::{self, App, Application, Program, ProgramError, Running, Signal};
use regrow::prelude::*;
use regrow::process::{is_alive, self_pid, settle};
use regrow::server::StartError;
use regrow::supervisor::{ChildProcess, FailedToStart};
use regrow::time::{now, sleep};

use crate::server::Log;
use crate::support::{forever, simulated};

/// A worker that says when it is stopped, which takes a while.
struct Worker {
    log: Log,
    name: &'static str,
    takes: std::time::Duration,
}

#[gen_server(trap_exit, shutdown = "infinity")]
impl Worker {
    #[init]
    fn new(log: Log, name: &'static str, takes: std::time::Duration) -> Self {
        log.say(format!("{name}: worker"));
        Worker { log, name, takes }
    }

    #[terminate]
    async fn end(&mut self, _why: &ExitReason) {
        sleep(self.takes).await;
        self.log.say(format!("{}: worker ends", self.name));
    }
}

/// An application that says what it is asked to do.
struct Part {
    log: Log,
    name: &'static str,
    /// How long its worker takes to end.
    takes: std::time::Duration,
    /// What its callbacks do beside writing it down.
    fails_in: &'static str,
    linked: bool,
    root: Arc<parking_lot::Mutex<Option<Pid>>>,
}

impl Part {
    fn new(log: &Log, name: &'static str) -> Part {
        Part {
            log: log.clone(),
            name,
            takes: millis(10),
            fails_in: "",
            linked: true,
            root: Arc::default(),
        }
    }

    fn says(&self, what: &str) -> Result<(), ExitReason> {
        self.log.say(format!("{}: {what}", self.name));
        assert!(self.fails_in != format!("{what} panics"), "{what} panics");
        if self.fails_in == what {
            return Err(ExitReason::atom("oops"));
        }
        Ok(())
    }
}

impl Application for Part {
    type Root = ServerRef<Supervisor>;

    async fn start(&mut self) -> Result<ServerRef<Supervisor>, ExitReason> {
        self.says("start")?;
        let worker = Worker::child_spec(self.log.clone(), self.name, self.takes);
        let tree = Supervisor::new(Strategy::OneForOne)
            .max_restarts(0, secs(1))
            .child(worker);
        let start = if self.linked {
            tree.start_link()
        } else {
            tree.start()
        };
        let root = start.await?;
        *self.root.lock() = Some(root.pid());
        Ok(root)
    }

    async fn start_phase(&mut self, phase: &str) -> Result<(), ExitReason> {
        self.says(phase)
    }

    async fn prep_stop(&mut self) {
        self.says("prep_stop").unwrap();
    }

    async fn stop(&mut self) {
        self.says("stop").unwrap();
    }
}

/// A program of two applications that runs.
async fn two(log: &Log) -> Running {
    let program = Program::new()
        .with(App::new("one", Part::new(log, "one")))
        .with(App::new("two", Part::new(log, "two")));
    program.start().await.unwrap()
}

const TWO_START: [&str; 4] = ["one: start", "one: worker", "two: start", "two: worker"];
const ONE_STOPS: [&str; 3] = ["one: prep_stop", "one: worker ends", "one: stop"];
const TWO_STOPS: [&str; 3] = ["two: prep_stop", "two: worker ends", "two: stop"];

#[test]
fn r_app_1_applications_start_in_order_and_stop_in_reverse_order() {
    simulated(async {
        let log = Log::default();
        let running = two(&log).await;
        assert_eq!(log.take(), TWO_START);
        assert!(running.stop().await.is_ok());
        assert_eq!(log.take(), [TWO_STOPS, ONE_STOPS].concat());
        assert!(!is_alive(&running).await);
        // Whoever asks later hears the same.
        assert!(running.wait().await.is_ok());
    });
}

#[test]
fn r_app_2_a_signal_stops_the_program_in_order() {
    simulated(async {
        for signal in [Signal::Interrupt, Signal::Terminate] {
            let log = Log::default();
            let running = two(&log).await;
            log.take();
            running.signal(signal);
            assert!(running.wait().await.is_ok());
            assert_eq!(log.take(), [TWO_STOPS, ONE_STOPS].concat());
        }
    });
}

#[test]
fn r_app_3_start_phases_come_after_the_start_in_their_order() {
    simulated(async {
        let log = Log::default();
        let app = App::new("one", Part::new(&log, "one")).start_phases(["warm", "open"]);
        let running = Program::new().with(app).start().await.unwrap();
        let started = ["one: start", "one: worker", "one: warm", "one: open"];
        assert_eq!(log.take(), started);
        running.stop().await.unwrap();
    });
}

#[test]
fn r_app_4_if_one_does_not_start_those_before_it_are_stopped_again() {
    simulated(async {
        let failing = ["start", "start panics", "open", "open panics"];
        for fails_in in failing {
            let log = Log::default();
            let part = Part {
                fails_in,
                ..Part::new(&log, "two")
            };
            let program = Program::new()
                .with(App::new("one", Part::new(&log, "one")))
                .with(App::new("two", part).start_phases(["open"]))
                .with(App::new("three", Part::new(&log, "three")));
            let Err(ProgramError::NotStarted {
                application,
                reason,
            }) = program.start().await
            else {
                panic!("it started though {fails_in}");
            };
            assert_eq!((&*application, reason.is_crash()), ("two", true));
            let said = log.take();
            assert!(said.ends_with(&ONE_STOPS.map(str::to_owned)), "{said:?}");
            assert!(!said.iter().any(|line| line.starts_with("three")));
            let ended = said.contains(&"two: worker ends".to_owned());
            assert_eq!(ended, said.contains(&"two: worker".to_owned()), "{said:?}");
        }
    });
}

/// A server whose `init` panics.
struct Faulty;

#[gen_server]
impl Faulty {
    #[init]
    fn new() -> Self {
        panic!("nothing of the kind")
    }
}

#[test]
fn sup_023_a_panic_in_the_tree_is_in_the_reason_that_the_program_does_not_start() {
    simulated(async {
        let root = async || {
            let tree =
                Supervisor::new(Strategy::OneForOne).child(Faulty::child_spec().id("faulty"));
            Ok::<_, ExitReason>(tree.start_link().await?)
        };
        let started = Program::new().with(App::new("one", root)).start().await;
        let Err(ProgramError::NotStarted {
            application,
            reason,
        }) = started
        else {
            panic!("its tree does not start");
        };
        assert_eq!(&*application, "one");
        let ExitReason::Error(error) = reason else {
            panic!("the start gave an error: {reason}");
        };
        let Some(StartError::Failed(reason)) = error.downcast_ref() else {
            panic!("the tree's start has failed: {error}");
        };
        let failed = reason.downcast_ref::<FailedToStart>().expect("a child did");
        assert_eq!(failed.child, "faulty".into());
        let ExitReason::Panic(panic) = &failed.reason else {
            panic!("its init has panicked: {failed}");
        };
        assert_eq!(panic.message(), "nothing of the kind");
    });
}

#[test]
fn r_app_5_a_root_that_is_not_linked_is_no_root() {
    simulated(async {
        let part = Part {
            linked: false,
            ..Part::new(&Log::default(), "one")
        };
        let root = Arc::clone(&part.root);
        let error = application::run(part).start().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the application application does not start: the root of the tree is not linked to the \
             application: start it with `start_link`"
        );
        exit(root.lock().unwrap(), ExitReason::Kill);
    });
}

/// How the tree of an application ends by itself, and whether the program goes on without it.
async fn ends(restart: Restart, reason: ExitReason) -> Option<Result<(), ProgramError>> {
    let log = Log::default();
    let ended = Arc::new(parking_lot::Mutex::new(None));
    let shown = Arc::clone(&ended);
    let root = move || {
        let (reason, shown) = (reason.clone(), Arc::clone(&shown));
        async move {
            let process = spawn_link(async |mut inbox: Inbox<()>| {
                inbox.receive().await;
                reason
            });
            *shown.lock() = Some(process);
            Ok::<_, ExitReason>(process)
        }
    };
    let running = Program::new()
        .with(App::new("one", Part::new(&log, "one")))
        .with(App::new("two", root).restart(restart))
        .start()
        .await
        .unwrap();
    log.take();
    let process: ProcessRef<()> = ended.lock().unwrap();
    process.send(());
    sleep(secs(1)).await;
    if is_alive(&running).await {
        assert!(log.take().is_empty());
        running.stop().await.unwrap();
        return None;
    }
    assert_eq!(log.take(), ONE_STOPS);
    Some(running.wait().await)
}

#[test]
fn obs_045_what_an_applications_end_means_is_its_type() {
    simulated(async {
        let oops = || ExitReason::atom("oops");
        for reason in [ExitReason::Normal, ExitReason::Shutdown, oops()] {
            assert!(ends(Restart::Temporary, reason).await.is_none());
        }
        assert!(ends(Restart::Transient, ExitReason::Normal).await.is_none());
        assert!(matches!(
            ends(Restart::Permanent, ExitReason::Normal).await,
            Some(Ok(()))
        ));
        for restart in [Restart::Transient, Restart::Permanent] {
            for reason in [ExitReason::Shutdown, oops()] {
                let Some(Err(ProgramError::Ended {
                    application,
                    reason: why,
                })) = ends(restart, reason.clone()).await
                else {
                    panic!("it went on after {reason}");
                };
                assert_eq!((&*application, why), ("two", reason));
            }
        }
    });
}

#[test]
fn r_app_6_a_tree_that_gives_up_ends_the_program_without_prep_stop() {
    simulated(async {
        let log = Log::default();
        let part = Part::new(&log, "one");
        let root = Arc::clone(&part.root);
        let running = application::run(part).start().await.unwrap();
        log.take();
        let root = root.lock().unwrap().as_server::<Supervisor>().unwrap();
        let children = root.which_children().await.unwrap();
        let ChildProcess::Running(worker) = children[0].process else {
            panic!("{children:?}");
        };
        exit(worker, ExitReason::Kill);
        let error = running.wait().await.unwrap_err();
        let said = "the application application has ended: shutdown";
        assert_eq!(error.to_string(), said);
        assert_eq!(log.take(), ["one: stop"]);
    });
}

#[test]
fn r_app_7_what_has_not_stopped_in_time_is_killed() {
    simulated(async {
        let log = Log::default();
        let slow = Part {
            takes: secs(3600),
            ..Part::new(&log, "two")
        };
        let root = Arc::clone(&slow.root);
        let program = Program::new()
            .with(App::new("one", Part::new(&log, "one")))
            .with(App::new("two", slow))
            .with(App::new("three", Part::new(&log, "three")))
            .shutdown_timeout(secs(10));
        let running = program.start().await.unwrap();
        let begin = now();
        let error = running.stop().await.unwrap_err();
        assert_eq!((now() - begin).as_secs(), 10);
        let said = "to stop took longer than it may; killed: two, one";
        assert_eq!(error.to_string(), said);
        let root = root.lock().unwrap();
        assert!(!is_alive(root).await);
    });
}

#[test]
fn r_app_8_a_second_signal_ends_the_wait() {
    simulated(async {
        let slow = Part {
            takes: secs(3600),
            ..Part::new(&Log::default(), "one")
        };
        let running = application::run(slow).start().await.unwrap();
        let begin = now();
        running.signal(Signal::Interrupt);
        sleep(secs(5)).await;
        assert!(is_alive(&running).await);
        running.signal(Signal::Interrupt);
        let error = running.wait().await.unwrap_err();
        assert_eq!((now() - begin).as_secs(), 5);
        assert!(matches!(error, ProgramError::ShutdownTimeout { killed } if killed.len() == 1));
    });
}

#[test]
fn r_app_9_a_program_stops_in_order_when_its_starter_ends() {
    simulated(async {
        let log = Log::default();
        let said = log.clone();
        let starter = spawn(async move |inbox: Inbox<()>| {
            let _running = two(&said).await;
            forever(inbox).await
        });
        settle().await;
        log.take();
        exit(starter, ExitReason::Kill);
        sleep(secs(1)).await;
        assert_eq!(log.take(), [TWO_STOPS, ONE_STOPS].concat());
    });
}

#[test]
fn r_app_10_a_program_that_is_told_to_stop_while_it_starts_stops_what_has_begun() {
    simulated(async {
        let log = Log::default();
        let (program, said) = (Arc::new(parking_lot::Mutex::new(None)), log.clone());
        let slow = move || {
            let said = said.clone();
            async move {
                sleep(secs(1)).await;
                said.say("slow: started");
                Supervisor::new(Strategy::OneForOne).start_link().await
            }
        };
        let starting = Program::new()
            .with(App::new("slow", slow))
            .with(App::new("two", Part::new(&log, "two")));
        let told = Arc::clone(&program);
        let (_, end) = spawn_monitor(async move |_: Inbox<()>| {
            *told.lock() = Some(self_pid());
            starting.start().await.map(drop)
        });
        sleep(millis(500)).await;
        // Its starter ends, so it has to stop: what is starting is stopped when it has started.
        exit(program.lock().unwrap(), ExitReason::Shutdown);
        end.await;
        sleep(secs(5)).await;
        assert_eq!(log.take(), ["slow: started"]);
    });
}

#[test]
fn r_app_11_a_crash_of_what_an_application_started_beside_its_tree_ends_it() {
    simulated(async {
        let log = Log::default();
        let beside = Arc::new(parking_lot::Mutex::new(None));
        let shown = Arc::clone(&beside);
        let start = move || {
            let shown = Arc::clone(&shown);
            async move {
                let listener = spawn_link(async |inbox: Inbox<()>| forever(inbox).await);
                *shown.lock() = Some(listener);
                Supervisor::new(Strategy::OneForOne).start_link().await
            }
        };
        let running = Program::new()
            .with(App::new("one", Part::new(&log, "one")))
            .with(App::new("two", start))
            .start()
            .await
            .unwrap();
        log.take();
        exit(beside.lock().unwrap(), ExitReason::atom("oops"));
        let error = running.wait().await.unwrap_err();
        assert_eq!(error.to_string(), "the application two has ended: oops");
        assert_eq!(log.take(), ONE_STOPS);
    });
}

#[test]
fn r_app_12_a_callback_that_panics_while_the_program_stops_keeps_nothing_from_stopping() {
    simulated(async {
        for fails_in in ["prep_stop panics", "stop panics"] {
            let log = Log::default();
            let part = Part {
                fails_in,
                ..Part::new(&log, "two")
            };
            let program = Program::new()
                .with(App::new("one", Part::new(&log, "one")))
                .with(App::new("two", part));
            let running = program.start().await.unwrap();
            log.take();
            let error = running.stop().await.unwrap_err();
            assert!(
                error
                    .to_string()
                    .starts_with("the application two has ended: panicked")
            );
            assert_eq!(log.take(), [TWO_STOPS, ONE_STOPS].concat());
        }
    });
}
