//! Scenarios that no recording has, and what is none.

use serde_json::{Value, json};

use super::super::{Engine, answer};

fn line(machine: &Value, steps: &Value) -> String {
    let scenario = json!({"machine": machine, "state_enter": false, "steps": steps});
    json!({"suite": "statem", "scenario": scenario}).to_string()
}

#[test]
fn a_call_that_no_rule_replies_to_waits_until_the_machine_ends() {
    let machine = json!({"init": {"state": "a"}, "rules": {"a": {
        "e1": {"actions": ["postpone"]},
        "e2": {"next": ["stop", "oops"]},
    }}});
    let steps = json!([
        {"op": "call", "client": "c1", "event": "e1"},
        {"op": "call", "client": "c2", "event": "other"},
        {"op": "cast", "client": "c3", "event": "e2"},
        {"op": "call", "client": "c3", "event": "e1"},
    ]);
    let answered = answer(&line(&machine, &steps), &Engine::simulated(1)).unwrap();
    let answered: Value = serde_json::from_str(&answered).unwrap();
    let trace = &answered["trace"];
    assert_eq!(trace[0]["res"], json!(["ok", {"pid": "m1"}]));
    assert_eq!(trace[1]["res"], "pending");
    assert_eq!(trace[2]["res"], "pending");
    let oops = json!({"exit": "oops"});
    assert_eq!(trace[3]["late"], json!({"c1": oops, "c2": oops}));
    assert_eq!(trace[3]["died"], json!([["m1", "oops"]]));
    assert_eq!(trace[4]["res"], json!({"exit": "noproc"}));
}

#[test]
fn a_rule_that_no_machine_has_is_no_scenario() {
    let cases = [
        (json!({"next": ["halt"]}), "a machine cannot go to"),
        (json!({"actions": ["wait"]}), "no action"),
        (
            json!({"actions": [["next_event", "mail", "i1"]]}),
            "no action",
        ),
        (
            json!({"actions": [["state_timeout", "soon", "x1"]]}),
            "no action",
        ),
    ];
    for (rule, expected) in cases {
        let machine = json!({"init": {"state": "a"}, "rules": {"a": {"e1": rule}}});
        let problem = answer(&line(&machine, &json!([])), &Engine::simulated(1)).unwrap_err();
        assert!(problem.to_string().contains(expected), "{problem}");
    }
}
