// Children have names.

use regrow::prelude::*;

#[supervisor]
struct Chat(Registry<u64>);

fn main() {
    let _ = Chat::start_link();
}
