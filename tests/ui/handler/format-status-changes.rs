// A state that is shown is not changed.

use std::fmt;

use regrow::prelude::*;

struct Vault { secret: String }

#[gen_server]
impl Vault {
    #[init]
    fn new(secret: String) -> Self {
        Vault { secret }
    }

    #[format_status]
    fn show(&mut self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} letters", self.secret.len())
    }

    #[call]
    fn secret(&self) -> String {
        self.secret.clone()
    }
}

async fn use_it() -> Result<(), ExitReason> {
    let vault = Vault::start_link(String::from("open sesame")).await?;
    vault.secret().await?;
    Ok(())
}

fn main() {
    let _ = use_it();
}
