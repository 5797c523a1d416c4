//! What `cargo metadata` knows: which crate depends on which, and under which licence.

use std::process::Command;

use serde_json::Value;

use crate::tree::{files, root};

/// Who may depend on whom. The facade sees everything; the runtime and the macros see nobody.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "regrow",
        &[
            "regrow-runtime",
            "regrow-registry",
            "regrow-supervisor",
            "regrow-macros",
        ],
    ),
    ("regrow-supervisor", &["regrow-runtime", "regrow-registry"]),
    ("regrow-registry", &["regrow-runtime"]),
    ("regrow-runtime", &[]),
    ("regrow-macros", &[]),
];

/// The licences that a dependency may have. The list is deny.toml's too.
pub(crate) const LICENCES: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// What `cargo metadata` prints with these arguments, or what it complains of.
fn metadata(arguments: &[&str]) -> Result<Value, String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1"])
        .args(arguments)
        .current_dir(root())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

/// The members of a list; empty if there is none.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Dependencies between members that [`ARROWS`] does not have. Those of tests are free: they write
/// what users write, through the facade.
pub(crate) fn arrows() -> Vec<String> {
    let metadata = metadata(&["--no-deps"]).expect("the workspace is well formed");
    let mut complaints = Vec::new();
    for package in list(&metadata["packages"]) {
        let name = text(&package["name"]);
        let Some((_, allowed)) = ARROWS.iter().find(|(member, _)| *member == name) else {
            complaints.push(format!("{name} is not a known member"));
            continue;
        };
        for dependency in list(&package["dependencies"]) {
            let target = text(&dependency["name"]);
            let sibling = target == "regrow" || target.starts_with("regrow-");
            if sibling && text(&dependency["kind"]) != "dev" && !allowed.contains(&target) {
                complaints.push(format!("{name} -> {target}"));
            }
        }
    }
    complaints
}

/// Folders with manifests of their own: a workspace apart, and what becomes somebody else's program.
const NOT_MEMBERS: &[&str] = &["benches/", "examples/template/"];

/// Manifests of members that do not take the workspace's lints.
pub(crate) fn members_without_lints() -> Vec<String> {
    files()
        .iter()
        .filter(|file| file.path.ends_with("Cargo.toml"))
        .filter(|file| {
            !NOT_MEMBERS
                .iter()
                .any(|folder| file.path.starts_with(folder))
        })
        .filter(|file| !file.text.contains("[lints]\nworkspace = true"))
        .map(|file| file.path.clone())
        .collect()
}

/// Dependencies whose licence is not in [`LICENCES`].
pub(crate) fn licences() -> Vec<String> {
    // Without a network there may be only what the default features need.
    let host = host();
    let metadata = metadata(&["--filter-platform", &host, "--all-features"])
        .or_else(|_| metadata(&["--filter-platform", &host, "--offline"]))
        .expect("every dependency was fetched to build this test");
    let used: Vec<&str> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| text(&node["id"]))
        .collect();
    list(&metadata["packages"])
        .iter()
        .filter(|package| used.contains(&text(&package["id"])))
        .filter(|package| !allowed(text(&package["license"])))
        .map(|package| {
            format!(
                "{}: {:?}",
                text(&package["name"]),
                text(&package["license"])
            )
        })
        .collect()
}

/// The target that this machine builds for.
fn host() -> String {
    let output = Command::new(env!("CARGO"))
        .arg("-vV")
        .output()
        .expect("cargo runs");
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("cargo names its host").to_owned()
}

/// Whether an expression of licences leaves a choice that is all of [`LICENCES`].
fn allowed(expression: &str) -> bool {
    let old = expression.replace('/', " OR ");
    let parts = outside_parentheses(&old, " OR ");
    if parts.len() > 1 {
        return parts.iter().any(|part| allowed(part));
    }
    let parts = outside_parentheses(&old, " AND ");
    if parts.len() > 1 {
        return parts.iter().all(|part| allowed(part));
    }
    let single = old.trim();
    match single
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
    {
        Some(inner) => allowed(inner),
        None => LICENCES.contains(&single),
    }
}

/// `expression` divided at each `operator` that stands in no parentheses.
fn outside_parentheses<'a>(expression: &'a str, operator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut begin = 0;
    for (at, _) in expression.match_indices(operator) {
        let before = &expression[begin..at];
        if before.matches('(').count() == before.matches(')').count() {
            parts.push(before);
            begin = at + operator.len();
        }
    }
    parts.push(&expression[begin..]);
    parts
}

#[test]
fn licence_expressions_are_understood() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0 OR MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
    ] {
        assert!(allowed(good), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(GPL-3.0 OR LGPL-3.0) AND MIT",
    ] {
        assert!(!allowed(bad), "{bad}");
    }
}
