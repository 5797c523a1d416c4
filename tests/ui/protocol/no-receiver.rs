// A method without a receiver.

use regrow::protocol;

#[protocol]
trait Store {
    fn get(key: String) -> u8;
}

fn main() {}
