//! Datagrams.

use std::io;
#[cfg(target_os = "linux")]
use std::io::ErrorKind;

use regrow::net::UdpSocket;

use super::{ended_well, run, start};

#[test]
fn datagrams_arrive_whole_with_their_sender() {
    run(async {
        let server = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let server = start(async move |_| {
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
