//! House rules that the compiler does not check.
//!
//! Each test is one rule. It reads the tree as it lies on disk, collects everything that breaks the
//! rule, and fails with one line for each: the file, the line, and what to do about it. Nothing
//! here runs code of the project; the rules about crates ask `cargo metadata`.
//!
//! To bend a rule, extend the list beside it, with the reason: the lists are the exceptions, and a
//! reviewer sees them grow.

#[path = "house/crates.rs"]
mod crates;
#[path = "house/ledger.rs"]
mod ledger;
#[path = "house/rooms.rs"]
mod rooms;
#[path = "house/tree.rs"]
mod tree;

use tree::{File, files, has_word, root};

/// Rust files that may be longer than [`LINES_MAX`], with the reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Beyond this many lines a file has more than one concept in it.
const LINES_MAX: usize = 700;

/// Fixtures that the compiler's output is compared with; a head would shift their line numbers.
const FIXTURES: &[&str] = &["tests/ui/", "macros/tests/expand/"];

/// The rooms that may hold unsafe code.
const UNSAFE_ROOMS: &[&str] = &["runtime/src/memory/", "runtime/src/cell/"];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "common", "misc", "helper", "helpers", "types", "core",
];

/// Passes if nothing broke the rule, and otherwise says what did.
fn verdict(rule: &str, complaints: &[String]) {
    assert!(
        complaints.is_empty(),
        "{rule}:\n  {}",
        complaints.join("\n  ")
    );
}

/// The Rust files that the rules about source are for.
fn sources() -> impl Iterator<Item = &'static File> {
    files().iter().filter(|file| file.is_rust()).filter(|file| {
        !FIXTURES
            .iter()
            .any(|fixtures| file.path.starts_with(fixtures))
    })
}

/// Every line that satisfies `broken`, as a complaint.
fn lines_where(text: &str, path: &str, mut broken: impl FnMut(&str) -> bool) -> Vec<String> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| broken(line))
        .map(|(number, line)| format!("{path}:{number}: {}", line.trim()))
        .collect()
}

#[test]
fn every_source_file_starts_with_what_it_is() {
    let complaints: Vec<String> = sources()
        .filter(|file| !file.text.starts_with("//! "))
        .map(|file| file.path.clone())
        .collect();
    verdict(
        "start the file with a `//!` line that says what it is and why it exists",
        &complaints,
    );
}

#[test]
fn files_and_folders_have_names_that_say_something() {
    let complaints: Vec<String> = sources()
        .filter(|file| !file.path.starts_with("benches/peers/"))
        .filter(|file| {
            file.path
                .split('/')
                .any(|part| EMPTY_NAMES.contains(&part.trim_end_matches(".rs")))
        })
        .map(|file| file.path.clone())
        .collect();
    verdict(
        "name the file or folder after the concept in it",
        &complaints,
    );
}

#[test]
fn files_fit_a_sitting() {
    let mut complaints = Vec::new();
    for file in sources().filter(|file| !file.path.starts_with("benches/peers/")) {
        let lines = file.text.lines().count();
        let listed = LONG_FILES.iter().any(|(path, _)| *path == file.path);
        if lines > LINES_MAX && !listed {
            complaints.push(format!(
                "{} has {lines} lines: divide it, or list it",
                file.path
            ));
        }
        if lines <= LINES_MAX && listed {
            complaints.push(format!(
                "{} has {lines} lines: take it off the list",
                file.path
            ));
        }
    }
    verdict("files have at most 700 lines", &complaints);
}

#[test]
fn unsafe_code_stays_in_its_two_rooms() {
    let mut complaints = Vec::new();
    for file in sources().filter(|file| !file.path.starts_with("benches/peers/")) {
        if !UNSAFE_ROOMS.iter().any(|room| file.path.starts_with(room)) {
            let code = file.code();
            complaints.extend(lines_where(&code, &file.path, |line| {
                has_word(line, "unsafe")
            }));
        }
    }
    for head in ["src", "registry/src", "supervisor/src", "macros/src"] {
        let path = format!("{head}/lib.rs");
        let file = files().iter().find(|file| file.path == path);
        if !file.is_some_and(|file| file.text.contains("#![forbid(unsafe_code)]")) {
            complaints.push(format!("{path} does not forbid unsafe code"));
        }
    }
    verdict(
        "unsafe code belongs in runtime/src/memory and runtime/src/cell",
        &complaints,
    );
}

#[test]
fn no_example_and_no_test_is_ignored() {
    let mut complaints = Vec::new();
    for file in files()
        .iter()
        .filter(|file| file.is_rust() || file.is_page())
    {
        complaints.extend(lines_where(&file.text, &file.path, |line| {
            let line = line.trim_start_matches(['/', '!', ' ']);
            let Some(info) = line.strip_prefix("```") else {
                return false;
            };
            info.split(',')
                .any(|word| word.trim().starts_with("ignore"))
        }));
    }
    for file in sources() {
        let code = file.code();
        complaints.extend(lines_where(&code, &file.path, |line| {
            line.contains("#[ignore")
        }));
    }
    verdict("make it compile and run, or take it out", &complaints);
}

#[test]
fn nothing_is_left_to_do() {
    // Put together here, so that this file does not break its own rule.
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
        concat!("HA", "CK"),
    ];
    let mut complaints = Vec::new();
    for file in files() {
        complaints.extend(lines_where(&file.text, &file.path, |line| {
            words.iter().any(|word| has_word(line, word))
        }));
    }
    verdict("do it, or open an issue and take the note out", &complaints);
}

#[test]
fn crates_depend_on_each_other_one_way() {
    verdict(
        "the arrow is not in ARCHITECTURE.md; a new one needs a decision",
        &crates::arrows(),
    );
}

#[test]
fn every_member_takes_the_lints_of_the_workspace() {
    verdict(
        "add `[lints]` with `workspace = true`",
        &crates::members_without_lints(),
    );
}

#[test]
fn licences_of_dependencies_are_known() {
    verdict(
        "the licence is not on the list, which is deny.toml's too",
        &crates::licences(),
    );
}

#[test]
fn the_two_lists_of_licences_agree() {
    let deny = files()
        .iter()
        .find(|file| file.path == "deny.toml")
        .expect("deny.toml exists");
    let complaints: Vec<String> = crates::LICENCES
        .iter()
        .filter(|licence| !deny.text.contains(&format!("\"{licence}\"")))
        .map(|licence| format!("{licence} is not in deny.toml"))
        .collect();
    verdict("keep deny.toml and this list equal", &complaints);
}

#[test]
fn rooms_of_the_runtime_import_downwards() {
    verdict(
        "import from the same room or one below it, by its room's name",
        &rooms::upward(),
    );
}

#[test]
fn rooms_of_the_runtime_keep_to_their_vocabulary() {
    verdict("this room must not know of that", &rooms::foreign_words());
}

#[test]
fn links_between_pages_resolve() {
    let mut complaints = Vec::new();
    for page in files().iter().filter(|file| file.is_page()) {
        let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, target) in tree::links(&page.text) {
            let path = target.split('#').next().unwrap_or_default();
            let path = match path.strip_prefix('/') {
                Some(path) => root().join(path),
                None => root().join(folder).join(path),
            };
            if !path.exists() {
                complaints.push(format!("{}:{line}: {target}", page.path));
            }
        }
    }
    verdict("nothing is there", &complaints);
}

#[test]
fn the_guide_stands_alone_as_a_book() {
    let mut complaints = Vec::new();
    for page in files().iter().filter(|file| file.is_page()) {
        if page.path.starts_with("docs/guide/") {
            let outside = tree::links(&page.text).filter(|(_, target)| target.starts_with("../"));
            complaints.extend(outside.map(|(line, link)| format!("{}:{line}: {link}", page.path)));
        }
    }
    verdict(
        "mdBook has no page there: link to https://github.com/regrow-rs/regrow/blob/main/…",
        &complaints,
    );
}

#[test]
fn the_guide_lists_every_chapter() {
    let Some(summary) = files()
        .iter()
        .find(|file| file.path == "docs/guide/SUMMARY.md")
    else {
        return; // There is no guide yet.
    };
    let listed: Vec<String> = tree::links(&summary.text)
        .map(|(_, target)| target)
        .collect();
    let complaints: Vec<String> = files()
        .iter()
        .filter(|file| file.is_page())
        .filter_map(|file| file.path.strip_prefix("docs/guide/"))
        .filter(|chapter| *chapter != "SUMMARY.md")
        .filter(|chapter| {
            !listed
                .iter()
                .any(|link| link.trim_start_matches("./") == *chapter)
        })
        .map(str::to_owned)
        .collect();
    verdict("add the chapter to docs/guide/SUMMARY.md", &complaints);
}

#[test]
fn the_code_of_every_chapter_is_run() {
    let modules = files().iter().find(|file| file.path == "src/guide.rs");
    let modules = modules.map(|file| file.text.as_str()).unwrap_or_default();
    let complaints: Vec<String> = files()
        .iter()
        .filter(|file| file.is_page() && file.text.contains("```rust"))
        .filter_map(|file| file.path.strip_prefix("docs/guide/"))
        .filter(|chapter| !modules.contains(&format!("{chapter}\"")))
        .map(str::to_owned)
        .collect();
    verdict("name the chapter in src/guide.rs", &complaints);
}

#[test]
fn the_readme_crashes_a_server_in_its_first_thirty_lines() {
    let readme = files()
        .iter()
        .find(|file| file.path == "README.md")
        .expect("README.md exists");
    let head: Vec<&str> = readme.text.lines().take(30).collect();
    let place = |text: &str| head.iter().position(|line| line.contains(text));
    let mut complaints = Vec::new();
    for command in [
        "cargo run --release --example chat",
        "cargo test --workspace",
    ] {
        if place(command).is_none() {
            complaints.push(format!("`{command}` is not there"));
        }
    }
    let begin = place("```rust");
    let end = begin.and_then(|begin| head.iter().skip(begin + 1).position(|line| *line == "```"));
    match end {
        Some(lines) if lines <= 22 => {}
        Some(lines) => complaints.push(format!("the program has {lines} lines, more than 22")),
        None => complaints.push("there is no program".to_owned()),
    }
    verdict(
        "the first 30 lines of README.md are the program and the two commands",
        &complaints,
    );
}

#[test]
fn the_ledger_has_every_case_once() {
    verdict(
        "docs/semantics.md: each case is tested, a departure or not applicable",
        &ledger::gaps(),
    );
}

#[test]
fn the_ledger_names_files_and_tests_that_exist() {
    verdict(
        "docs/semantics.md: no such file or test",
        &ledger::missing_tests(),
    );
}

#[test]
fn ids_in_code_and_tests_are_in_the_ledger() {
    verdict("docs/semantics.md has no such id", &ledger::dangling_ids());
}
