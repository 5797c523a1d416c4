//! Terms as JSON, and the two things the trace format asks of them: one way to write each value,
//! and one order of names.

use std::cmp::Ordering;
use std::fmt::Display;
use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;
use serde_json::{Serializer, Value, json};

/// The value as text: keys sorted by code point, no blanks, ASCII only.
pub(super) fn canonical(value: &Value) -> String {
    let mut text = Vec::new();
    // `serde_json` keeps the keys of its maps sorted, and a test of this module holds it to that.
    value
        .serialize(&mut Serializer::with_formatter(&mut text, Ascii))
        .expect("JSON values have text keys, and writing to memory cannot fail");
    String::from_utf8(text).expect("ASCII is UTF-8")
}

/// What has no word in the scenario language: it equals no recorded value.
pub(super) fn unexpected(what: &dyn Display) -> Value {
    json!({ "unexpected": what.to_string() })
}

/// Compact JSON whose strings escape everything outside ASCII, as UTF-16 units.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        for character in fragment.chars() {
            if character.is_ascii() {
                write!(writer, "{character}")?;
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
        }
        Ok(())
    }
}

/// The order of names: runs of digits compare as numbers, and come before other text.
///
/// `s2#1 < s2#10 < w1#2 < w10#1`; a name that another one begins with comes first.
pub(super) fn name_order(left: &str, right: &str) -> Ordering {
    // Two names may differ in leading zeros only: then, too, the order must not be left to chance.
    Runs(left).cmp(Runs(right)).then_with(|| left.cmp(right))
}

/// A maximal run of digits, or of anything else; in the order in which runs compare.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Run<'name> {
    /// Digits without leading zeros: of two numbers, the one with more digits is larger.
    Number { digits: usize, text: &'name str },
    /// Anything else, compared by code point.
    Text(&'name str),
}

/// The runs of a name, from left to right.
struct Runs<'name>(&'name str);

impl<'name> Iterator for Runs<'name> {
    type Item = Run<'name>;

    fn next(&mut self) -> Option<Run<'name>> {
        let numeric = self.0.starts_with(|first: char| first.is_ascii_digit());
        let end = self.0.find(|next: char| next.is_ascii_digit() != numeric);
        let (run, rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        self.0 = rest;
        match (run, numeric) {
            ("", _) => None,
            (run, true) => {
                let text = run.trim_start_matches('0');
                Some(Run::Number {
                    digits: text.len(),
                    text,
                })
            }
            (run, false) => Some(Run::Text(run)),
        }
    }
}
