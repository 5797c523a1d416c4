// A reply leaves the server.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[call]
    fn name(&self) -> &str {
        "counter"
    }

    #[call]
    fn names(&self) -> Option<&[i64]> {
        None
    }
}

async fn use_it() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    let _ = counter.name().await;
    Ok(())
}

fn main() {
    let _ = use_it();
}
