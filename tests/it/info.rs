//! Looking in: `process_info`, `is_alive` and the list of processes.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

use regrow::process::{
    ExitReason, Inbox, Pid, Priority, ProcessInfo, ProcessRef, Received, SpawnOptions, Status,
    demonitor, exit, link, monitor, process_info, processes, processes_in_windows, register,
    self_pid, set_label, set_priority, settle, spawn, spawn_monitor, spawn_with, yield_now,
};
use regrow::time::{secs, send_after};

use crate::support::{forever, in_process, over_seeds, real, simulated};

/// What is known of a process that is alive.
async fn info(of: impl regrow::process::AsPid) -> ProcessInfo {
    process_info(of).await.expect("the process is alive")
}

/// Processes that live on, and one that makes and kills others for as long as the flag is set.
fn amid_births_and_deaths() -> (Vec<Pid>, Arc<AtomicBool>) {
    let lasting = (0..200).map(|_| spawn(forever::<()>).pid()).collect();
    let go_on = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&go_on);
    spawn(async move |_: Inbox<()>| {
        while flag.load(SeqCst) {
            let fleeting: Vec<_> = (0..20).map(|_| spawn(forever::<()>)).collect();
            yield_now().await;
            for one in fleeting {
                exit(one, ExitReason::Kill);
            }
        }
    });
    (lasting, go_on)
}

/// Checks a list of processes: each lasting one once, and none twice.
fn has_each_once(listed: &[Pid], lasting: &[Pid]) {
    let set: HashSet<Pid> = listed.iter().copied().collect();
    assert_eq!(set.len(), listed.len(), "a process is listed twice");
    assert!(
        lasting.iter().all(|pid| set.contains(pid)),
        "a process is missing"
    );
}

#[test]
fn proc_051_the_list_of_processes_has_each_that_lived_throughout() {
    real(2, async {
        let (dead, watch) = spawn_monitor(async |_: Inbox<()>| {});
        watch.await;
        let (lasting, go_on) = amid_births_and_deaths();
        for _ in 0..200 {
            let listed = processes();
            has_each_once(&listed, &lasting);
            assert!(listed.contains(&self_pid()));
            assert!(!listed.contains(&dead.pid()));
            yield_now().await;
        }
        go_on.store(false, SeqCst);
    });
}

#[test]
fn proc_052_a_process_killed_while_listing_ends_like_any_other() {
    over_seeds(50, || async {
        let (_, go_on) = amid_births_and_deaths();
        let (walker, watch) = spawn_monitor(async |_: Inbox<()>| {
            loop {
                for window in processes_in_windows() {
                    assert!(!window.is_empty());
                    yield_now().await;
                }
            }
        });
        for _ in 0..10 {
            yield_now().await;
        }
        exit(walker, ExitReason::Kill);
        assert_eq!(watch.await.reason, ExitReason::Killed);
        go_on.store(false, SeqCst);
    });
}

#[test]
fn proc_053_a_walk_in_windows_has_each_that_lived_throughout() {
    real(2, async {
        let (lasting, go_on) = amid_births_and_deaths();
        for _ in 0..20 {
            let mut listed = Vec::new();
            for window in processes_in_windows() {
                listed.extend(window);
                yield_now().await;
            }
            has_each_once(&listed, &lasting);
        }
        go_on.store(false, SeqCst);
    });
}

#[test]
fn proc_054_a_process_found_while_it_is_made_can_be_sent_to() {
    const INFANTS: usize = 1_000;

    real(2, async {
        let fed = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&fed);
        spawn(async move |_: Inbox<()>| {
            for _ in 0..INFANTS {
                let fed = Arc::clone(&count);
                spawn(async move |mut inbox: Inbox<&str>| {
                    assert_eq!(inbox.receive().await, Received::Message("milk"));
                    fed.fetch_add(1, SeqCst);
                });
            }
        });
        while fed.load(SeqCst) < INFANTS {
            for infant in processes().into_iter().filter_map(Pid::as_process::<&str>) {
                infant.send("milk");
            }
            yield_now().await;
        }
    });
}

#[test]
fn proc_055_a_running_process_sees_its_name_and_that_it_runs() {
    simulated(async {
        let before = info(self_pid()).await;
        assert_eq!(
            (before.status, before.registered_name),
            (Status::Running, None)
        );
        register("looker", self_pid()).unwrap();
        assert_eq!(
            info(self_pid()).await.registered_name.as_deref(),
            Some("looker")
        );
    });
}

#[test]
fn proc_056_the_queue_length_follows_large_messages() {
    simulated(async {
        let reader = spawn(async |mut inbox: Inbox<Option<Vec<u8>>>| {
            inbox.select(Option::is_none).await;
            while let Some(Received::Message(message)) = inbox.try_receive() {
                assert!(message.is_none_or(|bytes| bytes.len() == 128 * 1024));
            }
            forever(inbox).await;
        });
        for sent in 0..10 {
            assert_eq!(info(reader).await.message_queue_len, sent);
            reader.send(Some(vec![0; 128 * 1024]));
        }
        reader.send(None);
        settle().await;
        assert_eq!(info(reader).await.message_queue_len, 0);
    });
}

#[test]
fn proc_057_an_idle_process_is_waiting_whoever_asks() {
    over_seeds(20, || async {
        let idle = spawn(forever::<()>);
        settle().await;
        for priority in [Priority::Low, Priority::Normal, Priority::High] {
            in_process(async move |_: Inbox<()>| {
                set_priority(priority);
                for _ in 0..10 {
                    assert_eq!(info(idle).await.status, Status::Waiting);
                }
            })
            .await;
        }
    });
}

#[test]
fn proc_058_answering_a_question_does_not_show() {
    real(2, async {
        let idle = spawn(forever::<()>);
        settle().await;
        for _ in 0..1_000 {
            let info = info(idle).await;
            assert_eq!((info.status, info.message_queue_len), (Status::Waiting, 0));
        }
    });
}

/// Ten processes that send so many numbers each.
fn ten_senders(to: ProcessRef<u32>, messages: u32) {
    for _ in 0..10 {
        spawn(async move |_: Inbox<()>| {
            for number in 0..messages {
                to.send(number);
                if number % 16 == 0 {
                    yield_now().await;
                }
            }
        });
    }
}

#[test]
fn proc_060_looking_at_oneself_amid_senders_loses_nothing() {
    async fn round() {
        in_process(async |mut inbox: Inbox<u32>| {
            ten_senders(inbox.this(), 100);
            let mut received = 0;
            while received < 1_000 {
                let looked = info(&inbox).await.message_queue_len;
                assert!(inbox.len() >= looked);
                if inbox.try_receive().is_some() {
                    received += 1;
                } else {
                    yield_now().await;
                }
            }
            settle().await;
            assert!(inbox.is_empty());
        })
        .await;
    }
    over_seeds(10, round);
    real(2, round());
}

#[test]
fn proc_061_a_message_to_oneself_is_counted_at_once() {
    real(2, async {
        in_process(async |mut inbox: Inbox<u32>| {
            ten_senders(inbox.this(), 200);
            for _ in 0..200 {
                let before = inbox.len();
                inbox.this().send(1_000_000);
                assert!(info(&inbox).await.message_queue_len > before);
                inbox.select(|number| *number == 1_000_000).await;
            }
        })
        .await;
    });
}

#[test]
fn proc_062_the_queue_length_is_never_zero_while_messages_wait() {
    real(2, async {
        in_process(async |inbox: Inbox<u32>| {
            inbox.this().send(0);
            ten_senders(inbox.this(), 200);
            let mut least = 1;
            while least < 2_001 {
                let (seen, counted) = (info(&inbox).await.message_queue_len, inbox.len());
                assert!(
                    (least..=counted).contains(&seen),
                    "{least} {seen} {counted}"
                );
                least = seen;
                yield_now().await;
            }
        })
        .await;
    });
}

#[test]
fn proc_063_the_queue_length_shows_a_delivered_message() {
    async fn round() {
        in_process(async |inbox: Inbox<()>| {
            let other = spawn(forever::<()>);
            for sent in 1..=20 {
                other.send(());
                assert_eq!(info(other).await.message_queue_len, sent);
                inbox.this().send(());
                assert_eq!(info(inbox.pid()).await.message_queue_len, sent);
                assert_eq!(inbox.len(), sent);
            }
        })
        .await;
    }
    over_seeds(50, round);
    real(2, round());
}

#[test]
fn proc_064_the_queue_length_stands_amid_monitors_and_messages() {
    real(2, async {
        let other = spawn(forever::<()>);
        let watcher = spawn(async move |_: Inbox<()>| {
            loop {
                assert!(demonitor(monitor(other)));
                yield_now().await;
            }
        });
        for sent in 1..=10_000 {
            other.send(());
            if sent % 10 == 0 {
                assert_eq!(info(other).await.message_queue_len, sent);
            }
        }
        exit(watcher, ExitReason::Kill);
    });
}

#[test]
fn proc_066_a_label_is_visible() {
    simulated(async {
        assert_eq!(info(spawn(forever::<()>)).await.label, None);
        let options = SpawnOptions::new().label("given");
        let labelled = spawn_with(options, async |mut inbox: Inbox<()>| {
            inbox.receive().await;
            set_label(String::from("chosen"));
            forever(inbox).await;
        });
        let labelled = labelled.unwrap().process;
        assert_eq!(info(labelled).await.label.as_deref(), Some("given"));
        labelled.send(());
        settle().await;
        assert_eq!(info(labelled).await.label.as_deref(), Some("chosen"));
    });
}

#[test]
fn proc_067_the_place_of_birth_is_known() {
    simulated(async {
        let (child, line) = (spawn(forever::<()>), line!());
        let place = info(child).await.spawned_at.expect("the place is known");
        assert_eq!((place.file(), place.line()), (file!(), line));
    });
}

#[test]
fn proc_068_processes_that_ask_about_each_other_do_not_deadlock() {
    async fn asks(mut inbox: Inbox<Arc<[Pid]>>) {
        let others = inbox.select(|_| true).await;
        for _ in 0..200 {
            for other in others.iter() {
                process_info(*other).await;
            }
        }
    }

    async fn round() {
        let asking: Vec<_> = (0..6).map(|_| spawn_monitor(asks)).collect();
        let all: Arc<[Pid]> = asking.iter().map(|(process, _)| process.pid()).collect();
        for (process, _) in &asking {
            process.send(Arc::clone(&all));
        }
        for (_, watch) in asking {
            assert_eq!(watch.await.reason, ExitReason::Normal);
        }
    }
    over_seeds(5, round);
    real(2, round());
}

/// A process that tells whoever asks it what it sees of itself.
type TellsOfItself = ProcessRef<ProcessRef<ProcessInfo>>;

/// A process with links, monitors, a name and timers, and those that it has them with.
async fn with_everything() -> (TellsOfItself, Vec<Pid>) {
    let peers: Vec<ProcessRef<()>> = (0..3).map(|_| spawn(forever)).collect();
    let pids = peers.iter().map(ProcessRef::pid).collect();
    let watcher = self_pid();
    let options = SpawnOptions::new()
        .label("everything")
        .priority(Priority::High)
        .monitor();
    let process = spawn_with(
        options,
        async move |mut inbox: Inbox<ProcessRef<ProcessInfo>>| {
            inbox.trap_exit(true);
            for peer in peers {
                link(peer).unwrap();
                let _watch = monitor(peer);
                send_after(secs(60), peer, ());
            }
            register("everything", &inbox).unwrap();
            loop {
                let asker = inbox.select(|_| true).await;
                asker.send(info(&inbox).await);
            }
        },
    );
    settle().await;
    let process = process.unwrap().process;
    assert_eq!(info(process).await.monitored_by, [watcher]);
    (process, pids)
}

#[test]
fn proc_069_everything_can_be_asked_at_once() {
    simulated(async {
        let (process, mut peers) = with_everything().await;
        let mut info = info(process).await;
        for pids in [&mut info.links, &mut info.monitors, &mut peers] {
            pids.sort_unstable();
        }
        assert_eq!(info.pid, process.pid());
        assert_eq!((&info.links, &info.monitors), (&peers, &peers));
        assert_eq!((info.trap_exit, info.priority), (true, Priority::High));
        assert_eq!(info.label.as_deref(), Some("everything"));
        assert_eq!(info.registered_name.as_deref(), Some("everything"));
        assert!(
            info.initial_call.contains("with_everything"),
            "{}",
            info.initial_call
        );
        assert!(info.body_size > 0);
        assert!(!info.priority_messages);
    });
}

#[test]
fn proc_070_inside_and_outside_see_the_same() {
    simulated(async {
        let (process, _) = with_everything().await;
        in_process(async move |mut inbox: Inbox<ProcessInfo>| {
            process.send(inbox.this());
            let mut inside = inbox.select(|_| true).await;
            let outside = info(process).await;
            assert_eq!(inside.messages_handled, outside.messages_handled);
            assert_eq!(
                (inside.status, outside.status),
                (Status::Running, Status::Waiting)
            );
            inside.status = outside.status;
            assert_eq!(format!("{inside:?}"), format!("{outside:?}"));
        })
        .await;
    });
}

#[test]
fn proc_071_the_count_of_handled_messages_never_falls() {
    real(2, async {
        let reader = spawn(async |mut inbox: Inbox<u32>| {
            loop {
                inbox.receive().await;
            }
        });
        ten_senders(reader, 1_000);
        let mut last = 0;
        while last < 10_000 {
            let handled = info(reader).await.messages_handled;
            assert!((last..=10_000).contains(&handled), "{handled} after {last}");
            last = handled;
        }
    });
}

#[test]
fn proc_072_a_dead_process_has_no_info() {
    simulated(async {
        let (dead, watch) = spawn_monitor(async |_: Inbox<()>| {});
        register("ends", dead).unwrap();
        watch.await;
        assert!(process_info(dead).await.is_none());
    });
}

#[test]
fn proc_073_the_priority_is_visible() {
    simulated(async {
        assert_eq!(info(spawn(forever::<()>)).await.priority, Priority::Normal);
        for priority in [Priority::Low, Priority::Normal, Priority::High] {
            let options = SpawnOptions::new().priority(priority);
            let process = spawn_with(options, forever::<()>).unwrap().process;
            assert_eq!(info(process).await.priority, priority);
        }
    });
}
