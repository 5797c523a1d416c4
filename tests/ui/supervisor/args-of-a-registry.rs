// A registry has no `#[init]`.

use regrow::prelude::*;

#[supervisor]
struct Chat {
    #[child(args(1))]
    users: Registry<u64>,
}

fn main() {
    let _ = Chat::start_link();
}
