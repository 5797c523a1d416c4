// The reason is lent.

use regrow::prelude::*;
use regrow::process::Down;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[terminate]
    fn flush(&mut self, _reason: ExitReason) {}

    #[exit]
    fn exited(&mut self) {}

    #[down]
    fn down(&mut self, _down: Down, _again: Down) {}

    #[timeout]
    fn idle(&mut self, _after: u8) {}
}

fn main() {}
