// A tuple is no type of one's own.

use regrow::prelude::*;

#[gen_server]
impl (u8, u8) {
    #[init]
    fn new() -> Self {
        (0, 0)
    }
}

fn main() {}
