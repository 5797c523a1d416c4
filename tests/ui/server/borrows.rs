// A server whose type borrows.

use regrow::prelude::*;

struct Counter<'a> { value: &'a i64 }

#[gen_server]
impl<'a> Counter<'a> {
    #[init]
    fn new(value: &'a i64) -> Self {
        Counter { value }
    }
}

fn main() {}
