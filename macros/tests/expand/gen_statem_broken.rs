use regrow::gen_statem;

#[gen_statem(state = Lock)]
impl Door {
    #[init]
    fn new(&self, code: String) -> (Lock, Self) {}

    #[cast(in = Locked, postpone = Locked)]
    fn button(&mut self, digit: &char) {}

    #[info]
    fn kicked(&mut self, by: u8, how: u8) {}

    #[call]
    fn is_open(&self) -> bool {}
}
