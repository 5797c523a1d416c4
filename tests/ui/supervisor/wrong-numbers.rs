// Restarts are counted, seconds pass.

use regrow::prelude::*;

#[supervisor(max_restarts = "3", max_seconds = 0)]
struct Chat {
    users: Registry<u64>,
}

fn main() {
    let _ = Chat::start_link();
}
