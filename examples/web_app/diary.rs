//! What supervisors do, in words: for whoever looks at the program from outside of its tree.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use regrow::prelude::*;
use regrow::supervisor::{ChildId, Happening, SupervisorEvent, events};

/// Hears of everything that any supervisor does.
pub(crate) struct Diary {
    /// Prints what it hears, in place of keeping it until it is asked.
    aloud: bool,
    heard: Vec<Arc<SupervisorEvent>>,
    /// Which supervisor is which child of another one.
    known: HashMap<Pid, ChildId>,
}

struct Print;

/// So long it listens before it prints: that a supervisor has started is told by the one above it,
/// at times after its first own news.
const LISTENS: Duration = millis(100);

#[gen_server]
impl Diary {
    #[init]
    fn begin(aloud: bool, cx: &mut Context<Self>) -> Self {
        events(cx.this());
        Diary {
            aloud,
            heard: Vec::new(),
            known: HashMap::new(),
        }
    }

    #[info]
    fn happened(&mut self, event: Arc<SupervisorEvent>, cx: &mut Context<Self>) {
        if let (Happening::Started { process }, Some(id)) = (&event.happening, &event.child) {
            self.known.insert(*process, id.clone());
        }
        if self.aloud && self.heard.is_empty() {
            cx.send_after(LISTENS, Print);
        }
        self.heard.push(event);
    }

    #[info]
    fn print(&mut self, _: Print) {
        for line in self.lines() {
            println!("{line}");
        }
    }

    /// What was heard since the last time.
    #[call]
    fn take(&mut self) -> Vec<String> {
        self.lines()
    }

    fn lines(&mut self) -> Vec<String> {
        let heard = mem::take(&mut self.heard);
        let lines = heard.iter().filter_map(|event| self.line(event)).collect();
        for event in heard {
            if let Happening::Terminated { process, .. } = event.happening {
                self.known.remove(&process);
            }
        }
        lines
    }

    /// Says what did not go as it should, or what was done about it.
    fn line(&self, event: &SupervisorEvent) -> Option<String> {
        let supervisor = self.known.get(&event.supervisor);
        let supervisor = supervisor.map_or("web", |id| id.as_str());
        // The children of a dynamic supervisor have no ids.
        let child = event.child.as_ref().map_or("one", |id| id.as_str());
        let what = match &event.happening {
            Happening::Terminated { reason, .. } => format!("{child} has ended: {}", why(reason)?),
            Happening::Restarting => format!("{child} is to be started again"),
            Happening::StartFailed { reason } => format!("{child} does not start: {reason}"),
            Happening::GaveUp => "too many restarts, it ends".into(),
            Happening::GaveChildUp => format!("too many restarts, {child} is given up"),
            _ => return None,
        };
        Some(format!("{supervisor}: {what}"))
    }
}

/// What a crash says. `None`: it was no crash.
fn why(reason: &ExitReason) -> Option<String> {
    match reason {
        ExitReason::Panic(panic) => Some(panic.message().to_owned()),
        reason => reason.is_crash().then(|| reason.to_string()),
    }
}
