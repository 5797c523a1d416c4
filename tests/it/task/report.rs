//! What is logged of a task that fails.

use regrow::process::{set_label, yield_now};
use regrow::task::Task;
use regrow::{ExitReason, Runtime};

use super::oops;
use crate::log_lines::Lines;

/// What is logged while this runs in the simulation.
pub(crate) fn log_of(body: impl Future<Output = ()> + Send + 'static) -> Vec<String> {
    Lines::of(|| Runtime::simulated(1).run(body))
}

/// What is logged while a task runs this, beside which others end in expected ways.
fn logged(fails: impl Future<Output = ()> + Send + 'static) -> Vec<String> {
    log_of(async {
        let reason = Task::run_nolink(fails).await.unwrap_err();
        assert!(reason.is_crash());
        for expected in [
            ExitReason::Normal,
            ExitReason::Shutdown,
            ExitReason::shutdown_with(7),
        ] {
            let task = Task::run_nolink(super::failing(expected.clone()));
            assert_eq!(task.await, Err(expected));
        }
        assert_eq!(Task::run_nolink(super::failing(oops())).await, Err(oops()));
    })
}

async fn divide(by: u32) {
    yield_now().await;
    assert!(by != 0, "nothing to divide by");
}

/// Also TASKC-058. The future's type names the function.
#[test]
fn task_029_a_task_that_panics_is_logged_with_its_function_and_reason() {
    let lines = logged(divide(0));
    assert_eq!(lines.len(), 1, "{lines:?}");
    for said in ["crashed", "divide", "nothing to divide by", file!()] {
        assert!(lines[0].contains(said), "{said:?} is not in {lines:?}");
    }
}

#[test]
fn taskc_059_a_label_is_logged_with_the_task() {
    let lines = logged(async {
        set_label("divider");
        divide(0).await;
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("(divider)"), "{lines:?}");
}
