use regrow::prelude::*;

struct Counter {
    value: i64,
}

#[gen_server(restart = "transient", shutdown = "30s", name = "counter")]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value }
    }

    /// Adds `by`.
    #[cast]
    fn add(&mut self, by: i64) {
        self.value += by;
    }

    #[call]
    fn get(&self) -> i64 {
        self.value
    }

    #[call]
    async fn refill(&mut self, cx: &mut Context<Self>, by: i64) -> Result<i64, Overflow> {
        cx.send_after(secs(1), Tick);
        self.value = self.value.checked_add(by).ok_or(Overflow)?;
        Ok(self.value)
    }

    #[info]
    fn tick(&mut self, _: Tick) {
        self.value += 1;
    }

    #[terminate]
    fn flush(&mut self, _why: &ExitReason) {}
}
