//! What the macro makes up never meets what the user wrote.

use regrow::prelude::*;

/// A handler's message would be called like each of these.
#[derive(Debug, Clone, PartialEq)]
struct Message(u8);

struct Mailer {
    last: Option<Message>,
}

/// Modules called like the library's.
mod server {
    #[derive(Debug, PartialEq)]
    pub(super) struct Call(pub(super) u8);
}

mod answer {
    pub(super) type Next = u8;
}

#[gen_server]
impl Mailer {
    #[init]
    fn new() -> Self {
        Mailer { last: None }
    }

    #[cast]
    fn message(&mut self, message: Message) {
        self.last = Some(message);
    }

    #[call]
    fn option(&self) -> Option<Message> {
        self.last.clone()
    }

    #[call]
    fn mailer(&self, call: server::Call) -> (server::Call, answer::Next) {
        (call, 2)
    }

    #[call]
    fn self_(&self) -> u8 {
        1
    }

    #[call]
    fn r#type(&self, r#mut: u8) -> u8 {
        r#mut
    }

    #[call]
    fn get_it(&self) -> u8 {
        1
    }

    #[call]
    #[expect(
        non_snake_case,
        reason = "the message would be called like the one before"
    )]
    fn getIt(&self) -> u8 {
        2
    }

    #[call]
    fn __1(&self) -> u8 {
        3
    }
}

#[regrow::test]
async fn messages_are_not_called_like_the_types_they_carry() -> Result<(), ExitReason> {
    let mailer = Mailer::start().await?;
    mailer.message(Message(1));
    assert_eq!(mailer.option().await?, Some(Message(1)));
    assert_eq!(mailer.mailer(server::Call(1)).await?, (server::Call(1), 2));
    Ok(())
}

#[regrow::test]
async fn words_of_the_language_and_names_that_differ_in_case_only() -> Result<(), ExitReason> {
    let mailer = Mailer::start().await?;
    assert_eq!(mailer.self_().await?, 1);
    assert_eq!(mailer.r#type(5).await?, 5);
    assert_eq!(mailer.get_it().await?, 1);
    assert_eq!(mailer.getIt().await?, 2);
    assert_eq!(mailer.__1().await?, 3);
    Ok(())
}

struct Point {
    x: i32,
    y: i32,
}

struct Patterns {
    sum: i32,
}

#[gen_server]
impl Patterns {
    #[init]
    fn new((x, y): (i32, i32), _: u8) -> Self {
        Patterns { sum: x + y }
    }

    #[cast]
    fn move_by(
        &mut self,
        Point { x, y }: Point,
        mut times: i32,
        _: bool,
        _unused: char,
        unused: char,
    ) {
        times += i32::from(unused == 'b');
        self.sum += (x + y) * times;
    }

    #[call]
    fn sum(&self, arg0: i32, _type: u8, (): ()) -> i32 {
        self.sum + arg0
    }
}

#[regrow::test]
async fn arguments_may_be_patterns() -> Result<(), ExitReason> {
    let patterns = Patterns::start((1, 2), 0).await?;
    patterns.move_by(Point { x: 1, y: 1 }, 2, true, 'a', 'b');
    assert_eq!(patterns.sum(0, 0, ()).await?, 9);
    Ok(())
}

/// Half of it is not there.
struct Conditional;

#[gen_server]
impl Conditional {
    #[init]
    fn new() -> Self {
        Conditional
    }

    #[cfg(any())]
    #[call]
    fn gone(&self, of: NoSuchType) -> NoSuchType {
        of
    }

    #[cfg(test)]
    #[call]
    fn either(&self) -> u8 {
        1
    }

    #[cfg(not(test))]
    #[call]
    fn either(&self, of: NoSuchType) -> u8 {
        2
    }

    #[cfg(any())]
    #[exit]
    fn exited(&mut self, exit: NoSuchType) {}

    #[cfg(any())]
    #[info]
    fn told(&mut self, message: NoSuchType) {}
}

#[regrow::test]
async fn conditions_go_with_everything_that_is_written() -> Result<(), ExitReason> {
    assert_eq!(Conditional::start().await?.either().await?, 1);
    const { assert!(!<Conditional as regrow::server::GenServer>::TRAP_EXIT) };
    Ok(())
}

/// A server may come out of a macro of the user's own, types and all.
macro_rules! server_of {
    ($name:ident, $value:ty, $context:ty, $reply:ty) => {
        struct $name {
            value: $value,
        }

        #[gen_server]
        impl $name {
            #[init]
            fn new(value: $value) -> Self {
                $name { value }
            }

            #[cast]
            fn set(&mut self, cx: $context, value: $value) {
                let _ = cx.this();
                self.value = value;
            }

            #[call]
            fn get(&self) -> $reply {
                Ok(self.value)
            }
        }
    };
}

server_of!(Generated, u8, &mut Context<Generated>, Result<u8, std::fmt::Error>);

#[regrow::test]
async fn a_server_may_come_out_of_a_macro() -> Result<(), ExitReason> {
    let generated = Generated::start(1).await?;
    generated.set(2);
    let value: u8 = generated.get().await?;
    assert_eq!(value, 2);
    Ok(())
}

/// What a function takes is not what a message holds.
struct Functions;

#[gen_server]
impl Functions {
    #[init]
    fn new() -> Self {
        Functions
    }

    #[call]
    #[expect(clippy::type_complexity, reason = "it is expected of the handler only")]
    fn length(
        &self,
        text: &'static str,
        of: fn(&str) -> usize,
        plus: Box<dyn for<'a> Fn(&'a str, &usize) -> usize + Send>,
    ) -> usize {
        plus(text, &of(text))
    }
}

#[regrow::test]
async fn messages_may_hold_functions_of_references() -> Result<(), ExitReason> {
    let functions = Functions::start().await?;
    let length = functions.length("four", str::len, Box::new(|text, plus| text.len() + plus));
    assert_eq!(length.await?, 8);
    Ok(())
}
