// A type among the methods.

use regrow::protocol;

#[protocol]
trait Store {
    type Key;
    fn get(&self) -> u8;
}

fn main() {}
