// A path that leads nowhere.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server(crate = nowhere::regrow)]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }
}

fn main() {}
