// A handler without `self`.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn add(_by: i64) {}
}

async fn use_it() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    counter.add(2);
    Ok(())
}

fn main() {
    let _ = use_it();
}
