//! Clients: plain processes that trap exits and take steps which may last longer than their entry.
//!
//! ```text
//!   driver                                   client
//!     │ take(client, task) ── Order::Act ─────▶│ awaits the task: a call, say
//!     │ settle                                 │
//!     │   answered?      the step's result     │◀── reply, in this step or in a later one
//!     │   dead?          "dead"                │
//!     │   neither?       "pending"; until it is answered its further steps are "busy"
//!     ▼
//! ```
//!
//! A client waits for orders by selective receive, so exits of the servers that are linked to it
//! stay in its mailbox until the driver collects them. Of servers whose start has failed there are
//! none (the trace format drops those, rule 7 of section 5): regrow's start takes them out itself.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use regrow::call::CallError;
use regrow::process::{self, Inbox, ProcessRef, Received};
use regrow::time::{millis, sleep};
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::letter::{self, Letter};
use super::reason;
use super::value::unexpected;
use super::world::World;

/// What a client does for a step. Polled by the client only, so that all of it is the client's doing.
pub(super) type Task = Pin<Box<dyn Future<Output = Value> + Send>>;

/// The clients of a scenario, as the driver sees them.
#[derive(Debug)]
pub(super) struct Clients(BTreeMap<String, Client>);

#[derive(Debug)]
struct Client {
    process: ProcessRef<Order>,
    /// The step that it has not finished.
    under_way: Option<Answer>,
}

/// What the driver tells a client.
enum Order {
    /// Take a step.
    Act { task: Task, answer: Answer },
    /// Empty the mailbox.
    Collect { answer: Answer },
}

/// How long the driver waits for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Until all is quiet, without letting time pass.
    Quiet,
    /// Until the step is over, and then until all is quiet.
    Done,
}

impl Clients {
    /// Brings the clients on.
    pub(super) async fn new(world: &Arc<World>, names: &[String]) -> Clients {
        let clients = names.iter().map(|name| {
            let (world, own) = (Arc::clone(world), name.clone());
            let process = process::spawn(move |inbox| live(inbox, world, own));
            let under_way = None;
            (name.clone(), Client { process, under_way })
        });
        let clients = Clients(clients.collect());
        process::settle().await;
        clients
    }

    /// Has a client take a step, and waits until all is quiet. `Err` has the result of a step that
    /// the client cannot take.
    pub(super) async fn take(&mut self, name: &str, task: Task, until: Until) -> Result<(), Value> {
        let client = self.0.get_mut(name).ok_or_else(|| json!("unknown"))?;
        if !client.is_alive().await {
            return Err(json!("dead"));
        }
        if client.under_way.is_some() {
            return Err(json!("busy"));
        }
        let answer = Answer::default();
        client.under_way = Some(answer.clone());
        client.process.send(Order::Act {
            task,
            answer: answer.clone(),
        });
        while until == Until::Done && answer.get().is_none() && client.is_alive().await {
            // It waits for its timeout. The clock has nothing else to be precise about.
            sleep(millis(1)).await;
        }
        process::settle().await;
        Ok(())
    }

    /// The results of all steps that are over by now, by client.
    pub(super) async fn results(&mut self) -> Map<String, Value> {
        let mut results = Map::new();
        for (name, client) in &mut self.0 {
            if let Some(result) = client.take_result().await {
                results.insert(name.clone(), result);
            }
        }
        results
    }

    /// Empties the mailboxes of those who live and are not at a step; the empty ones are left out.
    pub(super) async fn messages(&self) -> Map<String, Value> {
        let mut answers = Vec::new();
        for (name, client) in &self.0 {
            if client.under_way.is_none() && client.is_alive().await {
                let answer = Answer::default();
                client.process.send(Order::Collect {
                    answer: answer.clone(),
                });
                answers.push((name.clone(), answer));
            }
        }
        process::settle().await;
        answers
            .into_iter()
            .filter_map(|(name, answer)| Some((name, answer.get()?.clone())))
            .filter(|(_, messages)| *messages != json!([]))
            .collect()
    }
}

impl Client {
    async fn is_alive(&self) -> bool {
        process::is_alive(self.process).await
    }

    /// What the step under way has come to, if it is over.
    async fn take_result(&mut self) -> Option<Value> {
        let result = match self.under_way.as_ref()?.get() {
            Some(result) => result.clone(),
            None if self.is_alive().await => return None,
            None => json!("dead"),
        };
        self.under_way = None;
        Some(result)
    }
}

/// What an exit of the called function is here.
pub(super) fn failed(error: CallError) -> Value {
    let reason = match error {
        CallError::Timeout => json!("timeout"),
        CallError::NoProcess => json!("noproc"),
        CallError::Exited(reason) => reason::encode(&reason),
        other => unexpected(&other),
    };
    json!({ "exit": reason })
}

/// The life of a client.
async fn live(mut inbox: Inbox<Order>, world: Arc<World>, name: String) -> ! {
    world.enter(&name, inbox.pid()).await;
    inbox.trap_exit(true);
    loop {
        match inbox.select(|_| true).await {
            Order::Act { task, answer } => {
                let result = task.await;
                answer.give(result);
            }
            Order::Collect { answer } => {
                let letters = collect(&mut inbox, &world);
                answer.give(Value::Array(letter::in_order(letters)));
            }
        }
    }
}

/// What has arrived beside orders.
fn collect(inbox: &mut Inbox<Order>, world: &World) -> Vec<Letter> {
    let mut letters = Vec::new();
    while let Some(received) = inbox.try_receive() {
        letters.push(match received {
            Received::Exit(exit) => {
                Letter::exit(world.name_of(exit.from), &reason::encode(&exit.reason))
            }
            Received::Down(down) => Letter::stray(unexpected(&format_args!("{down:?}"))),
            Received::Message(_) => Letter::stray(unexpected(&"an order that was not waited for")),
        });
    }
    letters
}
