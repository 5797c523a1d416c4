// OTP's fourth strategy has a type of its own.

use regrow::prelude::*;

#[supervisor(strategy = "simple_one_for_one")]
struct Chat {
    users: Registry<u64>,
}

fn main() {
    let _ = Chat::start_link();
}
