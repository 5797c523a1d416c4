// `main` runs as a process.

#[regrow::main]
fn main() {}
