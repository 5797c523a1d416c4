// Two children of one id.

use regrow::prelude::*;

#[supervisor]
struct Chat {
    users: Registry<u64>,
    #[child(id = "users")]
    others: Registry<u64>,
}

fn main() {
    let _ = Chat::start_link();
}
