// A test runs as a process. (The body is still checked: the second error is its own.)

#[regrow::test]
fn counts() {}

#[regrow::test(seeds = 0)]
async fn counts_more() {}

#[regrow::test(seeds = 10, sed = 7)]
async fn counts_most() {}

fn main() {}
