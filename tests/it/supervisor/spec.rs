//! Child specifications: what they say if nothing is said, which may not be combined, and those that
//! a derive writes.

use std::time::Duration;

use regrow::prelude::*;
use regrow::process::{settle, yield_now};
use regrow::server::{GenServer, Step, call, cast};
use regrow::supervisor::{AnyChildSpec, AutoShutdown, ChildKind, ChildProcess, SpecError};
use regrow::time::sleep;

use super::{Log, counts, oops, shown, with, worker};
use crate::support::{forever, simulated};

const RESTARTS: [Restart; 3] = [Restart::Permanent, Restart::Transient, Restart::Temporary];

const AUTO_SHUTDOWNS: [AutoShutdown; 3] = [
    AutoShutdown::Never,
    AutoShutdown::AnySignificant,
    AutoShutdown::AllSignificant,
];

/// What is wrong with such a child, in the order in which it is looked at.
fn wrong(auto_shutdown: AutoShutdown, restart: Restart) -> Option<SpecError> {
    match (auto_shutdown, restart) {
        (AutoShutdown::Never, _) => Some(SpecError::SignificantForNothing("a".into())),
        (_, Restart::Permanent) => Some(SpecError::SignificantPermanent("a".into())),
        _ => None,
    }
}

// SUP-088 and SUP-191 too.
#[test]
fn sup_089_each_combination_is_refused_or_not_at_the_start_and_later() {
    simulated(async {
        let log = Log::default();
        let shutdowns = [
            Shutdown::BrutalKill,
            Shutdown::After(Duration::ZERO),
            Shutdown::After(millis(1)),
            Shutdown::Infinity,
        ];
        for auto_shutdown in AUTO_SHUTDOWNS {
            for restart in RESTARTS {
                for shutdown in shutdowns {
                    let plan = worker("a", &log);
                    let spec = plan.spec().restart(restart).shutdown(shutdown);
                    let flags =
                        || Supervisor::new(Strategy::OneForOne).auto_shutdown(auto_shutdown);
                    let plain = flags().child(spec.clone()).start().await.unwrap();
                    assert_eq!(shown(plain).await, "a+");

                    let spec = spec.id("a").significant(true);
                    let expected = wrong(auto_shutdown, restart);
                    let why = expected.as_ref().map(ToString::to_string);
                    let started = flags().child(spec.clone()).start().await;
                    let refused = started.err().map(|error| match error {
                        regrow::server::StartError::Failed(reason) => reason.to_string(),
                        other => panic!("not this: {other}"),
                    });
                    assert_eq!(refused, why);
                    let empty = flags().start().await.unwrap();
                    let refused = empty.start_child(spec).await.err();
                    assert_eq!(refused, expected.map(StartChildError::Spec));
                }
            }
        }
    });
}

#[test]
fn a_message_about_a_specification_names_the_child_and_what_to_do() {
    let messages = [
        (SpecError::ZeroPeriod, "over a period of zero"),
        (
            SpecError::DuplicateId("cache".into()),
            "two children have the id \"cache\": give one another with `.id(…)`",
        ),
        (
            SpecError::SignificantPermanent("cache".into()),
            "\"cache\" is significant and permanent: make it transient or temporary",
        ),
        (
            SpecError::SignificantForNothing("cache".into()),
            "\"cache\" is significant, but its supervisor has no `.auto_shutdown(…)`",
        ),
        (
            SpecError::UsedUp("cache".into()),
            "\"cache\" was started before",
        ),
    ];
    for (error, message) in messages {
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn sup_183_three_restarts_in_five_seconds_are_allowed_if_nothing_is_said() {
    simulated(async {
        let log = Log::default();
        let plan = worker("a", &log);
        let supervisor = with(Supervisor::new(Strategy::OneForOne), [&plan]);
        let supervisor = supervisor.start().await.unwrap();
        for _ in 0..3 {
            plan.ends(oops()).await;
        }
        assert_eq!(shown(supervisor).await, "a+");
        sleep(millis(5001)).await;
        for _ in 0..3 {
            plan.ends(oops()).await;
        }
        assert_eq!(shown(supervisor).await, "a+");
        let end = monitor(supervisor);
        plan.ends(oops()).await;
        assert_eq!(end.await.reason, ExitReason::Shutdown);
    });
}

#[supervisor]
struct Below {
    workers: DynamicSupervisor,
}

#[supervisor]
struct Above {
    below: Below,
}

// A declared tree is a child of another, of a declared one too.
#[test]
fn sup_180_a_declared_supervisor_is_a_child_by_its_name() {
    simulated(async {
        let above = Supervisor::new(Strategy::OneForOne).child(Below::child_spec());
        let above = above.start().await.unwrap();
        let spec = above.get_childspec("Below").await.unwrap();
        assert_eq!(spec.child_kind(), ChildKind::Supervisor);
        assert_eq!(spec.shutdown_type(), Shutdown::Infinity);
        assert_eq!(spec.restart_type(), Restart::Permanent);
        let changed = Below::child_spec().child_spec().restart(Restart::Transient);
        let other = Supervisor::new(Strategy::OneForOne).child(changed.id("other"));
        let other = other.start().await.unwrap();
        let spec = other.get_childspec("other").await.unwrap();
        assert_eq!(spec.restart_type(), Restart::Transient);

        let tree = Above::start().await.unwrap();
        assert_eq!(shown(tree.supervisor()).await, "below+");
    });
}

#[test]
fn sup_181_what_a_specification_says_can_be_said_otherwise() {
    simulated(async {
        let task = ChildSpec::task(async || ()).id("task");
        let any = AnyChildSpec::from(task);
        assert_eq!(any.restart_type(), Restart::Temporary);
        let any = any.restart(Restart::Transient).id("other");
        assert_eq!(any.child_id().as_str(), "other");
        assert_eq!(any.restart_type(), Restart::Transient);
        let any = any.kind(ChildKind::Supervisor);
        assert_eq!(any.shutdown_type(), Shutdown::Infinity);
        let any = any.shutdown(Shutdown::After(secs(1))).significant(true);
        assert_eq!(any.shutdown_type(), Shutdown::After(secs(1)));
        assert!(any.is_significant());
    });
}

#[test]
fn sup_189_whatever_can_be_a_child_can_be_added() {
    simulated(async {
        let log = Log::default();
        let supervisor = Supervisor::new(Strategy::OneForOne).start().await.unwrap();
        let typed = supervisor.start_child(worker("typed", &log).spec()).await;
        assert!(matches!(typed, Ok(StartedChild::Started(_))));
        let untyped = AnyChildSpec::from_fn("untyped", async || spawn_link(forever::<()>));
        assert!(supervisor.start_child(untyped).await.is_ok());
        let task = ChildSpec::task(async || sleep(secs(1)).await).id("task");
        assert!(supervisor.start_child(task).await.is_ok());
        let below = Supervisor::new(Strategy::OneForOne).child_spec();
        assert!(supervisor.start_child(below.id("below")).await.is_ok());
        assert_eq!(counts(supervisor).await, [4, 4, 1, 3]);
    });
}

/// A server that is written by hand.
#[derive(ChildSpec)]
#[child_spec(
    restart = "transient",
    shutdown = "2s",
    id = "tally",
    significant,
    name = "tally"
)]
struct Tally(u64);

struct Add(u64);
struct Total;

impl GenServer for Tally {
    type Args = u64;

    fn init(start: u64, _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Tally(start))
    }
}

impl regrow::server::HandleCast<Add> for Tally {
    fn handle_cast(&mut self, Add(by): Add, _: &mut Context<Self>) -> impl Step<Next> {
        self.0 += by;
        Next::proceed()
    }
}

impl regrow::server::HandleCall<Total> for Tally {
    type Reply = u64;

    fn handle_call(
        &mut self,
        _: Total,
        _: ReplyTo<u64>,
        _: &mut Context<Self>,
    ) -> impl Step<Reply<u64>> {
        Reply::now(self.0)
    }
}

#[test]
fn a_derived_specification_says_what_its_attribute_says() {
    simulated(async {
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .auto_shutdown(AutoShutdown::AnySignificant)
            .child(Tally::child_spec(40));
        let supervisor = supervisor.start().await.unwrap();
        let spec = supervisor.get_childspec("tally").await.unwrap();
        assert_eq!(spec.restart_type(), Restart::Transient);
        assert_eq!(spec.shutdown_type(), Shutdown::After(secs(2)));
        assert!(spec.is_significant());
        let tally = Name::<Tally>::new("tally");
        cast(tally, Add(2));
        assert_eq!(call(tally, Total).await, Ok(42));
        exit(regrow::process::whereis("tally").unwrap(), ExitReason::Kill);
        settle().await;
        assert_eq!(call(tally, Total).await, Ok(40));
        let end = monitor(supervisor);
        regrow::server::stop(tally, ExitReason::Normal)
            .await
            .unwrap();
        assert_eq!(end.await.reason, ExitReason::Shutdown);

        let fresh = Tally::child_spec_with(|| 7).significant(false);
        let supervisor = Supervisor::new(Strategy::OneForOne).child(fresh);
        let supervisor = supervisor.start().await.unwrap();
        assert_eq!(call(tally, Total).await, Ok(7));
        regrow::server::stop(supervisor, ExitReason::Normal)
            .await
            .unwrap();
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .auto_shutdown(AutoShutdown::AnySignificant)
            .start()
            .await
            .unwrap();
        let once = supervisor.start_child(Tally::child_spec_once(9)).await;
        assert_eq!(call(once.unwrap().running().unwrap(), Total).await, Ok(9));
    });
}

/// A worker that is no server, and generic at that.
#[derive(ChildSpec)]
#[child_spec(start = Echo::<M>::start_link, args(prefix: String, times: usize), restart = "temporary")]
struct Echo<M: Send + 'static>(std::marker::PhantomData<fn(M)>);

impl<M: Send + 'static> Echo<M> {
    async fn start_link(prefix: String, times: usize) -> (ProcessRef<M>, String) {
        yield_now().await;
        (spawn_link(forever::<M>), prefix.repeat(times))
    }
}

#[test]
fn a_worker_that_is_no_server_says_what_starts_it() {
    simulated(async {
        let supervisor = Supervisor::new(Strategy::OneForOne).start().await.unwrap();
        let spec = Echo::<u8>::child_spec("ab".into(), 2);
        assert_eq!(spec.restart_type(), Restart::Temporary);
        assert!(spec.child_id().as_str().contains("Echo<u8>"));
        let started = supervisor.start_child(spec).await.unwrap();
        let StartedChild::StartedWith(pid, info) = started else {
            panic!("it says something");
        };
        assert_eq!(info.downcast_ref(), Some(&"abab".to_owned()));
        let listed = supervisor.which_children().await.unwrap();
        assert_eq!(listed[0].process, ChildProcess::Running(pid));
    });
}
