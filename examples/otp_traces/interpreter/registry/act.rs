//! What a process does for each step: one call of regrow's API, and its answer as a term.

use std::sync::Arc;

use regrow::process::{self, Pid, self_pid};
use regrow::reference::ServerRef;
use regrow::registry::{Keys, MetaKey, RegisterError, Registry};
use regrow::server::{self, Start, StartError};
use serde_json::{Value, json};

use super::super::clients::failed;
use super::super::reason::{decode, encode};
use super::super::value::unexpected;
use super::player::{Item, Letter};
use super::scene::{Book, Datum, Scene};
use super::server::{Question, Server};
use super::sorted;
use super::step::{self, Op};

/// A registry with keys of one process, or of many.
type Of<M> = ServerRef<Registry<String, Datum, M>>;

/// Takes a step, as the calling process, which is called `own`.
pub(super) async fn act(scene: &Arc<Scene>, own: &str, op: Op) -> Value {
    match (scene.book(), op) {
        (Book::Unique(registry), Op::Lookup { key }) => {
            entries(scene, registry.entry(&key).into_iter().collect())
        }
        (Book::Duplicate(registry), Op::Lookup { key }) => entries(scene, registry.entries(&key)),
        (Book::Unique(registry), Op::UpdateValue { key }) => {
            let updated = registry.update_value(&key, |Datum(old)| Datum(json!(["up", old])));
            updated.map_or_else(|| json!("error"), |(new, old)| json!([new.0, old.0]))
        }
        (Book::Unique(registry), Op::Whereis { key }) => match registry.lookup(&key) {
            Some(process) => scene.term_of(process),
            None => json!("nil"),
        },
        (Book::Unique(registry), Op::ViaStart(start)) => via_start(scene, registry, start).await,
        (Book::Unique(registry), Op::ViaCall { key }) if is_plain(registry.lookup(&key)) => {
            json!("plain")
        }
        (Book::Unique(registry), Op::ViaCall { key }) => {
            let call = server::call(registry.via::<Server>(key), Question);
            call.no_timeout().await.unwrap_or_else(failed)
        }
        (Book::Unique(registry), Op::ViaStop { key, .. }) if is_plain(registry.lookup(&key)) => {
            json!("plain")
        }
        (Book::Unique(registry), Op::ViaStop { key, reason }) => {
            let stopping = server::stop(registry.via::<Server>(key), decode(&reason));
            stopping.await.map_or_else(failed, |()| json!("ok"))
        }
        (Book::Unique(registry), Op::ViaSend { key, value }) => match registry.lookup(&key) {
            Some(process) => {
                send(process, own, value);
                json!("ok")
            }
            None => json!("badarg"),
        },
        (
            Book::Duplicate(_),
            Op::UpdateValue { .. }
            | Op::Whereis { .. }
            | Op::ViaStart(_)
            | Op::ViaCall { .. }
            | Op::ViaStop { .. }
            | Op::ViaSend { .. },
        ) => {
            // With keys of many processes none of these can be written.
            json!("badarg")
        }
        (Book::Unique(registry), op) => with_either(scene, registry, own, op),
        (Book::Duplicate(registry), op) => with_either(scene, registry, own, op),
    }
}

/// What is the same for both kinds of registry.
fn with_either<M: Keys>(scene: &Scene, registry: Of<M>, own: &str, op: Op) -> Value {
    match op {
        Op::Register { key, value } => match registry.register_with(key, Datum(value)) {
            Ok(()) => json!("ok"),
            Err(RegisterError::AlreadyRegistered(holder)) => {
                json!(["error", ["already_registered", scene.term_of(holder)]])
            }
            Err(other) => unexpected(&other),
        },
        Op::Unregister { key } => {
            registry.unregister(&key);
            json!("ok")
        }
        Op::Keys { of } => match scene.world().pid(&of) {
            Some(process) => sorted(
                registry
                    .keys(process)
                    .into_iter()
                    .map(Value::from)
                    .collect(),
            ),
            None => json!("unknown"),
        },
        Op::Values { key, of } => match scene.world().pid(&of) {
            Some(process) => {
                let values = registry.values(&key, process).into_iter();
                sorted(values.map(|Datum(value)| value).collect())
            }
            None => json!("unknown"),
        },
        Op::Count => json!(registry.count()),
        Op::Dispatch { key } => {
            registry.dispatch(&key, |entries| {
                for (process, Datum(value)) in entries {
                    send(*process, own, json!(["disp", value]));
                }
            });
            json!("ok")
        }
        Op::PutMeta { key, value } => match registry.put_meta(&meta(key), value) {
            Ok(()) => json!("ok"),
            Err(error) => unexpected(&error),
        },
        Op::Meta { key } => match registry.meta(&meta(key)) {
            Some(value) => json!(["ok", value]),
            None => json!("error"),
        },
        Op::DeleteMeta { key } => {
            registry.delete_meta(&meta(key));
            json!("ok")
        }
        Op::Exit { target, reason } => match scene.world().pid(&target) {
            Some(process) => {
                process::exit(process, decode(&reason));
                json!(true)
            }
            None => json!("unknown"),
        },
        Op::ExitSelf { reason } => process::exit_self(decode(&reason)),
        other => unexpected(&format_args!("{other:?} by {}", self_pid())),
    }
}

async fn via_start(
    scene: &Arc<Scene>,
    registry: ServerRef<Registry<String, Datum>>,
    start: step::Start,
) -> Value {
    let args = (Arc::clone(scene), start.server, start.init);
    let mut server = Start::<Server>::new(args);
    if start.link {
        server = server.link();
    }
    let server = match start.value {
        Some(value) => server.name(registry.via_with(start.key, Datum(value))),
        None => server.name(registry.via::<Server>(start.key)),
    };
    match server.await {
        Ok(server) => json!(["ok", scene.term_of(server.pid())]),
        Err(StartError::Ignored) => json!("ignore"),
        Err(StartError::AlreadyStarted(holder)) => {
            json!(["error", ["already_started", scene.term_of(holder)]])
        }
        Err(StartError::Failed(reason)) => json!(["error", encode(&reason)]),
        Err(other) => unexpected(&other),
    }
}

/// Entries as a trace lists them.
fn entries(scene: &Scene, entries: Vec<(Pid, Datum)>) -> Value {
    let entries = entries.into_iter();
    sorted(
        entries
            .map(|(process, Datum(value))| json!([scene.world().name_of(process), value]))
            .collect(),
    )
}

/// Whether it is a process that would never answer a call.
fn is_plain(process: Option<Pid>) -> bool {
    process.is_some_and(|process| process.as_process::<Item>().is_some())
}

/// Sends a message of the scenario to a process of either sort.
fn send(to: Pid, from: &str, value: Value) {
    let from = from.to_owned();
    let letter = Letter { from, value };
    if let Some(player) = to.as_process::<Item>() {
        player.send(Item::Letter(letter));
    } else if let Some(server) = to.as_server::<Server>() {
        process::send(server, letter);
    }
}

/// A name for metadata of this suite, whose values are terms.
fn meta(key: String) -> MetaKey<Value> {
    MetaKey::from_string(key)
}
