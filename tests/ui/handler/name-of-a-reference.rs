// The reference has a method of this name.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[call]
    fn pid(&self) -> i64 {
        self.value
    }

    #[call]
    fn clone(&self) -> i64 {
        self.value
    }

    #[cast]
    fn address(&mut self, _address: String) {}
}

fn main() {}
