// Nobody vouches for it.

#[regrow::main]
async unsafe fn main() {}
