//! Unix sockets: streams between processes of one machine, named by a path or not at all.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};
use mio::Interest;

use super::duplex::{self, Duplex};
use super::poller::Poller;
use super::socket::Socket;
use super::source::{Direction, Readiness};
use super::split::{self, ReadHalf, Split, WriteHalf};

/// A Unix server's socket, which accepts connections.
///
/// Several processes may [`accept`](Self::accept) from one listener (share it in an `Arc`); each
/// connection goes to one of them. Dropping the listener closes it; the file at its path stays, and
/// whoever binds there again removes it first.
///
/// # In OTP
///
/// `gen_tcp:listen/2` with `{ifaddr, {local, Path}}`.
///
/// # Examples
///
/// ```rust
/// use regrow::net::{UnixListener, UnixStream};
///
/// # fn main() -> std::io::Result<()> {
/// # regrow::Runtime::builder().build()?.block_on(async {
/// # let path = std::env::temp_dir().join(format!("regrow-doc-{}.sock", std::process::id()));
/// let listener = UnixListener::bind(&path)?;
/// let mut client = UnixStream::connect(&path).await?;
/// let (mut server, _) = listener.accept().await?;
///
/// client.write_all(b"hello").await?;
/// let mut greeting = [0; 5];
/// server.read_exact(&mut greeting).await?;
/// assert_eq!(&greeting, b"hello");
///
/// std::fs::remove_file(&path)?;
/// # Ok(())
/// # })
/// # }
/// ```
pub struct UnixListener {
    /// The listening socket.
    socket: Socket<mio::net::UnixListener>,
}

impl UnixListener {
    /// Binds to `path`, which must not exist, and listens there.
    ///
    /// # Errors
    ///
    /// `Unsupported` outside a runtime and in a simulation; `AddrInUse` if there is something at
    /// `path`; or the system's.
    ///
    /// # Examples
    ///
    /// See [`UnixListener`].
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        let poller = super::current()?;
        Self::new(mio::net::UnixListener::bind(path)?, poller)
    }

    /// Takes over a listener of the standard library, with whatever options it has.
    ///
    /// This is also the way to an address without a path.
    ///
    /// # Errors
    ///
    /// `Unsupported` outside a runtime and in a simulation, or the system's.
    ///
    /// # Examples
    ///
    /// ```rust
    /// use regrow::net::UnixListener;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// # let path = std::env::temp_dir().join(format!("regrow-std-{}.sock", std::process::id()));
    /// let bound_early = std::os::unix::net::UnixListener::bind(&path)?;
    /// let listener = UnixListener::from_std(bound_early)?;
    /// assert_eq!(listener.local_addr()?.as_pathname(), Some(path.as_path()));
    /// # std::fs::remove_file(&path)
    /// # })
    /// # }
    /// ```
    pub fn from_std(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Self::new(
            mio::net::UnixListener::from_std(listener),
            super::current()?,
        )
    }

    /// Puts a listening socket into the poller's care.
    fn new(io: mio::net::UnixListener, poller: Arc<Poller>) -> io::Result<Self> {
        let socket = Socket::new(io, poller, Interest::READABLE, Readiness::NONE)?;
        Ok(Self { socket })
    }

    /// Waits for a connection and returns it with the address of its peer, which is mostly unnamed.
    ///
    /// # Errors
    ///
    /// As [`TcpListener::accept`](super::TcpListener::accept): too many open files or too little
    /// memory, while the connection still waits in the queue.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped: a connection is taken and returned in one step.
    ///
    /// # Examples
    ///
    /// See [`UnixListener`].
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
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
    /// As [`TcpListener::poll_accept`](super::TcpListener::poll_accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
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
    /// See [`from_std`](Self::from_std).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.get().local_addr()
    }

    /// Gives an accepted connection to the poller that watches the listener.
    fn adopt(
        &self,
        (io, peer): (mio::net::UnixStream, SocketAddr),
    ) -> io::Result<(UnixStream, SocketAddr)> {
        Ok((UnixStream::new(io, Arc::clone(self.socket.poller()))?, peer))
    }
}

/// Accepts once. A connection that its peer gave up becomes `Interrupted`, which means "try again".
fn accept(listener: &mio::net::UnixListener) -> io::Result<(mio::net::UnixStream, SocketAddr)> {
    listener.accept().map_err(|error| match error.kind() {
        io::ErrorKind::ConnectionAborted => io::ErrorKind::Interrupted.into(),
        _ => error,
    })
}

impl AsFd for UnixListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.get().as_fd()
    }
}

impl fmt::Debug for UnixListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnixListener")
            .field("local", &self.local_addr().ok())
            .finish()
    }
}

/// A Unix connection: a stream of bytes in each direction, within one machine.
///
/// Used like [`TcpStream`](super::TcpStream), whose documentation has the examples: the methods of
/// the same name do the same.
///
/// # Examples
///
/// ```rust
/// use regrow::net::UnixStream;
///
/// # fn main() -> std::io::Result<()> {
/// # regrow::Runtime::builder().build()?.block_on(async {
/// let (mut left, mut right) = UnixStream::pair()?;
/// left.write_all(b"hello").await?;
/// drop(left);
///
/// let mut buffer = [0; 64];
/// let count = right.read(&mut buffer).await?;
/// assert_eq!(&buffer[..count], b"hello");
/// assert_eq!(right.read(&mut buffer).await?, 0); // the end of the stream
/// # Ok(())
/// # })
/// # }
/// ```
pub struct UnixStream {
    /// The connected socket.
    socket: Socket<mio::net::UnixStream>,
}

impl UnixStream {
    /// Connects to the listener at `path`.
    ///
    /// # Errors
    ///
    /// `Unsupported` outside a runtime and in a simulation; `NotFound` if there is nothing at `path`;
    /// `ConnectionRefused` if nobody listens there; on Linux `WouldBlock` if the listener's queue is
    /// full, in which case one tries again later; or the system's.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the attempt up.
    ///
    /// # Examples
    ///
    /// See [`UnixListener`].
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        let poller = super::current()?;
        let stream = Self::new(mio::net::UnixStream::connect(path)?, poller)?;
        // Mostly the system connects or fails at once, so this does not wait for the poller.
        stream
            .socket
            .io(Direction::Write, finish_connecting)
            .await?;
        Ok(stream)
    }

    /// Creates two streams that are connected to each other.
    ///
    /// # Errors
    ///
    /// `Unsupported` outside a runtime and in a simulation, or the system's.
    ///
    /// # Examples
    ///
    /// See [`UnixStream`].
    pub fn pair() -> io::Result<(Self, Self)> {
        let poller = super::current()?;
        let (left, right) = mio::net::UnixStream::pair()?;
        Ok((
            Self::new(left, Arc::clone(&poller))?,
            Self::new(right, poller)?,
        ))
    }

    /// Takes over a connected stream of the standard library, with whatever options it has.
    ///
    /// # Errors
    ///
    /// `Unsupported` outside a runtime and in a simulation, or the system's.
    ///
    /// # Examples
    ///
    /// ```rust
    /// use regrow::net::UnixStream;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let (inherited, _peer) = std::os::unix::net::UnixStream::pair()?;
    /// let mut stream = UnixStream::from_std(inherited)?;
    /// stream.write_all(b"hello").await?;
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn from_std(stream: std::os::unix::net::UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Self::new(mio::net::UnixStream::from_std(stream), super::current()?)
    }

    /// Puts a stream into the poller's care.
    fn new(io: mio::net::UnixStream, poller: Arc<Poller>) -> io::Result<Self> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        Ok(Self {
            socket: Socket::new(io, poller, interest, Readiness::ALL)?,
        })
    }

    /// Reads what there is into `buffer` and returns the number of bytes.
    ///
    /// Waits for at least one byte. Zero means the end of the stream, or an empty buffer.
    ///
    /// # Errors
    ///
    /// The connection failed, or its runtime has shut down.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped: no byte is taken without being returned.
    ///
    /// # Examples
    ///
    /// See [`UnixStream`].
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        duplex::read(self, buffer).await
    }

    /// Reads until `buffer` is full.
    ///
    /// # Errors
    ///
    /// `UnexpectedEof` if the stream ends before; otherwise as [`read`](Self::read).
    ///
    /// # Cancel safety
    ///
    /// Not safe: bytes read before the future is dropped are in the buffer, their number is lost.
    ///
    /// # Examples
    ///
    /// See [`UnixListener`].
    pub async fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        duplex::read_exact(self, buffer).await
    }

    /// Writes all of `buffer`, waiting while the system has no room.
    ///
    /// # Errors
    ///
    /// The peer is gone (`BrokenPipe`), or the stream's runtime has shut down.
    ///
    /// # Cancel safety
    ///
    /// Not safe: if the future is dropped, an unknown part of the buffer was written.
    ///
    /// # Examples
    ///
    /// See [`UnixStream`].
    pub async fn write_all(&mut self, buffer: &[u8]) -> io::Result<()> {
        duplex::write_all(self, buffer).await
    }

    /// Waits until reading is worth an attempt, which may still be in vain.
    ///
    /// # Errors
    ///
    /// The stream's runtime has shut down.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped.
    ///
    /// # Examples
    ///
    /// As [`TcpStream::readable`](super::TcpStream::readable).
    pub async fn readable(&self) -> io::Result<()> {
        self.socket.ready(Direction::Read).await
    }

    /// Waits until writing is worth an attempt, which may still be in vain.
    ///
    /// # Errors
    ///
    /// The stream's runtime has shut down.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped.
    ///
    /// # Examples
    ///
    /// As [`TcpStream::writable`](super::TcpStream::writable).
    pub async fn writable(&self) -> io::Result<()> {
        self.socket.ready(Direction::Write).await
    }

    /// Reads what there is into `buffer` without waiting.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if nothing is known to be there; otherwise as [`read`](Self::read).
    ///
    /// # Examples
    ///
    /// As [`TcpStream::try_read`](super::TcpStream::try_read).
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket
            .try_io(Direction::Read, |mut io| io.read(buffer))
    }

    /// Writes what there is room for without waiting, and returns the number of bytes.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if no room is known of; otherwise as [`write_all`](Self::write_all).
    ///
    /// # Examples
    ///
    /// As [`TcpStream::try_write`](super::TcpStream::try_write).
    pub fn try_write(&self, buffer: &[u8]) -> io::Result<usize> {
        self.socket
            .try_io(Direction::Write, |mut io| io.write(buffer))
    }

    /// Splits the stream into a reading and a writing half, for two processes.
    ///
    /// # Examples
    ///
    /// See [`ReadHalf`].
    pub fn into_split(self) -> (ReadHalf<Self>, WriteHalf<Self>) {
        split::split(self)
    }

    /// Ends reading, writing or both. Whoever waits for that direction is woken.
    ///
    /// # Errors
    ///
    /// `NotConnected` if the connection is gone already, or the system's.
    ///
    /// # Examples
    ///
    /// As [`TcpStream::shutdown`](super::TcpStream::shutdown).
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.socket.get().shutdown(how)
    }

    /// Returns the address of the peer.
    ///
    /// # Errors
    ///
    /// `NotConnected` if the connection is gone, or the system's.
    ///
    /// # Examples
    ///
    /// As [`TcpStream::peer_addr`](super::TcpStream::peer_addr).
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.get().peer_addr()
    }

    /// Returns the address of this end.
    ///
    /// # Errors
    ///
    /// The system's.
    ///
    /// # Examples
    ///
    /// As [`TcpStream::local_addr`](super::TcpStream::local_addr).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.get().local_addr()
    }
}

/// Asks how a connection attempt went. `WouldBlock` means it is not decided yet.
fn finish_connecting(io: &mio::net::UnixStream) -> io::Result<()> {
    if let Some(error) = io.take_error()? {
        return Err(error);
    }
    io.peer_addr()
        .map(drop)
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotConnected => io::ErrorKind::WouldBlock.into(),
            _ => error,
        })
}

impl Split for UnixStream {}

impl Duplex for UnixStream {
    fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.socket.poll_read(cx, buffer)
    }

    fn poll_read_vectored(
        &self,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.socket.poll_read_vectored(cx, buffers)
    }

    fn poll_write(&self, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.socket.poll_write(cx, buffer)
    }

    fn poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.socket.poll_write_vectored(cx, buffers)
    }

    fn end(&self, how: Shutdown) -> io::Result<()> {
        self.shutdown(how)
    }
}

impl AsyncRead for UnixStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.socket.poll_read(cx, buffer)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.socket.poll_read_vectored(cx, buffers)
    }
}

impl AsyncWrite for UnixStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.socket.poll_write(cx, buffer)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.socket.poll_write_vectored(cx, buffers)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(duplex::close(&*self))
    }
}

impl AsFd for UnixStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.get().as_fd()
    }
}

impl fmt::Debug for UnixStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnixStream")
            .field("local", &self.local_addr().ok())
            .field("peer", &self.peer_addr().ok())
            .finish()
    }
}
