//! Publish and subscribe: messages to whoever subscribed to a topic, by those who need not know them.
//!
//! ```text
//!   subscribe ───────────▶ table: topic ──▶ subscribers in order
//!   broadcast(message) ──▶   │ a piece at a time
//!                            └──▶ the same Arc<message> to each
//! ```
//!
//! A message is not copied: all subscribers share it, and the last one drops it. A subscription is a
//! membership in a [group](crate::group) that knows how the process takes messages, so it ends with
//! the process, before anybody hears of that.
//!
//! A broadcast takes the subscribers out of the table some hundreds at a time and sends with no lock
//! held, so that the largest topic does not hold up who subscribes, who leaves, or who ends.
//!
//! | file | concept |
//! |---|---|
//! | `server.rs` | the process |
//! | `client.rs` | what references to it can do |
//! | `error.rs` | why there was no subscription, or no broadcast |

mod client;
mod error;
mod server;

pub use client::{PubSubClient, SlowSubscriber};
pub use error::{NoPubSub, SubscribeError};
pub use server::PubSub;
