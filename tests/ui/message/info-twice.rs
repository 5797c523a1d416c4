// Two handlers for one message.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[info]
    fn tick(&mut self, _at: u8) {}

    #[info]
    fn tock(&mut self, _at: u8) {}
}

async fn use_it() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    send(counter, 1_u8);
    Ok(())
}

fn main() {
    let _ = use_it();
}
