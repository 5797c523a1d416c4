// The server calls its handlers in safe code.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    unsafe fn add(&mut self, _by: i64) {}

    #[cast]
    extern "C" fn subtract(&mut self, _by: i64) {}
}

async fn use_it() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    counter.add(2);
    Ok(())
}

fn main() {
    let _ = use_it();
}
