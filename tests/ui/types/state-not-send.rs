// The type of the state is to blame.

use regrow::prelude::*;

use std::rc::Rc;

struct Counter { value: Rc<i64> }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value: Rc::new(value) }
    }
}

fn main() {}
