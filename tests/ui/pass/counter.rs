// A server in as few lines as it takes.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self { Counter { value } }

    #[cast]
    fn add(&mut self, by: i64) { self.value += by }

    #[call]
    fn get(&self) -> i64 { self.value }
}

#[regrow::main]
async fn main() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    counter.add(2);
    assert_eq!(counter.get().await?, 42);
    Ok(())
}
