// A call that never returns cannot reply.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[call]
    fn name(&self) -> ! {
        panic!()
    }
}

fn main() {}
