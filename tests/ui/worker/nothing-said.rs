// The attribute is there to say something.

use regrow::prelude::*;
use regrow::server::{GenServer, Step};

#[derive(ChildSpec)]
#[child_spec]
struct Cache;

impl GenServer for Cache {
    type Args = ();

    fn init((): (), _: &mut Context<Self>) -> impl Step<Init<Self>> {
        Init::ok(Cache)
    }
}

fn main() {
    let _ = Cache::child_spec(());
}
