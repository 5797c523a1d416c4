// The caller must be able to name the reply.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[call]
    fn name(&self) -> impl std::fmt::Display {
        "counter"
    }

    #[call]
    fn later(&self) -> impl Future<Output = i64> {
        std::future::ready(1)
    }
}

fn main() {}
