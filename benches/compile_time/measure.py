#!/usr/bin/env python3
"""How long a crate of many servers takes to compile: written with regrow's macros, and with kameo's.

  benches/compile_time/measure.py                       50 servers, three runs of each
  benches/compile_time/measure.py --servers 10 --runs 5
  benches/compile_time/measure.py --keep DIRECTORY      leave the crates there, and what was built

Writes two crates with the same servers, each with two casts and two calls, and a caller that makes all of
them; builds what they depend on; and then times `cargo check`, `cargo build` and `cargo build --release` of
the crate alone, after a touch of its source and after a removal of what was built of it. The two take
turns, so that other programs meet both. Prints a table of medians: wall time, and CPU time in brackets,
which other programs disturb less. Needs cargo and crates.io; takes about ten minutes on two quiet cores.
"""
import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

REGROW = """
pub struct Counter{n} {{ value: i64, name: String }}

#[gen_server]
impl Counter{n} {{
    #[init] fn new(value: i64) -> Self {{ Counter{n} {{ value, name: String::new() }} }}
    #[cast] fn add(&mut self, by: i64) {{ self.value += by }}
    #[cast] fn rename(&mut self, name: String) {{ self.name = name }}
    #[call] fn get(&self) -> i64 {{ self.value }}
    #[call] fn name(&self) -> String {{ self.name.clone() }}
}}

async fn use{n}() -> Result<i64, ExitReason> {{
    let counter = Counter{n}::start_link({n}).await?;
    counter.add(1);
    counter.rename("counter".to_owned());
    let name = counter.name().await?;
    Ok(counter.get().await? + name.len() as i64)
}}
"""
KAMEO = """
#[derive(Actor)]
pub struct Counter{n} {{ value: i64, name: String }}

#[messages]
impl Counter{n} {{
    fn new(value: i64) -> Self {{ Counter{n} {{ value, name: String::new() }} }}
    #[message(derive(Clone))] fn add{n}(&mut self, by: i64) {{ self.value += by }}
    #[message(derive(Clone))] fn rename{n}(&mut self, name: String) {{ self.name = name }}
    #[message(derive(Clone))] fn get{n}(&self) -> i64 {{ self.value }}
    #[message(derive(Clone))] fn name{n}(&self) -> String {{ self.name.clone() }}
}}

async fn use{n}() -> Result<i64, Box<dyn std::error::Error>> {{
    let counter = Counter{n}::spawn(Counter{n}::new({n}));
    counter.tell(Add{n} {{ by: 1 }}).await?;
    counter.tell(Rename{n} {{ name: "counter".to_owned() }}).await?;
    let name = counter.ask(Name{n}).await?;
    Ok(counter.ask(Get{n}).await? + name.len() as i64)
}}
"""
CRATES = {
    "regrow": {
        "dependencies": f'regrow = {{ path = "{ROOT}" }}',
        "head": "use regrow::prelude::*;",
        "server": REGROW,
        "main": "#[regrow::main]\nasync fn main() -> Result<(), ExitReason> {",
    },
    "kameo": {
        "dependencies": 'kameo = { version = "0.22", default-features = false, features = ["macros"] }\n'
        'tokio = { version = "1", features = ["rt-multi-thread", "macros"] }',
        "head": "use kameo::prelude::*;",
        "server": KAMEO,
        "main": "#[tokio::main]\nasync fn main() -> Result<(), Box<dyn std::error::Error>> {",
    },
}
COMMANDS = {
    "cargo check": ["check"],
    "cargo build": ["build"],
    "cargo build --release": ["build", "--release"],
}


def write(directory, name, servers):
    crate = CRATES[name]
    (directory / "src").mkdir(parents=True, exist_ok=True)
    (directory / "Cargo.toml").write_text(
        f'[package]\nname = "servers-{name}"\nversion = "0.0.0"\nedition = "2024"\n\n'
        f'[dependencies]\n{crate["dependencies"]}\n\n[workspace]\n'
    )
    uses = "".join(f"    sum += use{n}().await?;\n" for n in range(servers))
    main = f'{crate["main"]}\n    let mut sum = 0;\n{uses}    println!("{{sum}}");\n    Ok(())\n}}\n'
    text = "".join(crate["server"].format(n=n) for n in range(servers))
    (directory / "src" / "main.rs").write_text(f'{crate["head"]}\n{text}\n{main}')


def cargo(directory, *arguments):
    """Runs cargo there. Gives wall and CPU seconds."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(directory / "target")}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(["cargo", *arguments, "--quiet"], cwd=directory, env=environment, check=True)
    wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(directory, name, command, after):
    if after == "a touch":
        (directory / "src" / "main.rs").touch()
    else:
        release = ["--release"] if "--release" in command else []
        cargo(directory, "clean", "--package", f"servers-{name}", *release)
    return cargo(directory, *command)


def median(figures):
    wall, cpu = map(statistics.median, zip(*figures))
    return f"{wall:.1f} ({cpu:.1f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--servers", type=int, default=50)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = (options.keep or pathlib.Path(temporary)).resolve()
        for name in CRATES:
            write(place / name, name, options.servers)
            for command in COMMANDS.values():
                cargo(place / name, *command)
        print(f"{options.servers} servers, medians of {options.runs}: wall time (CPU time) in seconds\n")
        print("| | " + " | ".join(CRATES) + " |\n|---|" + "---|" * len(CRATES))
        for title, command in COMMANDS.items():
            for after in ["a touch", "a removal"]:
                figures = {name: [] for name in CRATES}
                for _ in range(options.runs):
                    for name in CRATES:
                        figures[name].append(measure(place / name, name, command, after))
                medians = [median(figures[name]) for name in CRATES]
                print(f"| `{title}` after {after} | " + " | ".join(medians) + " |", flush=True)


main()
