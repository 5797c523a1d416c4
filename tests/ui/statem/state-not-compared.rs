// States are compared, to see whether they change.

use regrow::prelude::*;
use regrow::gen_statem;

enum Lock { Locked, Open, Jammed }

struct Door { typed: String }

#[gen_statem(state = Lock)]
impl Door {
    #[init]
    fn new() -> (Lock, Self) {
        (Lock::Locked, Door { typed: String::new() })
    }

    #[cast]
    fn button(&mut self, digit: char) {
        self.typed.push(digit);
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
