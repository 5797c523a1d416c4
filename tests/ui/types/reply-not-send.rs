// The type of the reply is to blame.

use regrow::prelude::*;

use std::rc::Rc;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[call]
    fn get(&self) -> Rc<i64> {
        Rc::new(self.value)
    }
}

fn main() {}
