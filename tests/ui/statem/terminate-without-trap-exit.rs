// A warning: nothing traps the exit signal of a shutdown. The error beside it keeps the
// warning visible to this test.

use regrow::prelude::*;
use regrow::gen_statem;

#[derive(PartialEq)]
enum Lock { Locked, Open, Jammed }

struct Door { typed: String }

#[gen_statem(state = Lock, shutdown = "30s")]
impl Door {
    #[init]
    fn new() -> (Lock, Self) {
        (Lock::Locked, Door { typed: String::new() })
    }

    #[cast(ignore = Locked | Locked)]
    fn button(&mut self, digit: char) {
        self.typed.push(digit);
    }

    #[terminate]
    fn end(&mut self, _reason: &ExitReason) {}
}

async fn use_it() -> Result<(), ExitReason> {
    let door = Door::start_link().await?;
    door.button('1');
    Ok(())
}

fn main() {
    let _ = use_it();
}
