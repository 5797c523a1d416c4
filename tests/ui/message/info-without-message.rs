// An `#[info]` is known by its message.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[info]
    fn tick(&mut self) {}
}

fn main() {}
