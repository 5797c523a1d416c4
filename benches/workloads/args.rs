//! The command line: `WORKLOAD [--option number]…`.

use std::collections::BTreeMap;
use std::process::exit;

/// What this program is asked to do.
pub(crate) enum Request {
    /// To say how it is used.
    Help,
    /// To list the workloads.
    List,
    /// To run one.
    Run(Args),
}

/// What a run was asked to do.
pub(crate) struct Args {
    /// The workload's name.
    pub(crate) workload: String,
    options: BTreeMap<String, u64>,
}

impl Request {
    /// Reads the command line of this program. `--bench`, which cargo appends, is left out.
    pub(crate) fn parse() -> Request {
        let words = std::env::args().skip(1).filter(|word| word != "--bench");
        Request::of(words).unwrap_or_else(|mistake| refuse(&mistake))
    }

    fn of(words: impl Iterator<Item = String>) -> Result<Request, String> {
        let (mut workload, mut options) = (None, BTreeMap::new());
        let mut words = words.peekable();
        while let Some(word) = words.next() {
            if ["--help", "-h"].contains(&word.as_str()) {
                return Ok(Request::Help);
            }
            let Some(option) = word.strip_prefix("--") else {
                if let Some(first) = workload.replace(word.clone()) {
                    return Err(format!("one workload a run, not {first:?} and {word:?}"));
                }
                continue;
            };
            let value = words.next_if(|word| !word.starts_with('-'));
            let value = value.ok_or_else(|| format!("{word} takes a number, and none follows"))?;
            options.insert(option.to_owned(), number(&word, &value)?);
        }
        Ok(match workload {
            Some(workload) => Request::Run(Args { workload, options }),
            None if options.is_empty() => Request::List,
            None => return Err("no workload is named".to_owned()),
        })
    }
}

/// The number that an option was given. Underscores may group its digits.
fn number(option: &str, value: &str) -> Result<u64, String> {
    let number = value.replace('_', "").parse();
    let number = number.map_err(|_| format!("{option} takes a whole number, not {value:?}"))?;
    if number == 0 && ["--n", "--procs", "--threads"].contains(&option) {
        return Err(format!("{option} takes a number of at least 1"));
    }
    Ok(number)
}

/// Says what is wrong with the command line, and ends the program.
pub(crate) fn refuse(mistake: &str) -> ! {
    eprintln!("workloads: {mistake}; --help says how to use this");
    exit(2);
}

impl Args {
    /// The first option that is not one of these.
    pub(crate) fn unknown(&self, known: &[&str]) -> Option<&str> {
        let mut keys = self.options.keys().map(String::as_str);
        keys.find(|key| !known.contains(key))
    }

    /// The number of an option.
    pub(crate) fn number(&self, option: &str, default: u64) -> u64 {
        self.options.get(option).copied().unwrap_or(default)
    }

    /// Whether an option is on.
    pub(crate) fn is_on(&self, option: &str) -> bool {
        self.number(option, 0) != 0
    }

    /// How much of everything.
    pub(crate) fn n(&self, default: u64) -> u64 {
        self.number("n", default)
    }

    /// How many processes take part.
    pub(crate) fn procs(&self, default: u64) -> u64 {
        self.number("procs", default)
    }

    /// How many schedulers the runtime has.
    pub(crate) fn schedulers(&self) -> usize {
        self.number("threads", 2) as usize
    }
}
