//! Somebody with one connection to the server, made of tokio's socket and hyper's client.

use std::error::Error;
use std::net::SocketAddr;

use http_body_util::{BodyExt, Empty};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use regrow::prelude::*;
use regrow::process::settle;
use regrow::tokio::with_tokio;
use tokio::net::TcpStream;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

pub(crate) struct Visitor {
    name: &'static str,
    requests: SendRequest<Empty<Bytes>>,
}

impl Visitor {
    pub(crate) async fn connect(name: &'static str, address: SocketAddr) -> Result<Visitor> {
        let stream = with_tokio(TcpStream::connect(address)).await?;
        let (requests, connection) = handshake(TokioIo::new(stream)).await?;
        // hyper wants the connection to be driven beside the requests: a process, again. That the
        // other side went away, the one who asks hears too.
        spawn(async move |_: Inbox<()>| drop(with_tokio(connection).await));
        Ok(Visitor { name, requests })
    }

    /// Asks, and prints the answer, or that there was none.
    pub(crate) async fn ask(&mut self, path: &str) {
        let answer = self.get(path).await;
        // A crash has also reached the server now, which prints it.
        settle().await;
        let answer = answer.unwrap_or_else(|_| String::from("--- the connection is closed"));
        println!("{:5} GET {path:12} {}", self.name, answer.trim_end());
    }

    async fn get(&mut self, path: &str) -> Result<String> {
        self.requests.ready().await?;
        let request = Request::get(path).header(HOST, "localhost");
        let response = self
            .requests
            .send_request(request.body(Empty::new())?)
            .await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok(format!("{status} {}", String::from_utf8_lossy(&body)))
    }
}
