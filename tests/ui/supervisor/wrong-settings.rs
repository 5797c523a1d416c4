// Each setting beyond OTP has its own form.

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
    #[child(backoff)]
    a: Cache,
    #[child(budget(5))]
    b: Cache,
    #[child(budget = 5)]
    c: Cache,
    #[child(on_exhausted)]
    d: Cache,
    #[child(binds_to = a)]
    e: Cache,
    #[child(max_lifetime = "60", retry_after = 10)]
    f: Cache,
    #[child(back_off = Backoff::fixed(secs(1)))]
    g: Cache,
}

fn main() {
    let _ = App::start_link();
}
