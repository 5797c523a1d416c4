//! Answers of scripted processes to what the driver has told them.
//!
//! A process answers by writing into a cell that the driver reads when all is quiet. A cell that is
//! still empty then means that the process waits for something, or is dead.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

/// Where the result of one command is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer(Arc<OnceLock<Value>>);

impl Answer {
    /// The result, if there is one by now.
    pub(super) fn get(&self) -> Option<&Value> {
        self.0.get()
    }

    /// Writes the result.
    pub(super) fn give(&self, result: Value) {
        assert!(self.0.set(result).is_ok(), "a command is answered once");
    }
}

impl From<Value> for Answer {
    fn from(result: Value) -> Answer {
        Answer(Arc::new(OnceLock::from(result)))
    }
}
