// Only a `DynamicSupervisor` counts its children.

use regrow::prelude::*;

#[supervisor]
struct Chat {
    #[child(max_children = 10)]
    users: Registry<u64>,
}

fn main() {
    let _ = Chat::start_link();
}
