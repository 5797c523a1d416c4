//! The demonstration: the program is its own clients, over real sockets, and looks at its users.
//!
//! It goes one step at a time, so that what is printed is the same each time: every command is
//! followed by a wait for its answer, and every end of a process by a wait for that end.

use std::io;
use std::net::SocketAddr;

use regrow::prelude::*;
use regrow::process::{Monitor, settle};

use crate::ChatRef;
use crate::client::Client;
use crate::user::Nick;

/// What there is to look at.
pub(crate) struct Stage {
    pub(crate) chat: ChatRef,
    pub(crate) address: SocketAddr,
}

impl Stage {
    /// Goes through all of it. Gives those who are still connected then.
    pub(crate) async fn play(&self) -> Result<Vec<Client>, ExitReason> {
        println!("\nwho comes finds their process, or has it started; so does who writes to them:");
        let mut ann = self.join("ann").await?;
        let mut bob = self.join("bob").await?;
        ann.hear().await?;
        bob.say("/msg carl there is cake").await?;
        bob.ask("/who").await?;
        self.show_users().await;
        let mut carl = self.connect("carl").await?;
        carl.ask("/nick carl").await?;
        carl.hear().await?;
        let mut eve = self.connect("eve").await?;
        eve.ask("/nick ann").await?;

        self.crash(&mut ann, &mut bob).await?;
        let dan = self.too_many(&mut ann, &mut carl).await?;
        self.idle(&mut ann, bob).await?;
        self.guest(eve).await?;
        Ok(vec![ann, carl, dan])
    }

    async fn crash(&self, ann: &mut Client, bob: &mut Client) -> Result<(), ExitReason> {
        println!("\nann's process crashes; she has a new one at once, and bob notices nothing:");
        let before = [self.process("ann"), self.process("bob")];
        ann.ask("/crash").await?;
        bob.ask("/who").await?;
        ann.say("here I am again").await?;
        bob.hear().await?;
        for (nick, before) in ["ann", "bob"].into_iter().zip(before) {
            let same = self.process(nick) == before;
            let which = if same { "the same" } else { "another" };
            println!("    * {nick}'s process is {which}");
        }
        Ok(())
    }

    async fn too_many(&self, ann: &mut Client, carl: &mut Client) -> Result<Client, ExitReason> {
        println!("\nthere is room for three; the fourth is told when to try again, and does:");
        self.show_users().await;
        let mut dan = self.connect("dan").await?;
        let busy = dan.ask("/nick dan").await?;
        ann.ask("/msg fay hello").await?;
        let busy = dan.ask_again("/nick dan", &busy).await?;

        println!("\na user lives until they are forgotten, and then there is room:");
        carl.ask("/forget").await?;
        dan.ask_again("/nick dan", &busy).await?;
        self.show_users().await;
        Ok(dan)
    }

    async fn idle(&self, ann: &mut Client, mut bob: Client) -> Result<(), ExitReason> {
        println!("\nor until they have been away for too long, and what came meanwhile is kept:");
        bob.say("/quit").await?;
        bob.hear_out().await?;
        ann.hear().await?;
        ann.say("/msg bob are you there?").await?;
        ann.ask("/who").await?;
        self.show_users().await;

        let mut bob = self.connect("bob").await?;
        bob.ask("/nick bob").await?;
        bob.hear().await?;
        let end = self.watch("bob")?;
        bob.say("/quit").await?;
        bob.hear_out().await?;
        self.show_end("bob", end).await;
        Ok(())
    }

    async fn guest(&self, mut eve: Client) -> Result<(), ExitReason> {
        println!("\nor, as a guest, as long as the connection:");
        eve.ask("/guest eve").await?;
        self.show_users().await;
        let end = self.watch("eve")?;
        eve.hang_up();
        self.show_end("eve", end).await;
        Ok(())
    }

    async fn connect(&self, name: &'static str) -> io::Result<Client> {
        Client::connect(name, self.address).await
    }

    async fn join(&self, name: &'static str) -> io::Result<Client> {
        let mut client = self.connect(name).await?;
        client.ask(&format!("/nick {name}")).await?;
        client.ask("/join tea").await?;
        Ok(client)
    }

    /// The process of a user, if there is one.
    fn process(&self, nick: &str) -> Option<Pid> {
        self.chat.nicks().lookup(&Nick::parse(nick)?)
    }

    fn watch(&self, nick: &str) -> Result<Monitor, ExitReason> {
        let process = self.process(nick);
        let process = process.ok_or_else(|| ExitReason::atom(format!("there is no {nick}")))?;
        Ok(monitor(process))
    }

    /// Waits for the end of a user's process.
    async fn show_end(&self, nick: &str, end: Monitor) {
        let reason = end.await.reason;
        println!("    * {nick}'s process has ended: {reason}");
        self.show_users().await;
    }

    /// Who has a process, when everything is over that was going on.
    async fn show_users(&self) {
        settle().await;
        let mut nicks = self.chat.nicks().select(|nick, _, ()| Some(nick.clone()));
        nicks.sort();
        let nicks: Vec<String> = nicks.iter().map(ToString::to_string).collect();
        println!("    * users: {}", nicks.join(", "));
    }
}
