//! Registered names.

use std::sync::{Arc, Weak};

use regrow::process::{
    ExitReason, Inbox, RegisterError, SendError, exit, register, registered, send_named, spawn,
    spawn_monitor, unregister, whereis, yield_now,
};
use regrow::time::{secs, send_after};

use crate::support::{forever, in_process, over_seeds, real, simulated};

#[test]
fn proc_074_a_dead_process_cannot_be_registered() {
    simulated(async {
        let (dead, watch) = spawn_monitor(async |_: Inbox<()>| {});
        watch.await;
        assert_eq!(
            register("late", dead),
            Err(RegisterError::NoProcess(dead.pid()))
        );
        assert_eq!(whereis("late"), None);
        assert_eq!(registered(), [""; 0]);
    });
    let outside = std::panic::catch_unwind(|| regrow::process::self_pid());
    assert!(outside.is_err(), "a thread is no process");
    assert_eq!(unregister("anybody"), Err(RegisterError::NoRuntime));
}

#[test]
fn proc_075_a_taken_name_and_a_second_name_are_errors() {
    simulated(async {
        let (one, other) = (spawn(forever::<()>), spawn(forever::<()>));
        assert_eq!(register("first", one), Ok(()));
        assert_eq!(
            register("first", other),
            Err(RegisterError::Taken(one.pid()))
        );
        assert_eq!(register("first", one), Err(RegisterError::Taken(one.pid())));
        assert_eq!(
            register("second", one),
            Err(RegisterError::HasName("first".into()))
        );
        assert_eq!(unregister("second"), Err(RegisterError::NoSuchName));
        assert_eq!(
            (whereis("first"), whereis("second")),
            (Some(one.pid()), None)
        );
        assert_eq!(unregister("first"), Ok(()));
        assert_eq!(unregister("first"), Err(RegisterError::NoSuchName));
        assert_eq!(register("second", one), Ok(()));
        assert_eq!(registered(), ["second"]);
    });
}

#[test]
fn proc_076_a_free_name_means_that_the_resources_are_free() {
    async fn round() {
        let resource = Arc::new(());
        let held: Weak<()> = Arc::downgrade(&resource);
        let holder = spawn(async move |mut inbox: Inbox<u32>| {
            for number in 0..1_000 {
                send_after(secs(60), inbox.this(), number);
            }
            // Held for as long as the process lives.
            while Arc::strong_count(&resource) > 0 {
                inbox.select(|_| false).await;
            }
        });
        register("holder", holder).unwrap();
        yield_now().await;
        exit(holder, ExitReason::Kill);
        while whereis("holder").is_some() {
            yield_now().await;
        }
        assert_eq!(held.strong_count(), 0);
        let next = spawn(forever::<()>);
        assert_eq!(register("holder", next), Ok(()));
        assert_eq!(unregister("holder"), Ok(()));
        exit(next, ExitReason::Kill);
    }
    over_seeds(20, round);
    real(2, async {
        for _ in 0..100 {
            round().await;
        }
    });
}

#[test]
fn proc_077_at_the_time_of_down_the_name_is_free() {
    async fn round() {
        let (named, watch) = spawn_monitor(forever::<()>);
        register("fleeting", named).unwrap();
        exit(named, ExitReason::atom("gone"));
        assert_eq!(watch.await.reason, ExitReason::atom("gone"));
        assert_eq!(whereis("fleeting"), None);
    }
    over_seeds(200, round);
    real(2, async {
        for _ in 0..2_000 {
            round().await;
        }
    });
}

#[test]
fn proc_078_sending_to_the_dead_is_silent_and_to_nobody_an_error() {
    simulated(in_process(async |mut inbox: Inbox<&str>| {
        let (dead, watch) = spawn_monitor(async |_: Inbox<&str>| {});
        watch.await;
        dead.send("anybody there?");
        regrow::process::send(dead, "hello?");
        assert_eq!(
            dead.try_send("well").unwrap_err(),
            SendError::NoProcess("well")
        );

        let refused = send_named("nobody", "please return").unwrap_err();
        assert_eq!(refused, SendError::NoSuchName("please return"));
        assert_eq!(refused.into_inner(), "please return");

        register("reader", &inbox).unwrap();
        assert_eq!(send_named("reader", 7), Err(SendError::WrongType(7)));
        assert_eq!(send_named("reader", "a letter"), Ok(()));
        assert_eq!(inbox.select(|_| true).await, "a letter");
        assert!(inbox.is_empty());
    }));
}
