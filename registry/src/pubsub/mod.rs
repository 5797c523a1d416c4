//! Publish and subscribe: messages to whoever subscribed to a topic, by those who need not know them.
//!
//! ```text
//!   subscribe ───────────▶ table: topic ──▶ subscriptions
//!   broadcast(message) ──▶   │ a piece at a time
//!                            └──▶ the same Arc<message> to each, or what a dispatcher makes of it
//! ```
//!
//! The table is that of a [registry](crate::Registry) with duplicate keys: a topic is a key, a
//! subscription an entry, and its value says how the process takes messages, with whatever metadata
//! the program gives it. So a subscription ends with its process, before anybody hears of that; a
//! process with a million of them ends in pieces; and to unsubscribe looks at nobody else's. What
//! differs from a registry: anybody may subscribe any process (`table/guests.rs`), and the end of a
//! pubsub concerns no subscriber.
//!
//! A message is not copied: all subscribers share it, and the last one drops it. A broadcast takes
//! the subscribers out of the table some hundreds at a time and sends, and calls a dispatcher, with
//! no lock held, so that the largest topic does not hold up who subscribes, who leaves, or who ends.
//!
//! | file | concept |
//! |---|---|
//! | `server.rs` | the process |
//! | `client.rs` | what references to it can do |
//! | `error.rs` | why there was no subscription, or no broadcast |

mod client;
mod error;
mod server;

use std::sync::Arc;

use regrow_runtime::gen_server::Recipient;

use crate::kind::Duplicate;
use crate::table::Table;

pub use client::{PubSubClient, SlowSubscriber};
pub use error::{BroadcastError, SubscribeError};
pub use server::PubSub;

/// Who subscribed to which topic.
type Topics<T, M, V> = Table<T, Subscription<M, V>, Duplicate>;

/// What is known of a subscriber beside its pid.
struct Subscription<M: ?Sized, V> {
    recipient: Recipient<Arc<M>>,
    metadata: V,
}
