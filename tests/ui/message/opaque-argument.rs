// The message needs a type with a name.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn extend(&mut self, _items: impl IntoIterator<Item = i64>) {}
}

async fn use_it() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    counter.extend([1]);
    Ok(())
}

fn main() {
    let _ = use_it();
}
