// Two handlers of one name are the compiler's to refuse, once.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[call]
    fn get(&self) -> i64 {
        self.value
    }

    #[call]
    fn get(&self, _index: usize) -> i64 {
        self.value
    }
}

fn main() {}
