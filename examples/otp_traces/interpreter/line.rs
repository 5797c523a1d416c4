//! Lines of input: how they are read, and how each is answered.

use std::fmt;
use std::io::{self, BufRead, BufReader};

use flate2::bufread::MultiGzDecoder;
use serde_json::{Map, Value};

use super::{Engine, genserver, registry, signals, statem, supervisor, value};

/// The first two bytes of every gzip file (RFC 1952, section 2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Why a line could not be answered.
#[derive(Debug)]
pub(crate) enum BadLine {
    /// It is not a JSON object.
    Json(serde_json::Error),
    /// A field that every line has is missing, or is no text.
    Field(&'static str),
    /// No interpreter for its suite.
    Suite(String),
    /// The scenario does not speak its suite's language.
    Scenario(String),
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadLine::Json(error) => write!(f, "not a JSON object: {error}"),
            BadLine::Field(name) => write!(f, "no usable field `{name}`"),
            BadLine::Suite(suite) => {
                write!(
                    f,
                    "unknown suite `{suite}` (known: dynamic, genserver, partition, registry, \
                     signals, statem, supervisor)"
                )
            }
            BadLine::Scenario(problem) => write!(f, "{problem}"),
        }
    }
}

/// The input itself, or what is in it if it is compressed with gzip.
pub(crate) fn unpacked(mut input: impl BufRead + 'static) -> io::Result<Box<dyn BufRead>> {
    let packed = input.fill_buf()?.starts_with(&GZIP_MAGIC);
    Ok(if packed {
        Box::new(BufReader::new(MultiGzDecoder::new(input)))
    } else {
        Box::new(input)
    })
}

/// Runs the scenario of a line and returns the line with the trace of this run.
pub(crate) fn answer(line: &str, engine: &Engine) -> Result<String, BadLine> {
    let mut line: Map<String, Value> = serde_json::from_str(line).map_err(BadLine::Json)?;
    // A recorded trace must not reach anything that could be led by it.
    line.remove("trace");
    let suite = line
        .get("suite")
        .and_then(Value::as_str)
        .ok_or(BadLine::Field("suite"))?;
    let scenario = line.get("scenario").ok_or(BadLine::Field("scenario"))?;
    let trace = trace(suite, scenario, engine)?;
    line.insert("trace".to_owned(), Value::Array(trace));
    Ok(value::canonical(&Value::Object(line)))
}

/// The entries that a scenario of the suite makes.
fn trace(suite: &str, scenario: &Value, engine: &Engine) -> Result<Vec<Value>, BadLine> {
    match suite {
        "genserver" => genserver::script(scenario).map(|script| engine.run(script)),
        "partition" => supervisor::partitions(scenario).map(|script| engine.run(script)),
        "registry" => registry::script(scenario).map(|script| engine.run(script)),
        "signals" => signals::script(scenario).map(|script| engine.run(script)),
        "statem" => statem::script(scenario).map(|script| engine.run(script)),
        "dynamic" | "supervisor" => supervisor::script(scenario).map(|script| engine.run(script)),
        unknown => return Err(BadLine::Suite(unknown.to_owned())),
    }
    .map_err(BadLine::Scenario)
}
