//! Socket addresses, and the names that stand for them.
//!
//! Looking a host name up is a blocking call of the system's resolver, which may take seconds. The
//! standard library's trait of the same name makes that call wherever it is used, and cannot be
//! asked beforehand whether it will. This one can: what already is an address never leaves the
//! scheduler, and only names go to the pool of threads for blocking work.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use sealed::{Address, Target};

use crate::process;

/// What a socket can be bound or connected to.
///
/// Addresses (`SocketAddr`, an IP address and a port, slices, arrays and vectors of `SocketAddr`) are
/// used as they are. So is text that spells an address, `"127.0.0.1:8080"` or `("::1", 8080)`. Any
/// other text, `"localhost:8080"` or `("localhost", 8080)`, is a host name: it is looked up on the
/// runtime's threads for blocking work, while the process waits and its scheduler goes on.
///
/// If there are several addresses, they are tried in order until one works.
///
/// This trait is sealed: it names what the functions of this module take.
///
/// # Errors
///
/// A function that takes an address fails with `InvalidInput` if the text has no port or the list is
/// empty, and with the resolver's error if the host name is not known.
///
/// # Cancel safety
///
/// A look-up that nobody waits for any more still runs to its end on its thread; its answer is
/// dropped.
///
/// # Examples
///
/// ```rust
/// use regrow::net::{TcpListener, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// # regrow::Runtime::builder().build()?.block_on(async {
/// let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
/// let port = listener.local_addr()?.port();
///
/// TcpStream::connect(listener.local_addr()?).await?;
/// TcpStream::connect(format!("127.0.0.1:{port}")).await?;
/// TcpStream::connect(("localhost", port)).await?;
/// # Ok(())
/// # })
/// # }
/// ```
pub trait ToSocketAddrs: Address {}

/// What only this crate may know of an address.
mod sealed {
    use std::io;
    use std::net::SocketAddr;

    /// The part of [`ToSocketAddrs`](super::ToSocketAddrs) that users neither call nor implement.
    #[expect(unnameable_types, reason = "seals ToSocketAddrs")]
    pub trait Address {
        /// Reads the address, or says what to look up. Never blocks.
        ///
        /// # Errors
        ///
        /// `InvalidInput` if it is neither an address nor a host name and a port.
        fn target(&self) -> io::Result<Target>;
    }

    /// What an address turned out to be.
    #[expect(unnameable_types, reason = "seals ToSocketAddrs")]
    #[derive(Debug, PartialEq, Eq)]
    pub enum Target {
        /// Addresses, to try in this order.
        Known(Vec<SocketAddr>),
        /// A host name and a port, to look up.
        Host(String, u16),
    }
}

/// Finds the addresses that `address` stands for; at least one.
///
/// # Errors
///
/// As [`ToSocketAddrs`] says.
pub(super) async fn resolve(address: impl ToSocketAddrs) -> io::Result<Vec<SocketAddr>> {
    let addresses = match address.target()? {
        Target::Known(addresses) => addresses,
        Target::Host(host, port) => look_up(host, port).await?,
    };
    if addresses.is_empty() {
        return Err(invalid("there is no address to use"));
    }
    Ok(addresses)
}

/// Asks the system's resolver, on a thread that may block.
async fn look_up(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let ask = move || {
        use std::net::ToSocketAddrs as _;
        (host.as_str(), port).to_socket_addrs().map(Vec::from_iter)
    };
    process::blocking(ask).await.map_err(io::Error::other)?
}

/// Does `attempt` with each address until one succeeds; else returns the last error.
///
/// # Errors
///
/// The error of the last address.
pub(super) fn first_that_works<T>(
    addresses: &[SocketAddr],
    mut attempt: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut outcome = Err(invalid("there is no address to use"));
    for &address in addresses {
        outcome = attempt(address);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// An error of the caller's text.
#[cold]
fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

impl<A: ToSocketAddrs + ?Sized> ToSocketAddrs for &A {}
impl<A: ToSocketAddrs + ?Sized> Address for &A {
    fn target(&self) -> io::Result<Target> {
        (**self).target()
    }
}

impl ToSocketAddrs for SocketAddr {}
impl Address for SocketAddr {
    fn target(&self) -> io::Result<Target> {
        Ok(Target::Known(vec![*self]))
    }
}

impl ToSocketAddrs for SocketAddrV4 {}
impl Address for SocketAddrV4 {
    fn target(&self) -> io::Result<Target> {
        SocketAddr::V4(*self).target()
    }
}

impl ToSocketAddrs for SocketAddrV6 {}
impl Address for SocketAddrV6 {
    fn target(&self) -> io::Result<Target> {
        SocketAddr::V6(*self).target()
    }
}

impl ToSocketAddrs for (IpAddr, u16) {}
impl Address for (IpAddr, u16) {
    fn target(&self) -> io::Result<Target> {
        SocketAddr::from(*self).target()
    }
}

impl ToSocketAddrs for (Ipv4Addr, u16) {}
impl Address for (Ipv4Addr, u16) {
    fn target(&self) -> io::Result<Target> {
        SocketAddr::from(*self).target()
    }
}

impl ToSocketAddrs for (Ipv6Addr, u16) {}
impl Address for (Ipv6Addr, u16) {
    fn target(&self) -> io::Result<Target> {
        SocketAddr::from(*self).target()
    }
}

impl ToSocketAddrs for [SocketAddr] {}
impl Address for [SocketAddr] {
    fn target(&self) -> io::Result<Target> {
        Ok(Target::Known(self.to_vec()))
    }
}

impl<const N: usize> ToSocketAddrs for [SocketAddr; N] {}
impl<const N: usize> Address for [SocketAddr; N] {
    fn target(&self) -> io::Result<Target> {
        self.as_slice().target()
    }
}

impl ToSocketAddrs for Vec<SocketAddr> {}
impl Address for Vec<SocketAddr> {
    fn target(&self) -> io::Result<Target> {
        self.as_slice().target()
    }
}

impl ToSocketAddrs for (&str, u16) {}
impl Address for (&str, u16) {
    fn target(&self) -> io::Result<Target> {
        let (host, port) = *self;
        match host.parse::<IpAddr>() {
            Ok(address) => (address, port).target(),
            Err(_) => Ok(Target::Host(host.to_owned(), port)),
        }
    }
}

impl ToSocketAddrs for (String, u16) {}
impl Address for (String, u16) {
    fn target(&self) -> io::Result<Target> {
        (self.0.as_str(), self.1).target()
    }
}

impl ToSocketAddrs for str {}
impl Address for str {
    fn target(&self) -> io::Result<Target> {
        if let Ok(address) = self.parse::<SocketAddr>() {
            return address.target();
        }
        let (host, port) = self
            .rsplit_once(':')
            .ok_or_else(|| invalid("an address needs a port: `host:port`"))?;
        let port = port
            .parse()
            .map_err(|_| invalid("the port of an address is 0 to 65535"))?;
        (host, port).target()
    }
}

impl ToSocketAddrs for String {}
impl Address for String {
    fn target(&self) -> io::Result<Target> {
        self.as_str().target()
    }
}
