// A supervisor has all of its children, not one of them.

use regrow::prelude::*;

#[supervisor]
enum Chat {
    Users(Registry<u64>),
}

fn main() {
    let _: Option<Chat> = None;
}
