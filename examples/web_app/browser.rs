//! Somebody with one connection to the site, or with a live stream from it.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::HOST;
use hyper::{Method, Request, Response};
use regrow::net::TcpStream;
use regrow::prelude::*;
use regrow::process::settle;
use regrow::time::timeout;

use crate::socket::Stream as Socket;

pub(crate) struct Browser {
    name: &'static str,
    requests: SendRequest<Full<Bytes>>,
}

impl Browser {
    pub(crate) async fn open(
        name: &'static str,
        address: SocketAddr,
    ) -> Result<Browser, ExitReason> {
        let stream = TcpStream::connect(address).await?;
        let (requests, connection) = handshake(Socket(stream)).await?;
        // hyper wants the connection to be driven beside the requests.
        spawn(async move |_: Inbox<()>| drop(connection.await));
        Ok(Browser { name, requests })
    }

    pub(crate) async fn get(&mut self, path: &str) {
        let answer = self.text(Method::GET, path, "").await;
        self.show("GET", path, "", answer).await;
    }

    pub(crate) async fn post(&mut self, path: &str, text: &str) {
        let answer = self.text(Method::POST, path, text).await;
        self.show("POST", path, text, answer).await;
    }

    /// Asks, and prints nothing.
    pub(crate) async fn text(
        &mut self,
        method: Method,
        path: &str,
        text: &str,
    ) -> Result<String, hyper::Error> {
        let response = self.send(method, path, text).await?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        Ok(format!(
            "{status} {}",
            String::from_utf8_lossy(&body).trim_end()
        ))
    }

    /// Asks for the live stream. The connection is good for nothing else then.
    pub(crate) async fn watch(mut self) -> Result<Live, ExitReason> {
        let response = self.send(Method::GET, "/live", "").await?;
        println!(
            "  {:5} GET  /live  {}",
            self.name,
            response.status().as_u16()
        );
        Ok(Live {
            body: response.into_body(),
            text: String::new(),
        })
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        text: &str,
    ) -> Result<Response<Incoming>, hyper::Error> {
        self.requests.ready().await?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "localhost");
        let request = request
            .body(Full::from(text.to_owned()))
            .expect("the tour asks for paths that there may be");
        self.requests.send_request(request).await
    }

    /// Prints an answer, when all that it brought about is over as well.
    async fn show(&self, method: &str, path: &str, text: &str, answer: hyper::Result<String>) {
        settle().await;
        let answer = answer.unwrap_or_else(|_| String::from("--- the connection is closed"));
        let answer = answer.replace('\n', "\n                  ");
        let asked = if text.is_empty() {
            path.to_owned()
        } else {
            format!("{path} “{text}”")
        };
        println!(
            "  {:5} {method:4} {asked}\n              {answer}",
            self.name
        );
    }
}

/// A live stream.
pub(crate) struct Live {
    body: Incoming,
    /// What has come and was not printed.
    text: String,
}

impl Live {
    /// Waits for the next event, and prints it.
    pub(crate) async fn next(&mut self) {
        println!("        live: {}", self.event().await);
    }

    async fn event(&mut self) -> String {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let event = event.trim_start_matches("data: ").to_owned();
                self.text = String::from(rest);
                return event;
            }
            match timeout(secs(10), self.body.frame()).await {
                Ok(Some(Ok(frame))) => {
                    let data = frame.into_data().unwrap_or_default();
                    self.text += &String::from_utf8_lossy(&data);
                }
                Ok(Some(Err(_))) => return "--- the stream was cut off".into(),
                Ok(None) => return "--- the stream has come to its end".into(),
                Err(_) => return "--- nothing for ten seconds".into(),
            }
        }
    }
}
