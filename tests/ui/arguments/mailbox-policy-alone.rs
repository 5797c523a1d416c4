// What a full mailbox does, of one that is never full.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server(mailbox_policy = "refuse")]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn add(&mut self, by: i64) {
        self.value += by;
    }
}

async fn use_it() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    let _ = counter.add(2);
    Ok(())
}

fn main() {
    let _ = use_it();
}
