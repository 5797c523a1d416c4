// A lifetime among the arguments.

use regrow::prelude::*;

use std::borrow::Cow;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn rename(&mut self, _name: Cow<'_, str>) {}

    #[cast]
    fn keep(&mut self, _name: &'static str, _shared: Cow<'static, str>) {}
}

fn main() {}
