// Somebody has to do the work.

#[regrow::main(schedulers = 0, seeds = 1)]
async fn main() {}
