//! How does work spread among many partners? Nanoseconds per exchange.
//!
//! Every process talks with every other one, so a scheduler cannot keep a conversation together.
//! Across two cores the way of a cache line between them is in every message: compare only runs of
//! the same regime.

use std::sync::OnceLock;
use std::time::Instant;

use regrow::Runtime;
use regrow::prelude::*;

use crate::args::Args;
use crate::measure::{Latch, Outcome, Random, resident};

static DONE: Latch = Latch::new();

/// What those of `big` send each other.
#[derive(Clone, Copy)]
enum Big {
    Ping(u32),
    Pong,
}

static PLAYERS: OnceLock<Vec<ProcessRef<Big>>> = OnceLock::new();

/// Each of `procs` processes pings a random one and waits for the pong, n times.
pub(crate) fn big(runtime: &Runtime, args: &Args) -> Outcome {
    let (n, procs) = (args.n(20_000), args.procs(120));
    DONE.close(procs);
    let before = resident();
    let began = Instant::now();
    runtime.block_on(async move {
        let players = (0..procs).map(|index| spawn(move |inbox| player(inbox, index, n)));
        let players = PLAYERS.get_or_init(|| players.collect());
        // The first pong is for a ping that nobody sent: it starts the player.
        for player in players {
            player.send(Big::Pong);
        }
    });
    DONE.wait();
    Outcome::new(n, procs, n * procs, began.elapsed()).memory(before, resident())
}

async fn player(mut inbox: Inbox<Big>, index: u64, mut left: u64) {
    let mut random = Random::new(index + 1);
    while let Received::Message(message) = inbox.receive().await {
        let players = PLAYERS.get().map_or(&[][..], Vec::as_slice);
        match message {
            Big::Ping(from) => players[from as usize].send(Big::Pong),
            Big::Pong if left > 0 => {
                left -= 1;
                let other = random.below(players.len() as u64);
                players[other as usize].send(Big::Ping(index as u32));
            }
            Big::Pong => DONE.arrive(),
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Color {
    Blue,
    Red,
    Yellow,
}

impl Color {
    fn of(index: u64) -> Color {
        [Color::Blue, Color::Red, Color::Yellow][index as usize % 3]
    }

    /// What a creature of this color becomes when it meets one of the other.
    fn met(self, other: Color) -> Color {
        match (self, other) {
            (Color::Blue, Color::Red) | (Color::Red, Color::Blue) => Color::Yellow,
            (Color::Blue, Color::Yellow) | (Color::Yellow, Color::Blue) => Color::Red,
            (Color::Red, Color::Yellow) | (Color::Yellow, Color::Red) => Color::Blue,
            (same, _) => same,
        }
    }
}

/// What the mall is asked.
enum Ask {
    Meeting(ProcessRef<Tell>, Color),
    Count(u64),
}

/// What a creature is told.
enum Tell {
    Meet(ProcessRef<Tell>, Color),
    Change(Color),
    Leave,
}

/// Creatures meet in pairs in a mall and change their colors, until n meetings have been held.
pub(crate) fn chameneos(runtime: &Runtime, args: &Args) -> Outcome {
    let (n, procs) = (args.n(400_000), args.procs(100));
    DONE.close(1);
    let before = resident();
    let began = Instant::now();
    runtime.block_on(async move {
        let mall = spawn(move |inbox| mall(inbox, n, procs));
        for index in 0..procs {
            spawn(move |inbox| creature(inbox, mall, Color::of(index)));
        }
    });
    DONE.wait();
    Outcome::new(n, procs, n, began.elapsed()).memory(before, resident())
}

async fn mall(mut inbox: Inbox<Ask>, meetings: u64, creatures: u64) {
    let (mut left, mut waiting) = (meetings, None::<ProcessRef<Tell>>);
    let (mut gone, mut met) = (0, 0);
    while let Received::Message(ask) = inbox.receive().await {
        match ask {
            Ask::Meeting(who, _) if left == 0 => who.send(Tell::Leave),
            Ask::Meeting(who, color) => match waiting.take() {
                Some(first) => {
                    left -= 1;
                    first.send(Tell::Meet(who, color));
                }
                None => waiting = Some(who),
            },
            Ask::Count(meetings) => {
                gone += 1;
                met += meetings;
            }
        }
        if gone == creatures {
            assert_eq!(met, 2 * meetings, "two creatures to a meeting");
            DONE.arrive();
            return;
        }
    }
}

async fn creature(mut inbox: Inbox<Tell>, mall: ProcessRef<Ask>, mut color: Color) {
    let (me, mut met) = (inbox.this(), 0);
    mall.send(Ask::Meeting(me, color));
    while let Received::Message(tell) = inbox.receive().await {
        match tell {
            Tell::Meet(other, its_color) => {
                color = color.met(its_color);
                other.send(Tell::Change(color));
            }
            Tell::Change(new) => color = new,
            Tell::Leave => {
                mall.send(Ask::Count(met));
                return;
            }
        }
        met += 1;
        mall.send(Ask::Meeting(me, color));
    }
}
