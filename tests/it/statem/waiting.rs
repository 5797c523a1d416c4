//! Handlers that wait, hibernation, and requests collected later.

use regrow::ExitReason;
use regrow::answer::ReplyTo;
use regrow::call::CallError;
use regrow::process::{Down, Inbox, exit, monitor, self_pid, spawn};
use regrow::server::{Context, Start, Step, call, cast};
use regrow::statem::{
    CallEvent, Enter, EventType, GenStatem, Initial, Machine, Timeout, Transition, replace_state,
};
use regrow::sys;
use regrow::time::{secs, sleep};

use super::{happened, plain, reply};
use crate::server::{Log, oops};
use crate::support::{over_seeds, simulated};

/// A machine whose handlers wait for a second, each.
struct Slow {
    log: Log,
}

enum Event {
    Turn,
    Read(ReplyTo<bool>),
    Down(ExitReason),
}

struct Read;

impl GenStatem for Slow {
    type Args = Log;
    type State = bool;
    type Event = Event;

    const STATE_ENTER: bool = true;

    fn init(log: Log, cx: &mut Context<Machine<Self>>) -> impl Step<Initial<Self>> {
        async move {
            let gone = spawn(async |_: Inbox<()>| oops());
            let _notice = monitor(gone);
            sleep(secs(1)).await;
            assert_eq!(cx.this().pid(), self_pid());
            Initial::ok(false, Slow { log })
        }
    }

    fn handle_event(
        &mut self,
        _: EventType,
        event: Event,
        state: &bool,
        _: &mut Context<Machine<Self>>,
    ) -> impl Step<Transition<Self>> {
        async move {
            sleep(secs(1)).await;
            match event {
                Event::Turn => Transition::to(!state),
                Event::Read(from) if *state => Transition::keep().reply(from, *state),
                read @ Event::Read(_) => Transition::keep().postpone(read),
                Event::Down(reason) => {
                    self.log.say(format!("down: {reason}"));
                    Transition::keep()
                }
            }
        }
    }

    fn handle_enter(
        &mut self,
        old: &bool,
        state: &bool,
        _: &mut Context<Machine<Self>>,
    ) -> impl Step<Enter<Self>> {
        async move {
            sleep(secs(1)).await;
            self.log.say(format!("{old} -> {state}"));
            Enter::keep()
        }
    }

    fn down_event(down: Down) -> Result<Event, Down> {
        Ok(Event::Down(down.reason))
    }
}

impl CallEvent<Read> for Slow {
    type Reply = bool;

    fn call_event(_: Read, from: ReplyTo<bool>) -> Event {
        Event::Read(from)
    }
}

#[test]
fn a_handler_that_waits_keeps_everything_else_waiting() {
    over_seeds(10, || async {
        let log = Log::default();
        let machine = Start::<Machine<Slow>>::new(log.clone()).await.unwrap();
        let read = call(machine, Read).no_timeout().request();
        cast(machine, Event::Turn);
        assert_eq!(read.await, Ok(true));
        assert_eq!(
            log.take(),
            ["false -> false", "down: oops", "false -> true"]
        );

        let read = call(machine, Read).request();
        sleep(secs(0)).await;
        exit(machine.pid(), ExitReason::kill());
        assert_eq!(read.await, Err(CallError::Exited(ExitReason::Killed)));
    });
}

#[test]
fn statem_026_a_machine_that_hibernates_wakes_for_what_comes() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |_, event| match event.name {
            "t" => Transition::keep(),
            _ => reply(event, 7)
                .hibernate()
                .state_timeout(secs(1), "t".into()),
        });
        let script = machine.begins(Initial::hibernate);
        let machine = script.start().await.unwrap();
        cast(machine, "e");
        assert_eq!(call(machine, "f").await, Ok(7));
        sleep(secs(2)).await;
        assert_eq!(
            happened(&log).await,
            ["cast e in a", "call f in a", "state timeout t in a"]
        );
    });
}

#[test]
fn statem_023_a_suspended_machine_answers_when_it_is_resumed() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |_, event| match event.name {
            "set" => Transition::keep().state_timeout(secs(1), "t".into()),
            _ => reply(event, 7),
        });
        let machine = machine.start().await.unwrap();
        cast(machine, "set");
        assert_eq!(sys::suspend(machine).await, Ok(()));
        let waiting = call(machine, "e").request();
        sleep(secs(2)).await;
        assert_eq!(happened(&log).await, ["cast set in a"]);
        assert_eq!(sys::resume(machine).await, Ok(()));
        assert_eq!(waiting.await, Ok(7));
        assert_eq!(
            happened(&log).await,
            ["call e in a", "state timeout t in a"]
        );
    });
}

#[test]
fn statem_025_the_state_and_the_data_of_a_machine_can_be_looked_at() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |_, _| Transition::to("error"));
        let machine = machine.start().await.unwrap();
        cast(machine, "e");
        let look = sys::look_at_state(machine, |machine| {
            (*machine.state(), machine.data().last.is_some())
        });
        assert_eq!(look.await, Ok(("error", false)));
    });
}

/// Also STATEM-020: the timeouts that run can be seen.
#[test]
fn statem_025_the_state_of_a_machine_can_be_replaced_and_that_is_no_transition() {
    simulated(async {
        let log = Log::default();
        let machine = plain(&log, |state, event| match (state, event.name) {
            ("a", "set") => Transition::keep().state_timeout(secs(1), "t".into()),
            ("a", _) => Transition::keep().postpone(event),
            (_, "back") => Transition::to("c"),
            _ => reply(event, 1),
        });
        let machine = machine.start().await.unwrap();
        cast(machine, "set");
        let waits = call(machine, "ask").request();
        let look = || {
            sys::look_at_state(machine, |machine| {
                let timeouts: Vec<Timeout> = machine.timeouts().into_iter().cloned().collect();
                (*machine.state(), timeouts, machine.postponed())
            })
        };
        assert_eq!(look().await, Ok(("a", vec![Timeout::State], 1)));

        let failed = replace_state(machine, |_, _| panic!("no other"));
        assert!(failed.await.is_err());
        let replaced = replace_state(machine, |state, subject| {
            assert_eq!(*state, "a");
            ("b", subject.clone())
        });
        assert_eq!(replaced.await, Ok(()));
        assert_eq!(look().await, Ok(("b", vec![Timeout::State], 1)));
        cast(machine, "back");
        assert_eq!(waits.await, Ok(1));
        assert_eq!(look().await, Ok(("c", vec![], 0)));
    });
}

#[test]
fn statem_032_requests_are_sent_at_once_and_collected_in_any_order() {
    simulated(async {
        let machine = plain(&Log::default(), |state, event| match (state, event.name) {
            ("a", "go") => Transition::to("b"),
            ("a", _) => Transition::keep().postpone(event),
            (_, "first") => reply(event, 1),
            _ => reply(event, 2),
        });
        let machine = machine.start().await.unwrap();
        let first = call(machine, "first").request();
        let second = call(machine, "second").request();
        let dropped = call(machine, "second").request();
        cast(machine, "go");
        drop(dropped);
        assert_eq!(second.await, Ok(2));
        assert_eq!(first.await, Ok(1));
    });
}
