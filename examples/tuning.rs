//! Tuning intensity: one half hour of crashes, under the default limits and under chosen ones.
//!
//! ```text
//!   tree (one_for_one)
//!   ├── sessions   twenty of them; one crashes every minute; when a line breaks, eight do at once
//!   └── imports    one importer; for ten minutes it crashes every two seconds
//! ```
//!
//! What it teaches: `max_restarts` and `max_seconds` answer two questions. How large a burst is to
//! be mended without anybody hearing of it? And how long may it go on? Three in five seconds, the
//! default, is too few for sessions that hang on one line, and so much that an importer may crash
//! for ever. What a supervisor does is told by `events`, and `restarts_within` is what to compare
//! with its limit: measure first, then choose.
//!
//! ```sh
//! cargo run --release --example tuning
//! ```
//!
//! What you will see, twice: restarts per minute of each supervisor as a plot, its largest burst,
//! how often it gave up, and how many sessions had to begin anew that had done nothing wrong. The
//! half hour is one of a simulation, and takes no time.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use regrow::Runtime;
use regrow::prelude::*;
use regrow::process::settle;
use regrow::supervisor::{Happening, SupervisorEvent, events, no_more_events, restarts_within};
use regrow::time::{Instant, now, sleep};

/// Tuning intensity: one half hour of crashes, under the default limits and under chosen ones.
#[derive(Parser)]
struct Options;

const MINUTES: usize = 30;
const SESSIONS: u32 = 20;
/// So many sessions hang on the line that breaks.
const ON_ONE_LINE: u32 = 8;

/// How many restarts each supervisor allows, in which time.
#[derive(Clone, Copy)]
struct Limits {
    sessions: (u32, Duration),
    imports: (u32, Duration),
}

/// A session or an importer: something that can crash.
struct Worker;

#[gen_server]
impl Worker {
    #[init]
    fn new() -> Self {
        Worker
    }

    #[cast]
    fn fail(&self) {
        panic!("something has gone wrong");
    }
}

fn session(number: u32) -> Name<Worker> {
    Name::from_string(format!("session {number}"))
}

static IMPORTER: Name<Worker> = Name::new("importer");

fn tree(limits: Limits) -> Supervisor {
    let (restarts, within) = limits.sessions;
    let mut sessions = Supervisor::new(Strategy::OneForOne).max_restarts(restarts, within);
    for number in 0..SESSIONS {
        sessions = sessions.child(
            Worker::child_spec()
                .id(number.to_string())
                .name(session(number)),
        );
    }
    let (restarts, within) = limits.imports;
    let imports = Supervisor::new(Strategy::OneForOne)
        .max_restarts(restarts, within)
        .child(Worker::child_spec().name(IMPORTER));
    Supervisor::new(Strategy::OneForOne)
        .child(sessions.id("sessions"))
        // When it has given up it stays away: that is for a person to look at.
        .child(imports.id("imports").child_spec().restart(Restart::Transient))
}

/// What is known of one supervisor; the readings of all its lives can be added up.
#[derive(Debug, Clone, Default)]
struct Reading {
    per_minute: [u32; MINUTES],
    largest_burst: usize,
    gave_up: u32,
    /// Starts of sessions that do not hang on the line that breaks.
    bystanders: u32,
}

impl Reading {
    fn add(mut self, other: &Reading) -> Reading {
        for (sum, more) in self.per_minute.iter_mut().zip(other.per_minute) {
            *sum += more;
        }
        self.largest_burst = self.largest_burst.max(other.largest_burst);
        self.gave_up += other.gave_up;
        self.bystanders += other.bystanders;
        self
    }
}

/// Makes readings of events.
struct Meter {
    begun: Instant,
    names: HashMap<Pid, String>,
    readings: HashMap<Pid, Reading>,
}

#[gen_server]
impl Meter {
    #[init]
    fn new(cx: &mut Context<Self>) -> Self {
        events(cx.this());
        Meter {
            begun: now(),
            names: HashMap::new(),
            readings: HashMap::new(),
        }
    }

    #[info]
    fn event(&mut self, event: Arc<SupervisorEvent>) {
        let minute = (self.begun.elapsed().as_secs() / 60) as usize;
        let child = event.child.as_ref().map_or("", |id| id.as_str());
        let reading = self.readings.entry(event.supervisor).or_default();
        match &event.happening {
            Happening::Restarting => {
                reading.per_minute[minute] += 1;
                let burst = restarts_within(event.supervisor, secs(5));
                reading.largest_burst = reading.largest_burst.max(burst.unwrap_or_default());
            }
            Happening::Started { process } => {
                // Two of the children are supervisors, and this is how their pids are known.
                self.names.insert(*process, child.to_owned());
                let bystander = child.parse().is_ok_and(|number: u32| number >= ON_ONE_LINE);
                reading.bystanders += u32::from(bystander);
            }
            Happening::GaveUp => reading.gave_up += 1,
            _ => {}
        }
    }

    #[call]
    fn reading(&self, of: &'static str) -> Reading {
        let lives = self
            .readings
            .iter()
            .filter(|(pid, _)| self.names.get(pid).is_some_and(|name| name == of));
        lives.fold(Reading::default(), |sum, (_, reading)| sum.add(reading))
    }
}

/// One column for each minute, as high as its number of restarts.
fn plot(per_minute: &[u32]) {
    let top = per_minute.iter().copied().max().unwrap_or_default().max(1);
    for level in (1..=4).rev() {
        let bar = |count: &u32| match (count * 8).div_ceil(top).saturating_sub((level - 1) * 2) {
            0 => ' ',
            1 => '▄',
            _ => '█',
        };
        let axis = if level == 4 {
            format!("{top:>4} ┤")
        } else {
            "     │".into()
        };
        let bars: String = per_minute.iter().map(bar).collect();
        println!("  {axis}{}", bars.trim_end());
    }
    println!("     0 └{}", "─".repeat(per_minute.len()));
}

async fn half_hour(limits: Limits) -> Result<(), ExitReason> {
    let meter = Meter::start_link().await?;
    let tree = tree(limits).start_link().await?;
    settle().await;
    let mut crashed = 0;
    for second in 0..MINUTES as u64 * 60 - 1 {
        if second % 300 == 100 {
            (0..ON_ONE_LINE).for_each(|number| session(number).fail());
            crashed += ON_ONE_LINE;
        }
        if second % 60 == 30 {
            session(0).fail();
            crashed += 1;
        }
        if (600..1200).contains(&second) && second % 2 == 0 {
            IMPORTER.fail();
        }
        sleep(secs(1)).await;
    }

    for (name, (restarts, within)) in [("sessions", limits.sessions), ("imports", limits.imports)] {
        let reading = meter.reading(name).await?;
        println!(
            "  {name}: {restarts} restarts allowed in {} seconds; per minute:",
            within.as_secs()
        );
        plot(&reading.per_minute);
        let sum: u32 = reading.per_minute.iter().sum();
        println!(
            "  restarts: {sum}, at most {} in five seconds, gave up: {}",
            reading.largest_burst, reading.gave_up
        );
        if name == "sessions" {
            let anew = reading.bystanders - (SESSIONS - ON_ONE_LINE);
            println!("  sessions that crashed: {crashed}; others that had to begin anew: {anew}");
        }
        println!();
    }
    no_more_events(meter);
    regrow::server::stop(tree, ExitReason::Normal).await?;
    Ok(())
}

async fn compare() -> Result<(), ExitReason> {
    println!("the defaults:\n");
    let default = (3, secs(5));
    half_hour(Limits {
        sessions: default,
        imports: default,
    })
    .await?;

    println!(
        "chosen: a burst of ten sessions is mended; an importer that does not stop crashing is stopped:\n"
    );
    half_hour(Limits {
        sessions: (10, secs(10)),
        imports: (10, secs(300)),
    })
    .await
}

fn run() -> Result<(), ExitReason> {
    Options::parse();
    Runtime::simulated(1).crash_reports(false).run(compare())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
