// The events of a machine are of one type.

use regrow::prelude::*;
use regrow::gen_statem;

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
    fn button<T: Into<char>>(&mut self, digit: T) {
        self.typed.push(digit.into());
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
