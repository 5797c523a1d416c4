// A field is a type of processes.

use regrow::prelude::*;

#[supervisor]
struct Chat {
    users: &'static Registry<u64>,
}

fn main() {
    let _ = Chat::start_link();
}
