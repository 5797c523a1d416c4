// A slip of the pen on a field; a second attribute; none of it; a name.

use regrow::prelude::*;

#[supervisor]
struct Chat {
    #[child(restrat = "transient")]
    users: Registry<u64>,
    #[child(restart = "transient")]
    #[child(shutdown = "5s")]
    others: Registry<u64>,
    #[child]
    more: Registry<u64>,
    #[child(name = "users")]
    named: Registry<u64>,
}

fn main() {
    let _ = Chat::start_link();
}
