//! The project's files, read once, and Rust source without its comments and literals.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

/// A text file of the project.
#[derive(Debug)]
pub(crate) struct File {
    /// Its path from the root, with `/` between the parts.
    pub(crate) path: String,
    /// What is in it.
    pub(crate) text: String,
}

impl File {
    /// Whether this is Rust source.
    pub(crate) fn is_rust(&self) -> bool {
        has_extension(&self.path, "rs")
    }

    /// Whether this is a page of documentation.
    pub(crate) fn is_page(&self) -> bool {
        has_extension(&self.path, "md")
    }

    /// The Rust source with comments and literals blanked out, line for line.
    pub(crate) fn code(&self) -> String {
        code_only(&self.text)
    }
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|found| found == extension)
}

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file of the project, in the order of their paths.
///
/// Left out are build folders, which cargo marks with `CACHEDIR.TAG`, hidden folders but for the
/// project's own, and what is not text.
pub(crate) fn files() -> &'static [File] {
    static FILES: OnceLock<Vec<File>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = Vec::new();
        collect(root(), &mut files);
        files.sort_by(|left, right| left.path.cmp(&right.path));
        files
    })
}

fn collect(folder: &Path, files: &mut Vec<File>) {
    if folder.join("CACHEDIR.TAG").exists() {
        return;
    }
    let entries = fs::read_dir(folder).expect("the folder was just listed");
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            let ours = [".ci", ".config", ".cargo", ".github"].contains(&name.as_str());
            if ours || !(name.starts_with('.') || name == "target") {
                collect(&path, files);
            }
        } else if name != "Cargo.lock"
            && let Ok(text) = fs::read_to_string(&path)
        {
            let inside = path
                .strip_prefix(root())
                .expect("the walk began at the root");
            let path = inside.to_string_lossy().replace('\\', "/");
            files.push(File { path, text });
        }
    }
}

/// Whether `word` stands in `line` with nothing of a longer name around it.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        ![before, after].into_iter().flatten().any(is_name)
    })
}

/// Whether `letter` can be part of a name.
pub(crate) fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// What the address of a file of this project begins with, where no relative one would lead there.
const REPOSITORY: &str = "https://github.com/regrow-rs/regrow/blob/main";

/// The links of a page to files of the project, each with its line; what stands between fences is no
/// link. One that begins with a `/` is counted from the root: it was an address in [`REPOSITORY`].
pub(crate) fn links(page: &str) -> impl Iterator<Item = (usize, String)> {
    let mut fenced = false;
    (1..)
        .zip(page.lines())
        .filter(move |(_, line)| {
            let fence = line.trim_start().starts_with("```");
            fenced ^= fence;
            !fenced && !fence
        })
        .flat_map(|(number, line)| {
            line.split("](").skip(1).filter_map(move |rest| {
                let target = rest.split([')', ' ']).next().unwrap_or_default();
                let target = target.strip_prefix(REPOSITORY).unwrap_or(target);
                (!target.contains(':')).then(|| (number, target.to_owned()))
            })
        })
}

/// Blanks comments and literals, so that a search meets code only. Lines stay where they are.
fn code_only(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < letters.len() {
        let end = not_code(&letters, at);
        if end == at {
            code.push(letters[at]);
            at += 1;
        } else {
            code.extend(
                letters[at..end]
                    .iter()
                    .map(|&c| if c == '\n' { '\n' } else { ' ' }),
            );
            at = end;
        }
    }
    code
}

/// Where the comment or literal that begins at `at` ends; `at` itself if none begins there.
fn not_code(letters: &[char], at: usize) -> usize {
    let letter = |offset: usize| letters.get(at + offset).copied().unwrap_or('\0');
    let inside_name = at > 0 && is_name(letters[at - 1]);
    match letter(0) {
        '/' if letter(1) == '/' => find(letters, at, |c| c == '\n'),
        '/' if letter(1) == '*' => end_of_block(letters, at),
        '"' => end_of_text(letters, at + 1, '"'),
        'r' | 'b' | 'c' if !inside_name => end_of_raw_text(letters, at),
        '\'' if letter(1) == '\\' => end_of_text(letters, at + 1, '\''),
        '\'' if letter(2) == '\'' => at + 3,
        _ => at,
    }
}

/// The first place from `at` on where `stop` holds, or the end.
fn find(letters: &[char], at: usize, stop: impl Fn(char) -> bool) -> usize {
    letters[at..]
        .iter()
        .position(|&c| stop(c))
        .map_or(letters.len(), |offset| at + offset)
}

/// The end of the block comment at `at`; block comments nest.
fn end_of_block(letters: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < letters.len() {
        match letters[at..] {
            ['/', '*', ..] => {
                depth += 1;
                at += 2;
            }
            ['*', '/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    break;
                }
            }
            _ => at += 1,
        }
    }
    at
}

/// The end of a literal with escapes whose inside begins at `at`.
fn end_of_text(letters: &[char], mut at: usize, quote: char) -> usize {
    while at < letters.len() && letters[at] != quote {
        at += if letters[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(letters.len())
}

/// The end of the raw string at `at`, whose prefix may be `r`, `br` or `cr`; `at` if it is none.
fn end_of_raw_text(letters: &[char], at: usize) -> usize {
    let mut open = at;
    if letters[open] != 'r' {
        open += 1;
    }
    if letters.get(open) != Some(&'r') {
        return at;
    }
    let fence = find(letters, open + 1, |c| c != '#');
    if letters.get(fence) != Some(&'"') {
        return at;
    }
    let hashes = fence - open - 1;
    let mut end = fence + 1;
    while end < letters.len() {
        let close =
            letters[end] == '"' && letters[end + 1..].iter().take(hashes).all(|&c| c == '#');
        end += 1;
        if close {
            return (end + hashes).min(letters.len());
        }
    }
    end
}

#[test]
fn comments_and_literals_are_no_code() {
    let source =
        "a /* b /* c */ \n d */ e // f\n\"g \\\" h\" 'i' '\\'' j::<'k> r#\"l \" m\"# br\"n\" o";
    let names: Vec<String> = code_only(source)
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    assert_eq!(names, ["a", "e", "j::<'k>", "o"]);
    assert_eq!(code_only(source).lines().count(), source.lines().count());
}
