// A server without `#[init]` and without a function that could be it.

use regrow::prelude::*;

pub struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[cast]
    fn add(&mut self, by: i64) {
        self.value += by;
    }
}

fn main() {}
