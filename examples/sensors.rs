//! Sensors: a process for each device, as devices come and go.
//!
//! ```text
//!   house (rest_for_one)
//!   ├── devices    Registry: which process has which device
//!   ├── sensors    DynamicSupervisor: a process per device; ends when its device is gone
//!   ├── recorders  DynamicSupervisor: one beside each sensor, which it watches and ends with
//!   └── bus        looks which devices are there, and has a sensor started for each new one
//! ```
//!
//! A device is a file in a folder, as it is under `/sys`: it appears, has a number in it, and
//! disappears.
//!
//! What it teaches: who lives as long as whom. A device that is gone is no failure, so its sensor
//! ends normally and is not restarted (`transient`). A recorder *monitors* its sensor and ends with
//! it; a link would do that too, but in both directions, and a recorder that crashes is no reason
//! to stop measuring. Nobody keeps a list that could be wrong: whoever looks asks the registry.
//!
//! ```sh
//! cargo run --release --example sensors
//! ```
//!
//! What you will see: devices are plugged in and out, a sensor crashes and is there again, with a
//! new recorder; a recorder crashes and its sensor goes on; all devices go, and nothing is left.
//! Reports of crashes are on standard error.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Parser;
use regrow::prelude::*;
use regrow::process::Monitor;
use regrow::server::Start;
use regrow::time::sleep;

/// Sensors: a process for each device, as devices come and go.
#[derive(Parser)]
struct Options;

static DEVICES: Name<Registry<String>> = Name::new("devices");
static SENSORS: Name<DynamicSupervisor> = Name::new("sensors");
static RECORDERS: Name<DynamicSupervisor> = Name::new("recorders");

/// Where the devices of a house are, and the records of them.
#[derive(Debug, Clone)]
struct House(PathBuf);

impl House {
    fn device(&self, name: &str) -> PathBuf {
        self.0.join("devices").join(name)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.0.join("logs").join(name)
    }
}

/// Reads one device.
struct Sensor {
    house: House,
    name: String,
    recorder: Option<ServerRef<Recorder>>,
}

struct Begin;

#[gen_server(restart = "transient", idle_timeout = "2ms")]
impl Sensor {
    #[init]
    fn new(house: House, name: String, cx: &mut Context<Self>) -> Self {
        cx.continue_with(Begin);
        Sensor {
            house,
            name,
            recorder: None,
        }
    }

    /// With a recorder, if there can be one: a sensor measures without one too.
    #[handle_continue]
    async fn begin(&mut self, _: Begin, cx: &mut Context<Self>) {
        let spec = Recorder::child_spec(cx.this(), self.house.log(&self.name));
        let recorder = RECORDERS.start_child(spec).await;
        self.recorder = recorder.ok().and_then(StartedChild::running);
    }

    #[timeout]
    fn measure(&mut self) -> Next {
        match fs::read_to_string(self.house.device(&self.name)) {
            Ok(text) => {
                if let (Some(recorder), Ok(value)) = (self.recorder, text.trim().parse()) {
                    recorder.record(value);
                }
                Next::proceed()
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Next::stop(ExitReason::Normal),
            Err(error) => Next::stop(error.into()),
        }
    }

    #[call]
    fn recorder(&self) -> Option<ServerRef<Recorder>> {
        self.recorder
    }

    #[cast]
    fn shake(&mut self) {
        panic!("{} was shaken", self.name);
    }
}

/// Writes down what a sensor measures, when it differs.
struct Recorder {
    sensor: Monitor,
    log: File,
    last: Option<i64>,
}

#[gen_server(restart = "temporary")]
impl Recorder {
    /// It goes on where the last one has stopped.
    #[init]
    fn new(sensor: ServerRef<Sensor>, path: PathBuf) -> Result<Self, ExitReason> {
        let sensor = monitor(sensor);
        let log = File::options().create(true).append(true).open(&path)?;
        let last = fs::read_to_string(path)?
            .lines()
            .last()
            .and_then(|value| value.parse().ok());
        Ok(Recorder { sensor, log, last })
    }

    #[cast]
    fn record(&mut self, value: i64) -> Next {
        if self.last.replace(value) == Some(value) {
            return Next::proceed();
        }
        match writeln!(self.log, "{value}") {
            Ok(()) => Next::proceed(),
            Err(error) => Next::stop(error.into()),
        }
    }

    #[down]
    fn sensor_ended(&mut self, down: Down) -> Next {
        assert_eq!(down.monitor, self.sensor, "a recorder watches one process");
        Next::stop(ExitReason::Normal)
    }

    #[cast]
    fn smudge(&mut self) {
        panic!("the paper is torn after {:?}", self.last);
    }
}

/// Looks which devices are there.
struct Bus {
    house: House,
}

#[gen_server(idle_timeout = "2ms")]
impl Bus {
    #[init]
    fn new(house: House) -> Self {
        Bus { house }
    }

    #[timeout]
    async fn look(&mut self) -> Next {
        match self.scan().await {
            Ok(()) => Next::proceed(),
            Err(reason) => Next::stop(reason),
        }
    }

    async fn scan(&self) -> Result<(), ExitReason> {
        for device in fs::read_dir(self.house.device(""))? {
            let name = device?.file_name().to_string_lossy().into_owned();
            let spec = Sensor::child_spec(self.house.clone(), name.clone());
            SENSORS.find_or_start(&DEVICES, name, spec).await?;
        }
        Ok(())
    }
}

fn house(house: &House) -> Start<Supervisor> {
    Supervisor::new(Strategy::RestForOne)
        .child(Registry::<String>::new().name(DEVICES))
        .child(
            DynamicSupervisor::new()
                .id("sensors")
                .max_restarts(50, secs(10))
                .name(SENSORS),
        )
        .child(DynamicSupervisor::new().id("recorders").name(RECORDERS))
        .child(Bus::child_spec(house.clone()))
        .start_link()
}

/// What the recorder of a device has written.
fn record(house: &House, device: &str) -> io::Result<Vec<String>> {
    let log = fs::read_to_string(house.log(device))?;
    Ok(log.lines().map(String::from).collect())
}

/// Waits until the processes are as they should be, and says how they are.
async fn say(sensors: usize, recorders: usize) -> Result<(), ExitReason> {
    loop {
        let there = SENSORS.count_children().await?.active;
        let beside = RECORDERS.count_children().await?.active;
        if (there, beside, DEVICES.count()) == (sensors, recorders, sensors) {
            println!("  sensors: {there}, recorders: {beside}");
            return Ok(());
        }
        sleep(millis(1)).await;
    }
}

/// Waits until the last thing on record is this.
async fn wait_for(house: &House, device: &str, value: &str) {
    let last = || {
        record(house, device)
            .ok()
            .and_then(|mut record| record.pop())
    };
    while last().as_deref() != Some(value) {
        sleep(millis(1)).await;
    }
}

/// Gives a device a value, plugging it in if it is not there. It is whole when it is seen.
fn set(house: &House, device: &str, value: &str) -> io::Result<()> {
    let half = house.0.join(device);
    fs::write(&half, value)?;
    fs::rename(half, house.device(device))
}

async fn tour(root: &Path) -> Result<(), ExitReason> {
    let place = House(root.into());
    fs::create_dir(place.device(""))?;
    fs::create_dir(place.log(""))?;
    house(&place).await?;

    println!("three devices are plugged in, and one of them changes:");
    for (device, value) in [("cellar", "12"), ("kitchen", "21"), ("roof", "30")] {
        set(&place, device, value)?;
        wait_for(&place, device, value).await;
    }
    set(&place, "roof", "31")?;
    wait_for(&place, "roof", "31").await;
    say(3, 3).await?;

    println!("one is plugged out; its sensor ends, and its recorder too:");
    fs::remove_file(place.device("cellar"))?;
    say(2, 2).await?;

    println!("a sensor crashes; it is there again, with another recorder:");
    let roof = DEVICES.via::<Sensor>("roof".into());
    let before = roof.recorder().await?;
    roof.shake();
    while !matches!(roof.recorder().await, Ok(Some(now)) if Some(now) != before) {
        sleep(millis(1)).await;
    }
    set(&place, "roof", "32")?;
    wait_for(&place, "roof", "32").await;
    say(2, 2).await?;

    println!("a recorder crashes; its sensor does not mind:");
    let kitchen = DEVICES.via::<Sensor>("kitchen".into());
    kitchen
        .recorder()
        .await?
        .ok_or(ExitReason::NoProc)?
        .smudge();
    say(2, 1).await?;

    println!("one is plugged in again, and then all are plugged out:");
    set(&place, "cellar", "13")?;
    wait_for(&place, "cellar", "13").await;
    say(3, 2).await?;
    for device in ["cellar", "kitchen", "roof"] {
        fs::remove_file(place.device(device))?;
    }
    say(0, 0).await?;

    println!("on record:");
    for device in ["cellar", "kitchen", "roof"] {
        println!("  {device:<8} {}", record(&place, device)?.join(" "));
    }
    Ok(())
}

#[regrow::main]
async fn main() -> Result<(), ExitReason> {
    Options::parse();
    let root = tempfile::tempdir()?;
    tour(root.path()).await
}
