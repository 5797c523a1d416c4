// `start` is the whole specification.

use regrow::prelude::*;

#[supervisor]
struct Chat {
    #[child(start = DynamicSupervisor::new(), max_children = 10)]
    workers: DynamicSupervisor,
}

fn main() {
    let _ = Chat::start_link();
}
