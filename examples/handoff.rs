//! Handoff: a node gives its partitions to another one, over TCP, and both crash on the way.
//!
//! ```text
//!   a node (one_for_all, ten restarts in ten seconds)
//!   ├── listener    accepts connections of other nodes, and gives what comes to the receiver
//!   ├── receiver    writes partitions to the node's folder
//!   ├── sender      brings a partition to another node
//!   └── manager     knows which partitions are still to go, because they are in the folder
//! ```
//!
//! What it teaches: four processes that are halves of each other's conversations. When one of them
//! has crashed the other three are in the middle of something that will never go on, so all four
//! begin again (`one_for_all`), from what is on disk. A partition is deleted here when it is safe
//! there.
//!
//! ```sh
//! cargo run --release --example handoff
//! cargo run --release --example handoff -- --partitions 1000
//! ```
//!
//! What you will see: the handoff between two nodes, the receiver of the one and the sender of the
//! other crashing in the middle of it, and where all partitions are in the end. Then the receiver
//! crashes until its node has had enough. Reports of crashes are on standard error.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Parser;
use futures_lite::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use regrow::net::{TcpListener, TcpStream};
use regrow::prelude::*;
use regrow::process::{is_alive, settle};
use regrow::supervisor::figures;
use regrow::time::sleep;

/// Handoff: a node gives its partitions to another one, over TCP, and both crash on the way.
#[derive(Parser)]
struct Options {
    /// How many there are.
    #[arg(long, value_name = "N", default_value_t = 60)]
    #[arg(allow_negative_numbers = true)]
    partitions: usize,
}

/// Where a node is: what its four processes have in common.
#[derive(Clone)]
struct Place {
    node: &'static str,
    folder: PathBuf,
    socket: Arc<std::net::TcpListener>,
}

impl Place {
    /// The name of one of the node's processes.
    fn name<S>(&self, role: &str) -> Name<S> {
        Name::from_string(format!("{}/{role}", self.node))
    }

    /// The partitions that are here.
    fn partitions(&self) -> io::Result<Vec<PathBuf>> {
        let files = fs::read_dir(&self.folder)?.map(|file| Ok(file?.path()));
        let files = files.collect::<io::Result<Vec<PathBuf>>>()?;
        let is_partition = |path: &PathBuf| path.extension().is_some_and(|end| end == "partition");
        Ok(files.into_iter().filter(is_partition).collect())
    }
}

/// Accepts connections, one after the other.
struct Listener {
    place: Place,
}

struct Accept;

#[gen_server]
impl Listener {
    #[init]
    fn new(place: Place, cx: &mut Context<Self>) -> Self {
        cx.continue_with(Accept);
        Listener { place }
    }

    /// One connection, and then the next, for ever: a listener takes no messages, and ends by a
    /// signal.
    #[handle_continue]
    async fn accept(&mut self, _: Accept, cx: &mut Context<Self>) {
        if let Err(error) = self.accept_one().await {
            eprintln!("{}: a connection has failed: {error}", self.place.node);
        }
        cx.continue_with(Accept);
    }

    async fn accept_one(&self) -> Result<(), ExitReason> {
        // The socket outlives the listener, so that nobody is turned away while it starts again.
        let listener = TcpListener::from_std(self.place.socket.try_clone()?)?;
        let (stream, _) = listener.accept().await?;
        let (mut stream, mut head) = (BufReader::new(stream), String::new());
        stream.read_line(&mut head).await?;
        let (name, length) = head
            .trim_end()
            .split_once(' ')
            .ok_or(io::Error::from(io::ErrorKind::InvalidData))?;
        let mut data = vec![0; length.parse()?];
        stream.read_exact(&mut data).await?;
        let receiver: Name<Receiver> = self.place.name("receiver");
        receiver.store(name.to_owned(), data).await?;
        stream.get_mut().write_all(b"ok\n").await?;
        Ok(())
    }
}

/// Writes partitions down.
struct Receiver {
    place: Place,
}

#[gen_server]
impl Receiver {
    #[init]
    fn new(place: Place) -> Self {
        Receiver { place }
    }

    /// A partition is here as a whole or not at all, whenever this crashes.
    #[call]
    fn store(&mut self, name: String, data: Vec<u8>) -> io::Result<()> {
        let half = self.place.folder.join("half");
        fs::write(&half, data)?;
        fs::rename(half, self.place.folder.join(name))
    }

    #[cast]
    fn crash(&mut self) {
        panic!("the receiver of {} is asked to crash", self.place.node);
    }
}

/// Brings partitions to other nodes.
struct Sender {
    place: Place,
}

#[gen_server]
impl Sender {
    #[init]
    fn new(place: Place) -> Self {
        Sender { place }
    }

    /// Comes back when the partition is safe over there.
    #[call]
    async fn bring(&mut self, path: PathBuf, to: SocketAddr) -> io::Result<()> {
        let data = fs::read(&path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut stream = BufReader::new(TcpStream::connect(to).await?);
        let head = format!("{name} {}\n", data.len());
        stream.get_mut().write_all(head.as_bytes()).await?;
        stream.get_mut().write_all(&data).await?;
        let mut answer = String::new();
        match (stream.read_line(&mut answer).await?, answer.as_str()) {
            (_, "ok\n") => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    #[cast]
    fn crash(&mut self) {
        panic!("the sender of {} is asked to crash", self.place.node);
    }
}

/// Sees to it that everything goes where it is to go.
struct Manager {
    place: Place,
}

struct Proceed;

#[gen_server]
impl Manager {
    /// A handoff that was under way goes on.
    #[init]
    fn new(place: Place, cx: &mut Context<Self>) -> Self {
        cx.continue_with(Proceed);
        Manager { place }
    }

    /// Where to is written down too: the next manager has to know.
    #[call]
    fn hand_off(&mut self, to: SocketAddr, cx: &mut Context<Self>) -> io::Result<()> {
        fs::write(self.place.folder.join("to"), to.to_string())?;
        cx.continue_with(Proceed);
        Ok(())
    }

    /// One partition, and then the next a little later: a handoff is not to keep a node from its
    /// work.
    #[handle_continue]
    async fn proceed(&mut self, _: Proceed, cx: &mut Context<Self>) -> Next {
        match self.hand_one_off().await {
            Ok(false) => return Next::proceed(),
            Ok(true) => cx.send_after(millis(2), Proceed),
            // The other node is away, or its receiver has crashed: the same partition once more.
            Err(_) => cx.send_after(millis(20), Proceed),
        };
        Next::proceed()
    }

    #[info]
    fn later(&mut self, proceed: Proceed, cx: &mut Context<Self>) {
        cx.continue_with(proceed);
    }

    /// Whether there was something to do.
    async fn hand_one_off(&self) -> Result<bool, ExitReason> {
        let Ok(to) = fs::read_to_string(self.place.folder.join("to")) else {
            return Ok(false);
        };
        let Some(partition) = self.place.partitions()?.pop() else {
            return Ok(false);
        };
        let sender: Name<Sender> = self.place.name("sender");
        sender.bring(partition.clone(), to.parse()?).await?;
        fs::remove_file(partition)?;
        Ok(true)
    }
}

fn node(place: &Place) -> Supervisor {
    Supervisor::new(Strategy::OneForAll)
        .max_restarts(10, secs(10))
        .child(Listener::child_spec(place.clone()).name(place.name("listener")))
        .child(Receiver::child_spec(place.clone()).name(place.name("receiver")))
        .child(Sender::child_spec(place.clone()).name(place.name("sender")))
        .child(Manager::child_spec(place.clone()).name(place.name("manager")))
}

fn place(node: &'static str, root: &Path) -> io::Result<Place> {
    let folder = root.join(node);
    fs::create_dir(&folder)?;
    let socket = Arc::new(std::net::TcpListener::bind("127.0.0.1:0")?);
    Ok(Place {
        node,
        folder,
        socket,
    })
}

/// Waits until there are so many partitions at a place, or more.
async fn wait_for(place: &Place, count: usize) -> io::Result<()> {
    while place.partitions()?.len() < count {
        sleep(millis(1)).await;
    }
    Ok(())
}

async fn hand_over(count: usize, root: &Path) -> Result<(), ExitReason> {
    let (here, there) = (place("here", root)?, place("there", root)?);
    let content = |number: usize| format!("{number}").repeat(10_000);
    for number in 0..count {
        fs::write(
            here.folder.join(format!("{number}.partition")),
            content(number),
        )?;
    }
    let node_here = node(&here).start().await?;
    let node_there = node(&there).start().await?;

    println!("{count} partitions go from here to there");
    let manager: Name<Manager> = here.name("manager");
    manager.hand_off(there.socket.local_addr()?).await?;
    wait_for(&there, count / 3).await?;
    println!("a third is there, and the receiver there crashes");
    let receiver: Name<Receiver> = there.name("receiver");
    receiver.crash();
    wait_for(&there, count * 2 / 3).await?;
    println!("two thirds are there, and the sender here crashes");
    here.name::<Sender>("sender").crash();
    wait_for(&there, count).await?;
    while !here.partitions()?.is_empty() {
        sleep(millis(1)).await;
    }

    let mut whole = 0;
    for number in 0..count {
        let data = fs::read_to_string(there.folder.join(format!("{number}.partition")))?;
        whole += usize::from(data == content(number));
    }
    println!("\nhere: 0 partitions; there: {whole}, each as it was\n");
    println!("node    restarts  starts of   listener  receiver  sender  manager");
    for (place, supervisor) in [(&here, node_here), (&there, node_there)] {
        let figures = figures(supervisor).ok_or(ExitReason::NoProc)?;
        let starts = |child: &str| {
            let id = format!("handoff::{child}");
            figures.child(id).map_or(0, |child| child.starts)
        };
        println!(
            "{:<8}{:>8}{:>21}{:>10}{:>8}{:>9}",
            place.node,
            figures.restarts,
            starts("Listener"),
            starts("Receiver"),
            starts("Sender"),
            starts("Manager")
        );
    }

    println!("\nthe receiver there goes on crashing:");
    let end = monitor(node_there);
    let mut crashes = 1; // there was one already
    while is_alive(node_there).await {
        receiver.crash();
        settle().await;
        crashes += 1;
    }
    let reason = end.await.reason;
    println!(
        "  {} crashes were healed, and the next has ended the node: {reason}",
        crashes - 1
    );
    println!("  the other node is alive: {}", is_alive(node_here).await);
    regrow::server::stop(node_here, ExitReason::Normal).await?;
    Ok(())
}

#[regrow::main]
async fn main() -> Result<(), ExitReason> {
    let options = Options::parse();
    let root = tempfile::tempdir()?;
    hand_over(options.partitions, root.path()).await
}
