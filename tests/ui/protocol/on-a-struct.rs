// Not a trait.

use regrow::protocol;

#[protocol]
struct Store {
    key: u8,
}

fn main() {}
