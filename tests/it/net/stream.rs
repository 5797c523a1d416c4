//! TCP connections: bytes, ends, halves, cancellation, and the budget of a process that reads.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::net::Shutdown;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use regrow::net::{AsyncWrite, TcpStream};
use regrow::process::{ExitReason, Inbox, exit, monitor, settle, spawn};

use super::{connection, echo, ended_well, listen, pattern, poll_once_pending, run, run_on, start};

#[test]
fn what_is_written_is_read_in_order() {
    run(async {
        let (mut client, server) = connection().await;
        let server = start(async move |_| echo(server).await);
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
fn two_hundred_connections_are_served_at_once() {
    const CONNECTIONS: usize = 200; // With both ends here, 400 descriptors of the usual 1024.
    run(async {
        let (listener, address) = listen().await;
        let server = start(async move |_| {
            for _ in 0..CONNECTIONS {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_all(b"!").await.unwrap();
                spawn(async move |_: Inbox<()>| echo(stream).await);
            }
        });
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
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
fn a_thousand_connections_come_and_go() {
    const CLIENTS: usize = 20;
    const TURNS: usize = 50;
    run(async {
        let (listener, address) = listen().await;
        let server = start(async move |_| {
            for _ in 0..CLIENTS * TURNS {
                let (stream, _) = listener.accept().await.unwrap();
                spawn(async move |_: Inbox<()>| echo(stream).await);
            }
        });
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                start(async move |_| {
                    for turn in 0..TURNS {
                        let mut stream = TcpStream::connect(address).await.unwrap();
                        let sent = pattern(1 + client * turn);
                        let mut received = vec![0; sent.len()];
                        stream.write_all(&sent).await.unwrap();
                        stream.read_exact(&mut received).await.unwrap();
                        assert_eq!(received, sent);
                    }
                })
            })
            .collect();
        for client in clients {
            ended_well(client).await;
        }
        ended_well(server).await;
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
                start(async move |_| {
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
        let watch = monitor(server);
        // All schedulers sleep: the process waits for its socket.
        settle().await;
        exit(server, ExitReason::kill());
        assert_eq!(watch.await.reason, ExitReason::Killed);
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
        let reader = start(async move |_| server.read_exact(&mut [0; 5]).await);
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
            processes.push(start(async move |_| writer.write_all(&pattern(LEN)).await));
            processes.push(start(async move |_| {
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
        let reader = start(async move |_| {
            let mut byte = [0];
            reader.read_exact(&mut byte).await?;
            assert_eq!(reader.read(&mut byte).await?, 0);
            io::Result::Ok(())
        });
        server.write_all(b"!").await.unwrap();
        writer.stream().shutdown(Shutdown::Read).unwrap();
        // Whether the byte was read before that is the system's affair; that the reader ends is not.
        drop(reader.await);
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
            start(async move |_| {
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
