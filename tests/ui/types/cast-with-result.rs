// Nobody waits for the error of a cast.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn add(&mut self, by: i64) -> Result<(), std::fmt::Error> {
        self.value += by;
        Ok(())
    }
}

fn main() {}
