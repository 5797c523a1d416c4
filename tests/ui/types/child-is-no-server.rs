// The field is no server.

use regrow::prelude::*;

#[supervisor]
struct Chat {
    counter: u8,
}

fn main() {
    let _ = Chat::start_link();
}
