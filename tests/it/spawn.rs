//! Births: what a process takes with it, what it inherits, and what it is called.

use std::collections::HashSet;
use std::sync::Arc;

use regrow::process::{
    Exit, ExitReason, Inbox, Priority, Received, SpawnOptions, exit, monitor, process_info,
    set_priority, spawn, spawn_link, spawn_monitor, spawn_with, yield_now,
};

use crate::support::{forever, in_process, over_seeds, real, simulated};

#[test]
fn proc_037_what_a_process_holds_is_dropped_with_it() {
    real(2, async {
        let binary: Arc<[u8]> = vec![7; 1 << 20].into();
        let mut watches = Vec::new();
        for number in 0..1_000 {
            let (captured, sent) = (Arc::clone(&binary), Arc::clone(&binary));
            let (holder, watch) = spawn_monitor(async move |mut inbox: Inbox<Arc<[u8]>>| {
                let held = inbox.select(|_| true).await;
                assert_eq!(held.len(), captured.len());
                if number % 2 == 0 {
                    forever(inbox).await;
                }
            });
            holder.send(sent);
            holder.send(Arc::clone(&binary));
            watches.push((holder, watch));
        }
        for (holder, watch) in watches {
            yield_now().await;
            exit(holder, ExitReason::Kill);
            watch.await;
        }
        while Arc::strong_count(&binary) > 1 {
            // A process drops what it has not read after its end is known.
            yield_now().await;
        }
    });
}

#[test]
fn proc_038_a_very_large_body_arrives_intact() {
    #[repr(align(128))]
    struct Aligned([u8; 1 << 12]);

    simulated(async {
        let mut numbers = [0_u32; 1 << 12];
        (0..)
            .zip(&mut numbers)
            .for_each(|(index, number)| *number = index);
        let aligned = Aligned([3; 1 << 12]);
        let body = async move |mut inbox: Inbox<()>| {
            inbox.receive().await;
            assert!((0..).zip(&numbers).all(|(index, number)| *number == index));
            assert!(aligned.0.iter().all(|byte| *byte == 3));
            assert!((&raw const aligned).is_aligned());
        };
        let (large, watch) = spawn_monitor(body);
        large.send(());
        assert_eq!(watch.await.reason, ExitReason::Normal);
    });
}

#[test]
fn proc_040_spawn_link_is_atomic() {
    async fn round() {
        in_process(async |mut inbox: Inbox<()>| {
            inbox.trap_exit(true);
            let child = spawn_link(async |_: Inbox<()>| ExitReason::atom("at once"));
            let exit = Exit {
                from: child.pid(),
                reason: ExitReason::atom("at once"),
            };
            assert_eq!(inbox.receive().await, Received::Exit(exit));
        })
        .await;
    }
    over_seeds(200, round);
    real(2, async {
        for _ in 0..2_000 {
            round().await;
        }
    });
}

#[test]
fn proc_041_spawn_monitor_is_atomic() {
    async fn round() {
        let (_, watch) = spawn_monitor(async |_: Inbox<()>| {});
        yield_now().await;
        assert_eq!(watch.await.reason, ExitReason::Normal);
    }
    over_seeds(200, round);
    real(2, async {
        for _ in 0..2_000 {
            round().await;
        }
    });
}

#[test]
fn proc_042_priority_and_trapping_are_not_inherited() {
    simulated(in_process(async |mut inbox: Inbox<()>| {
        inbox.trap_exit(true);
        set_priority(Priority::High);
        let child = process_info(spawn(forever::<()>)).await.unwrap();
        assert_eq!((child.priority, child.trap_exit), (Priority::Normal, false));
        assert_eq!((child.label, child.registered_name), (None, None));

        let options = SpawnOptions::new()
            .priority(Priority::Low)
            .trap_exit(true)
            .label("heir");
        let child = spawn_with(options, forever::<()>).unwrap();
        let child = process_info(child.process).await.unwrap();
        assert_eq!((child.priority, child.trap_exit), (Priority::Low, true));
        assert_eq!(child.label.as_deref(), Some("heir"));
    }));
}

#[test]
fn proc_050_a_pid_is_never_used_again() {
    simulated(async {
        let mut seen = HashSet::new();
        let (first, watch) = spawn_monitor(async |_: Inbox<()>| {});
        seen.insert(first.pid());
        watch.await;
        for _ in 0..20_000 {
            let (next, watch) = spawn_monitor(async |_: Inbox<()>| {});
            assert!(seen.insert(next.pid()), "{} was used before", next.pid());
            watch.await;
        }
        // The slot is another's by now, and the first one is dead all the same.
        first.send(());
        assert_eq!(monitor(first).await.reason, ExitReason::NoProc);
        assert_eq!(first.pid().as_process::<()>(), None);
    });
}
