// The child is a supervisor, but no tree that was declared.

use regrow::prelude::*;

#[supervisor]
struct Chat {
    #[child(tree)]
    workers: DynamicSupervisor,
}

#[regrow::main]
async fn main() -> Result<(), ExitReason> {
    let _ = Chat::start_link().await?;
    Ok(())
}
