//! The order in which received messages are listed.

use serde_json::{Value, json};

use super::{Letter, in_order};

fn message(sender: &str, value: &str) -> Letter {
    Letter::message(sender.to_owned(), &json!(value))
}

fn exit(sender: &str, reason: &str) -> Letter {
    Letter::exit(sender.to_owned(), &json!(reason))
}

fn down(reference: &str, sender: &str) -> Letter {
    Letter::down(
        sender.to_owned(),
        reference.to_owned(),
        &json!(sender),
        &json!("oops"),
    )
}

fn down_by_name(reference: &str, name: &str) -> Letter {
    let target = json!({ "name": name });
    Letter::down(
        name.to_owned(),
        reference.to_owned(),
        &target,
        &json!("noproc"),
    )
}

#[track_caller]
fn check(arrived: Vec<Letter>, listed: &Value) {
    assert_eq!(Value::Array(in_order(arrived)), *listed);
}

#[test]
fn senders_are_listed_in_name_order() {
    check(
        vec![message("p10", "x"), exit("p9", "oops"), down("m1", "p2")],
        &json!([
            ["DOWN", "m1", "p2", "oops"],
            ["EXIT", "p9", "oops"],
            ["msg", "p10", "x"]
        ]),
    );
}

#[test]
fn messages_of_one_sender_stay_in_order_of_arrival() {
    check(
        vec![
            message("p1", "z"),
            message("p2", "b"),
            message("p1", "x"),
            message("p1", "y"),
        ],
        &json!([
            ["msg", "p1", "z"],
            ["msg", "p1", "x"],
            ["msg", "p1", "y"],
            ["msg", "p2", "b"]
        ]),
    );
}

#[test]
fn the_downs_of_one_death_are_listed_before_its_exit_and_by_reference() {
    check(
        vec![down("m10", "p1"), exit("p1", "oops"), down("m9", "p1")],
        &json!([
            ["DOWN", "m9", "p1", "oops"],
            ["DOWN", "m10", "p1", "oops"],
            ["EXIT", "p1", "oops"]
        ]),
    );
}

#[test]
fn exits_of_one_sender_stay_in_order_of_arrival() {
    check(
        vec![exit("p1", "z"), down("m1", "p1"), exit("p1", "a")],
        &json!([
            ["DOWN", "m1", "p1", "oops"],
            ["EXIT", "p1", "z"],
            ["EXIT", "p1", "a"]
        ]),
    );
}

#[test]
fn a_message_parts_the_notices_of_its_sender() {
    check(
        vec![
            exit("p1", "a"),
            message("p1", "x"),
            exit("p1", "b"),
            down("m1", "p1"),
        ],
        &json!([
            ["EXIT", "p1", "a"],
            ["msg", "p1", "x"],
            ["DOWN", "m1", "p1", "oops"],
            ["EXIT", "p1", "b"]
        ]),
    );
}

#[test]
fn another_senders_message_does_not_part_them() {
    check(
        vec![exit("p1", "a"), message("p2", "x"), down("m1", "p1")],
        &json!([
            ["DOWN", "m1", "p1", "oops"],
            ["EXIT", "p1", "a"],
            ["msg", "p2", "x"]
        ]),
    );
}

#[test]
fn the_sender_of_a_down_by_name_is_the_name() {
    check(
        vec![
            message("p1", "x"),
            down_by_name("m2", "n1"),
            exit("m3", "oops"),
        ],
        &json!([
            ["EXIT", "m3", "oops"],
            ["DOWN", "m2", {"name": "n1"}, "noproc"],
            ["msg", "p1", "x"]
        ]),
    );
}
