//! Mistakes with the attributes: each is one message, on the token that is wrong.
//!
//! Every file under `tests/ui` but those in `pass` is a program that must not compile, with what
//! the compiler says about it beside it. Each also uses what the attribute would have written, so
//! that a message too many would show. After a wanted change, run this test with
//! `TRYBUILD=overwrite` on the toolchain of `.ci/run` and read the difference.

use trybuild::TestCases;

/// What is wrong in the programs of one folder.
const TOPICS: [&str; 11] = [
    "arguments",
    "entry",
    "handler",
    "message",
    "protocol",
    "reply",
    "server",
    "statem",
    "supervisor",
    "types",
    "worker",
];

#[test]
fn every_mistake_is_one_message_on_the_right_token() {
    let cases = TestCases::new();
    for topic in TOPICS {
        cases.compile_fail(format!("tests/ui/{topic}/*.rs"));
    }
    cases.pass("tests/ui/pass/*.rs");
}
