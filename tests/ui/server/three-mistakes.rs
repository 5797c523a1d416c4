// Every mistake is reported at once, and only those.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn add(self, _by: i64) {}

    #[call]
    fn name(&self) -> &str {
        "counter"
    }

    #[info]
    fn tick(&mut self) {}
}

async fn use_it() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    counter.add(2);
    let _ = counter.name().await;
    Ok(())
}

fn main() {
    let _ = use_it();
}
