// Nobody could choose the type.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new<T: Into<i64>>(value: T) -> Self {
        Counter { value: value.into() }
    }
}

fn main() {}
