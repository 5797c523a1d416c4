// An argument that is borrowed.

use regrow::protocol;

#[protocol]
trait Store {
    fn get(&self, key: &str) -> Option<String>;
}

fn main() {}
