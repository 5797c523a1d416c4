//! State machines: events reach the handler for the state, and the rest happens as it was said.

use std::fmt::Debug;
use std::marker::PhantomData;

use regrow::call::CallError;
use regrow::gen_statem;
use regrow::prelude::*;
use regrow::statem::{Enter, EventType, Initial, Machine, Transition};
use regrow::time::sleep;

/// What a door is in.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Lock {
    Locked,
    Open,
    Jammed,
}

struct Door {
    code: &'static str,
    typed: String,
    opened: u32,
}

struct Kick;

#[gen_statem(state = Lock, restart = "transient")]
impl Door {
    #[init]
    fn new(code: &'static str) -> (Lock, Self) {
        let typed = String::new();
        (
            Lock::Locked,
            Door {
                code,
                typed,
                opened: 0,
            },
        )
    }

    /// Types a digit.
    #[cast(in = Locked, postpone = Open, ignore = Jammed)]
    fn button(&mut self, digit: char) -> Transition<Self> {
        self.typed.push(digit);
        if self.typed != self.code {
            return Transition::keep().event_timeout(secs(5), DoorEvent::Forget);
        }
        self.typed.clear();
        Transition::to(Lock::Open)
    }

    #[enter(Open)]
    fn open(&mut self) -> Enter<Self> {
        self.opened += 1;
        Enter::keep().state_timeout(secs(10), DoorEvent::Relock)
    }

    #[event_timeout]
    fn forget(&mut self) {
        self.typed.clear();
    }

    #[state_timeout(in = Open, ignore = _)]
    fn relock(&mut self) -> Lock {
        Lock::Locked
    }

    #[info(in = Locked | Open)]
    fn kicked(&mut self, _: Kick) -> Transition<Self> {
        Transition::to(Lock::Jammed).timeout("repair", secs(60), DoorEvent::Repair)
    }

    #[info(in = Jammed)]
    fn kicked_again(&mut self, _: Kick) -> Transition<Self> {
        Transition::keep().next_event(EventType::Internal, DoorEvent::Break("foot"))
    }

    #[internal]
    fn r#break(&mut self, what: &'static str) {
        self.typed.push_str(what);
    }

    #[timeout("repair")]
    fn repair(&mut self) -> Lock {
        Lock::Locked
    }

    #[call]
    fn is_open(&self, state: &Lock) -> bool {
        *state == Lock::Open
    }

    #[call]
    fn typed(&self) -> String {
        self.typed.clone()
    }

    #[call(in = Locked)]
    fn open_with(&mut self, code: String, from: ReplyTo<bool>) -> Transition<Self> {
        let right = code == self.code;
        let next = if right {
            Transition::to(Lock::Open)
        } else {
            Transition::keep()
        };
        next.reply(from, right)
    }

    #[call(event = open_with, ignore = Jammed)]
    fn open_again(&mut self, _code: String) -> bool {
        true
    }

    #[call]
    async fn wait(&mut self, cx: &mut Context<Machine<Self>>) -> Result<u32, CallError> {
        let _ = cx.this();
        sleep(secs(1)).await;
        Ok(self.opened)
    }

    #[terminate]
    fn end(&mut self, _reason: &ExitReason, state: &Lock) {
        let _ = (state, self.opened);
    }
}

#[regrow::test]
async fn events_reach_the_handler_for_the_state() -> Result<(), ExitReason> {
    let door = Door::start_link("42").await?;
    door.button('4');
    door.button('2');
    assert!(door.is_open().await?);
    door.button('1');
    assert_eq!(door.typed().await?, "");
    sleep(secs(11)).await;
    assert!(!door.is_open().await?);
    assert_eq!(door.typed().await?, "1");
    sleep(secs(6)).await;
    assert_eq!(door.typed().await?, "1");
    door.button('1');
    sleep(secs(6)).await;
    assert_eq!(door.typed().await?, "");
    assert!(!door.open_with("41".to_owned()).await?);
    assert!(door.open_with("42".to_owned()).await?);
    assert!(door.open_with(String::new()).await?);
    send(door, Kick);
    send(door, Kick);
    assert_eq!(door.typed().await?, "foot");
    assert_eq!(
        door.open_with("42".to_owned()).await,
        Err(CallError::NoReply)
    );
    assert_eq!(door.wait().await?, 2);
    Ok(())
}

/// A tree with a machine in it, whose accessor has the machine's methods.
#[supervisor]
struct House {
    #[child(args("7"))]
    door: Machine<Door>,
}

#[regrow::test]
async fn a_machine_is_a_child_like_any_other() -> Result<(), ExitReason> {
    let house = House::start_link().await?;
    house.door().button('7');
    assert!(house.door().is_open().await?);
    let named = Door::start("8").name(Name::new("door")).await?;
    let name: Name<Machine<Door>> = Name::new("door");
    name.button('8');
    assert!(named.is_open().await?);
    Ok(())
}

/// States with data, of a generic type, in a module of their own.
mod line {
    #[derive(Debug, Clone, PartialEq)]
    pub(super) enum State<K> {
        Idle,
        Calling { number: K },
        Talking(K, u32),
    }
}

/// A generic machine, a parameter of which no event speaks of.
struct Phone<K, X> {
    last: Vec<K>,
    _other: PhantomData<fn(X)>,
}

#[gen_statem(state = line::State<K>, trap_exit, mailbox = 10)]
impl<K, X> Phone<K, X>
where
    K: Clone + PartialEq + Debug + Send + Sync + 'static,
    X: 'static,
{
    #[init]
    async fn new(first: Option<K>) -> Result<Initial<Self>, CallError> {
        let Some(first) = first else {
            return Err(CallError::NoReply);
        };
        let data = Phone {
            last: vec![first.clone()],
            _other: PhantomData,
        };
        let initial = Initial::ok(line::State::Calling { number: first }, data);
        Ok(initial.event_timeout(secs(1), PhoneEvent::Nobody))
    }

    #[cast(in = Idle)]
    fn dial(&mut self, number: K) -> line::State<K> {
        self.last.push(number.clone());
        line::State::Calling { number }
    }

    /// Handlers of one event may call what it brings as they like.
    #[cast(event = dial, in = Calling | Talking)]
    async fn busy(&mut self, another: K) -> Transition<Self> {
        sleep(secs(1)).await;
        Transition::keep().postpone(PhoneEvent::Dial(another))
    }

    #[event_timeout(in = Calling, ignore = _)]
    fn nobody(&mut self) -> line::State<K> {
        line::State::Idle
    }

    #[info(in = Calling, ignore = Idle | Talking)]
    fn answered(&mut self, _: char, state: &line::State<K>) -> Transition<Self> {
        match state {
            line::State::Calling { number } => {
                Transition::to(line::State::Talking(number.clone(), 1))
            }
            _ => Transition::keep(),
        }
    }

    #[call]
    async fn state(&self, state: &line::State<K>) -> line::State<K> {
        state.clone()
    }

    #[call]
    fn hang_up(&mut self, from: ReplyTo<K>, state: &line::State<K>) -> Transition<Self> {
        let idle = Transition::to(line::State::Idle);
        match state {
            line::State::Talking(number, _) => idle.reply(from, number.clone()),
            _ => idle,
        }
    }

    #[cfg(any())]
    #[cast(in = NoSuchState)]
    fn left_out(&mut self, what: NoSuchType) {}

    #[cfg(not(any()))]
    #[cast]
    fn left_in(&mut self) {}

    #[enter(Idle)]
    async fn idle(&mut self, old: &line::State<K>) {
        assert_ne!(*old, line::State::Idle);
        sleep(secs(1)).await;
    }

    #[enter(Talking | Calling)]
    fn busied(&mut self, old: &line::State<K>, now: &line::State<K>) -> Enter<Self> {
        assert!(!matches!(now, line::State::Idle), "{old:?}");
        Enter::keep()
    }

    #[exit]
    fn exited(&mut self, exit: Exit) -> Transition<Self> {
        Transition::stop(exit.reason)
    }
}

#[regrow::test]
async fn a_generic_machine_has_states_with_data_and_handlers_that_wait() -> Result<(), ExitReason> {
    assert!(Phone::<u8, u8>::start(None).await.is_err());
    let phone = Phone::<_, String>::start(Some(1_u8)).await?;
    phone.dial(2).await;
    send(phone, 'a');
    assert_eq!(phone.state().await?, line::State::Talking(1, 1));
    assert_eq!(phone.hang_up().await?, 1);
    assert_eq!(phone.state().await?, line::State::Calling { number: 2 });
    phone.left_in().await;
    assert_eq!(phone.hang_up().await, Err(CallError::NoReply));
    exit(phone, ExitReason::Shutdown);
    let gone = phone.state().await;
    assert_eq!(gone, Err(CallError::Exited(ExitReason::Shutdown)));
    Ok(())
}
