//! The recorded traces of Erlang/OTP, reproduced.
//!
//! Each file of `tests/traces` holds scenarios and what OTP showed at every step of them. The
//! interpreter of `examples/otp_traces` is given the scenarios without the traces, and its own
//! traces must be equal. Simulated, a whole file takes seconds; on real schedulers every tenth
//! scenario is run, or every one if `REGROW_TRACES_REAL` is set.

#[path = "../examples/otp_traces/interpreter/mod.rs"]
mod interpreter;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use interpreter::{Engine, answer, unpacked};
use serde_json::{Map, Value};

/// How many differing scenarios a failure shows.
const SHOWN_MAX: usize = 3;

#[test]
fn signals_behave_as_recorded_in_simulation() {
    compare("signals", &Engine::simulated(1), 1);
}

#[test]
fn signals_behave_as_recorded_on_real_schedulers() {
    compare_really("signals");
}

#[test]
fn servers_behave_as_recorded_in_simulation() {
    compare("genserver", &Engine::simulated(1), 1);
}

#[test]
fn servers_behave_as_recorded_on_real_schedulers() {
    compare_really("genserver");
}

#[test]
fn state_machines_behave_as_recorded_in_simulation() {
    compare("statem", &Engine::simulated(1), 1);
}

#[test]
fn state_machines_behave_as_recorded_on_real_schedulers() {
    compare_really("statem");
}

#[test]
fn supervisors_behave_as_recorded_in_simulation() {
    compare("supervisor", &Engine::simulated(1), 1);
}

#[test]
fn supervisors_behave_as_recorded_on_real_schedulers() {
    compare_really("supervisor");
}

#[test]
fn dynamic_supervisors_behave_as_recorded_in_simulation() {
    compare("dynamic", &Engine::simulated(1), 1);
}

#[test]
fn dynamic_supervisors_behave_as_recorded_on_real_schedulers() {
    compare_really("dynamic");
}

#[test]
fn partition_supervisors_behave_as_recorded_in_simulation() {
    compare("partition", &Engine::simulated(1), 1);
}

#[test]
fn partition_supervisors_behave_as_recorded_on_real_schedulers() {
    compare_really("partition");
}

#[test]
fn registries_behave_as_recorded_in_simulation() {
    compare("registry", &Engine::simulated(1), 1);
}

#[test]
fn registries_behave_as_recorded_on_real_schedulers() {
    compare_really("registry");
}

/// Compares some recorded scenarios of the suite, run on real schedulers.
#[track_caller]
fn compare_really(suite: &str) {
    let engine = Engine::real(2).expect("two threads can be started");
    let stride = if std::env::var_os("REGROW_TRACES_REAL").is_some() {
        1
    } else {
        10
    };
    compare(suite, &engine, stride);
}

/// Runs every `stride`-th recorded scenario of the suite and compares the traces.
#[track_caller]
fn compare(suite: &str, engine: &Engine, stride: usize) {
    let (mut run, mut different, mut report) = (0, 0, String::new());
    for mut scenario in recorded(suite).into_iter().step_by(stride) {
        run += 1;
        let recorded = scenario
            .remove("trace")
            .expect("a recorded line has a trace");
        let line = Value::Object(scenario);
        let shown = match answer(&line.to_string(), engine) {
            Ok(answer) => parsed(&answer)["trace"].take(),
            Err(problem) => panic!("{}: {problem}", line["id"]),
        };
        if shown != recorded {
            different += 1;
            if different <= SHOWN_MAX {
                report.push_str(&difference(&line, &recorded, &shown));
            }
        }
    }
    assert!(run > 0, "no scenario was run");
    assert_eq!(
        different, 0,
        "of {run} scenarios of {suite}, {different} differ\n{report}"
    );
}

/// The lines of the suite's recorded file.
fn recorded(suite: &str) -> Vec<Map<String, Value>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
    let file = File::open(folder.join(format!("{suite}.jsonl.gz"))).expect("traces are recorded");
    let lines = unpacked(BufReader::new(file))
        .expect("the recorded traces can be read")
        .lines();
    lines
        .map(
            |line| match parsed(&line.expect("the recorded traces are whole")) {
                Value::Object(line) => line,
                other => panic!("no trace line: {other}"),
            },
        )
        .collect()
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("a line is JSON")
}

/// The first step at which two traces part, with both sides.
fn difference(line: &Value, recorded: &Value, shown: &Value) -> String {
    let entries = |trace: &Value| trace.as_array().map_or(0, Vec::len);
    let end = entries(recorded).max(entries(shown));
    let index = (0..end)
        .find(|&index| recorded.get(index) != shown.get(index))
        .unwrap_or(end);
    let side = |trace: &Value| {
        trace
            .get(index)
            .map_or_else(|| "(the trace has ended)".to_owned(), Value::to_string)
    };
    format!(
        "{}, entry {index}\n  step:     {}\n  recorded: {}\n  shown:    {}\n",
        line["id"],
        line["scenario"]["steps"][index],
        side(recorded),
        side(shown),
    )
}
