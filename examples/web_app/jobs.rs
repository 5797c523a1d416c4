//! The background jobs: each note is checked for words that nobody wants to read.
//!
//! ```text
//!   jobs (a domain of its own)
//!   ├── workers   DynamicSupervisor   a process for each check; tried again when it crashes
//!   └── clerk                         hears of new notes, and starts the checks
//! ```
//!
//! Jobs crash, so this part of the tree has limits of its own, tighter than those of the rest. What
//! is to be done is no state of these processes: the repo knows which notes were not checked. So a
//! clerk that begins, for the first time or again, catches up with whatever was missed, however
//! long that took. That is also why the domain restarts nothing but a check: when anything else in
//! it breaks it ends as a whole, and begins as a whole.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use regrow::prelude::*;
use regrow::registry::PubSub;
use regrow::time::sleep;

use crate::repo::{Note, REPO};

/// Who is told of what happens to notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Topic {
    /// Those who watch.
    Watchers,
    /// Those who have something to do.
    Jobs,
}

/// Something has happened to a note: it was posted, or checked.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) number: u64,
    pub(crate) may_be_shown: Option<bool>,
}

pub(crate) static CHANGES: Name<PubSub<Topic, Change>> = Name::new("changes");
static WORKERS: Name<DynamicSupervisor> = Name::new("workers");

/// After so long the repo is asked again, if it was away.
const AGAIN: Duration = millis(100);

#[supervisor(strategy = "one_for_all", max_restarts = 0, args(words: PathBuf))]
pub(crate) struct Jobs {
    #[child(start = DynamicSupervisor::new().name(WORKERS).max_restarts(2, secs(60)))]
    workers: DynamicSupervisor,
    #[child(args(words))]
    clerk: Clerk,
}

/// Starts a check for each note that needs one.
pub(crate) struct Clerk {
    words: PathBuf,
    /// The first note that it has not seen.
    next: u64,
}

struct Look;

#[gen_server]
impl Clerk {
    /// First it subscribes, then it looks: what is posted meanwhile it hears of, or sees.
    #[init]
    fn begin(words: PathBuf, cx: &mut Context<Self>) -> Result<Self, ExitReason> {
        CHANGES.subscribe(Topic::Jobs, cx.this())?;
        cx.continue_with(Look);
        Ok(Clerk { words, next: 1 })
    }

    #[info]
    fn posted(&mut self, _: Arc<Change>, cx: &mut Context<Self>) {
        cx.continue_with(Look);
    }

    #[info]
    fn again(&mut self, _: Look, cx: &mut Context<Self>) {
        cx.continue_with(Look);
    }

    #[handle_continue]
    async fn look(&mut self, _: Look, cx: &mut Context<Self>) -> Next {
        let Ok(notes) = REPO.notes(self.next).await else {
            cx.send_after(AGAIN, Look);
            return Next::proceed();
        };
        for note in notes {
            self.next = note.number + 1;
            if note.may_be_shown.is_none() {
                let check = Check::child_spec(note, self.words.clone());
                if let Err(error) = WORKERS.start_child(check).await {
                    return Next::stop(error.into());
                }
            }
        }
        Next::proceed()
    }
}

/// The check of one note. When it is done it ends.
pub(crate) struct Check {
    note: Note,
    words: PathBuf,
}

struct Work;

#[gen_server(restart = "transient")]
impl Check {
    #[init]
    fn of(note: Note, words: PathBuf, cx: &mut Context<Self>) -> Self {
        cx.continue_with(Work);
        Check { note, words }
    }

    #[handle_continue]
    async fn work(&mut self, _: Work) -> Next {
        match self.check().await {
            Ok(()) => Next::stop(ExitReason::Normal),
            Err(reason) => Next::stop(reason),
        }
    }

    async fn check(&self) -> Result<(), ExitReason> {
        let words = std::fs::read_to_string(&self.words)?;
        let text = self.note.text.to_lowercase();
        let may_be_shown = !words.lines().any(|word| text.contains(word));
        // That the repo is away is not this job's failure, and must not use up its restarts.
        while REPO.judge(self.note.clone(), may_be_shown).await.is_err() {
            sleep(AGAIN).await;
        }
        tell(Topic::Watchers, self.note.number, Some(may_be_shown));
        Ok(())
    }
}

/// Tells whoever is interested. If the pubsub is away nobody is: they read the repo when they begin.
pub(crate) fn tell(topic: Topic, number: u64, may_be_shown: Option<bool>) {
    let change = Change {
        number,
        may_be_shown,
    };
    CHANGES.broadcast(&topic, change).ok();
}
