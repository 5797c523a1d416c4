// The attribute goes on the `impl` block, not on the type.

use regrow::prelude::*;

#[gen_server]
struct Counter {
    value: i64,
}

fn main() {
    let _ = Counter { value: 1 }.value;
}
