// A message leaves its sender.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn rename(&mut self, _name: &str) {}

    #[cast]
    fn read(&mut self, _values: Vec<&[i64]>) {}
}

async fn use_it() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    counter.rename("counter");
    Ok(())
}

fn main() {
    let _ = use_it();
}
