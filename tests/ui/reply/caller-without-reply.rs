// Who is handed the caller answers with a `Reply`.

use regrow::prelude::*;

struct Counter { value: i64 }

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[call]
    fn get(&self, from: ReplyTo<i64>) -> i64 {
        from.reply(1);
        self.value
    }
}

fn main() {}
