// A child specification repeats its arguments.

use regrow::prelude::*;

struct Connection { socket: std::net::TcpStream }

#[gen_server]
impl Connection {
    #[init]
    fn new(socket: std::net::TcpStream) -> Self {
        Connection { socket }
    }
}

async fn use_it() -> Result<(), ExitReason> {
    let socket = std::net::TcpStream::connect("localhost:1")?;
    let _ = Connection::child_spec(socket);
    Ok(())
}

fn main() {
    let _ = use_it();
}
