//! Unix sockets: reached by a path, or made in pairs.

use std::io::{self, ErrorKind};
use std::net::Shutdown;

use regrow::net::{UnixListener, UnixStream};

use super::{ended_well, pattern, run, start};

/// A path in the temporary folder that only this test uses, removed at the end.
struct SocketPath(std::path::PathBuf);

impl SocketPath {
    fn new(test: &str) -> Self {
        let name = format!("regrow-{test}-{}.sock", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for SocketPath {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

#[test]
fn a_listener_is_reached_by_its_path() {
    run(async {
        let path = SocketPath::new("path");
        let listener = UnixListener::bind(&path.0).unwrap();
        assert_eq!(
            listener.local_addr().unwrap().as_pathname(),
            Some(path.0.as_path())
        );
        let server = start(async move |_| {
            let (mut stream, _) = listener.accept().await?;
            let mut question = [0; 4];
            stream.read_exact(&mut question).await?;
            stream.write_all(&question).await
        });
        let mut client = UnixStream::connect(&path.0).await.unwrap();
        client.write_all(b"ping").await.unwrap();
        let mut answer = [0; 4];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"ping");
        ended_well(server).await;
    });
}

#[test]
fn a_path_without_a_listener_is_an_error() {
    run(async {
        let path = SocketPath::new("nobody");
        let error = UnixStream::connect(&path.0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);

        drop(UnixListener::bind(&path.0).unwrap());
        let error = UnixStream::connect(&path.0).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        let error = UnixListener::bind(&path.0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    });
}

#[test]
fn a_pair_carries_more_than_the_system_buffers() {
    const LEN: usize = 4 << 20;
    run(async {
        let (left, mut right) = UnixStream::pair().unwrap();
        let (mut reader, mut writer) = left.into_split();
        let process = start(async move |_| {
            writer.write_all(&pattern(LEN)).await?;
            writer.stream().shutdown(Shutdown::Write)?;
            reader.read_exact(&mut [0; 4]).await?;
            io::Result::Ok(())
        });
        let mut received = vec![0; LEN];
        right.read_exact(&mut received).await.unwrap();
        assert!(received == pattern(LEN), "bytes lost, doubled or misplaced");
        assert_eq!(right.read(&mut received).await.unwrap(), 0);
        right.write_all(b"done").await.unwrap();
        ended_well(process).await;
    });
}
