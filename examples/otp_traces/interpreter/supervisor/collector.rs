//! The collector: it asks supervisors on behalf of those who are about to fail.
//!
//! A request belongs to the process that makes it, and would be given up with it. So whoever is to
//! *probe* its supervisor has the collector ask, and waits for its word that the questions are under
//! way; the driver takes the answers when all is quiet.

use regrow::call::{CallError, Request};
use regrow::process::Pid;
use regrow::supervisor::{ChildCounts, ChildInfo, DynamicSupervisor, Supervisor};
use regrow::{gen_server, reference::ServerRef};

/// See the module's head.
#[derive(Debug)]
pub(super) struct Collector {
    asked: Vec<Questions>,
}

/// What was asked at once.
#[derive(Debug)]
struct Questions {
    counts: Request<ChildCounts>,
    children: Request<Vec<ChildInfo>>,
}

/// What a supervisor has answered.
pub(super) struct Answers {
    pub(super) counts: ChildCounts,
    pub(super) children: Vec<ChildInfo>,
}

#[gen_server]
impl Collector {
    #[init]
    fn new() -> Self {
        Collector { asked: Vec::new() }
    }

    /// Asks a supervisor how many children it has, and then who they are.
    #[call]
    fn ask(&mut self, supervisor: Pid) {
        let questions = if let Some(supervisor) = supervisor.as_server::<Supervisor>() {
            Questions {
                counts: supervisor.count_children().request(),
                children: supervisor.which_children().request(),
            }
        } else {
            let supervisor = ServerRef::<DynamicSupervisor>::of(supervisor);
            Questions {
                counts: supervisor.count_children().request(),
                children: supervisor.which_children().request(),
            }
        };
        self.asked.push(questions);
    }

    /// Takes the answers, in the order of the questions. Who ended before it answered has none.
    #[call]
    async fn collect(&mut self) -> Vec<Answers> {
        let mut answers = Vec::new();
        for questions in self.asked.drain(..) {
            if let Ok(answered) = questions.answered().await {
                answers.push(answered);
            }
        }
        answers
    }
}

impl Questions {
    async fn answered(self) -> Result<Answers, CallError> {
        Ok(Answers {
            counts: self.counts.await?,
            children: self.children.await?,
        })
    }
}
