// A budget is a number and a time; a time has a unit; a sibling is named by a text.

use regrow::prelude::*;

#[supervisor]
struct Chat {
    #[child(budget(5))]
    users: Registry<u64>,
    #[child(budget = 5)]
    others: Registry<u64>,
    #[child(max_lifetime = "30", binds_to = users)]
    more: Registry<u64>,
}

fn main() {
    let _ = Chat::start_link();
}
