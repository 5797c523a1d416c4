// The settings of a server's specification are those of any child.

use regrow::prelude::*;

struct Cache;

#[gen_server(budget(5), max_lifetime = "60")]
impl Cache {
    #[init]
    fn new() -> Self {
        Cache
    }
}

fn main() {
    let _ = Cache::child_spec();
}
