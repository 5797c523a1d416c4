// A cast that gives something.

use regrow::protocol;

#[protocol]
trait Store {
    #[cast]
    fn put(&mut self, key: String) -> bool;
}

fn main() {}
