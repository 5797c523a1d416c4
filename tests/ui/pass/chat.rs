// One process for each user, found or started by its key.

#![forbid(unsafe_code)]
#![deny(warnings)]

use regrow::prelude::*;
use regrow::supervisor::StartChildError;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct UserId(u64);

struct Message(String);

struct UserWorker {
    user: UserId,
    inbox: Vec<Message>,
}

#[gen_server(restart = "transient", shutdown = "30s", idle_timeout = "15m", trap_exit)]
impl UserWorker {
    #[init]
    fn new(user: UserId) -> Self {
        UserWorker { user, inbox: Vec::new() }
    }

    #[cast]
    fn deliver(&mut self, message: Message) {
        self.inbox.push(message);
    }

    #[call]
    fn read(&self) -> (UserId, Vec<String>) {
        (self.user, self.inbox.iter().map(|message| message.0.clone()).collect())
    }

    #[timeout]
    fn idle(&mut self) -> Next {
        Next::stop(ExitReason::Normal)
    }

    #[terminate]
    fn flush(&mut self, _why: &ExitReason) {}
}

#[supervisor(strategy = "rest_for_one", max_restarts = 3, max_seconds = 5)]
struct Chat {
    users: Registry<UserId>,
    #[child(max_children = 100_000)]
    workers: DynamicSupervisor,
}

async fn deliver(
    chat: &ChatRef,
    user: UserId,
    message: Message,
) -> Result<ServerRef<UserWorker>, StartChildError> {
    let worker = chat
        .workers()
        .find_or_start(chat.users(), user, UserWorker::child_spec(user))
        .await?;
    worker.deliver(message);
    Ok(worker)
}

#[regrow::main]
async fn main() -> Result<(), ExitReason> {
    let chat = Chat::start_link().await?;
    let worker = deliver(&chat, UserId(1), Message(String::from("hello"))).await?;
    let (user, inbox) = worker.read().await?;
    assert!(user == UserId(1));
    assert_eq!(inbox, ["hello"]);
    Ok(())
}
