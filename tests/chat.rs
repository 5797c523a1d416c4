//! The chat server, as its users meet it: the program itself, talked to over sockets.
//!
//! Method: each test starts the program on a port of the system's choice and reads the port off its
//! first line. Nothing sleeps: a test reads until the line that it waits for, and every read has a
//! limit that is an error when it is reached.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// Longer than anything takes that works.
const LIMIT: Duration = Duration::from_mins(1);

/// The program, running.
struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
}

/// Where cargo has put the example that it built with this test.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test
        .parent()
        .and_then(|deps| deps.parent())
        .expect("tests lie in target/…/deps");
    folder
        .join("examples")
        .join(format!("chat{}", std::env::consts::EXE_SUFFIX))
}

impl Server {
    fn start(arguments: &[&str]) -> Server {
        let mut process = Command::new(program())
            .args(["--port", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("`cargo test` builds the examples");
        let mut output = BufReader::new(process.stdout.take().expect("its output is piped"));
        let mut line = String::new();
        while !line.starts_with("listening on ") {
            line.clear();
            assert!(
                output.read_line(&mut line).expect("output is text") > 0,
                "it listens"
            );
        }
        let address = line["listening on ".len()..]
            .split(';')
            .next()
            .expect("there is an address");
        let address = address.parse().expect("an address is printed");
        Server {
            process,
            output,
            address,
        }
    }

    fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream
            .set_read_timeout(Some(LIMIT))
            .expect("a limit can be set");
        let reader = BufReader::new(stream.try_clone().expect("a socket can be cloned"));
        let mut client = Client { stream, reader };
        client.expect("welcome");
        client
    }

    fn user(&self, nick: &str) -> Client {
        let mut client = self.connect();
        client.say(&format!("/nick {nick}"));
        client.expect(&format!("you are {nick}"));
        client
    }

    /// Sends the program a signal, by its number.
    #[cfg(unix)]
    fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([name, &self.process.id().to_string()])
            .status();
        assert!(status.expect("there is a kill command").success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// One side of a conversation.
struct Client {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Client {
    fn say(&mut self, line: &str) {
        self.send(format!("{line}\n").as_bytes());
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads");
    }

    /// Reads up to the first line that holds this text.
    fn expect(&mut self, text: &str) -> String {
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            let count = self.reader.read_line(&mut line).unwrap_or_else(|error| {
                panic!("waiting for {text:?}: {error}; came so far:\n{seen}")
            });
            assert!(
                count > 0,
                "waiting for {text:?}: the connection ended after:\n{seen}"
            );
            if line.contains(text) {
                return line;
            }
            seen.push_str(&line);
        }
    }

    /// Says it again and again, until the answer is this.
    fn until(&mut self, line: &str, wanted: &str) {
        let mut answer = String::new();
        for _ in 0..100_000 {
            self.say(line);
            answer = self.expect("");
            if answer.contains(wanted) {
                return;
            }
        }
        panic!("{line} is answered with {answer:?}, always");
    }

    /// Reads to the end of the connection.
    fn rest(mut self) -> String {
        let mut rest = String::new();
        self.reader
            .read_to_string(&mut rest)
            .expect("the connection ends in order");
        rest
    }
}

#[test]
fn two_users_talk_in_a_room() {
    let server = Server::start(&[]);
    let (mut ann, mut bob) = (server.user("ann"), server.user("bob"));
    ann.say("/join tea");
    ann.expect("you are in #tea");
    bob.say("/join tea");
    bob.expect("ann, bob");
    ann.expect("bob has joined");
    bob.say("hello");
    assert_eq!(ann.expect("hello"), "#tea <bob> hello\n");
    ann.say("/who");
    ann.expect("ann, bob");
    bob.say("/quit");
    bob.expect("bye");
    ann.expect("bob has left");
}

#[test]
fn a_message_waits_for_who_is_away() {
    let server = Server::start(&[]);
    let mut ann = server.user("ann");
    ann.say("/msg bob are you there?");
    ann.say("/stats");
    ann.expect("processes");
    let mut bob = server.connect();
    bob.say("/nick bob");
    assert_eq!(bob.expect("are you there?"), "(ann) are you there?\n");
}

#[test]
fn who_is_away_for_too_much_hears_how_much_it_was() {
    let server = Server::start(&[]);
    let mut ann = server.user("ann");
    for number in 1..=103 {
        ann.say(&format!("/msg bob number {number}"));
    }
    ann.say("/stats");
    ann.expect("processes");
    let mut bob = server.connect();
    bob.say("/nick bob");
    bob.expect("number 100");
    assert_eq!(
        bob.expect("more lines"),
        "* 3 more lines came than are kept\n"
    );
}

#[test]
fn a_crashed_user_is_back_and_nobody_else_notices() {
    let server = Server::start(&[]);
    let (mut ann, mut bob) = (server.user("ann"), server.user("bob"));
    for client in [&mut ann, &mut bob] {
        client.say("/join tea");
        client.expect("you are in #tea");
    }
    ann.say("/crash");
    ann.expect("is back");
    bob.say("/msg ann still there?");
    ann.expect("(bob) still there?");
    ann.say("yes");
    assert_eq!(bob.expect("yes"), "#tea <ann> yes\n");
    bob.say("/stats");
    bob.expect("1 restarts");
}

#[test]
fn beyond_the_most_users_it_is_busy_and_says_until_when() {
    let server = Server::start(&["--max-users", "1", "--retry", "1.5"]);
    let mut ann = server.user("ann");
    let mut bob = server.connect();
    bob.say("/nick bob");
    assert_eq!(
        bob.expect("busy"),
        "! busy: there are as many users as there may be (1); try again in 1.5 s\n"
    );
    ann.say("/msg carl hello");
    ann.expect("busy");
}

#[test]
fn a_forgotten_user_leaves_room_and_keeps_nothing() {
    let server = Server::start(&["--max-users", "1"]);
    let mut ann = server.user("ann");
    ann.say("/join tea");
    ann.expect("you are in #tea");
    ann.say("/forget");
    ann.expect("ann is forgotten");
    let mut bob = server.user("bob");
    bob.say("/join tea");
    assert_eq!(bob.expect("#tea"), "you are in #tea with bob\n");
    ann.say("/forget");
    ann.expect("say /nick NAME first");
    ann.say("/nick ann");
    ann.expect("busy");
}

#[test]
fn a_guest_stays_a_guest_after_a_crash_and_goes_with_the_connection() {
    let server = Server::start(&["--max-users", "1"]);
    let mut ann = server.connect();
    ann.say("/guest ann");
    ann.expect("you are ann until you go");
    ann.say("/crash");
    ann.expect("is back");
    let mut bob = server.connect();
    bob.say("/nick bob");
    bob.expect("busy");
    drop(ann);
    // Nobody tells bob when the server has heard of it.
    bob.until("/nick bob", "you are bob");
}

#[test]
fn a_nick_has_one_speaker() {
    let server = Server::start(&[]);
    let _ann = server.user("ann");
    let mut other = server.connect();
    other.say("/nick ann");
    other.expect("taken");
    other.say("/nick anne");
    other.expect("you are anne");
}

#[test]
fn bad_input_is_answered_and_disturbs_nobody() {
    let server = Server::start(&[]);
    let mut ann = server.user("ann");
    ann.send(&[b'x'; 5000]);
    ann.send(b"\n");
    ann.expect("at most 1024 bytes");
    ann.send(b"\xff\xfe\n");
    ann.expect("not UTF-8");
    ann.say("/frobnicate");
    ann.expect("there is no /frobnicate");
    ann.say("/nick no spaces, please");
    ann.expect("a nick has");
    ann.say("hello?");
    ann.expect("/join ROOM first");
}

#[test]
fn a_half_closed_connection_gets_its_answers() {
    let server = Server::start(&[]);
    let mut ann = server.user("ann");
    ann.say("/who");
    ann.send(b"/help");
    ann.stream
        .shutdown(std::net::Shutdown::Write)
        .expect("one direction can be closed");
    let rest = ann.rest();
    assert!(rest.contains("/join ROOM first"), "{rest}");
    assert!(rest.contains("/quit"), "{rest}");
}

#[test]
fn a_port_in_use_is_a_clear_error() {
    let server = Server::start(&[]);
    let port = server.address.port().to_string();
    let second = Command::new(program())
        .args(["--port", &port])
        .output()
        .expect("it starts");
    assert!(!second.status.success());
    let error = String::from_utf8_lossy(&second.stderr);
    assert!(
        error.contains("the application chat does not start"),
        "{error}"
    );
    assert!(error.contains("is in use"), "{error}");
}

#[test]
fn wrong_options_are_clear_errors() {
    for (arguments, complaint) in [
        (&["--frobnicate"][..], "--frobnicate"),
        (&["--port", "70000"], "70000"),
        (&["--idle", "-1"], "value is negative"),
        (&["--retry", "soon"], "not a number"),
        (&["--users", "2", "--max-users", "1"], "--max-users 1"),
        (&["--demo", "--port", "0"], "--demo"),
    ] {
        let wrong = Command::new(program()).args(arguments).output();
        let wrong = wrong.expect("it starts");
        let error = String::from_utf8_lossy(&wrong.stderr);
        assert_eq!(wrong.status.code(), Some(2), "{error}");
        assert!(error.contains(complaint), "{error}");
    }
    let help = Command::new(program()).arg("--help").output();
    let help = help.expect("it starts");
    assert!(help.status.success());
    let text = String::from_utf8_lossy(&help.stdout);
    for option in ["--demo", "--port", "--idle", "--max-users", "--retry"] {
        assert!(text.contains(option), "{text}");
    }
}

#[test]
#[cfg(unix)]
fn an_interrupt_ends_it_in_order() {
    let mut server = Server::start(&["--users", "100"]);
    let mut ann = server.user("ann");
    ann.say("/join tea");
    ann.expect("you are in #tea");
    server.signal("-INT");
    let rest = ann.rest();
    assert!(rest.contains("the server stops"), "{rest}");
    let mut output = String::new();
    server
        .output
        .read_to_string(&mut output)
        .expect("output is text");
    assert!(output.contains("stopped"), "{output}");
    assert!(server.process.wait().expect("it has ended").success());
}

#[test]
#[cfg(unix)]
fn a_termination_ends_it_in_order_and_with_success() {
    let mut server = Server::start(&["--users", "100"]);
    server.signal("-TERM");
    let mut output = String::new();
    server
        .output
        .read_to_string(&mut output)
        .expect("output is text");
    assert_eq!(output.lines().collect::<Vec<_>>(), ["stopping", "stopped"]);
    assert!(server.process.wait().expect("it has ended").success());
}
