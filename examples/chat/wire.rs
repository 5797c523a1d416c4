//! Lines over a socket: cut out of what comes, and written with their ends.

use std::io;

use regrow::net::TcpStream;

/// Bytes of a line, its end apart.
pub(crate) const LINE_MAX: usize = 1024;

/// What came in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// A line of text, without its end.
    Line(String),
    /// A line that was too long; what came of it was left out.
    TooLong,
    /// A line that is not UTF-8.
    NotText,
    /// The other side says no more.
    End,
}

/// A socket, and what has come of the next line.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    cutter: Cutter,
}

/// Cuts bytes into lines.
#[derive(Debug, Default)]
struct Cutter {
    bytes: Vec<u8>,
    /// The line is too long already: everything up to its end is left out.
    overlong: bool,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> Wire {
        Wire {
            stream,
            cutter: Cutter::default(),
        }
    }

    /// The next line. Dropped before it is done, it has lost nothing.
    pub(crate) async fn next(&mut self) -> io::Result<Incoming> {
        let mut buffer = [0; 512];
        loop {
            if let Some(incoming) = self.cutter.cut() {
                return Ok(incoming);
            }
            let count = self.stream.read(&mut buffer).await?;
            if count == 0 {
                return Ok(self.cutter.finish());
            }
            self.cutter.bytes.extend_from_slice(&buffer[..count]);
        }
    }

    /// Writes a line.
    pub(crate) async fn write(&mut self, line: &str) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        self.stream.write_all(&bytes).await
    }
}

impl Cutter {
    /// The next whole line of what has come.
    fn cut(&mut self) -> Option<Incoming> {
        let Some(end) = self.bytes.iter().position(|&byte| byte == b'\n') else {
            if self.bytes.len() > LINE_MAX {
                self.overlong = true;
                self.bytes.clear();
            }
            return None;
        };
        let rest = self.bytes.split_off(end + 1);
        let mut line = std::mem::replace(&mut self.bytes, rest);
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        if std::mem::take(&mut self.overlong) || line.len() > LINE_MAX {
            return Some(Incoming::TooLong);
        }
        Some(String::from_utf8(line).map_or(Incoming::NotText, Incoming::Line))
    }

    /// What is left when nothing more comes: a last line without an end counts.
    fn finish(&mut self) -> Incoming {
        if self.bytes.is_empty() {
            return Incoming::End;
        }
        self.bytes.push(b'\n');
        self.cut().unwrap_or(Incoming::End)
    }
}
