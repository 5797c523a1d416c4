// It is a process, but nobody knows it who could send it anything.

use regrow::prelude::*;

#[regrow::main]
async fn main(mut inbox: Inbox<u64>) {
    inbox.receive().await;
}
