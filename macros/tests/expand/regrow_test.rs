use regrow::prelude::*;

#[regrow::test(seeds = 100)]
async fn counts() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    assert_eq!(counter.get().await?, 40);
    Ok(())
}
