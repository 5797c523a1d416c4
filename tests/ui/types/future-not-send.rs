// What is held over the `await` is to blame.

use regrow::prelude::*;

use std::rc::Rc;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    async fn add(&mut self, by: i64) {
        let shared = Rc::new(by);
        std::future::ready(()).await;
        self.value += *shared;
    }
}

fn main() {}
