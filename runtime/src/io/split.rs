//! A stream in two halves, for a process that reads and another that writes.
//!
//! A connection served by two processes, one waiting for the peer and one writing what others send,
//! is the usual shape of a chat or a game server. The halves share the socket through an `Arc` and
//! need no lock: each direction of a socket has its own readiness and its own seat to wait in.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};

use super::duplex::{self, Duplex};

/// A stream that can be split: [`TcpStream`](super::TcpStream) and, on Unix,
/// [`UnixStream`](super::UnixStream).
///
/// This trait is sealed: it names what the halves are made of.
pub trait Split: Duplex {}

/// The reading half of a stream, from `into_split`.
///
/// Dropping it closes nothing; the connection lives as long as either half. If the peer is to be
/// told that nobody reads any more, call `shutdown` on [`stream`](Self::stream).
///
/// # Examples
///
/// One process reads lines, the other writes; when the writer is done, the peer sees the end.
///
/// ```rust
/// use regrow::net::{TcpListener, TcpStream};
/// use regrow::process::{Inbox, spawn};
///
/// # fn main() -> std::io::Result<()> {
/// # regrow::Runtime::builder().build()?.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
///
/// let (mut reader, mut writer) = client.into_split();
/// spawn(async move |_: Inbox<()>| -> std::io::Result<()> {
///     writer.write_all(b"question").await
/// }); // The writing half is dropped with its process, which ends this direction.
///
/// let mut question = Vec::new();
/// let mut buffer = [0; 64];
/// loop {
///     match server.read(&mut buffer).await? {
///         0 => break,
///         count => question.extend_from_slice(&buffer[..count]),
///     }
/// }
/// assert_eq!(question, b"question");
///
/// server.write_all(b"answer").await?;
/// let mut answer = [0; 6];
/// reader.read_exact(&mut answer).await?;
/// assert_eq!(&answer, b"answer");
/// # Ok(())
/// # })
/// # }
/// ```
pub struct ReadHalf<S: Split> {
    /// The whole stream. This half is the only one that reads from it.
    stream: Arc<S>,
}

/// The writing half of a stream, from `into_split`.
///
/// Dropping it ends the writing direction, so the peer reads the end of the stream after what was
/// written; the reading half goes on. See [`ReadHalf`] for an example.
pub struct WriteHalf<S: Split> {
    /// The whole stream. This half is the only one that writes to it.
    stream: Arc<S>,
    /// What dropping this half does to the connection.
    on_drop: OnDrop,
}

/// What dropping a writing half does to the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnDrop {
    /// The peer is told that nothing more will be written.
    EndWriting,
    /// Nothing: the stream goes on as a whole.
    Leave,
}

/// Splits `stream` in two.
pub(super) fn split<S: Split>(stream: S) -> (ReadHalf<S>, WriteHalf<S>) {
    let stream = Arc::new(stream);
    let read = ReadHalf {
        stream: Arc::clone(&stream),
    };
    (
        read,
        WriteHalf {
            stream,
            on_drop: OnDrop::EndWriting,
        },
    )
}

impl<S: Split> ReadHalf<S> {
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
    /// See [`ReadHalf`].
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        duplex::read(&*self.stream, buffer).await
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
    /// See [`ReadHalf`].
    pub async fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        duplex::read_exact(&*self.stream, buffer).await
    }

    /// The whole stream, for its addresses and options.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// Puts the two halves of one stream together again.
    ///
    /// # Errors
    ///
    /// The halves are of different streams; they are in the error.
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
    /// let address = stream.local_addr()?;
    ///
    /// let (reader, writer) = stream.into_split();
    /// let stream = reader.reunite(writer).expect("both are of one stream");
    /// assert_eq!(stream.local_addr()?, address);
    /// # Ok(())
    /// # })
    /// # }
    /// ```
    pub fn reunite(self, mut write: WriteHalf<S>) -> Result<S, ReuniteError<S>> {
        if !Arc::ptr_eq(&self.stream, &write.stream) {
            return Err(ReuniteError { read: self, write });
        }
        write.on_drop = OnDrop::Leave;
        drop(write);
        match Arc::try_unwrap(self.stream) {
            Ok(stream) => Ok(stream),
            Err(_) => unreachable!("only the two halves share a split stream"),
        }
    }
}

impl<S: Split> WriteHalf<S> {
    /// Writes all of `buffer`.
    ///
    /// Waits while the system has no room. What was written may still be on its way when this
    /// returns.
    ///
    /// # Errors
    ///
    /// The connection failed or was closed (`BrokenPipe`), or its runtime has shut down.
    ///
    /// # Cancel safety
    ///
    /// Not safe: if the future is dropped, an unknown part of the buffer was written.
    ///
    /// # Examples
    ///
    /// See [`ReadHalf`].
    pub async fn write_all(&mut self, buffer: &[u8]) -> io::Result<()> {
        duplex::write_all(&*self.stream, buffer).await
    }

    /// The whole stream, for its addresses and options.
    pub fn stream(&self) -> &S {
        &self.stream
    }
}

impl<S: Split> AsyncRead for ReadHalf<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.stream.poll_read(cx, buffer)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.poll_read_vectored(cx, buffers)
    }
}

impl<S: Split> AsyncWrite for WriteHalf<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream.poll_write(cx, buffer)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.poll_write_vectored(cx, buffers)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(duplex::close(&*self.stream))
    }
}

impl<S: Split> Drop for WriteHalf<S> {
    fn drop(&mut self) {
        match self.on_drop {
            // A connection that is gone already has nobody to tell.
            OnDrop::EndWriting => drop(self.stream.end(Shutdown::Write)),
            OnDrop::Leave => {}
        }
    }
}

impl<S: Split + fmt::Debug> fmt::Debug for ReadHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadHalf").field(&self.stream).finish()
    }
}

impl<S: Split + fmt::Debug> fmt::Debug for WriteHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WriteHalf").field(&self.stream).finish()
    }
}

/// Why [`ReadHalf::reunite`] gave the halves back: they are of different streams.
pub struct ReuniteError<S: Split> {
    /// The reading half, of one stream.
    pub read: ReadHalf<S>,
    /// The writing half, of another.
    pub write: WriteHalf<S>,
}

impl<S: Split> fmt::Debug for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReuniteError").finish_non_exhaustive()
    }
}

impl<S: Split> fmt::Display for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the halves are of different streams")
    }
}

impl<S: Split> std::error::Error for ReuniteError<S> {}
