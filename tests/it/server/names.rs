//! Names that know their server's type, places, and references by pid.

use std::collections::HashSet;

use regrow::ExitReason;
use regrow::answer::{Init, Next, Reply};
use regrow::call::CallError;
use regrow::process::{
    DownTarget, Inbox, RegisterError, exit, monitor, register, registered, spawn, whereis,
};
use regrow::reference::{Child, Name, ServerRef};
use regrow::server::{Context, GenServer, Start, StartError, Step, stop};

use regrow_runtime::gen_server::Place;

use super::{Log, Subject, act, ask, handled, oops, subject, tell};
use crate::support::{over_seeds, simulated};

static SUBJECT: Name<Subject> = Name::new("the subject");

/// A server of another kind.
struct Other;

impl GenServer for Other {
    type Args = ();
    fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Other)
    }
}

// GS-008 too: a call goes by the name.
#[test]
fn a_name_is_good_over_restarts() {
    over_seeds(50, || async {
        let log = Log::default();
        for round in 0..3 {
            let gone = ask(SUBJECT, |_, _, _| Reply::now(1)).await;
            assert_eq!(gone, Err(CallError::NoProcess));
            let server = subject(&log).name(SUBJECT).await.unwrap();
            act(SUBJECT, move |subject, _| {
                subject.value = round;
                Next::proceed()
            });
            tell(SUBJECT, |subject, _| {
                subject.value += 10;
                Next::proceed()
            });
            let value = ask(SUBJECT, |subject, _, _| Reply::now(subject.value)).await;
            assert_eq!(value, Ok(round + 10));
            assert_eq!(stop(server, oops()).await, Ok(()));
        }
    });
}

#[test]
fn gs_057_a_name_is_looked_up_as_any_other() {
    simulated(async {
        assert_eq!(whereis(Name::text(SUBJECT)), None);
        let server = subject(&Log::default()).name(SUBJECT).await.unwrap();
        assert_eq!(whereis("the subject"), Some(server.pid()));
        assert_eq!(registered(), ["the subject"]);
        let watch = monitor(SUBJECT);
        assert_eq!(stop(SUBJECT, oops()).await, Ok(()));
        let down = watch.await;
        assert_eq!(down.reason, oops());
        assert!(matches!(down.target, DownTarget::Name(_)));
        assert_eq!(whereis("the subject"), None);
    });
}

#[test]
fn a_name_that_another_kind_of_process_has_is_taken_all_the_same() {
    simulated(async {
        let process = spawn(async |mut inbox: Inbox<()>| {
            loop {
                inbox.receive().await;
            }
        });
        register("the subject", process).unwrap();
        let taken = subject(&Log::default()).name(SUBJECT).await;
        assert_eq!(taken, Err(StartError::AlreadyStarted(process.pid())));
        let taken = Start::<Other>::new(()).name("the subject").await;
        assert_eq!(taken, Err(StartError::AlreadyStarted(process.pid())));
        // What it is sent is dropped; a call says what has the name.
        act(SUBJECT, |_, _| panic!("not for this one"));
        let failed = ask(SUBJECT, |_, _, _| Reply::now(1)).no_timeout().await;
        let Err(CallError::OtherServer(types)) = failed else {
            panic!("{failed:?}")
        };
        assert!(types.wanted.ends_with("Subject"), "{types}");
        assert!(types.found.contains("names::"), "{types}");
    });
}

#[test]
fn a_server_has_one_name() {
    simulated(async {
        let server = subject(&Log::default()).name(SUBJECT).await.unwrap();
        let second = register("another", server);
        assert_eq!(second, Err(RegisterError::HasName("the subject".into())));
    });
}

#[test]
fn the_name_is_registered_before_init_runs() {
    simulated(async {
        let log = Log::default();
        super::subject_with(&log, |subject, cx| {
            assert_eq!(whereis("the subject"), Some(cx.pid()));
            Init::ok(subject)
        })
        .name(SUBJECT)
        .await
        .unwrap();
    });
}

#[test]
fn names_made_at_run_time_are_the_same_if_their_text_is() {
    let made = Name::<Subject>::from_string(String::from("the ") + "subject");
    assert_eq!(made, SUBJECT);
    assert_eq!(format!("{made:?}"), "Name(\"the subject\")");
    assert_eq!(HashSet::from([made, SUBJECT]).len(), 1);
    simulated(async move {
        let server = subject(&Log::default()).name(made).await.unwrap();
        let found = ask(SUBJECT, |_, _, cx| {
            Reply::now(u32::from(cx.pid() == cx.this().pid()))
        });
        assert_eq!(found.await, Ok(1));
        assert_eq!(whereis("the subject"), Some(server.pid()));
    });
}

#[test]
fn a_pid_is_a_reference_again_if_the_process_is_such_a_server() {
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        assert_eq!(server.pid().as_server::<Subject>(), Some(server));
        assert_eq!(server.pid().as_server::<Other>(), None);
        assert_eq!(server.pid().as_process::<()>(), None);
        let process = spawn(async |_: Inbox<()>| {});
        assert_eq!(process.pid().as_server::<Subject>(), None);
        let watch = monitor(server);
        exit(server, ExitReason::Kill);
        watch.await;
        assert_eq!(server.pid().as_server::<Subject>(), None);
    });
}

#[test]
fn a_child_is_whoever_is_at_its_place() {
    simulated(async {
        let place = Place::new();
        let child = Child::<Subject>::at(place.clone());
        assert_eq!(child.pid(), None);
        act(child.clone(), |_, _| panic!("there is nobody"));
        tell(child.clone(), |_, _| panic!("there is nobody"));
        let gone = ask(child.clone(), |_, _, _| Reply::now(1)).await;
        assert_eq!(gone, Err(CallError::NoProcess));
        for number in 0..3 {
            let server = subject(&Log::default()).await.unwrap();
            place.set(Some(server.pid()));
            assert_eq!(child.pid(), Some(server.pid()));
            tell(child.clone(), move |subject, _| {
                subject.value = number;
                Next::proceed()
            });
            let value = ask(child.clone(), |subject, _, _| Reply::now(subject.value));
            assert_eq!(value.await, Ok(number));
        }
        place.set(None);
        assert_eq!(child.pid(), None);
    });
}

#[test]
fn a_reference_is_a_value_that_keeps_nobody_alive_and_ends_nobody() {
    fn is_free<T: Copy + Eq + std::hash::Hash + Send + Sync + std::fmt::Debug>() {}
    is_free::<ServerRef<Subject>>();
    is_free::<Name<Subject>>();
    assert_eq!(size_of::<ServerRef<Subject>>(), size_of::<regrow::Pid>());
    simulated(async {
        let server = subject(&Log::default()).await.unwrap();
        let pid = server.pid();
        assert_eq!(format!("{server:?}"), format!("ServerRef({pid})"));
        let again = pid.as_server::<Subject>().unwrap();
        assert_eq!(HashSet::from([again, server]).len(), 1);
        handled(again).await;
    });
}
