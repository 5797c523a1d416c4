//! Calling out, with a client that was written for tokio.
//!
//! hyper-util's client keeps a pool of connections. It opens sockets of tokio's, so its futures are
//! awaited in `with_tokio`; and it starts something for each connection, which it lets one choose.
//! Here that is a process: the runtime then knows of it, and can show and end it.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper::rt::Executor;
use hyper::{StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use regrow::prelude::*;
use regrow::tokio::with_tokio;

/// Asks another server. All copies share one pool of connections.
#[derive(Clone)]
pub(crate) struct Relay {
    client: Client<HttpConnector, Empty<Bytes>>,
    there: SocketAddr,
}

impl Relay {
    pub(crate) fn to(there: SocketAddr) -> Relay {
        let client = Client::builder(Processes).build_http();
        Relay { client, there }
    }

    /// Asks for a path. If the other side fails, the answer says so, and that is all.
    pub(crate) async fn ask(&self, path: &str) -> (StatusCode, String) {
        match with_tokio(self.get(path)).await {
            Ok((status, text)) => (status, format!("from there: {}", text.trim_end())),
            Err(_) => (
                StatusCode::BAD_GATEWAY,
                String::from("no answer from there"),
            ),
        }
    }

    async fn get(&self, path: &str) -> crate::visitor::Result<(StatusCode, String)> {
        let uri: Uri = format!("http://{}/{path}", self.there).parse()?;
        let response = self.client.get(uri).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// Runs what the client starts as processes.
#[derive(Clone)]
struct Processes;

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Processes {
    fn execute(&self, future: F) {
        spawn(async move |_: Inbox<()>| with_tokio(future).await);
    }
}
