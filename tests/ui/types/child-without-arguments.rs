// The child needs arguments: `#[child(args(...))]`.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }
}

#[supervisor]
struct Chat {
    counter: Counter,
}

fn main() {
    let _ = Chat::start_link();
}
