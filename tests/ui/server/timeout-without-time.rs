// A warning: nobody has said after which time. The error beside it keeps the warning visible to
// this test.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[timeout]
    fn forgotten(&mut self) -> Next {
        Next::stop(ExitReason::Normal)
    }

    #[call]
    fn get() -> i64 {
        1
    }
}

fn main() {}
