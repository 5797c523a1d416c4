// A method with a parameter of its own.

use regrow::protocol;

#[protocol]
trait Store {
    fn get<K: Send + 'static>(&self, key: K) -> u8;
}

fn main() {}
