// An `#[init]` that makes something else.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Option<Self> {
        Some(Counter { value })
    }
}

fn main() {}
