// `start` is the whole specification.

use regrow::prelude::*;

#[supervisor]
struct Chat {
    #[child(start = DynamicSupervisor::new(), max_children = 10)]
    workers: DynamicSupervisor,
    #[child(start = Rooms::child_spec(), tree)]
    rooms: Rooms,
}

#[supervisor]
struct Rooms {
    lobby: DynamicSupervisor,
}

fn main() {
    let _ = Chat::start_link();
}
