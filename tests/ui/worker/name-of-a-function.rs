// What a function starts it names itself.

use regrow::prelude::*;

#[derive(ChildSpec)]
#[child_spec(start = Ticker::start_link, name = "ticker")]
struct Ticker;

impl Ticker {
    async fn start_link() -> Pid {
        spawn_link(async |mut inbox: Inbox<()>| drop(inbox.receive().await)).pid()
    }
}

fn main() {
    let _ = Ticker::child_spec();
}
