// One function cannot be both.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[call]
    #[cast]
    fn add(&mut self, by: i64) {
        self.value += by;
    }
}

fn main() {}
