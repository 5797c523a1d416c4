//! Agents: what closures look at and change.
//!
//! Cases of Elixir's `Agent` have two catalogues, AGENT and AGT.

use regrow::agent::Agent;
use regrow::call::CallError;
use regrow::prelude::*;
use regrow::process::{process_info, settle, trap_exit, whereis};
use regrow::server::{StartError, stop};

use crate::support::{in_process, over_seeds, rest, simulated};

type Words = Vec<String>;

fn is_panic(reason: &ExitReason, said: &str) -> bool {
    matches!(reason, ExitReason::Panic(panic) if panic.message() == said)
}

/// Also AGENT-002, AGT-001 and AGT-002. It comes back with its first value, unless told otherwise.
#[test]
fn agent_001_an_agent_can_be_a_supervisors_child_and_is_permanent_by_default() {
    simulated(async {
        static KEPT: Name<Agent<u32>> = Name::new("kept");
        static GONE: Name<Agent<u32>> = Name::new("gone");
        let gone = ChildSpec::agent(|| 1).name(GONE).id("gone");
        let supervisor = Supervisor::new(Strategy::OneForOne)
            .child(ChildSpec::agent(|| 1).name(KEPT))
            .child(gone.restart(Restart::Temporary))
            .start()
            .await
            .unwrap();
        for agent in [KEPT, GONE] {
            assert_eq!(
                agent.get_and_update(|n| std::mem::replace(n, 2)).await,
                Ok(1)
            );
            stop(agent, ExitReason::Normal).await.unwrap();
        }
        settle().await;
        assert_eq!(KEPT.get(|n| *n).await, Ok(1));
        assert_eq!(GONE.get(|n| *n).await, Err(CallError::NoProcess));
        assert_eq!(supervisor.count_children().await.unwrap().active, 1);
    });
}

/// Also AGT-003.
#[test]
fn agent_003_an_agent_is_looked_at_changed_and_stopped() {
    simulated(async {
        let agent = Agent::start_link(Words::new).await.unwrap();
        let info = process_info(agent).await.unwrap();
        assert_eq!(info.links, [regrow::process::self_pid()]);
        assert!(info.initial_call.contains("Agent"), "{}", info.initial_call);

        assert_eq!(agent.update(|words| words.push("one".into())).await, Ok(()));
        assert_eq!(agent.get(Vec::len).timeout(secs(3)).await, Ok(1));
        let taken = agent.get_and_update(Vec::pop).await;
        assert_eq!(taken, Ok(Some("one".into())));
        assert_eq!(agent.get(Vec::is_empty).await, Ok(true));
        assert_eq!(stop(agent, ExitReason::Normal).await, Ok(()));
        assert_eq!(agent.get(Vec::is_empty).await, Err(CallError::NoProcess));
    });
}

/// Also AGT-004.
#[test]
fn agent_004_an_agents_process_begins_with_the_options_that_it_was_given() {
    simulated(async {
        use regrow::process::Priority;
        let agent = Agent::start(|| 0)
            .label("zero")
            .priority(Priority::High)
            .await
            .unwrap();
        let info = process_info(agent).await.unwrap();
        assert_eq!(
            (info.label.as_deref(), info.priority),
            (Some("zero"), Priority::High)
        );
    });
}

/// Also AGT-005.
#[test]
fn agent_005_an_agent_has_a_name_that_is_free_when_it_has_ended() {
    simulated(async {
        static WORDS: Name<Agent<Words>> = Name::new("words");
        let agent = Agent::start(|| vec!["one".to_owned()])
            .name(WORDS)
            .await
            .unwrap();
        let taken = Agent::start(Words::new).name(WORDS).await;
        assert_eq!(taken, Err(StartError::AlreadyStarted(agent.pid())));
        WORDS.cast(|words| words.push("two".into()));
        assert_eq!(
            WORDS.get(Clone::clone).await,
            Ok(vec!["one".to_owned(), "two".to_owned()])
        );
        assert_eq!(WORDS.get_and_update(Vec::pop).await, Ok(Some("two".into())));
        stop(WORDS, ExitReason::Normal).await.unwrap();
        assert_eq!(whereis("words"), None);
    });
}

/// Also AGT-007.
#[test]
fn agent_006_a_closure_that_panics_ends_the_agent_and_is_the_callers_error() {
    simulated(async {
        for changes in [false, true] {
            let agent = Agent::start(|| 0_u32).await.unwrap();
            let watch = monitor(agent);
            let failed = if changes {
                agent.update(|_| panic!("{}", "oh no")).await
            } else {
                agent.get(|_| panic!("{}", "oh no")).await
            };
            let Err(CallError::Exited(reason)) = failed else {
                panic!("{failed:?}")
            };
            assert!(is_panic(&reason, "oh no"));
            assert_eq!(watch.await.reason, reason);
        }
    });
}

#[test]
fn agent_008_a_cast_that_panics_ends_the_agent_and_nobody_waits_for_it() {
    simulated(async {
        let agent = Agent::start(|| 0_u32).await.unwrap();
        let watch = monitor(agent);
        agent.cast(|_| panic!("{}", "oh no"));
        assert!(is_panic(&watch.await.reason, "oh no"));
    });
}

#[test]
fn agt_008_nothing_is_cast_to_nobody_and_calls_say_so() {
    simulated(async {
        static NOBODY: Name<Agent<u32>> = Name::new("nobody");
        NOBODY.cast(|n| *n += 1);
        assert_eq!(NOBODY.update(|n| *n += 1).await, Err(CallError::NoProcess));
    });
}

/// Also AGT-009: too slow, a panic, an exit.
#[test]
fn agent_009_an_agent_without_a_first_value_does_not_start() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        trap_exit(true);
        let slow = Agent::start_later(async { regrow::time::sleep(secs(2)).await });
        assert_eq!(slow.timeout(secs(1)).link().await, Err(StartError::Timeout));
        let fails = Agent::<u32>::start_link(|| panic!("{}", "oh no")).await;
        let Err(StartError::Failed(reason)) = fails else {
            panic!("{fails:?}")
        };
        assert!(is_panic(&reason, "oh no"));
        let exits = Agent::<u32>::start(|| regrow::process::exit_self(ExitReason::atom("oops")));
        assert_eq!(
            exits.await,
            Err(StartError::Failed(ExitReason::atom("oops")))
        );
        settle().await;
        assert_eq!(rest(&mut inbox), []);
    }));
}

/// As of every call (GS-041): if the closure has not begun when its caller gives up, it never does.
#[test]
fn agent_010_an_update_whose_caller_gave_up_before_it_began_is_not_made() {
    simulated(async {
        let agent = Agent::start(|| 0_u32).await.unwrap();
        let late = agent.update(|n| *n = 1).timeout(secs(0)).await;
        assert_eq!(late, Err(CallError::Timeout));
        assert_eq!(agent.get(|n| *n).await, Ok(0));
    });
}

#[test]
fn r_agent_1_closures_run_in_the_agent_in_the_order_of_their_sender() {
    over_seeds(50, async || {
        let agent = Agent::start(Vec::new).await.unwrap();
        for n in 0..5 {
            agent.cast(move |seen| seen.push((n, regrow::process::self_pid())));
        }
        let seen = agent.get(Clone::clone).await.unwrap();
        assert_eq!(seen, [0, 1, 2, 3, 4].map(|n| (n, agent.pid())));
    });
}
