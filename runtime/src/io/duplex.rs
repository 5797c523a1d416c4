//! Duplex streams: what TCP and Unix streams have in common.
//!
//! [`Duplex`] is the crate's own view of a stream, by shared reference, so that the two halves of a
//! [split](super::split) stream can use one socket. Its users see to it that only one caller reads
//! and one writes at a time, since each direction has one seat for a waiting `poll_…` function: the
//! streams and halves take `&mut self`.
//!
//! The three operations that need no trait in scope are written here once, for streams and halves.

use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::task::{Context, Poll};

/// A connected socket that reads and writes a stream of bytes.
#[expect(
    unnameable_types,
    reason = "seals Split: users see its effect, not its methods"
)]
pub trait Duplex {
    /// As [`AsyncRead::poll_read`](futures_io::AsyncRead::poll_read).
    fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>>;

    /// As [`AsyncRead::poll_read_vectored`](futures_io::AsyncRead::poll_read_vectored).
    fn poll_read_vectored(
        &self,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>>;

    /// As [`AsyncWrite::poll_write`](futures_io::AsyncWrite::poll_write).
    fn poll_write(&self, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>>;

    /// As [`AsyncWrite::poll_write_vectored`](futures_io::AsyncWrite::poll_write_vectored).
    fn poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>>;

    /// Ends one direction or both.
    ///
    /// # Errors
    ///
    /// The system's.
    fn end(&self, how: Shutdown) -> io::Result<()>;
}

/// Ends the writing direction for [`AsyncWrite::poll_close`](futures_io::AsyncWrite::poll_close).
///
/// A connection that is gone already is as closed as one could wish; only some systems call that an
/// error, and no caller could do anything about it.
pub(super) fn close(stream: &impl Duplex) -> io::Result<()> {
    match stream.end(Shutdown::Write) {
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
        result => result,
    }
}

/// Reads what there is, at least one byte unless the stream or the buffer is at its end.
pub(super) async fn read(stream: &impl Duplex, buffer: &mut [u8]) -> io::Result<usize> {
    poll_fn(|cx| stream.poll_read(cx, buffer)).await
}

/// Fills `buffer`.
///
/// # Errors
///
/// `UnexpectedEof` if the stream ends before.
pub(super) async fn read_exact(stream: &impl Duplex, buffer: &mut [u8]) -> io::Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        match read(stream, &mut buffer[filled..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    Ok(())
}

/// Writes all of `buffer`.
///
/// # Errors
///
/// `WriteZero` if the system takes no more bytes without saying why.
pub(super) async fn write_all(stream: &impl Duplex, mut buffer: &[u8]) -> io::Result<()> {
    while !buffer.is_empty() {
        match poll_fn(|cx| stream.poll_write(cx, buffer)).await? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            count => buffer = &buffer[count..],
        }
    }
    Ok(())
}
