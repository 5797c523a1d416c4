// A server ends once.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[terminate]
    fn flush(&mut self, _reason: &ExitReason) {}

    #[terminate]
    fn close(&mut self, _reason: &ExitReason) {}
}

fn main() {}
