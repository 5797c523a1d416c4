// The type is no server, and nothing says what starts it.

use regrow::prelude::*;

#[derive(Clone, ChildSpec)]
#[child_spec(restart = "transient")]
struct Cache;

fn main() {}
