//! The ledger of guarantees, `docs/semantics.md`, held against the tests.
//!
//! Every case of the catalogue is in exactly one table; every row names a test
//! that exists and says the id; and no id stands in code or tests that the ledger does not have.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::tree::{File, files, is_name, root};

/// The groups of the catalogue, of which the ledger has every case, and their last numbers.
const GROUPS: &[(&str, usize)] = &[
    ("PROC", 101),
    ("LINK", 17),
    ("MON", 34),
    ("ALIAS", 17),
    ("PRIO", 7),
    ("RECV", 19),
    ("HIB", 8),
    ("MQD", 5),
    ("TIMER", 26),
    ("PLIB", 13),
    ("GS", 89),
    ("SYS", 15),
    ("STATEM", 46),
    ("TASK", 35),
    ("TASKC", 59),
    ("TSUP", 41),
    ("AGENT", 11),
    ("AGT", 9),
    ("BRG", 5),
    ("PG", 22),
    ("REG", 49),
    ("SUP", 192),
    ("DYN", 47),
    ("PART", 18),
    ("OBS", 45),
    ("EXT", 25),
];

/// Numbers that the catalogue has left out: its groups are in parts that begin with round ones.
const LEFT_OUT: &[(&str, RangeInclusive<usize>)] = &[
    ("SUP", 25..=29),
    ("SUP", 42..=49),
    ("SUP", 77..=79),
    ("SUP", 99..=99),
    ("SUP", 118..=119),
    ("SUP", 154..=159),
    ("SUP", 175..=179),
];

/// Where a row of the ledger stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Table {
    /// Kept as OTP has it, or beyond OTP: source, code and test.
    Guarantee,
    /// Kept otherwise than OTP has it: reason and test.
    Departure,
    /// About something that does not exist here: reason only.
    NotApplicable,
}

/// One row: its ids and the cells after them.
#[derive(Debug)]
struct Row {
    table: Table,
    line: usize,
    ids: Vec<String>,
    cells: Vec<String>,
}

/// The rows of the ledger, by the headings they stand under.
fn rows() -> Vec<Row> {
    let ledger = files().iter().find(|file| file.path == "docs/semantics.md");
    let ledger = ledger.expect("docs/semantics.md exists");
    let mut table = None;
    let mut rows = Vec::new();
    for (line, text) in (1..).zip(ledger.text.lines()) {
        match text.strip_prefix("## ") {
            Some("Guarantees" | "Beyond OTP") => table = Some(Table::Guarantee),
            Some("Departures") => table = Some(Table::Departure),
            Some("Not applicable") => table = Some(Table::NotApplicable),
            Some(_) => table = None,
            None => {}
        }
        let (Some(table), Some(inner)) = (table, text.strip_prefix("| ")) else {
            continue;
        };
        let mut cells = inner
            .trim_end_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().to_owned());
        let ids: Vec<String> = cells.next().iter().flat_map(|cell| ids_in(cell)).collect();
        if !ids.is_empty() {
            rows.push(Row {
                table,
                line,
                ids,
                cells: cells.collect(),
            });
        }
    }
    rows
}

/// The ids that stand in `text`: `PROC-007` of a known group, or `R-` and a word and a number.
fn ids_in(text: &str) -> Vec<String> {
    text.split(|c: char| !is_name(c) && c != '-')
        .filter(|word| is_id(word))
        .map(str::to_owned)
        .collect()
}

fn is_id(word: &str) -> bool {
    let Some((group, number)) = word.rsplit_once('-') else {
        return false;
    };
    let numeric = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    let known = GROUPS.iter().any(|(name, _)| *name == group);
    let ours = group
        .strip_prefix("R-")
        .is_some_and(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase()));
    numeric && ((known && number.len() == 3) || ours)
}

/// The id that a function's name begins with: `proc_007_exit_…` has `PROC-007`.
fn id_of_function(name: &str) -> Option<String> {
    let mut words = name.split('_');
    let mut id = words.next()?.to_uppercase();
    if id == "R" {
        id = format!("R-{}", words.next()?.to_uppercase());
    }
    let id = format!("{id}-{}", words.next()?);
    is_id(&id).then_some(id)
}

fn is_left_out(group: &str, number: usize) -> bool {
    let mut left_out = LEFT_OUT.iter();
    left_out.any(|(of, numbers)| *of == group && numbers.contains(&number))
}

/// Cases that are missing, and cases that stand in more than one row.
pub(crate) fn gaps() -> Vec<String> {
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in rows() {
        for id in row.ids {
            places.entry(id).or_default().push(row.line);
        }
    }
    let mut complaints: Vec<String> = places
        .iter()
        .filter(|(_, lines)| lines.len() > 1)
        .map(|(id, lines)| format!("{id} stands in lines {lines:?}"))
        .collect();
    for (group, count) in GROUPS {
        let is_case = |number| (1..=*count).contains(&number) && !is_left_out(group, number);
        for number in (1..=*count).filter(|number| is_case(*number)) {
            let id = format!("{group}-{number:03}");
            if !places.contains_key(&id) {
                complaints.push(format!("{id} is missing"));
            }
        }
        complaints.extend(
            places
                .keys()
                .filter(|id| {
                    id.strip_prefix(group)
                        .is_some_and(|rest| rest.starts_with('-'))
                })
                .filter(|id| {
                    id[group.len() + 1..]
                        .parse::<usize>()
                        .is_ok_and(|number| !is_case(number))
                })
                .map(|id| format!("{id} is no case of the catalogue")),
        );
    }
    complaints
}

/// Rows whose code or test does not exist, or whose test does not say the row's id.
pub(crate) fn missing_tests() -> Vec<String> {
    let mut complaints = Vec::new();
    for row in rows() {
        let id = &row.ids[0];
        let mut complain =
            |what: String| complaints.push(format!("line {}: {id}: {what}", row.line));
        let columns = match row.table {
            Table::Guarantee | Table::Departure => 4,
            Table::NotApplicable => 1,
        };
        if row.cells.len() != columns || row.cells.iter().any(String::is_empty) {
            complain(format!(
                "has {} filled columns after the id, not {columns}",
                row.cells.len()
            ));
            continue;
        }
        if row.table == Table::NotApplicable {
            continue;
        }
        if row.ids.len() > 1 {
            complain("one row, one id".to_owned());
        }
        if row.table == Table::Guarantee {
            let code = row.cells[2].trim_matches('`');
            if !root().join(code).exists() {
                complain(format!("there is no {code}"));
            }
        }
        if let Err(what) = test_says(row.cells[3].trim_matches('`'), id) {
            complain(what);
        }
    }
    complaints
}

/// Checks that the test at `file::function` exists, is a test, and says `id`.
fn test_says(place: &str, id: &str) -> Result<(), String> {
    let (path, function) = place
        .split_once("::")
        .ok_or("the test is not `file::function`")?;
    let file = files().iter().find(|file| file.path == path);
    let file = file.ok_or_else(|| format!("there is no {path}"))?;
    let lines: Vec<&str> = file.text.lines().collect();
    let at = lines
        .iter()
        .position(|line| function_name(line) == Some(function));
    let at = at.ok_or_else(|| format!("there is no test {function} in {path}"))?;
    let above = lines[..at].iter().rev().take_while(|line| {
        let line = line.trim_start();
        line.starts_with("//") || line.starts_with("#[")
    });
    let above: Vec<&str> = above.copied().collect();
    if !above
        .iter()
        .any(|line| line.trim_start().starts_with("#[") && line.contains("test"))
    {
        return Err(format!("{function} is not marked as a test"));
    }
    let said = id_of_function(function).as_deref() == Some(id)
        || above
            .iter()
            .any(|line| ids_in(line).iter().any(|said| said == id));
    if said {
        Ok(())
    } else {
        Err(format!("{function} does not say {id}"))
    }
}

/// The name of the function that is declared in this line.
fn function_name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    let rest = line.strip_prefix("fn ")?;
    rest.split(|c| !is_name(c)).next()
}

/// Ids that stand in source or tests and not in the ledger.
pub(crate) fn dangling_ids() -> Vec<String> {
    let known: Vec<String> = rows().into_iter().flat_map(|row| row.ids).collect();
    let mut complaints = Vec::new();
    for file in files()
        .iter()
        .filter(|file| file.is_rust() && !file.path.starts_with("tests/house/"))
    {
        for (number, line) in (1..).zip(file.text.lines()) {
            let mut ids = ids_of_line(file, line);
            ids.retain(|id| !known.contains(id));
            complaints.extend(ids.iter().map(|id| format!("{}:{number}: {id}", file.path)));
        }
    }
    complaints
}

/// The ids that a line says. Invariants of rooms have `R-` ids of their own, which stay in `src`.
fn ids_of_line(file: &File, line: &str) -> Vec<String> {
    let mut ids = ids_in(line);
    if file.path.starts_with("tests/") {
        ids.extend(function_name(line).and_then(id_of_function));
    } else {
        ids.retain(|id| !id.starts_with("R-"));
    }
    ids
}

#[test]
fn ids_are_recognised() {
    assert_eq!(
        ids_in("| PROC-007, R-CALL-1 | SHA-256 `LINK-004`."),
        ["PROC-007", "R-CALL-1", "LINK-004"]
    );
    assert_eq!(
        id_of_function("proc_007_exit_normal_is_ignored").as_deref(),
        Some("PROC-007")
    );
    assert_eq!(
        id_of_function("r_call_1_a_dropped_handle").as_deref(),
        Some("R-CALL-1")
    );
    assert_eq!(id_of_function("link_sets_are_small"), None);
    assert_eq!(
        function_name("    async fn mon_001_x() {"),
        Some("mon_001_x")
    );
}
