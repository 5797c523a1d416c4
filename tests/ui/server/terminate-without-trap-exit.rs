// A warning: nothing traps the exit signal of a shutdown. The error beside it keeps the
// warning visible to this test.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server(shutdown = "30s")]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[terminate]
    fn flush(&mut self, _reason: &ExitReason) {}

    #[call]
    fn get() -> i64 {
        1
    }
}

fn main() {}
