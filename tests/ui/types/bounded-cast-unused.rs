// A cast to a bounded server that is neither awaited nor tried.

#![deny(unused_must_use)]

use regrow::prelude::*;

struct Log { lines: Vec<String> }

#[gen_server(mailbox = 1000)]
impl Log {
    #[init]
    fn new() -> Self {
        Log { lines: Vec::new() }
    }

    #[cast]
    fn write(&mut self, line: String) {
        self.lines.push(line);
    }
}

async fn use_it() -> Result<(), ExitReason> {
    let log = Log::start_link().await?;
    log.write(String::from("lost"));
    log.write(String::from("kept")).await;
    Ok(())
}

fn main() {
    let _ = use_it();
}
