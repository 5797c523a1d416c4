//! The functions that start a server, by itself and under a supervisor.

use std::net::TcpStream;

use regrow::prelude::*;
use regrow::supervisor::TemporarySpec;

struct Named;

#[gen_server(name = "macros-named")]
impl Named {
    #[init]
    fn new() -> Self {
        Named
    }

    #[call]
    fn get(&self) -> u8 {
        1
    }
}

static NAMED: Name<Named> = Name::new("macros-named");
static OTHER: Name<Named> = Name::new("macros-other");

#[regrow::test]
async fn a_server_with_a_name_registers_it() -> Result<(), ExitReason> {
    Named::start_link().await?;
    assert_eq!(NAMED.get().await?, 1);
    Ok(())
}

#[regrow::test]
async fn a_name_given_at_the_start_wins() -> Result<(), ExitReason> {
    Named::start().name(OTHER).await?;
    assert_eq!(OTHER.get().await?, 1);
    Ok(())
}

/// Arguments that exist once; only the last of the three functions can be called with them.
struct Connection {
    _socket: TcpStream,
    _peer: String,
}

#[gen_server]
impl Connection {
    #[init]
    fn new(socket: TcpStream, peer: String) -> Self {
        Connection {
            _socket: socket,
            _peer: peer,
        }
    }
}

#[test]
fn arguments_that_are_not_clone_have_specifications_of_their_own() {
    let once: fn(TcpStream, String) -> TemporarySpec<Connection> = Connection::child_spec_once;
    assert!(size_of_val(&once) > 0);
    drop(Connection::child_spec_with(|| {
        unreachable!("nobody starts it")
    }));
}

struct Pair;

#[gen_server]
impl Pair {
    #[init]
    fn new(_first: u8, _second: String) -> Self {
        Pair
    }
}

#[test]
fn a_specification_keeps_its_servers_type() {
    let spec: ChildSpec<Pair> = Pair::child_spec(1, String::from("two"));
    drop::<ChildSpec<Pair>>(spec.restart(Restart::Temporary).id("pair"));
    drop::<ChildSpec<Pair>>(Pair::child_spec_with(|| (1, String::new())));
    drop::<ChildSpec<Named>>(Named::child_spec());
}
