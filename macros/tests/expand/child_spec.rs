use regrow::prelude::*;

/// A server that is written by hand.
#[derive(Debug, ChildSpec)]
#[child_spec(
    restart = "transient",
    shutdown = "30s",
    id = "the cache",
    significant,
    name = "cache",
    backoff = Backoff::fixed(secs(1)),
    budget(5, secs(60)),
    max_lifetime = "1h"
)]
pub struct Cache<K: Send + 'static> {
    entries: Vec<K>,
}

/// A worker that is no server.
#[derive(ChildSpec)]
#[child_spec(start = Ticker::start_link, args(every: Duration, label: String))]
struct Ticker;
