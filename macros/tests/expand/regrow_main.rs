use regrow::prelude::*;

/// Runs the program.
#[regrow::main(schedulers = 2)]
async fn main() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    assert_eq!(counter.get().await?, 40);
    Ok(())
}
