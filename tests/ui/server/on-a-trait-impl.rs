// Handlers belong to the type, not to a trait it implements.

use regrow::prelude::*;

struct Counter { value: i64 }

trait Get {
    fn get(&self) -> i64;
}

#[gen_server]
impl Get for Counter {
    #[call]
    fn get(&self) -> i64 {
        self.value
    }
}

fn main() {}
