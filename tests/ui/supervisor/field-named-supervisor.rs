// The reference has a method of this name.

use regrow::prelude::*;

#[supervisor]
struct Chat {
    supervisor: Registry<u64>,
}

fn main() {
    let _ = Chat::start_link();
}
