//! The order of names, canonical text, exit reasons as terms, and lines that cannot be answered.

use std::cmp::Ordering;
use std::io::{Cursor, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use regrow::exit::ExitReason;
use serde_json::json;

use super::value::{canonical, name_order};
use super::{Engine, answer, reason, unpacked};

#[test]
fn names_are_ordered_run_by_run_and_digits_as_numbers() {
    let ordered = [
        "", "7", "7a", "10", "10a9", "10a10", "d1p0#1", "d1p0#2", "d1p10#1", "driver", "m2", "m10",
        "n1", "p", "p1", "p2", "p10", "p10x", "ps1", "s2#1", "s2#10", "w1#2", "w10#1",
    ];
    for (i, left) in ordered.iter().enumerate() {
        for (j, right) in ordered.iter().enumerate() {
            assert_eq!(name_order(left, right), i.cmp(&j), "{left} and {right}");
        }
    }
}

#[test]
fn a_number_comes_before_text_and_a_prefix_before_what_it_begins() {
    assert_eq!(
        name_order("a1", "a!"),
        Ordering::Less,
        "although `!` is the lower code point"
    );
    assert_eq!(name_order("w1", "w1#1"), Ordering::Less);
    assert_eq!(name_order("w", "w1"), Ordering::Less);
}

#[test]
fn numbers_in_names_have_no_largest_and_ignore_leading_zeros() {
    assert_eq!(
        name_order("p99999999999999999999", "p100000000000000000000"),
        Ordering::Less
    );
    assert_eq!(name_order("p010", "p9"), Ordering::Greater);
    assert_eq!(
        name_order("p01#2", "p1#1"),
        Ordering::Greater,
        "the numbers are equal so far"
    );
    assert_ne!(
        name_order("p01", "p1"),
        Ordering::Equal,
        "different names never tie"
    );
    assert_eq!(name_order("p0", "p00"), Ordering::Less);
}

#[test]
fn text_in_names_is_ordered_by_code_point() {
    assert_eq!(name_order("P9", "p1"), Ordering::Less);
    assert_eq!(
        name_order("\u{ffff}", "\u{10000}"),
        Ordering::Less,
        "not by UTF-16 unit"
    );
}

#[test]
fn canonical_text_has_sorted_keys_no_blanks_and_only_ascii() {
    let value = json!({
        "z": [1, -2, true, null], "a": {"b": "x y", "B": {}}, "é": "\u{1F600}\n\"\\\u{1}",
    });
    assert_eq!(
        canonical(&value),
        concat!(
            r#"{"a":{"B":{},"b":"x y"},"z":[1,-2,true,null],"#,
            r#""\u00e9":"\ud83d\ude00\n\"\\\u0001"}"#
        )
    );
}

#[test]
fn an_exit_reason_comes_back_as_the_term_it_was_made_of() {
    for term in [
        json!("normal"),
        json!("shutdown"),
        json!("kill"),
        json!("killed"),
        json!("noproc"),
        json!("oops"),
        json!(["err", 7]),
        json!(["shutdown", "x"]),
        json!(["shutdown", ["y", 1]]),
        json!(["shutdown"]),
        json!(["shutdown", 1, 2]),
        json!(17),
    ] {
        assert_eq!(reason::encode(&reason::decode(&term)), term);
    }
}

#[test]
fn the_reasons_that_otp_gives_a_meaning_are_the_runtimes_own() {
    assert!(matches!(
        reason::decode(&json!("normal")),
        ExitReason::Normal
    ));
    assert!(matches!(
        reason::decode(&json!("shutdown")),
        ExitReason::Shutdown
    ));
    assert!(matches!(
        reason::decode(&json!(["shutdown", 1])),
        ExitReason::ShutdownWith(_)
    ));
    assert!(matches!(reason::decode(&json!("kill")), ExitReason::Kill));
    assert!(matches!(
        reason::decode(&json!("killed")),
        ExitReason::Killed
    ));
    assert!(matches!(
        reason::decode(&json!("noproc")),
        ExitReason::NoProc
    ));
    assert!(matches!(
        reason::decode(&json!("oops")),
        ExitReason::Term(_)
    ));
}

#[test]
fn a_reason_that_no_scenario_can_give_is_marked_as_unexpected() {
    let foreign = reason::encode(&ExitReason::term(7_u8));
    assert!(foreign.get("unexpected").is_some(), "{foreign}");
}

#[test]
fn a_line_is_answered_with_a_trace_of_this_run_whatever_trace_it_came_with() {
    let line = json!({
        "id": "x-1",
        "suite": "signals",
        "scenario": {"steps": [{"op": "spawn", "by": "driver", "new": "p1"}]},
        "trace": "rubbish",
    });
    let entry = json!({"died": [], "msgs": {}, "res": {"pid": "p1"}});
    let expected = json!({
        "id": "x-1",
        "suite": "signals",
        "scenario": line["scenario"],
        "trace": [entry],
    });
    let answered = answer(&line.to_string(), &Engine::simulated(1)).unwrap();
    assert_eq!(answered, canonical(&expected));
}

#[test]
fn a_line_that_cannot_be_answered_says_why() {
    let spawn = r#"{"op":"spawn","by":"driver","new":"p1"}"#;
    let cases = [
        ("{", "not a JSON object: EOF"),
        ("[1]", "not a JSON object: invalid type"),
        (r#"{"id":"a"}"#, "no usable field `suite`"),
        (r#"{"suite":"signals"}"#, "no usable field `scenario`"),
        (
            r#"{"suite":"nonsense","scenario":{}}"#,
            "unknown suite `nonsense` (known: dynamic, genserver, partition, registry, signals, statem, \
             supervisor)",
        ),
        (r#"{"suite":"signals","scenario":{}}"#, "no list of `steps`"),
    ];
    for (line, expected) in cases {
        let problem = answer(line, &Engine::simulated(1)).unwrap_err().to_string();
        assert!(problem.contains(expected), "{line}: {problem}");
    }
    let steps = [
        (r#"{"op":"dance","p":"p1"}"#, "unknown variant `dance`"),
        (r#"{"op":"link","p":"p1"}"#, "missing field `target`"),
        (r#"{"op":"drain"}"#, "missing field `p`"),
        (
            r#"{"op":"send","p":"p1","target":7,"msg":"x"}"#,
            r#"or {"alias":REF}"#,
        ),
        (r#"{"op":"drain","p":"driver"}"#, "the driver only spawns"),
        (
            r#"{"op":"spawn","by":"driver","new":"p2","mode":"link"}"#,
            "plain processes only",
        ),
        (
            r#"{"op":"spawn","by":"p1","new":"p2","mode":"monitor"}"#,
            "a `ref` goes with",
        ),
        (
            r#"{"op":"spawn","by":"driver","new":"p2","body":["raise",7]}"#,
            "a panic's message is text",
        ),
    ];
    for (step, expected) in steps {
        let line = format!(r#"{{"suite":"signals","scenario":{{"steps":[{spawn},{step}]}}}}"#);
        let problem = answer(&line, &Engine::simulated(1))
            .unwrap_err()
            .to_string();
        assert!(problem.starts_with("step 2: "), "{problem}");
        assert!(problem.contains(expected), "{step}: {problem}");
    }
}

#[test]
fn compressed_input_reads_like_plain_input() {
    let text = "{\"id\":1}\n{\"id\":2}\n";
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(text.as_bytes()).unwrap();
    for input in [text.as_bytes().to_vec(), packer.finish().unwrap()] {
        let mut read = String::new();
        unpacked(Cursor::new(input))
            .unwrap()
            .read_to_string(&mut read)
            .unwrap();
        assert_eq!(read, text);
    }
    let mut nothing = String::new();
    unpacked(Cursor::new(Vec::new()))
        .unwrap()
        .read_to_string(&mut nothing)
        .unwrap();
    assert_eq!(nothing, "");
}
