// Not a strategy.

use regrow::prelude::*;

#[supervisor(strategy = "one_for_two")]
struct Chat {
    users: Registry<u64>,
}

fn main() {
    let _ = Chat::start_link();
}
