//! Casts, calls and messages reach their handlers, with every argument in its place.

use std::fmt;

use regrow::call::CallError;
use regrow::prelude::*;

#[derive(Debug, PartialEq)]
struct Overflow;

impl fmt::Display for Overflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("overflow")
    }
}

impl std::error::Error for Overflow {}

struct Tick;

struct Counter {
    value: i64,
    ticks: u32,
}

#[gen_server]
impl Counter {
    #[init]
    fn new(value: i64) -> Self {
        Counter { value, ticks: 0 }
    }

    /// Adds `by`.
    #[cast]
    fn add(&mut self, by: i64) {
        self.value += by;
    }

    #[cast]
    async fn add_later(&mut self, by: i64) {
        std::future::ready(()).await;
        self.value += by;
    }

    #[call]
    fn get(&self) -> i64 {
        self.value
    }

    #[call]
    async fn refill(&mut self, cx: &mut Context<Self>, by: i64) -> Result<i64, Overflow> {
        cx.send_after(secs(1), Tick);
        std::future::ready(()).await;
        self.value = self.value.checked_add(by).ok_or(Overflow)?;
        Ok(self.value)
    }

    #[info]
    fn tick(&mut self, _: Tick) {
        self.ticks += 1;
    }

    #[info]
    async fn text(&mut self, text: String, _cx: &mut Context<Self>) -> Next {
        self.value = text.parse().unwrap_or_default();
        Next::proceed()
    }

    #[call]
    fn ticks(&self) -> u32 {
        self.ticks
    }

    /// No handler, so it stays what it is.
    fn doubled(&self) -> i64 {
        self.value * 2
    }
}

/// A method of one's own on every reference to a `Counter`.
impl dyn CounterClient {
    async fn twice(&self, by: i64) -> Result<i64, CallError> {
        self.add(by);
        self.add(by);
        self.get().await
    }
}

#[regrow::test]
async fn casts_and_calls_reach_their_handlers() -> Result<(), ExitReason> {
    let counter = Counter::start_link(40).await?;
    counter.add(1);
    counter.add_later(1);
    assert_eq!(counter.get().await?, 42);
    assert_eq!(counter.twice(1).await?, 44);
    Ok(())
}

#[regrow::test]
async fn an_err_of_a_call_reaches_the_caller_and_the_server_lives_on() -> Result<(), ExitReason> {
    let counter = Counter::start(i64::MAX).await?;
    assert!(matches!(
        counter.refill(1).await,
        Err(CallError::Reply(Overflow))
    ));
    assert_eq!(counter.refill(0).await?, i64::MAX);
    Ok(())
}

#[regrow::test]
async fn plain_messages_reach_the_handler_of_their_type() -> Result<(), ExitReason> {
    let counter = Counter::start(0).await?;
    send(counter, Tick);
    send(counter, Tick);
    send(counter, String::from("7"));
    assert_eq!(counter.ticks().await?, 2);
    assert_eq!(counter.get().await?, 7);
    Ok(())
}

#[test]
fn the_handlers_stay_ordinary_functions() {
    let mut counter = Counter::new(1);
    counter.add(2);
    counter.tick(Tick);
    assert_eq!(Counter::get(&counter), 3);
    assert_eq!(counter.doubled(), 6);
    assert_eq!(counter.ticks(), 1);
}

/// Arguments in every order, and the context among them.
struct Recorder {
    seen: Vec<String>,
}

#[gen_server]
impl Recorder {
    #[init]
    fn new(first: u8, cx: &mut Context<Self>, second: &'static str) -> Self {
        let _ = cx.this();
        Recorder {
            seen: vec![format!("{first} {second}")],
        }
    }

    #[cast]
    fn before(&mut self, cx: &mut Context<Self>, a: u8, b: char) {
        let _ = cx.this();
        self.seen.push(format!("{a} {b}"));
    }

    #[cast]
    fn between(&mut self, a: u8, cx: &mut Context<Self>, b: char) {
        let _ = cx.this();
        self.seen.push(format!("{a} {b}"));
    }

    #[cast]
    fn after(&mut self, a: u8, b: char, cx: &mut Context<Self>) {
        let _ = cx.this();
        self.seen.push(format!("{a} {b}"));
    }

    #[call]
    fn seen(&self) -> Vec<String> {
        self.seen.clone()
    }
}

#[regrow::test]
async fn arguments_keep_their_order_around_the_context() -> Result<(), ExitReason> {
    let recorder = Recorder::start(0, "zero").await?;
    recorder.before(1, 'a');
    recorder.between(2, 'b');
    recorder.after(3, 'c');
    assert_eq!(recorder.seen().await?, ["0 zero", "1 a", "2 b", "3 c"]);
    Ok(())
}

mod elsewhere {
    use super::{Counter, ExitReason};

    pub(super) async fn use_without_import() -> Result<i64, ExitReason> {
        let counter = Counter::start(1).await?;
        counter.add(1);
        Ok(counter.get().await?)
    }
}

#[regrow::test]
async fn the_methods_need_no_import() -> Result<(), ExitReason> {
    assert_eq!(elsewhere::use_without_import().await?, 2);
    Ok(())
}

#[regrow::test]
async fn a_server_may_live_inside_of_a_function() -> Result<(), ExitReason> {
    struct Local;

    #[gen_server]
    impl Local {
        #[init]
        fn new() -> Self {
            Local
        }

        #[call]
        fn one(&self) -> u8 {
            1
        }
    }

    assert_eq!(Local::start().await?.one().await?, 1);
    Ok(())
}
