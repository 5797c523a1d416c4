use regrow::prelude::*;
use regrow::gen_statem;
use regrow::statem::{Enter, Transition};

#[derive(PartialEq)]
enum Lock {
    Locked,
    Open,
}

struct Door {
    code: &'static str,
    typed: String,
}

#[gen_statem(state = Lock, restart = "transient")]
impl Door {
    #[init]
    fn new(code: &'static str) -> (Lock, Self) {
        (Lock::Locked, Door { code, typed: String::new() })
    }

    /// Types a digit. While the door is open that is for later.
    #[cast(in = Locked, postpone = Open)]
    fn button(&mut self, digit: char) -> Transition<Self> {
        self.typed.push(digit);
        if self.typed == self.code { Transition::to(Lock::Open) } else { Transition::keep() }
    }

    #[enter(Open)]
    fn opened(&mut self) -> Enter<Self> {
        self.typed.clear();
        Enter::keep().state_timeout(secs(10), DoorEvent::Relock)
    }

    #[state_timeout(in = Open, ignore = Locked)]
    fn relock(&mut self) -> Lock {
        Lock::Locked
    }

    #[call]
    fn is_open(&self, state: &Lock) -> bool {
        *state == Lock::Open
    }
}
