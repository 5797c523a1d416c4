// What a setting is given has the type that the specification's method takes.

use regrow::prelude::*;

struct Cache;

#[gen_server]
impl Cache {
    #[init]
    fn new() -> Self {
        Cache
    }
}

#[supervisor]
struct App {
    #[child(backoff = secs(1))]
    a: Cache,
    #[child(budget("five", secs(60)))]
    b: Cache,
    #[child(on_exhausted = "give_up")]
    c: Cache,
}

fn main() {
    let _ = App::start_link();
}
