use regrow::prelude::*;

struct Counter {
    value: i64,
}

#[gen_server]
impl Counter {
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[cast]
    fn rename(&mut self, name: &str) {}

    #[call]
    fn get(&self) -> i64 {
        self.value
    }
}
