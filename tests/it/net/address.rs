//! Addresses: which forms are understood, and what is answered to bad ones.

use std::io::ErrorKind;
use std::net::SocketAddr;

use regrow::net::{TcpListener, TcpStream, ToSocketAddrs};

use super::{listen, run};

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
