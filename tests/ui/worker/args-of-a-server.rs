// A server's arguments are those of its `init`.

use regrow::prelude::*;
use regrow::server::{GenServer, Step};

#[derive(ChildSpec)]
#[child_spec(args(limit: usize))]
struct Cache;

impl GenServer for Cache {
    type Args = usize;

    fn init(_limit: usize, _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Cache)
    }
}

fn main() {
    let _ = Cache::child_spec(1);
}
