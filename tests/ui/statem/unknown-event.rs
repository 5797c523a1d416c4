// An event that no handler is for.

use regrow::prelude::*;
use regrow::gen_statem;
use regrow::statem::Transition;

#[derive(PartialEq)]
enum Lock { Locked, Open, Jammed }

struct Door { typed: String }

#[gen_statem(state = Lock)]
impl Door {
    #[init]
    fn new() -> (Lock, Self) {
        (Lock::Locked, Door { typed: String::new() })
    }

    #[cast]
    fn button(&mut self, digit: char) -> Transition<Self> {
        self.typed.push(digit);
        Transition::keep().state_timeout(secs(1), DoorEvent::Relock)
    }
}

async fn use_it() -> Result<(), ExitReason> {
    let door = Door::start_link().await?;
    door.button('1');
    Ok(())
}

fn main() {
    let _ = use_it();
}
