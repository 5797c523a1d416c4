//! An application to begin with: a tree, a server in it, and a test in virtual time.
//!
//! Run it, and you see the counter count, crash, and count again from the beginning. Test it, and it
//! does so in ten orders of events.

use regrow::prelude::*;
use regrow::process::settle;

/// What is supervised.
#[supervisor(strategy = "one_for_one")]
struct Tree {
    #[child(args(0))]
    counter: Counter,
}

/// Counts.
struct Counter {
    value: i64,
}

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    #[call]
    fn add(&mut self, by: i64) -> i64 {
        self.value += by;
        self.value
    }

    #[cast]
    fn crash(&self) {
        panic!("somebody asked for it, at {}", self.value);
    }
}

#[regrow::main]
async fn main() -> Result<(), ExitReason> {
    let tree = Tree::start_link().await?;
    println!("{}", tree.counter().add(2).await?);
    println!("{}", tree.counter().add(40).await?);
    tree.counter().crash();
    settle().await;
    println!("{}", tree.counter().add(1).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use regrow::test::expect_restart;

    use super::*;

    #[regrow::test(seeds = 10)]
    async fn a_counter_that_crashes_begins_again() -> Result<(), ExitReason> {
        let tree = Tree::start_link().await?;
        assert_eq!(tree.counter().add(2).await?, 2);
        let counter = tree.counter().clone();
        expect_restart(counter, secs(1), async || tree.counter().crash()).await;
        assert_eq!(tree.counter().add(1).await?, 1);
        Ok(())
    }
}
