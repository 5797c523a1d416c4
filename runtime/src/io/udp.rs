//! UDP: datagrams, with or without a fixed peer.

use std::fmt;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;

use mio::Interest;

use super::address::{self, ToSocketAddrs};
use super::poller::Poller;
use super::socket::Socket;
use super::source::{Direction, Readiness};

/// A UDP socket.
///
/// Sends and receives single datagrams, which may be lost, doubled or reordered on their way. All
/// operations take `&self`: several processes may share a socket in an `Arc`, and each datagram goes
/// to one of them.
///
/// # In OTP
///
/// A passive socket of `gen_udp`.
///
/// # Examples
///
/// ```rust
/// use regrow::net::UdpSocket;
///
/// # fn main() -> std::io::Result<()> {
/// # regrow::Runtime::builder().build()?.block_on(async {
/// let server = UdpSocket::bind("127.0.0.1:0").await?;
/// let client = UdpSocket::bind("127.0.0.1:0").await?;
///
/// client.send_to(b"ping", server.local_addr()?).await?;
///
/// let mut buffer = [0; 1500];
/// let (count, from) = server.recv_from(&mut buffer).await?;
/// assert_eq!(&buffer[..count], b"ping");
/// assert_eq!(from, client.local_addr()?);
/// # Ok(())
/// # })
/// # }
/// ```
pub struct UdpSocket {
    /// The bound socket.
    socket: Socket<mio::net::UdpSocket>,
}

impl UdpSocket {
    /// Binds to `address`.
    ///
    /// Port 0 lets the system choose one; [`local_addr`](Self::local_addr) tells which. A host name
    /// is looked up first, see [`ToSocketAddrs`]; of several addresses the first that can be bound is
    /// taken.
    ///
    /// # Errors
    ///
    /// `Unsupported` outside a runtime and in a simulation; the address is malformed or unknown; or
    /// the system refuses it, usually as `AddrInUse`.
    ///
    /// # Cancel safety
    ///
    /// Nothing is bound if the future is dropped.
    ///
    /// # Examples
    ///
    /// See [`UdpSocket`].
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<Self> {
        let poller = super::current()?;
        let addresses = address::resolve(address).await?;
        Self::new(
            address::first_that_works(&addresses, mio::net::UdpSocket::bind)?,
            poller,
        )
    }

    /// Takes over a socket of the standard library, with whatever options it has.
    ///
    /// # Errors
    ///
    /// `Unsupported` outside a runtime and in a simulation, or the system's.
    ///
    /// # Examples
    ///
    /// ```rust
    /// use regrow::net::UdpSocket;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let bound_early = std::net::UdpSocket::bind("127.0.0.1:0")?;
    /// let socket = UdpSocket::from_std(bound_early)?;
    /// # drop(socket);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn from_std(socket: std::net::UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Self::new(mio::net::UdpSocket::from_std(socket), super::current()?)
    }

    /// Puts a socket into the poller's care.
    fn new(io: mio::net::UdpSocket, poller: Arc<Poller>) -> io::Result<Self> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        Ok(Self {
            socket: Socket::new(io, poller, interest, Readiness::WRITABLE)?,
        })
    }

    /// Fixes the peer: [`send`](Self::send) goes there, and only its datagrams are received.
    ///
    /// Sends nothing. A host name is looked up first; of several addresses the first that the system
    /// accepts is taken.
    ///
    /// # Errors
    ///
    /// The address is malformed or unknown, or the system has no way there.
    ///
    /// # Cancel safety
    ///
    /// The peer is not changed if the future is dropped.
    ///
    /// # Examples
    ///
    /// ```rust
    /// use regrow::net::UdpSocket;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let left = UdpSocket::bind("127.0.0.1:0").await?;
    /// let right = UdpSocket::bind("127.0.0.1:0").await?;
    /// left.connect(right.local_addr()?).await?;
    /// right.connect(left.local_addr()?).await?;
    ///
    /// left.send(b"ping").await?;
    /// let mut buffer = [0; 8];
    /// assert_eq!(right.recv(&mut buffer).await?, 4);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub async fn connect(&self, address: impl ToSocketAddrs) -> io::Result<()> {
        let addresses = address::resolve(address).await?;
        address::first_that_works(&addresses, |address| self.socket.get().connect(address))
    }

    /// Sends one datagram to `target` and returns its length.
    ///
    /// Takes an address, not a name: a look-up for every datagram is never what one wants.
    ///
    /// # Errors
    ///
    /// The datagram is too long for the network, there is no way to `target`, or the socket's
    /// runtime has shut down. That it was sent says nothing of its arrival.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it is done, nothing was sent.
    ///
    /// # Examples
    ///
    /// See [`UdpSocket`].
    pub async fn send_to(&self, datagram: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.socket
            .io(Direction::Write, |io| io.send_to(datagram, target))
            .await
    }

    /// Receives one datagram into `buffer` and returns its length and its sender.
    ///
    /// What does not fit into `buffer` is cut off and lost.
    ///
    /// # Errors
    ///
    /// An earlier datagram could not be delivered (`ConnectionRefused`, on some systems and for
    /// connected sockets), or the socket's runtime has shut down. The former is news of the past; the
    /// socket is as good as before.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped: a datagram is taken and returned in one step.
    ///
    /// # Examples
    ///
    /// See [`UdpSocket`].
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket
            .io(Direction::Read, |io| io.recv_from(buffer))
            .await
    }

    /// Sends one datagram to the peer that [`connect`](Self::connect) fixed, and returns its length.
    ///
    /// # Errors
    ///
    /// No peer was fixed (`NotConnected` or, on Linux, an error of the system's own); otherwise as
    /// [`send_to`](Self::send_to) and [`recv_from`](Self::recv_from).
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped before it is done, nothing was sent.
    ///
    /// # Examples
    ///
    /// See [`connect`](Self::connect).
    pub async fn send(&self, datagram: &[u8]) -> io::Result<usize> {
        self.socket
            .io(Direction::Write, |io| io.send(datagram))
            .await
    }

    /// Receives one datagram into `buffer` and returns its length.
    ///
    /// What does not fit into `buffer` is cut off and lost.
    ///
    /// # Errors
    ///
    /// As [`recv_from`](Self::recv_from).
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped: a datagram is taken and returned in one step.
    ///
    /// # Examples
    ///
    /// See [`connect`](Self::connect).
    pub async fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.io(Direction::Read, |io| io.recv(buffer)).await
    }

    /// Returns the address this socket is bound to.
    ///
    /// # Errors
    ///
    /// The system's.
    ///
    /// # Examples
    ///
    /// See [`UdpSocket`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.get().local_addr()
    }

    /// Returns the peer that [`connect`](Self::connect) fixed.
    ///
    /// # Errors
    ///
    /// `NotConnected` if there is none, or the system's.
    ///
    /// # Examples
    ///
    /// ```rust
    /// use regrow::net::UdpSocket;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let left = UdpSocket::bind("127.0.0.1:0").await?;
    /// let right = UdpSocket::bind("127.0.0.1:0").await?;
    /// assert!(left.peer_addr().is_err());
    /// left.connect(right.local_addr()?).await?;
    /// assert_eq!(left.peer_addr()?, right.local_addr()?);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.get().peer_addr()
    }

    /// Whether datagrams may be sent to broadcast addresses.
    ///
    /// # Errors
    ///
    /// The system's.
    ///
    /// # Examples
    ///
    /// See [`set_broadcast`](Self::set_broadcast).
    pub fn broadcast(&self) -> io::Result<bool> {
        self.socket.get().broadcast()
    }

    /// Sets whether datagrams may be sent to broadcast addresses. The default is not.
    ///
    /// # Errors
    ///
    /// The system's.
    ///
    /// # Examples
    ///
    /// ```rust
    /// use regrow::net::UdpSocket;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # regrow::Runtime::builder().build()?.block_on(async {
    /// let socket = UdpSocket::bind("0.0.0.0:0").await?;
    /// socket.set_broadcast(true)?;
    /// assert!(socket.broadcast()?);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn set_broadcast(&self, broadcast: bool) -> io::Result<()> {
        self.socket.get().set_broadcast(broadcast)
    }
}

#[cfg(unix)]
impl AsFd for UdpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.get().as_fd()
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UdpSocket")
            .field("local", &self.local_addr().ok())
            .finish_non_exhaustive()
    }
}
