// A message has the same arguments everywhere.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn add(&mut self, #[cfg(unix)] _by: i64) {}
}

fn main() {}
