// Only a function runs.

#[regrow::main]
struct Main;

fn main() {
    let _ = Main;
}
