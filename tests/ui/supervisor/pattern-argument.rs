// Arguments have names.

use regrow::prelude::*;

#[supervisor(args((a, b): (u8, u8)))]
struct Chat {
    users: Registry<u64>,
}

fn main() {
    let _ = Chat::start_link();
}
