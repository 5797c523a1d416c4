//! Sockets, as users see them: TCP, Unix and UDP between processes of one runtime.
//!
//! Method: both ends of every connection are in the test, on the loopback, with ports chosen by the
//! system. Nothing sleeps: an end is seen by reading it, an exit by its monitor. Every test runs
//! under [`run`], which fails it when it hangs. The poller's inside has its own tests in
//! `runtime/src/io/tests.rs`.

use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::task::{Context, Waker};
use std::time::Duration;

use regrow::net::{AsyncWrite, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use regrow::process::{ExitReason, Inbox, ProcessRef, exit, monitor, spawn};

/// Runs `test` as a process of a new runtime, and fails if it hangs.
fn run<T: Send + 'static>(test: impl Future<Output = T> + Send + 'static) -> T {
    run_on(2, test)
}

/// As [`run`], with this many schedulers.
fn run_on<T: Send + 'static>(
    schedulers: usize,
    test: impl Future<Output = T> + Send + 'static,
) -> T {
    within(move || {
        regrow::Runtime::builder()
            .schedulers(schedulers)
            .build()
            .expect("a runtime starts")
            .block_on(test)
    })
}

/// Runs `body` and fails if it takes longer than a loaded machine could excuse.
fn within<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, outcome) = mpsc::channel();
    let thread = std::thread::Builder::new()
        .spawn(move || done.send(body()))
        .expect("a thread starts");
    match outcome.recv_timeout(Duration::from_mins(1)) {
        Ok(value) => value,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("still not done after a minute"),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            let panic = thread.join().expect_err("it ended without an outcome");
            std::panic::resume_unwind(panic)
        }
    }
}

/// Waits for `process` to exit, which must be normally.
async fn ended_well(process: ProcessRef<()>) {
    let down = monitor(process).await;
    assert!(down.reason.is_normal(), "{:?}", down.reason);
}

/// A listener on a port of the system's choice, and its address.
async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    (listener, address)
}

/// Both ends of a new connection.
async fn connection() -> (TcpStream, TcpStream) {
    let (listener, address) = listen().await;
    let client = TcpStream::connect(address).await.expect("a listener");
    let (server, peer) = listener.accept().await.expect("a client");
    assert_eq!(peer, client.local_addr().expect("a connected socket"));
    (client, server)
}

/// Gives everything back that comes, until the end.
async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            count => stream.write_all(&buffer[..count]).await?,
        }
    }
}

/// Bytes that show a lost, doubled or misplaced one.
fn pattern(len: usize) -> Vec<u8> {
    (0..len)
        .map(|index| u8::try_from(index % 251).expect("less than 256"))
        .collect()
}

/// Polls `future` once and expects it to wait.
fn poll_once_pending<T>(future: Pin<&mut impl Future<Output = T>>) {
    assert!(
        future
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
}

#[test]
fn what_is_written_is_read_in_order() {
    run(async {
        let (mut client, server) = connection().await;
        let server = spawn(async move |_: Inbox<()>| echo(server).await);
        for len in [1, 2, 1000, 4096, 4097, 100_000] {
            let sent = pattern(len);
            let mut received = vec![0; len];
            client.write_all(&sent).await.unwrap();
            client.read_exact(&mut received).await.unwrap();
            assert_eq!(received, sent);
        }
        drop(client);
        ended_well(server).await;
    });
}

#[test]
fn ending_one_direction_leaves_the_other() {
    run(async {
        let (mut client, mut server) = connection().await;
        client.write_all(b"question").await.unwrap();
        client.shutdown(Shutdown::Write).unwrap();

        let mut question = [0; 8];
        server.read_exact(&mut question).await.unwrap();
        assert_eq!(server.read(&mut question).await.unwrap(), 0);

        server.write_all(b"answer").await.unwrap();
        let mut answer = [0; 6];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"answer");
    });
}

#[test]
fn five_hundred_connections_are_served_at_once() {
    run(async {
        let (listener, address) = listen().await;
        let server = spawn(async move |_: Inbox<()>| {
            for _ in 0..500 {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_all(b"!").await.unwrap();
                spawn(async move |_: Inbox<()>| echo(stream).await);
            }
        });
        let mut clients = Vec::new();
        for _ in 0..500 {
            let mut client = TcpStream::connect(address).await.unwrap();
            // A client that ran ahead of the server would overflow the system's queue, and be
            // answered only when it knocks again a second later.
            client.read_exact(&mut [0]).await.unwrap();
            clients.push(client);
        }
        ended_well(server).await;
        // All are open now. Each one asks before any gets its answer.
        for (number, client) in clients.iter_mut().enumerate() {
            client.write_all(&number.to_be_bytes()).await.unwrap();
        }
        for (number, client) in clients.iter_mut().enumerate().rev() {
            let mut answer = [0; size_of::<usize>()];
            client.read_exact(&mut answer).await.unwrap();
            assert_eq!(usize::from_be_bytes(answer), number);
        }
    });
}

#[test]
fn several_processes_accept_from_one_listener() {
    run(async {
        let (listener, address) = listen().await;
        let listener = Arc::new(listener);
        let accepted = Arc::new(AtomicUsize::new(0));
        let acceptors: Vec<_> = (0..4)
            .map(|_| {
                let (listener, accepted) = (Arc::clone(&listener), Arc::clone(&accepted));
                spawn(async move |_: Inbox<()>| {
                    while accepted.fetch_add(1, SeqCst) < 100 {
                        let (mut stream, _) = listener.accept().await.unwrap();
                        stream.write_all(b"!").await.unwrap();
                    }
                })
            })
            .collect();
        for _ in 0..100 {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.read_exact(&mut [0]).await.unwrap();
        }
        for acceptor in acceptors {
            ended_well(acceptor).await;
        }
    });
}

#[test]
fn a_killed_process_closes_its_connection() {
    run(async {
        let (mut client, mut server) = connection().await;
        let server = spawn(async move |_: Inbox<()>| {
            server.write_all(b"waiting").await.unwrap();
            server.read(&mut [0; 8]).await.map(drop)
        });
        client.read_exact(&mut [0; 7]).await.unwrap();
        exit(server, ExitReason::kill());
        assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

#[test]
fn a_dropped_accept_loses_no_connection() {
    run(async {
        let (listener, address) = listen().await;
        {
            let given_up = pin!(listener.accept());
            poll_once_pending(given_up);
        }
        let client = TcpStream::connect(address).await.unwrap();
        let (_, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
    });
}

#[test]
fn a_dropped_read_loses_no_byte() {
    run(async {
        let (mut client, mut server) = connection().await;
        for round in 0..100_u8 {
            let mut byte = [0];
            {
                let given_up = pin!(server.read(&mut byte));
                poll_once_pending(given_up);
            }
            client.write_all(&[round]).await.unwrap();
            server.read_exact(&mut byte).await.unwrap();
            assert_eq!(byte, [round]);
        }
    });
}

#[test]
fn a_read_finishes_for_the_process_that_polled_last() {
    run(async {
        let (mut client, mut server) = connection().await;
        // Somebody else's waker sits there first; the one below must take its place.
        {
            let mut buffer = [0; 8];
            let elsewhere = pin!(server.read(&mut buffer));
            poll_once_pending(elsewhere);
        }
        let reader = spawn(async move |_: Inbox<()>| server.read_exact(&mut [0; 5]).await);
        client.write_all(b"hello").await.unwrap();
        ended_well(reader).await;
    });
}

#[test]
fn reader_and_writer_are_two_processes_on_one_stream() {
    const LEN: usize = 8 << 20; // More than the system buffers, so that the writers wait, too.
    run(async {
        let (left, right) = connection().await;
        let mut processes = Vec::new();
        for stream in [left, right] {
            let (mut reader, mut writer) = stream.into_split();
            processes.push(spawn(async move |_: Inbox<()>| {
                writer.write_all(&pattern(LEN)).await
            }));
            processes.push(spawn(async move |_: Inbox<()>| {
                let mut received = vec![0; LEN];
                reader.read_exact(&mut received).await?;
                assert!(received == pattern(LEN), "bytes lost, doubled or misplaced");
                assert_eq!(reader.read(&mut [0]).await?, 0, "the writer is gone");
                io::Result::Ok(())
            }));
        }
        for process in processes {
            ended_well(process).await;
        }
    });
}

#[test]
fn dropping_the_reading_half_leaves_the_writer() {
    run(async {
        let (client, mut server) = connection().await;
        let (reader, mut writer) = client.into_split();
        drop(reader);
        writer.write_all(b"still here").await.unwrap();
        server.read_exact(&mut [0; 10]).await.unwrap();
        drop(writer);
        assert_eq!(server.read(&mut [0]).await.unwrap(), 0);
    });
}

#[test]
fn halves_of_one_stream_are_reunited_and_strangers_given_back() {
    run(async {
        let (left, right) = connection().await;
        let (left_reader, left_writer) = left.into_split();
        let (right_reader, right_writer) = right.into_split();

        let strangers = left_reader.reunite(right_writer).unwrap_err();
        let mut left = strangers.read.reunite(left_writer).unwrap();
        let mut right = right_reader.reunite(strangers.write).unwrap();
        left.write_all(b"whole").await.unwrap();
        right.read_exact(&mut [0; 5]).await.unwrap();
    });
}

#[test]
fn ending_reading_wakes_the_reader() {
    run(async {
        let (client, mut server) = connection().await;
        let (mut reader, writer) = client.into_split();
        let reader = spawn(async move |_: Inbox<()>| {
            let mut byte = [0];
            reader.read_exact(&mut byte).await?;
            assert_eq!(reader.read(&mut byte).await?, 0);
            io::Result::Ok(())
        });
        server.write_all(b"!").await.unwrap();
        writer.stream().shutdown(Shutdown::Read).unwrap();
        // Whether the byte was read before that is the system's affair; that the reader ends is not.
        drop(monitor(reader).await);
    });
}

#[test]
fn vectored_writes_and_closing_go_through_the_trait() {
    run(async {
        let (mut client, mut server) = connection().await;
        let slices = [IoSlice::new(b"one "), IoSlice::new(b"two")];
        let count = poll_fn(|cx| Pin::new(&mut client).poll_write_vectored(cx, &slices))
            .await
            .unwrap();
        assert_eq!(count, 7);
        poll_fn(|cx| Pin::new(&mut client).poll_flush(cx))
            .await
            .unwrap();
        poll_fn(|cx| Pin::new(&mut client).poll_close(cx))
            .await
            .unwrap();

        let mut received = [0; 7];
        server.read_exact(&mut received).await.unwrap();
        assert_eq!(&received, b"one two");
        assert_eq!(server.read(&mut received).await.unwrap(), 0);
    });
}

#[test]
fn a_peer_that_is_gone_is_an_error_to_the_writer() {
    run(async {
        let (mut client, server) = connection().await;
        drop(server);
        let error = loop {
            if let Err(error) = client.write_all(&[0; 1024]).await {
                break error;
            }
        };
        let expected = [ErrorKind::BrokenPipe, ErrorKind::ConnectionReset];
        assert!(expected.contains(&error.kind()), "{error}");
    });
}

#[test]
fn reading_past_the_end_is_an_unexpected_end() {
    run(async {
        let (mut client, mut server) = connection().await;
        client.write_all(b"abc").await.unwrap();
        drop(client);
        let error = server.read_exact(&mut [0; 4]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    });
}

#[test]
fn a_try_without_data_would_block_and_readable_waits_for_some() {
    run(async {
        let (mut client, server) = connection().await;
        let mut buffer = [0; 8];
        assert_eq!(
            server.try_read(&mut buffer).unwrap_err().kind(),
            ErrorKind::WouldBlock
        );
        {
            let readable = pin!(server.readable());
            poll_once_pending(readable);
        }
        client.write_all(b"data").await.unwrap();
        server.readable().await.unwrap();
        assert_eq!(server.try_read(&mut buffer).unwrap(), 4);
    });
}

#[test]
fn a_try_write_fills_the_buffer_and_writable_waits_for_room() {
    run(async {
        let (client, mut server) = connection().await;
        let mut written = 0;
        while let Ok(count) = client.try_write(&[0; 8192]) {
            written += count;
        }
        {
            let writable = pin!(client.writable());
            poll_once_pending(writable);
        }
        server.read_exact(&mut vec![0; written]).await.unwrap();
        client.writable().await.unwrap();
        assert!(client.try_write(&[0; 1]).is_ok());
    });
}

#[test]
fn a_socket_that_is_always_ready_lets_others_run() {
    run_on(1, async {
        let (mut client, mut server) = connection().await;
        client.write_all(&pattern(10_000)).await.unwrap();
        let others_ran = Arc::new(AtomicBool::new(false));
        let reader = {
            let others_ran = Arc::clone(&others_ran);
            spawn(async move |_: Inbox<()>| {
                let flag = Arc::clone(&others_ran);
                spawn(async move |_: Inbox<()>| flag.store(true, SeqCst));
                // Each read finds its byte, so nothing but the budget ever makes this process wait.
                for _ in 0..10_000 {
                    server.read_exact(&mut [0]).await.unwrap();
                }
                assert!(others_ran.load(SeqCst), "10 000 reads in one run");
            })
        };
        ended_well(reader).await;
    });
}

// Addresses.

#[test]
fn nobody_listening_refuses_the_connection() {
    run(async {
        let (listener, address) = listen().await;
        drop(listener);
        let error = TcpStream::connect(address).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn connecting_tries_every_address_in_turn() {
    run(async {
        let (listener, good) = listen().await;
        let (refusing, bad) = listen().await;
        drop(refusing);
        let client = TcpStream::connect([bad, good]).await.unwrap();
        assert_eq!(client.peer_addr().unwrap(), good);
        drop(listener);
    });
}

#[test]
fn every_form_of_address_is_understood() {
    async fn reaches(address: impl ToSocketAddrs) {
        TcpStream::connect(address).await.unwrap();
    }
    run(async {
        let (_listener, address) = listen().await;
        let port = address.port();
        reaches(address).await;
        reaches(&address).await;
        reaches((address.ip(), port)).await;
        reaches(vec![address]).await;
        reaches(&[address][..]).await;
        reaches(("127.0.0.1", port)).await;
        reaches(("127.0.0.1".to_owned(), port)).await;
        reaches(format!("127.0.0.1:{port}")).await;
        reaches(format!("localhost:{port}").as_str()).await;
        reaches(("localhost", port)).await;
    });
}

#[test]
fn a_malformed_address_is_invalid_input() {
    run(async {
        for text in [
            "",
            "127.0.0.1",
            "localhost",
            "localhost:",
            "localhost:99999",
            "localhost:http",
        ] {
            let error = TcpStream::connect(text).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}: {error}");
        }
        let nowhere: [SocketAddr; 0] = [];
        let error = TcpListener::bind(nowhere).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn an_address_in_use_is_an_error() {
    run(async {
        let (_listener, address) = listen().await;
        let error = TcpListener::bind(address).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
    });
}

// Runtimes.

#[test]
fn a_socket_outside_a_runtime_is_refused_with_advice() {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let error = UdpSocket::from_std(socket).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("inside a process"), "{error}");
}

#[test]
fn a_socket_may_be_used_from_another_runtime() {
    within(|| {
        let first = regrow::Runtime::builder().build().unwrap();
        let second = regrow::Runtime::builder().build().unwrap();
        let (mut client, server) = first.block_on(connection());
        second.block_on(async move {
            let server = spawn(async move |_: Inbox<()>| echo(server).await);
            client.write_all(b"hello").await.unwrap();
            client.read_exact(&mut [0; 5]).await.unwrap();
            drop(client);
            ended_well(server).await;
        });
    });
}

#[test]
fn a_socket_that_outlives_its_runtime_fails_and_does_not_hang() {
    let (client, mut server) = run(connection());
    let error = run(async move { server.read(&mut [0; 8]).await.unwrap_err() });
    assert!(error.to_string().contains("shut down"), "{error}");
    drop(client);
}

#[test]
fn sockets_and_their_futures_can_move_between_schedulers() {
    fn movable<T: Send>(value: T) -> T {
        value
    }
    fn shareable<T: Send + Sync + Unpin>() {}
    shareable::<TcpListener>();
    shareable::<TcpStream>();
    shareable::<UdpSocket>();
    shareable::<regrow::net::ReadHalf<TcpStream>>();
    shareable::<regrow::net::WriteHalf<TcpStream>>();
    run(movable(async {
        let (mut client, mut server) = connection().await;
        movable(client.write_all(b"hello")).await.unwrap();
        movable(server.read_exact(&mut [0; 5])).await.unwrap();
    }));
}

// UDP.

#[test]
fn datagrams_arrive_whole_with_their_sender() {
    run(async {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let server = spawn(async move |_: Inbox<()>| {
            let mut buffer = [0; 64];
            for _ in 0..2 {
                let (count, from) = server.recv_from(&mut buffer).await?;
                server.send_to(&buffer[..count], from).await?;
            }
            io::Result::Ok(())
        });
        let mut buffer = [0; 64];
        for text in ["first", "second one"] {
            client.send_to(text.as_bytes(), address).await.unwrap();
            let (count, from) = client.recv_from(&mut buffer).await.unwrap();
            assert_eq!((&buffer[..count], from), (text.as_bytes(), address));
        }
        ended_well(server).await;
    });
}

#[test]
fn a_fixed_peer_is_the_only_one_that_is_heard() {
    run(async {
        let left = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let right = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        left.connect(right.local_addr().unwrap()).await.unwrap();
        stranger
            .send_to(b"stranger", left.local_addr().unwrap())
            .await
            .unwrap();
        right
            .send_to(b"peer", left.local_addr().unwrap())
            .await
            .unwrap();
        let mut buffer = [0; 16];
        let count = left.recv(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..count], b"peer");
        assert_eq!(left.peer_addr().unwrap(), right.local_addr().unwrap());
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_receiver_hears_that_its_peer_does_not_listen() {
    run(async {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let gone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(gone.local_addr().unwrap()).await.unwrap();
        drop(gone);
        socket.send(b"anybody?").await.unwrap();
        let error = socket.recv(&mut [0; 8]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    });
}

// Unix.

#[cfg(unix)]
mod unix {
    use regrow::net::{UnixListener, UnixStream};

    use super::{ErrorKind, Inbox, Shutdown, ended_well, io, pattern, run, spawn};

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
            let server = spawn(async move |_: Inbox<()>| {
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
            let process = spawn(async move |_: Inbox<()>| {
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
}
