// `reply = T` is not what the handler gives.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[call(reply = String)]
    fn get(&self) -> i64 {
        self.value
    }
}

fn main() {}
