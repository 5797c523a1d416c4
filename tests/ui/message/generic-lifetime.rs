// A handler has no lifetimes.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn rename<'a>(&'a mut self, _name: String) {}
}

fn main() {}
