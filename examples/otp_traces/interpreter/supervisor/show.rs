//! Children, counts and the whole tree as terms, and the order that events are listed in.

use std::cmp::Ordering;
use std::pin::Pin;

use regrow::prelude::{DynamicSupervisor, Supervisor};
use regrow::process::{Pid, has_ended};
use regrow::supervisor::{ChildCounts, ChildInfo, ChildKind, ChildProcess};
use serde_json::{Value, json};

use super::super::value::{name_order, unexpected};
use super::collector::Answers;
use super::scenario::{How, Outcome};
use super::stage::Stage;

/// The children of a supervisor.
pub(super) fn rows(stage: &Stage, children: &[ChildInfo]) -> Vec<Value> {
    let rows = children.iter().map(|child| row(stage, child));
    in_name_order(children, rows.collect())
}

/// A child.
pub(super) fn row(stage: &Stage, child: &ChildInfo) -> Value {
    let id = child.id.as_ref().map_or("undefined", |id| id.as_str());
    let who = match child.process {
        ChildProcess::Running(pid) => stage.world().name_of(pid),
        ChildProcess::Restarting => "restarting".to_owned(),
        ChildProcess::Stopped => "undefined".to_owned(),
    };
    let kind = match child.kind {
        ChildKind::Worker => "worker",
        ChildKind::Supervisor => "supervisor",
    };
    json!([id, who, kind])
}

/// Rule 4 of the trace format, section 5: the children of a dynamic supervisor, which have no ids,
/// have no order either.
fn in_name_order(children: &[ChildInfo], mut rows: Vec<Value>) -> Vec<Value> {
    if children.iter().any(|child| child.id.is_none()) {
        rows.sort_by(|left, right| name_order(text(&left[1]), text(&right[1])));
    }
    rows
}

/// How many children a supervisor has.
pub(super) fn counts(counts: ChildCounts) -> Value {
    let ChildCounts {
        specs,
        active,
        supervisors,
        workers,
        ..
    } = counts;
    json!(["counts", specs, active, supervisors, workers])
}

/// What a supervisor has answered to a probe.
pub(super) fn answers(stage: &Stage, answers: &Answers) -> [Value; 2] {
    [
        json!(["count_children", counts(answers.counts)]),
        json!(["which_children", rows(stage, &answers.children)]),
    ]
}

/// The children of a supervisor, and theirs.
pub(super) fn tree(stage: &Stage, root: Pid) -> Pin<Box<dyn Future<Output = Value> + Send + '_>> {
    Box::pin(async move {
        let children = match root.as_server::<Supervisor>() {
            Some(root) => root.which_children().await,
            None => match root.as_server::<DynamicSupervisor>() {
                Some(root) => root.which_children().await,
                None => return unexpected(&"a supervisor of an unknown kind"),
            },
        };
        let children = match children {
            Ok(children) => children,
            Err(error) => return unexpected(&error),
        };
        let mut rows = Vec::with_capacity(children.len());
        for child in &children {
            let mut row = row(stage, child);
            if let (ChildProcess::Running(pid), ChildKind::Supervisor) = (child.process, child.kind)
                && !has_ended(pid)
                && let Value::Array(row) = &mut row
            {
                row.push(tree(stage, pid).await);
            }
            rows.push(row);
        }
        json!(in_name_order(&children, rows))
    })
}

/// Rules 1 and 6 of the trace format, section 5: where parts of a tree have ended at the same time,
/// the order is that of each parent by itself; and a worker whose init failed while its parent ended
/// may have ended for either reason.
pub(super) fn in_order(events: &mut [Value], died: &mut [(String, Value)]) {
    let parted = died.iter().any(|(name, reason)| {
        (name.starts_with(['s', 'd']) && reason == "killed") || name.starts_with('d')
    });
    if parted {
        events.sort_by(|left, right| name_order(text(&left[0]), text(&right[0])));
        let unordered = |parent: &str| {
            parent.starts_with('d')
                || died
                    .iter()
                    .any(|(name, reason)| name == parent && reason == "killed")
        };
        for run in
            events.chunk_by_mut(|left, right| left[0] == right[0] && is_end(left) && is_end(right))
        {
            if run
                .first()
                .is_some_and(|first| is_end(first) && unordered(text(&first[0])))
            {
                run.sort_by(by_name);
            }
        }
    }
    let failed: Vec<(String, String)> = events
        .iter()
        .filter(|event| event[1] == "init" && event[3] != "ok")
        .map(|event| (text(&event[0]).to_owned(), text(&event[2]).to_owned()))
        .collect();
    let dead: Vec<String> = died.iter().map(|(name, _)| name.clone()).collect();
    for (name, reason) in died {
        let uncertain = failed
            .iter()
            .any(|(parent, child)| child == name && dead.contains(parent));
        if uncertain && name.starts_with('w') {
            *reason = json!("?");
        }
    }
}

fn is_end(event: &Value) -> bool {
    event[1] == "terminate"
}

fn by_name(left: &Value, right: &Value) -> Ordering {
    name_order(text(&left[2]), text(&right[2]))
}

fn text(term: &Value) -> &str {
    term.as_str().unwrap_or_default()
}

impl Outcome {
    /// The outcome as the scenario has it.
    pub(super) fn term(&self) -> Value {
        match self {
            Outcome::Ok => json!("ok"),
            Outcome::Ignore => json!("ignore"),
            Outcome::Stop(reason) => json!(["stop", reason]),
            Outcome::Probe(reason) => json!(["probe", reason]),
            Outcome::Fail(How::Raise(message)) => json!(["raise", message]),
            Outcome::Fail(How::Exit(reason)) => json!(["exit", reason]),
        }
    }
}
