// The children's types are known.

use regrow::prelude::*;

#[supervisor]
struct Chat<K> {
    #[child(restart = "transient")]
    users: Registry<K>,
}

fn main() {
    let _: Option<Chat<u8>> = None;
}
