// There is nobody to choose.

#[regrow::main]
async fn main<T: Send>() {}
