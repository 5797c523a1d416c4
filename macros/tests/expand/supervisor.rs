use regrow::prelude::*;

/// Who talks to whom.
#[supervisor(
    strategy = "rest_for_one",
    max_restarts = 3,
    max_seconds = 5,
    auto_shutdown = "any_significant",
    args(config: Config)
)]
pub struct Chat {
    users: Registry<UserId>,
    #[child(max_children = 100_000)]
    workers: DynamicSupervisor,
    /// Says hello.
    #[child(args(config.greeting), restart = "transient", significant)]
    greeter: Greeter,
    #[child(tree, args(config.rooms), restart = "temporary")]
    rooms: Rooms,
}
