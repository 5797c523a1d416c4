//! Scenarios that no recording has: what a caller sees that no script has kept.

use serde_json::{Value, json};

use super::super::{Engine, answer};

/// The trace of a scenario with two clients, the first of which has started the server `g1`.
fn trace(steps: &[Value]) -> Value {
    let start = json!({
        "op": "start", "client": "c1", "server": "g1", "link": false,
        "init": {"tag": "t0", "ret": ["ok"]},
    });
    let steps: Vec<&Value> = [&start].into_iter().chain(steps).collect();
    let line = json!({
        "suite": "genserver", "scenario": {"clients": ["c1", "c2"], "steps": steps},
    });
    let answered = answer(&line.to_string(), &Engine::simulated(1)).unwrap();
    let mut line: Value = serde_json::from_str(&answered).unwrap();
    line["trace"].take()
}

#[test]
fn a_caller_that_no_script_keeps_waits_until_the_server_ends() {
    let trace = trace(&[
        json!({
            "op": "call", "client": "c1", "target": "g1",
            "script": {"tag": "t1", "ret": ["noreply"]},
        }),
        json!({"op": "whereis", "client": "c1", "name": "n1"}),
        json!({"op": "stop", "client": "c2", "target": "g1", "reason": "oops"}),
    ]);
    assert_eq!(trace[1]["res"], "pending");
    assert_eq!(trace[2]["res"], "busy");
    assert_eq!(trace[3]["res"], "ok");
    assert_eq!(trace[3]["late"], json!({"c1": {"exit": "oops"}}));
}

#[test]
fn a_script_in_the_wrong_place_is_no_scenario() {
    let cases = [
        (json!(["reply", "yes"]), "a callback cannot end with"),
        (json!(["noreply", "sleep"]), "a callback cannot return with"),
        (json!(["noreply", "hibernate", 1]), "too much is returned"),
    ];
    for (ret, expected) in cases {
        let line = json!({"suite": "genserver", "scenario": {"clients": ["c1"], "steps": [{
            "op": "cast", "client": "c1", "target": "g1", "script": {"tag": "t1", "ret": ret},
        }]}});
        let problem = answer(&line.to_string(), &Engine::simulated(1)).unwrap_err();
        assert!(problem.to_string().contains(expected), "{problem}");
    }
}
