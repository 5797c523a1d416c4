// A handler of another kind.

use regrow::protocol;

#[protocol]
trait Store {
    #[info]
    fn get(&self) -> u8;
}

fn main() {}
