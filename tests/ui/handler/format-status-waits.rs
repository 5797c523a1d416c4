// A state is shown at once.

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
    async fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
