// The context is lent and not given, to a handler and to `#[init]`.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(_cx: Context<Self>, value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn add(&mut self, by: i64, _cx: Context<Counter>) {
        self.value += by;
    }
}

async fn use_it() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    counter.add(2);
    Ok(())
}

fn main() {
    let _ = use_it();
}
