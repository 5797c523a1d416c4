//! TCP on loopback: a listener that gives back what it is sent, and whoever sends it something.

use std::io;
use std::net::{Ipv4Addr, Shutdown};
use std::sync::atomic::{AtomicU16, Ordering::Relaxed};

use regrow::net::{TcpListener, TcpStream};
use regrow::prelude::*;
use regrow::time::timeout;

/// Where the listener listens now.
static PORT: AtomicU16 = AtomicU16::new(0);
/// One connection in so many is dropped by its process in the middle of it.
const DROPPED_ONE_IN: u8 = 16;

/// Listens on a free port, and gives every connection a process of its own.
pub(crate) async fn listen() -> Result<(), ExitReason> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    PORT.store(listener.local_addr()?.port(), Relaxed);
    loop {
        let (stream, _) = listener.accept().await?;
        // What becomes of it is nobody's affair: if the other side is gone, there is nobody to tell.
        spawn(async move |_: Inbox<()>| give_back(stream).await);
    }
}

async fn give_back(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let is_cut_off = count % usize::from(DROPPED_ONE_IN) == 1;
        assert!(!is_cut_off, "this connection is cut off");
        stream.write_all(&buffer[..count]).await?;
    }
}

/// Sends bytes, and gives what came back until the other side closed.
pub(crate) async fn exchange(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let talk = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, PORT.load(Relaxed))).await?;
        let mut echo = vec![0; bytes.len()];
        stream.write_all(bytes).await?;
        stream.shutdown(Shutdown::Write)?;
        stream.read_exact(&mut echo).await?;
        Ok(echo)
    };
    // A connection that nobody accepts any more, because the listener was killed, is not closed
    // before its socket is.
    timeout(secs(5), talk)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
