//! TCP listeners: binding, and accepting in spite of the connections that fail meanwhile.

use std::fmt;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use mio::Interest;

use super::TcpStream;
use crate::io::address::{self, ToSocketAddrs};
use crate::io::poller::Poller;
use crate::io::socket::Socket;
use crate::io::source::{Direction, Readiness};

/// A TCP server's socket, which accepts connections.
///
/// Several processes may [`accept`](Self::accept) from one listener (share it in an `Arc`); each
/// connection goes to one of them. Dropping the listener closes it and refuses the connections that
/// nobody accepted.
///
/// # In OTP
///
/// `gen_tcp:listen/2`. The socket has no owner that matters: it lives as long as the value.
///
/// # Examples
///
/// An echo server with a process for each connection, and a client:
///
/// ```rust
/// use std::io;
///
/// use regrow::net::{TcpListener, TcpStream};
/// use regrow::process::{Inbox, spawn};
///
/// async fn serve(listener: TcpListener) -> io::Result<()> {
///     loop {
///         let (stream, _peer) = listener.accept().await?;
///         spawn(async move |_: Inbox<()>| echo(stream).await);
///     }
/// }
///
/// async fn echo(mut stream: TcpStream) -> io::Result<()> {
///     let mut buffer = [0; 1024];
///     loop {
///         match stream.read(&mut buffer).await? {
///             0 => return Ok(()),
///             count => stream.write_all(&buffer[..count]).await?,
///         }
///     }
/// }
///
/// # fn main() -> io::Result<()> {
/// # regrow::Runtime::builder().build()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let address = listener.local_addr()?;
/// spawn(async move |_: Inbox<()>| serve(listener).await);
///
/// let mut client = TcpStream::connect(address).await?;
/// client.write_all(b"hello").await?;
/// let mut answer = [0; 5];
/// client.read_exact(&mut answer).await?;
/// assert_eq!(&answer, b"hello");
/// # Ok(())
/// # })
/// # }
/// ```
pub struct TcpListener {
    /// The listening socket.
    socket: Socket<mio::net::TcpListener>,
}

impl TcpListener {
    /// Binds to `address` and listens there.
    ///
    /// Port 0 lets the system choose one; [`local_addr`](Self::local_addr) tells which. On Unix the
    /// address may be bound again right after an earlier listener was closed (`SO_REUSEADDR`). Up to
    /// 128 connections wait to be accepted, as with the standard library's listener; for another
    /// number make the socket elsewhere and use [`from_std`](Self::from_std).
    ///
    /// A host name is looked up first, see [`ToSocketAddrs`]; of several addresses the first that
    /// can be bound is taken.
    ///
    /// # Errors
    ///
    /// `Unsupported` outside a runtime and in a simulation; the address is malformed or unknown; or
    /// the system refuses it, usually as `AddrInUse` or `PermissionDenied`.
    ///
    /// # Cancel safety
    ///
    /// Nothing is bound if the future is dropped.
    ///
    /// # Examples
    ///
    /// ```rust
    /// use regrow::net::TcpListener;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// assert_ne!(listener.local_addr()?.port(), 0);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        let poller = crate::io::current()?;
        let addresses = address::resolve(address).await?;
        Self::new(
            address::first_that_works(&addresses, mio::net::TcpListener::bind)?,
            poller,
        )
    }

    /// Takes over a listener of the standard library, with whatever options it has.
    ///
    /// # Errors
    ///
    /// `Unsupported` outside a runtime and in a simulation, or the system's.
    ///
    /// # Examples
    ///
    /// ```rust
    /// use regrow::net::TcpListener;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let bound_early = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let listener = TcpListener::from_std(bound_early)?;
    /// # drop(listener);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Self::new(
            mio::net::TcpListener::from_std(listener),
            crate::io::current()?,
        )
    }

    /// Puts a listening socket into the poller's care.
    fn new(io: mio::net::TcpListener, poller: Arc<Poller>) -> io::Result<Self> {
        let socket = Socket::new(io, poller, Interest::READABLE, Readiness::NONE)?;
        Ok(Self { socket })
    }

    /// Waits for a connection and returns it with the address of its peer.
    ///
    /// A connection that its peer gave up before it could be accepted is skipped; nobody needs to
    /// hear of it.
    ///
    /// # Errors
    ///
    /// Too many open files (`EMFILE`, `ENFILE`) or too little memory. The connection still waits in
    /// the queue, and calling again at once returns the same error, so a server should close
    /// something or sleep for a moment first. The listener is as good as before. Only the shutdown
    /// of its runtime makes it fail for ever.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped: a connection is taken and returned in one step.
    ///
    /// # In OTP
    ///
    /// `gen_tcp:accept/1`. For a time limit put it into `regrow::time::timeout`.
    ///
    /// # Examples
    ///
    /// ```rust
    /// use regrow::net::{TcpListener, TcpStream};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    ///
    /// let (_server, peer) = listener.accept().await?;
    /// assert_eq!(peer, client.local_addr()?);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let accepted = self.socket.io(Direction::Read, accept).await?;
        self.adopt(accepted)
    }

    /// Accepts a connection, or leaves the caller's waker to be called when there is one.
    ///
    /// For writing one's own futures and streams. Only the last caller's waker is kept; the futures
    /// of [`accept`](Self::accept) have their own.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    ///
    /// # Examples
    ///
    /// ```rust
    /// use std::future::poll_fn;
    ///
    /// use regrow::net::{TcpListener, TcpStream};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let _client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_server, _peer) = poll_fn(|cx| listener.poll_accept(cx)).await?;
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accepted = ready!(self.socket.poll_io(Direction::Read, cx, accept))?;
        Poll::Ready(self.adopt(accepted))
    }

    /// Returns the address this listener is bound to.
    ///
    /// # Errors
    ///
    /// The system's.
    ///
    /// # Examples
    ///
    /// See [`bind`](Self::bind).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.get().local_addr()
    }

    /// Gives an accepted connection to the poller that watches the listener.
    fn adopt(
        &self,
        (io, peer): (mio::net::TcpStream, SocketAddr),
    ) -> io::Result<(TcpStream, SocketAddr)> {
        // Clients mostly speak first, so the first read is attempted without asking the poller.
        let stream = TcpStream::new(io, Arc::clone(self.socket.poller()), Readiness::ALL)?;
        Ok((stream, peer))
    }
}

/// Accepts once. Errors of the one connection become `Interrupted`, which means "try again".
fn accept(listener: &mio::net::TcpListener) -> io::Result<(mio::net::TcpStream, SocketAddr)> {
    listener.accept().map_err(|error| match error.kind() {
        // Linux hands out the errors of a connection that failed while it was queued, instead of the
        // connection; accept(2) advises to go on.
        io::ErrorKind::ConnectionAborted
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::NetworkDown => io::ErrorKind::Interrupted.into(),
        #[cfg(unix)]
        _ if error.raw_os_error() == Some(libc::EPROTO) => io::ErrorKind::Interrupted.into(),
        _ => error,
    })
}

#[cfg(unix)]
impl AsFd for TcpListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.get().as_fd()
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpListener")
            .field("local", &self.local_addr().ok())
            .finish()
    }
}
