//! The library under another path, as a framework would hand it on.

use framework::otp::exit::ExitReason;
use framework::otp::registry::Registry;

mod framework {
    pub(crate) use ::regrow as otp;
}

struct Counter(u8);

#[framework::otp::gen_server(crate = crate::facade_path::framework::otp)]
impl Counter {
    #[init]
    fn new(value: u8) -> Self {
        Counter(value)
    }

    #[call]
    async fn get(&mut self) -> Result<u8, std::fmt::Error> {
        Ok(self.0)
    }

    #[cast]
    fn set(&mut self, value: u8) {
        self.0 = value;
    }
}

#[framework::otp::supervisor(crate = framework::otp)]
struct Tree {
    users: Registry<u8>,
    #[child(args(1), restart = "transient")]
    counter: Counter,
}

#[framework::otp::test(crate = framework::otp)]
async fn the_library_is_found_where_it_is_said_to_be() -> Result<(), ExitReason> {
    let tree = Tree::start().await?;
    let _ = tree.users();
    tree.counter().set(2);
    assert_eq!(tree.counter().get().await?, 2);
    Ok(())
}
