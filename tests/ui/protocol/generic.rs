// A protocol with parameters.

use regrow::protocol;

#[protocol]
trait Store<K> {
    fn get(&self, key: K) -> u8;
}

fn main() {}
