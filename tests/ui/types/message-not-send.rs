// The argument is to blame.

use regrow::prelude::*;

use std::rc::Rc;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn add(&mut self, by: i64, shared: Rc<u8>) {
        self.value += by + i64::from(*shared);
    }
}

fn main() {}
