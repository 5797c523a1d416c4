//! TCP streams: connecting without blocking, then reading and writing.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{Shutdown, SocketAddr};
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use mio::Interest;

use crate::io::address::{self, ToSocketAddrs};
use crate::io::duplex::{self, Duplex};
use crate::io::poller::Poller;
use crate::io::socket::Socket;
use crate::io::source::{Direction, Readiness};
use crate::io::split::{self, ReadHalf, Split, WriteHalf};

/// A TCP connection: a stream of bytes in each direction.
///
/// Reads and writes through [`AsyncRead`] and [`AsyncWrite`], or the methods here. Nothing is
/// buffered: every call is a system call, so wrap the stream in a buffered reader to read line by
/// line. [`into_split`](Self::into_split) gives reading and writing to two processes.
///
/// Dropping the stream closes the connection, also when that is because its process died. The peer
/// reads the end of the stream after what was written before; if there are unread bytes, most
/// systems reset the connection instead, and the peer may lose what it has not read.
///
/// # In OTP
///
/// A passive socket of `gen_tcp`, `{active, false}` and `{packet, raw}`.
///
/// # Examples
///
/// ```rust
/// use regrow::net::{TcpListener, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// # regrow::Runtime::builder().build()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
///
/// client.write_all(b"hello").await?;
/// drop(client);
///
/// let mut buffer = [0; 64];
/// let count = server.read(&mut buffer).await?;
/// assert_eq!(&buffer[..count], b"hello");
/// assert_eq!(server.read(&mut buffer).await?, 0); // the end of the stream
/// # Ok(())
/// # })
/// # }
/// ```
pub struct TcpStream {
    /// The connected socket.
    socket: Socket<mio::net::TcpStream>,
}

impl TcpStream {
    /// Connects to `address`.
    ///
    /// A host name is looked up first, see [`ToSocketAddrs`]; several addresses are tried one after
    /// the other. There is no time limit but the system's, often minutes: put the call into
    /// `regrow::time::timeout`.
    ///
    /// # Errors
    ///
    /// `Unsupported` outside a runtime and in a simulation; the address is malformed or unknown; or
    /// the connection failed, usually as `ConnectionRefused` or `TimedOut`. Of several addresses it is
    /// the error of the last.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the attempt up.
    ///
    /// # In OTP
    ///
    /// `gen_tcp:connect/3`.
    ///
    /// # Examples
    ///
    /// ```rust
    /// use std::io::ErrorKind;
    ///
    /// use regrow::net::{TcpListener, TcpStream};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let address = listener.local_addr()?;
    /// let stream = TcpStream::connect(address).await?;
    /// assert_eq!(stream.peer_addr()?, address);
    ///
    /// drop(listener);
    /// let refused = TcpStream::connect(address).await.expect_err("nobody listens any more");
    /// assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub async fn connect(address: impl ToSocketAddrs) -> io::Result<Self> {
        let poller = crate::io::current()?;
        let mut outcome = Err(io::ErrorKind::InvalidInput.into());
        for address in address::resolve(address).await? {
            outcome = Self::connect_to(address, Arc::clone(&poller)).await;
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Connects to one address.
    async fn connect_to(address: SocketAddr, poller: Arc<Poller>) -> io::Result<Self> {
        let io = mio::net::TcpStream::connect(address)?;
        let stream = Self::new(io, poller, Readiness::NONE)?;
        stream
            .socket
            .io(Direction::Write, finish_connecting)
            .await?;
        Ok(stream)
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
    /// use regrow::net::{TcpListener, TcpStream};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let connected = std::net::TcpStream::connect(listener.local_addr()?)?;
    /// let mut stream = TcpStream::from_std(connected)?;
    /// stream.write_all(b"hello").await?;
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn from_std(stream: std::net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Self::new(
            mio::net::TcpStream::from_std(stream),
            crate::io::current()?,
            Readiness::ALL,
        )
    }

    /// Puts a stream into the poller's care.
    pub(super) fn new(
        io: mio::net::TcpStream,
        poller: Arc<Poller>,
        ready: Readiness,
    ) -> io::Result<Self> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        Ok(Self {
            socket: Socket::new(io, poller, interest, ready)?,
        })
    }

    /// Reads what there is into `buffer` and returns the number of bytes.
    ///
    /// Waits for at least one byte. Zero means the end of the stream, or an empty buffer.
    ///
    /// # Errors
    ///
    /// The connection failed (`ConnectionReset`), or its runtime has shut down.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped: no byte is taken without being returned.
    ///
    /// # Examples
    ///
    /// See [`TcpStream`].
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
    /// # In OTP
    ///
    /// `gen_tcp:recv/2` with a length.
    ///
    /// # Examples
    ///
    /// See [`TcpListener`](super::TcpListener).
    pub async fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        duplex::read_exact(self, buffer).await
    }

    /// Writes all of `buffer`.
    ///
    /// Waits while the system has no room. What was written may still be on its way when this
    /// returns, and may never arrive.
    ///
    /// # Errors
    ///
    /// The connection failed or was closed (`BrokenPipe`, `ConnectionReset`), or its runtime has shut
    /// down.
    ///
    /// # Cancel safety
    ///
    /// Not safe: if the future is dropped, an unknown part of the buffer was written.
    ///
    /// # In OTP
    ///
    /// `gen_tcp:send/2`.
    ///
    /// # Examples
    ///
    /// See [`TcpStream`].
    pub async fn write_all(&mut self, buffer: &[u8]) -> io::Result<()> {
        duplex::write_all(self, buffer).await
    }

    /// Waits until reading is worth an attempt: there are bytes, the end of the stream or an error.
    ///
    /// It may be in vain. Follow it by [`try_read`](Self::try_read), whose `WouldBlock` is what makes
    /// the next call wait again.
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
    /// ```rust
    /// use std::io::ErrorKind;
    ///
    /// use regrow::net::{TcpListener, TcpStream};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (server, _) = listener.accept().await?;
    /// client.write_all(b"hello").await?;
    ///
    /// let mut buffer = [0; 64];
    /// let count = loop {
    ///     server.readable().await?;
    ///     match server.try_read(&mut buffer) {
    ///         Err(error) if error.kind() == ErrorKind::WouldBlock => {}
    ///         result => break result?,
    ///     }
    /// };
    /// assert_eq!(&buffer[..count], b"hello");
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub async fn readable(&self) -> io::Result<()> {
        self.socket.ready(Direction::Read).await
    }

    /// Waits until writing is worth an attempt: there is room, or writing fails at once.
    ///
    /// It may be in vain. Follow it by [`try_write`](Self::try_write), whose `WouldBlock` is what
    /// makes the next call wait again.
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
    /// ```rust
    /// use regrow::net::{TcpListener, TcpStream};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// client.writable().await?;
    /// assert_eq!(client.try_write(b"hello")?, 5);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
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
    /// See [`readable`](Self::readable).
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
    /// See [`writable`](Self::writable).
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

    /// Ends reading, writing or both.
    ///
    /// After `Shutdown::Write` the peer reads the end of the stream; after `Shutdown::Read` reading
    /// here does. Whoever waits for that direction is woken. Dropping the stream does not need it.
    ///
    /// # Errors
    ///
    /// `NotConnected` if the connection is gone already, or the system's.
    ///
    /// # In OTP
    ///
    /// `gen_tcp:shutdown/2`.
    ///
    /// # Examples
    ///
    /// ```rust
    /// use std::net::Shutdown;
    ///
    /// use regrow::net::{TcpListener, TcpStream};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (mut server, _) = listener.accept().await?;
    ///
    /// client.shutdown(Shutdown::Write)?;
    /// assert_eq!(server.read(&mut [0; 8]).await?, 0);
    ///
    /// server.write_all(b"still here").await?; // the other direction goes on
    /// client.read_exact(&mut [0; 10]).await?;
    /// # Ok(())
    /// # })
    /// # }
    /// ```
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
    /// See [`connect`](Self::connect).
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
    /// See [`TcpListener::accept`](super::TcpListener::accept).
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.get().local_addr()
    }

    /// Whether small writes are sent at once (`TCP_NODELAY`).
    ///
    /// # Errors
    ///
    /// The system's.
    ///
    /// # Examples
    ///
    /// See [`set_nodelay`](Self::set_nodelay).
    pub fn nodelay(&self) -> io::Result<bool> {
        self.socket.get().nodelay()
    }

    /// Sets whether small writes are sent at once (`TCP_NODELAY`) or gathered for a while.
    ///
    /// The default is the system's: gathered. Set it for protocols of small requests and answers.
    ///
    /// # Errors
    ///
    /// The system's.
    ///
    /// # Examples
    ///
    /// ```rust
    /// use regrow::net::{TcpListener, TcpStream};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// stream.set_nodelay(true)?;
    /// assert!(stream.nodelay()?);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.socket.get().set_nodelay(nodelay)
    }
}

/// Asks how a connection attempt went, once the socket is writable. `WouldBlock` means it is not
/// decided yet, which some systems report by a writable event of their own.
fn finish_connecting(io: &mio::net::TcpStream) -> io::Result<()> {
    if let Some(error) = io.take_error()? {
        return Err(error);
    }
    io.peer_addr()
        .map(drop)
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotConnected => io::ErrorKind::WouldBlock.into(),
            #[cfg(unix)]
            _ if error.raw_os_error() == Some(libc::EINPROGRESS) => {
                io::ErrorKind::WouldBlock.into()
            }
            _ => error,
        })
}

impl Split for TcpStream {}

impl Duplex for TcpStream {
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

impl AsyncRead for TcpStream {
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

impl AsyncWrite for TcpStream {
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

#[cfg(unix)]
impl AsFd for TcpStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.get().as_fd()
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpStream")
            .field("local", &self.local_addr().ok())
            .field("peer", &self.peer_addr().ok())
            .finish()
    }
}
