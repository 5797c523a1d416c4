//! What is logged of a server that ends.

use regrow::Runtime;
use regrow::answer::Next;
use regrow::prelude::gen_server;
use regrow::process::{ExitReason, exit, monitor, set_label};
use regrow::reference::ServerRef;

use crate::log_lines::Lines;

/// Ends as it is told to.
struct Fuse {
    #[expect(dead_code, reason = "it is there so as not to be shown")]
    secret: &'static str,
}

#[gen_server]
impl Fuse {
    #[init]
    fn new() -> Self {
        set_label("the fuse of the kitchen");
        Fuse {
            secret: "open sesame",
        }
    }

    #[cast]
    fn melt(&mut self, reason: ExitReason) -> Next {
        Next::stop(reason)
    }

    #[cast]
    fn burst(&mut self, how: String) {
        panic!("burst {how}");
    }

    #[cast]
    fn rest(&mut self) -> Next {
        Next::proceed().hibernate()
    }
}

/// What is logged while a fuse ends because of this.
fn logged(ends: impl FnOnce(ServerRef<Fuse>) + Send + 'static) -> Vec<String> {
    Lines::of(|| {
        Runtime::simulated(1).run(async {
            let fuse = Fuse::start().await.unwrap();
            let end = monitor(fuse);
            ends(fuse);
            end.await;
        });
    })
}

#[test]
fn plib_001_a_server_that_stops_as_expected_or_is_ended_by_others_is_not_reported() {
    for reason in [
        ExitReason::Normal,
        ExitReason::Shutdown,
        ExitReason::shutdown_with(7),
    ] {
        assert_eq!(logged(move |fuse| fuse.melt(reason)), [""; 0]);
    }
    assert_eq!(logged(|fuse| exit(fuse, ExitReason::Kill)), [""; 0]);
    let crashes = logged(|fuse| fuse.melt(super::oops()));
    assert_eq!(crashes.len(), 1, "{crashes:?}");
}

// Also GS-034, GS-085 and GS-088: neither the state nor the message is shown, so nothing has to be shortened.
#[test]
fn plib_002_a_crash_is_reported_with_process_label_kind_and_reason_and_nothing_that_may_be_secret()
{
    let lines = logged(|fuse| fuse.burst("with a PIN".to_owned()));
    assert_eq!(lines.len(), 1, "{lines:?}");
    for said in [
        "process=<0.",
        "(the fuse of the kitchen)",
        "Fuse",
        "burst with a PIN",
        file!(),
    ] {
        assert!(lines[0].contains(said), "{said:?} is not in {lines:?}");
    }
    assert!(!lines[0].contains("sesame"), "{lines:?}");
}

#[test]
fn plib_009_a_server_that_has_hibernated_is_reported_as_any() {
    let lines = logged(|fuse| {
        fuse.rest();
        fuse.burst("after a rest".to_owned());
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("burst after a rest"), "{lines:?}");
}

#[test]
fn a_main_process_that_crashes_is_reported_as_main() {
    let lines = Lines::of(|| {
        let run = Runtime::simulated(1).explore(async {
            let info = regrow::process::process_info(regrow::process::self_pid()).await;
            assert_eq!(info.unwrap().initial_call, "main");
            panic!("at the very top");
        });
        let ended: Result<(), ExitReason> = run.result;
        assert!(ended.is_err());
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    for said in ["(main)", "kind=\"main\"", "at the very top"] {
        assert!(lines[0].contains(said), "{said:?} is not in {lines:?}");
    }
}
