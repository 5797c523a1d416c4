// There is nobody to pass them.

#[regrow::main]
async fn main(_arguments: Vec<String>) {}
