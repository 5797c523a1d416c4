//! Every way to answer a call, and what the caller gets.

use std::io;

use regrow::call::{Call, CallError};
use regrow::prelude::*;

type Answer = Reply<u8>;
type Checked = Result<u8, io::Error>;

struct Answers {
    kept: u8,
}

#[gen_server]
impl Answers {
    #[init]
    fn new() -> Self {
        Answers { kept: 7 }
    }

    #[call]
    fn nothing(&self) {}

    #[call]
    fn unit(&self) -> () {}

    #[call]
    async fn nothing_later(&self) {}

    #[call]
    fn now(&self) -> Reply<u8> {
        Reply::now(self.kept)
    }

    #[call]
    fn through_the_caller(&self, from: ReplyTo<u8>, by: u8) -> Reply<u8> {
        from.reply(self.kept + by);
        Reply::later()
    }

    #[call]
    async fn fallible(
        &mut self,
        by: u8,
        from: ReplyTo<Result<u8, String>>,
    ) -> Reply<Result<u8, String>> {
        from.reply(
            self.kept
                .checked_sub(by)
                .ok_or_else(|| String::from("too much")),
        );
        Reply::later()
    }

    #[call]
    fn alias_of_one(&self, text: String) -> io::Result<u8> {
        text.parse().map_err(io::Error::other)
    }

    #[call]
    fn alias_of_another_name(&self) -> Checked {
        Ok(self.kept)
    }

    #[call(reply = u8)]
    fn told(&self) -> Answer {
        Reply::now(self.kept)
    }

    #[call]
    fn of_self(&self, other: Self) -> Option<Self> {
        Some(other)
    }

    #[call]
    fn last(&self) -> Reply<u8> {
        Reply::stop_with(ExitReason::Normal, self.kept)
    }
}

#[regrow::test]
async fn every_answer_reaches_its_caller() -> Result<(), ExitReason> {
    let answers = Answers::start().await?;
    let () = answers.nothing().await?;
    let () = answers.unit().await?;
    let () = answers.nothing_later().await?;
    assert_eq!(answers.now().await?, 7);
    assert_eq!(answers.through_the_caller(1).await?, 8);
    assert_eq!(answers.told().await?, 7);
    assert_eq!(
        answers
            .of_self(Answers { kept: 3 })
            .await?
            .map(|it| it.kept),
        Some(3)
    );
    Ok(())
}

#[regrow::test]
async fn a_result_is_flattened_however_it_is_spelled() -> Result<(), ExitReason> {
    let answers = Answers::start().await?;
    let call: Call<u8, String> = answers.fallible(1);
    assert!(matches!(call.await, Ok(6)));
    assert!(matches!(answers.fallible(8).await, Err(CallError::Reply(text)) if text == "too much"));
    let call: Call<u8, io::Error> = answers.alias_of_one(String::from("5"));
    assert_eq!(call.await?, 5);
    assert!(answers.alias_of_one(String::from("five")).await.is_err());
    Ok(())
}

#[regrow::test]
async fn an_alias_of_another_name_is_a_reply_like_others() -> Result<(), ExitReason> {
    let answers = Answers::start().await?;
    let call: Call<Checked> = answers.alias_of_another_name();
    assert_eq!(call.flatten().await?, 7);
    Ok(())
}

#[regrow::test]
async fn a_reply_may_be_the_last() -> Result<(), ExitReason> {
    let answers = Answers::start().await?;
    assert_eq!(answers.last().await?, 7);
    assert!(answers.now().await.is_err());
    Ok(())
}
