// A function that the macro writes.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn add(&mut self, by: i64) {
        self.value += by;
    }

    fn start_link(value: i64) -> Self {
        Counter { value }
    }
}

async fn use_it() -> Result<(), ExitReason> {
    let _ = Counter::start(40).await?;
    Ok(())
}

fn main() {
    let _ = use_it();
}
