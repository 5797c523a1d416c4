//! TCP: listeners and streams.
//!
//! What is special about TCP is how a connection comes about: `listener` accepts it, `stream` makes
//! it, and neither is as simple as the system call of that name. The rest is what all streams do.

mod listener;
mod stream;

pub use listener::TcpListener;
pub use stream::TcpStream;
