// Significant, but the supervisor does not care; permanent, so it never ends.

use regrow::prelude::*;

#[supervisor]
struct Chat {
    #[child(significant, restart = "permanent")]
    users: Registry<u64>,
}

fn main() {
    let _ = Chat::start_link();
}
