// The context is lent for changing, once.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn add(&mut self, cx: &Context<Self>, by: i64) {
        let _ = (cx, by);
    }

    #[cast]
    fn subtract(&mut self, _first: &mut Context<Self>, _second: &mut Context<Self>) {}
}

async fn use_it() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    counter.add(2);
    Ok(())
}

fn main() {
    let _ = use_it();
}
