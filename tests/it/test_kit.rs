//! The test kit: what it finds, and what it says when it does not.

use std::future::Future;

use regrow::prelude::*;
use regrow::test::{Probe, expect_down, expect_restart, search};
use regrow::time::{now, send_after};

use crate::support::simulated;

/// What a test that fails says.
fn complaint<F>(test: fn() -> F) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    search(0..1, test).unwrap_err().reason.to_string()
}

#[test]
fn a_probe_gives_what_is_wanted_and_keeps_the_rest_in_order() {
    simulated(async {
        let probe = Probe::new();
        for number in 1..=4 {
            probe.this().send(number);
        }
        assert_eq!(probe.expect_that(|number| *number == 3, secs(1)).await, 3);
        for number in [1, 2, 4] {
            assert_eq!(probe.expect(secs(1)).await, number);
        }
        let began = now();
        probe.expect_no_message(secs(60)).await;
        assert!(began.elapsed() >= secs(60));
    });
}

#[test]
#[should_panic(expected = "a test is one under `#[regrow::test]`")]
fn a_probe_in_a_test_that_is_no_process_is_refused_with_a_way_out() {
    drop(Probe::<u8>::new());
}

#[test]
fn what_was_expected_of_a_probe_and_did_not_come_is_said_with_its_line() {
    let said = complaint(|| async {
        let probe = Probe::new();
        probe.this().send("tea");
        probe.expect_that(|word| *word == "milk", secs(1)).await;
    });
    assert!(said.contains("test_kit.rs:"), "{said}");
    assert!(
        said.contains(r#"no such message came to the probe within 1s; there are ["tea"]"#),
        "{said}"
    );

    let said = complaint(|| async {
        Probe::<u8>::new().expect(secs(1)).await;
    });
    assert!(
        said.contains("no message came to the probe within 1s"),
        "{said}"
    );

    let said = complaint(|| async {
        let probe = Probe::new();
        send_after(secs(9), probe.this(), "late");
        probe.expect_no_message(secs(10)).await;
    });
    assert!(
        said.contains(r#"no message was to come to the probe, and "late" did"#),
        "{said}"
    );

    let said = complaint(|| async {
        Probe::<u8>::new().expect_exit(secs(1)).await;
    });
    assert!(
        said.contains("no exit signal came to the probe within 1s"),
        "{said}"
    );
}

#[test]
fn a_probe_hears_of_exits_and_ends_as_the_test_says() {
    simulated(async {
        let probe = Probe::<()>::new();
        let to = probe.pid();
        let linked = spawn(async move |_: Inbox<()>| {
            link(to).unwrap();
            ExitReason::atom("done for")
        });
        let exit = probe.expect_exit(secs(1)).await;
        assert_eq!(
            (exit.from, exit.reason),
            (linked.pid(), ExitReason::atom("done for"))
        );

        let watch = monitor(&probe);
        probe.stop(ExitReason::Shutdown);
        expect_down(watch, &ExitReason::Shutdown, secs(1)).await;
    });
}

#[test]
fn an_end_that_does_not_come_or_for_another_reason_is_said() {
    let said = complaint(|| async {
        let probe = Probe::<()>::new();
        expect_down(monitor(&probe), &ExitReason::Normal, secs(1)).await;
    });
    assert!(said.contains("it did not end within 1s"), "{said}");

    let said = complaint(|| async {
        let (_, watch) = spawn_monitor(async |_: Inbox<()>| ExitReason::Shutdown);
        expect_down(watch, &ExitReason::Normal, secs(1)).await;
    });
    assert!(said.contains("it ended with"), "{said}");
}

struct Part;

#[gen_server]
impl Part {
    #[init]
    fn new() -> Self {
        Part
    }

    #[cast]
    fn crash(&self) {
        panic!("on purpose");
    }
}

#[test]
fn a_restart_is_waited_for_at_a_name() {
    simulated(async {
        let name = Name::<Part>::new("part");
        let part = Part::child_spec().name(name);
        let root = Supervisor::new(Strategy::OneForOne)
            .child(part)
            .start()
            .await
            .unwrap();
        let before = regrow::process::whereis("part");
        let after = expect_restart(name, secs(1), async || name.crash()).await;
        assert_ne!(before, Some(after.pid()));
        assert_eq!(root.count_children().await.unwrap().active, 1);
    });
}

#[test]
fn a_restart_that_does_not_come_is_said() {
    let missing = complaint(|| async {
        expect_restart(Name::<Part>::new("nobody"), secs(1), async || ()).await;
    });
    assert!(missing.contains("there is no such server"), "{missing}");

    let said = complaint(|| async {
        let name = Name::<Part>::new("part");
        Part::start().name(name).await.unwrap();
        expect_restart(name, secs(1), async || ()).await;
    });
    assert!(
        said.contains("the server has not ended within 1s"),
        "{said}"
    );

    let said = complaint(|| async {
        let name = Name::<Part>::new("part");
        Part::start().name(name).await.unwrap();
        expect_restart(name, secs(1), async || name.crash()).await;
    });
    assert!(said.contains("the server is not back within 1s"), "{said}");
}

#[test]
fn a_search_gives_the_first_seed_that_fails_and_it_fails_again() {
    let race = || async {
        let probe = Probe::new();
        for name in ["ann", "bob"] {
            let probe = probe.this();
            spawn(async move |_: Inbox<()>| probe.send(name));
        }
        assert_eq!(probe.expect(secs(1)).await, "ann");
    };
    let found = search(0..1000, race).unwrap_err();
    assert_eq!(search(0..found.seed, race), Ok(()));
    assert_eq!(search(found.seed..found.seed + 1, race), Err(found));
}
