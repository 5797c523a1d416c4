//! The endpoint: HTTP, with a process for each connection.
//!
//! ```text
//!   endpoint (rest_for_one)
//!   ├── connections   DynamicSupervisor   a process for each; temporary: who was cut off connects anew
//!   └── listener                          accepts, and hands each connection over
//! ```
//!
//! The listener starts last, when there is somewhere to put connections, and is stopped first. Then
//! each connection is told, answers what it was asked, says that there is no more, and closes.

use std::io;
use std::net;
use std::pin::pin;
use std::sync::Arc;

use futures_lite::{Stream, future, stream};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use regrow::net::{TcpListener, TcpStream};
use regrow::prelude::*;
use regrow::registry::SubscribeError;
use regrow::time::sleep;
use tokio::sync::{mpsc, oneshot};

use crate::Site;
use crate::jobs::{CHANGES, Change, Topic};
use crate::routes::answer;
use crate::socket::Stream as Socket;

static CONNECTIONS: Name<DynamicSupervisor> = Name::new("connections");

/// Beyond this many, connections are closed as they come.
const CONNECTIONS_MAX: usize = 1000;
/// So many changes wait for one who watches and does not read.
const UNREAD_MAX: usize = 100;

#[supervisor(strategy = "rest_for_one", args(site: Arc<Site>))]
pub(crate) struct Endpoint {
    #[child(start = DynamicSupervisor::new().name(CONNECTIONS).max_children(CONNECTIONS_MAX))]
    connections: DynamicSupervisor,
    #[child(args(site))]
    listener: Listener,
}

/// Accepts connections.
pub(crate) struct Listener(Arc<Site>);

#[gen_server]
impl Listener {
    /// The socket is the program's, so that its port stays the same over restarts; whoever connects
    /// meanwhile waits.
    #[init]
    fn open(site: Arc<Site>, cx: &mut Context<Self>) -> Result<Self, ExitReason> {
        let socket: net::TcpListener = site.socket.try_clone()?;
        cx.attach_stream(incoming(TcpListener::from_std(socket)?));
        Ok(Listener(site))
    }

    #[info]
    async fn accepted(&mut self, stream: TcpStream) {
        let connection = Connection::child_spec_once(stream, Arc::clone(&self.0));
        // If it cannot be started the socket is dropped, and so closed.
        CONNECTIONS.start_child(connection).await.ok();
    }
}

fn incoming(listener: TcpListener) -> impl Stream<Item = TcpStream> {
    stream::unfold(listener, async |listener| {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => return Some((stream, listener)),
                // Too many open files, say: it may be better in a moment.
                Err(_) => sleep(millis(100)).await,
            }
        }
    })
}

/// One connection. hyper runs beside it, so that it hears of changes and of the end meanwhile.
pub(crate) struct Connection {
    http: Pid,
    /// Tells hyper to come to an end.
    finish: Option<oneshot::Sender<()>>,
    /// Where changes go, if somebody watches at the other end.
    watcher: Option<mpsc::Sender<Arc<Change>>>,
}

struct Closed;

#[gen_server(restart = "temporary", shutdown = "2s", trap_exit)]
impl Connection {
    #[init]
    fn new(stream: TcpStream, site: Arc<Site>, cx: &mut Context<Self>) -> Self {
        let (finish, finished) = oneshot::channel();
        let this = cx.this();
        Connection {
            http: cx.run(serve(stream, this, site, finished)),
            finish: Some(finish),
            watcher: None,
        }
    }

    /// Subscribes it to what happens to notes, from now on.
    #[call]
    fn watch(
        &mut self,
        cx: &mut Context<Self>,
    ) -> Result<mpsc::Receiver<Arc<Change>>, SubscribeError> {
        CHANGES.subscribe(Topic::Watchers, cx.this())?;
        // Its end comes to `no_more_changes`.
        let _watch = monitor(Name::text(CHANGES));
        let (watcher, changes) = mpsc::channel(UNREAD_MAX);
        self.watcher = Some(watcher);
        Ok(changes)
    }

    /// Whoever does not keep up is not waited for: the stream ends, and may be asked for again.
    #[info]
    fn changed(&mut self, change: Arc<Change>, cx: &mut Context<Self>) {
        let watcher = self.watcher.take();
        self.watcher = watcher.filter(|watcher| watcher.try_send(change).is_ok());
        if self.watcher.is_none() {
            CHANGES.unsubscribe(&Topic::Watchers, cx.this());
        }
    }

    /// The pubsub has ended, and the subscription with it: so does the stream. Browsers ask again.
    #[down]
    fn no_more_changes(&mut self, _: Down) {
        self.watcher = None;
    }

    #[info]
    fn closed(&mut self, _: Closed) -> Next {
        Next::stop(ExitReason::Normal)
    }

    /// What runs beside it has crashed.
    #[exit]
    fn crashed(&mut self, exit: Exit) -> Next {
        Next::stop(exit.reason)
    }

    #[terminate]
    async fn finish(&mut self, _: &ExitReason) {
        self.watcher = None;
        self.finish = None;
        monitor(self.http).await;
    }
}

/// Serves a connection until its end, or until it is told to come to one.
async fn serve(
    stream: TcpStream,
    connection: ServerRef<Connection>,
    site: Arc<Site>,
    finished: oneshot::Receiver<()>,
) -> Closed {
    let service = service_fn(move |request| answer(request, connection, Arc::clone(&site)));
    let mut http = pin!(http1::Builder::new().serve_connection(Socket(stream), service));
    // An error here is a visitor that went away in the middle, or spoke no HTTP.
    let ended = async {
        http.as_mut().await.ok();
        true
    };
    let told = async {
        finished.await.ok();
        false
    };
    if !future::or(ended, told).await {
        http.as_mut().graceful_shutdown();
        http.await.ok();
    }
    Closed
}

/// Listens on a port of this machine, and says what to do if that cannot be.
pub(crate) fn listen(port: u16) -> Result<net::TcpListener, String> {
    net::TcpListener::bind(("127.0.0.1", port)).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("port {port} is in use: stop what listens there, or take another --port")
        }
        _ => format!("cannot listen on port {port}: {error}"),
    })
}
