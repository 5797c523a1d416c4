//! The order of the rooms inside the runtime, read from its paths.
//!
//! A file may name its own room and those below it. `time`, `io` and `sim` have two floors: what the
//! schedulers drive lies under them, what processes and tests use lies on `process` and above.

use crate::tree::{File, files, has_word, is_name};

/// The rooms, lowest first.
const ROOMS: &[&str] = &[
    "primitive",
    "memory",
    "cell",
    "lower floor",
    "scheduler",
    "process",
    "upper floor",
    "gen_server",
    "gen_statem",
    "task",
    "agent",
    "sim",
    "probe",
];

/// The lower floors: the files, and the types by which the front page of their room shows them.
const LOWER_FLOOR: &[&str] = &[
    "time/clock",
    "time/tick",
    "time/wheel",
    "io/poller",
    "io/wait_word",
    "io/Poller",
    "sim/policy",
    "sim/Picker",
];

/// The rooms whose other floor is above `process`; that of `sim` is above everything.
const UPPER_FLOOR: &[&str] = &["time", "io"];

/// Words that the code of a room never says: it must work without knowing of these.
const FOREIGN_WORDS: &[(&str, &[&str])] = &[
    ("memory", &["ExitReason", "GenServer", "Message", "Signal"]),
    ("cell", &["ExitReason", "GenServer"]),
    ("scheduler", &["GenServer"]),
];

/// The source files of the runtime's rooms, each with its path inside `src`; tests may see all.
fn room_files() -> impl Iterator<Item = (&'static str, &'static File)> {
    files()
        .iter()
        .filter(|file| file.is_rust())
        .filter_map(|file| Some((file.path.strip_prefix("runtime/src/")?, file)))
        .filter(|(inside, _)| inside.contains('/'))
        .filter(|(inside, _)| {
            !inside.split('/').any(|part| {
                let name = part.trim_end_matches(".rs");
                name == "tests" || name.ends_with("_tests")
            })
        })
}

/// The height of `room/name`, where `name` is a file or a type, if there is such a room.
fn floor(room: &str, name: &str) -> Option<usize> {
    let floor = if LOWER_FLOOR.contains(&format!("{room}/{name}").as_str()) {
        "lower floor"
    } else if UPPER_FLOOR.contains(&room) {
        "upper floor"
    } else {
        room
    };
    ROOMS.iter().position(|known| *known == floor)
}

/// Paths that lead from a room to a higher one, or around the order by the crate's front page.
pub(crate) fn upward() -> Vec<String> {
    let mut complaints = Vec::new();
    for (inside, file) in room_files() {
        let (room, rest) = inside.split_once('/').expect("the file is in a room");
        let name = rest
            .trim_end_matches(".rs")
            .split('/')
            .next()
            .unwrap_or_default();
        let Some(here) = floor(room, name) else {
            complaints.push(format!(
                "{}: {room} has no place in the order of rooms",
                file.path
            ));
            continue;
        };
        let code = file.code();
        for (at, target) in crate_paths(&code, module_depth(inside)) {
            let line = code[..at].matches('\n').count() + 1;
            let (first, second) = target.split_once("::").unwrap_or((&target, ""));
            let front_page = first.starts_with(|c: char| c.is_ascii_uppercase());
            let above = floor(first, second).is_some_and(|there| there > here);
            if first != room && (above || front_page) {
                complaints.push(format!("{}:{line}: crate::{target}", file.path));
            }
        }
    }
    complaints
}

/// How many `super` lead from the file to the crate.
fn module_depth(inside: &str) -> usize {
    let parts = inside.split('/').count();
    if inside.ends_with("/mod.rs") {
        parts - 1
    } else {
        parts
    }
}

/// Every path from the crate's root in `code`: its place and its first two names.
fn crate_paths(code: &str, depth: usize) -> Vec<(usize, String)> {
    let to_root = "super::".repeat(depth);
    let mut paths = Vec::new();
    for prefix in ["crate::", &to_root] {
        for (at, _) in code.match_indices(prefix) {
            let inside_name = code[..at]
                .chars()
                .next_back()
                .is_some_and(|c| is_name(c) || c == '$');
            if !inside_name {
                first_names(&code[at + prefix.len()..], 2, "", &mut |path| {
                    paths.push((at, path));
                });
            }
        }
    }
    paths
}

/// The first `count` names of each path that the text begins with; a group begins several.
fn first_names(text: &str, count: usize, before: &str, found: &mut dyn FnMut(String)) {
    let text = text.trim_start();
    if let Some(group) = text.strip_prefix('{') {
        for member in members(group) {
            first_names(member, count, before, found);
        }
        return;
    }
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let path = if before.is_empty() {
        text[..end].to_owned()
    } else {
        format!("{before}::{}", &text[..end])
    };
    match text[end..].strip_prefix("::") {
        Some(rest) if count > 1 => first_names(rest, count - 1, &path, found),
        _ if end > 0 => found(path),
        _ => {}
    }
}

/// The members of the group whose opening brace was just passed.
fn members(group: &str) -> Vec<&str> {
    let mut members = Vec::new();
    let (mut depth, mut begin) = (0_usize, 0);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(&group[begin..at]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&group[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    members
}

/// Lines of code in which a room speaks of what it must not know.
pub(crate) fn foreign_words() -> Vec<String> {
    let mut complaints = Vec::new();
    for (inside, file) in room_files() {
        let room = inside.split('/').next().unwrap_or_default();
        for (_, words) in FOREIGN_WORDS.iter().filter(|(name, _)| *name == room) {
            for (number, line) in (1..).zip(file.code().lines()) {
                for word in words.iter().filter(|word| has_word(line, word)) {
                    complaints.push(format!("{}:{number}: {room} says {word}", file.path));
                }
            }
        }
    }
    complaints
}

#[test]
fn paths_are_found_in_groups_and_through_super() {
    let code =
        "use crate::{time::{clock::Clock, sleep}, Pid};\nlet x = super::super::cell::Header;";
    let paths: Vec<String> = crate_paths(code, 2)
        .into_iter()
        .map(|(_, path)| path)
        .collect();
    assert_eq!(paths, ["time::clock", "time::sleep", "Pid", "cell::Header"]);
    assert!(floor("time", "clock") < floor("scheduler", "park"));
    assert!(floor("time", "sleep") > floor("process", "pid"));
}
