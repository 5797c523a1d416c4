//! Those who watch: the snapshot, what comes after it, and when nothing comes any more.

use super::*;

use Change::{Join, Leave};

use crate::support::{in_process, rest};

type Inbox = regrow::process::Inbox<GroupEvent<char>>;
type Heard = (GroupMonitor, Change, char, Vec<Pid>);

/// The events that have come.
fn heard(inbox: &mut Inbox) -> Vec<Heard> {
    let events = rest(inbox).into_iter().map(|received| match received {
        Received::Message(event) => {
            let processes = event.processes.to_vec();
            (event.monitor, event.change, *event.group, processes)
        }
        other => panic!("{other:?} is no event"),
    });
    events.collect()
}

#[test]
fn pg_011_a_monitor_of_a_scope_begins_with_all_groups() {
    simulated(async {
        let (groups, one, other) = (scope().await, idle(), idle());
        groups.join_all('a', [one, other]).unwrap();
        groups.join('b', other).unwrap();
        in_process(async move |inbox: Inbox| {
            for _ in 0..2 {
                let (_, now) = groups.monitor_scope(inbox.this()).unwrap();
                let now: Vec<_> = now
                    .iter()
                    .map(|(group, pids)| (**group, &pids[..]))
                    .collect();
                assert_eq!(now, [('a', &[one, other][..]), ('b', &[other][..])]);
            }
        })
        .await;
    });
}

#[test]
fn pg_012_a_monitor_of_a_scope_hears_of_every_change_until_it_is_taken_away() {
    simulated(async {
        let (groups, one, other) = (scope().await, idle(), idle());
        in_process(async move |mut inbox: Inbox| {
            let (monitor, now) = groups.monitor_scope(inbox.this()).unwrap();
            assert!(now.is_empty());
            groups.join('a', one).unwrap();
            groups.join_all('b', [one, other]).unwrap();
            groups.leave(&'a', one).unwrap();
            assert_eq!(groups.leave(&'a', one), Err(LeaveError::NotJoined));
            end(other).await;
            let all = [
                (monitor, Join, 'a', vec![one]),
                (monitor, Join, 'b', vec![one, other]),
                (monitor, Leave, 'a', vec![one]),
                (monitor, Leave, 'b', vec![other]),
            ];
            assert_eq!(heard(&mut inbox), all);
            assert!(groups.demonitor(monitor));
            assert!(!groups.demonitor(monitor));
            groups.join('a', one).unwrap();
            assert!(heard(&mut inbox).is_empty());
        })
        .await;
    });
}

#[test]
fn pg_013_a_monitor_of_a_group_hears_of_that_group() {
    simulated(async {
        let (groups, one, other) = (scope().await, idle(), idle());
        groups.join('a', one).unwrap();
        in_process(async move |mut inbox: Inbox| {
            let (monitor, now) = groups.monitor('a', inbox.this()).unwrap();
            assert_eq!(now, [one]);
            groups.join('b', one).unwrap();
            groups.join('a', other).unwrap();
            groups.leave(&'a', one).unwrap();
            end(other).await;
            // The group is gone, and is heard of when it is there again.
            groups.join('a', one).unwrap();
            let all = [
                (monitor, Join, 'a', vec![other]),
                (monitor, Leave, 'a', vec![one]),
                (monitor, Leave, 'a', vec![other]),
                (monitor, Join, 'a', vec![one]),
            ];
            assert_eq!(heard(&mut inbox), all);
            assert!(groups.demonitor(monitor));
            groups.leave(&'a', one).unwrap();
            assert!(heard(&mut inbox).is_empty());
        })
        .await;
        assert_eq!(groups.which_groups(), ['b']);
    });
}

#[test]
fn pg_014_a_monitor_ends_with_the_process_that_it_tells() {
    simulated(async {
        let (groups, one) = (scope().await, idle());
        let watcher = spawn(async move |inbox: Inbox| {
            groups.monitor('a', inbox.this()).unwrap();
            groups.monitor_scope(inbox.this()).unwrap();
            forever(inbox).await
        });
        settle().await;
        // Whoever takes them away now finds none: the numbers of monitors begin with nought.
        end(watcher).await;
        groups.join('a', one).unwrap();
        in_process(async move |mut inbox: Inbox| {
            let (monitor, _) = groups.monitor('a', inbox.this()).unwrap();
            groups.leave(&'a', one).unwrap();
            assert_eq!(heard(&mut inbox), [(monitor, Leave, 'a', vec![one])]);
        })
        .await;
        assert!(groups.which_groups().is_empty());
        let dead = groups.monitor('a', watcher);
        assert_eq!(dead, Err(JoinError::NoProcess(watcher.pid())));
    });
}

#[test]
fn pg_015_a_member_that_watches_its_own_group_may_end() {
    simulated(async {
        let (groups, one) = (scope().await, idle());
        in_process(async move |inbox: Inbox| {
            groups.monitor('a', inbox.this()).unwrap();
            groups.monitor_scope(inbox.this()).unwrap();
            groups.join('a', inbox.this()).unwrap();
        })
        .await;
        assert!(groups.which_groups().is_empty());
        groups.join('a', one).unwrap();
        assert_eq!(groups.get_members(&'a'), [one]);
    });
}

#[test]
fn pg_016_each_monitor_of_a_process_brings_an_event_of_its_own() {
    simulated(async {
        let (groups, one) = (scope().await, idle());
        in_process(async move |mut inbox: Inbox| {
            let (first, _) = groups.monitor('a', inbox.this()).unwrap();
            let (second, _) = groups.monitor('a', inbox.this()).unwrap();
            let (third, _) = groups.monitor_scope(inbox.this()).unwrap();
            groups.join('a', one).unwrap();
            let event = |monitor| (monitor, Join, 'a', vec![one]);
            assert_eq!(
                heard(&mut inbox),
                [event(first), event(second), event(third)]
            );
        })
        .await;
    });
}

#[test]
fn pg_018_an_event_has_the_processes_as_they_were_given() {
    simulated(async {
        let (groups, one, other) = (scope().await, idle(), idle());
        groups.join('a', one).unwrap();
        in_process(async move |mut inbox: Inbox| {
            let (monitor, _) = groups.monitor('a', inbox.this()).unwrap();
            groups.leave_all(&'a', [other, one, one]).unwrap();
            assert_eq!(
                heard(&mut inbox),
                [(monitor, Leave, 'a', vec![other, one, one])]
            );
            assert!(groups.get_members(&'a').is_empty());
        })
        .await;
    });
}

#[test]
fn pg_019_a_member_that_joined_twice_leaves_with_two_events_when_it_ends() {
    simulated(async {
        let (groups, one) = (scope().await, idle());
        groups.join_all('a', [one, one]).unwrap();
        in_process(async move |mut inbox: Inbox| {
            let (monitor, _) = groups.monitor('a', inbox.this()).unwrap();
            end(one).await;
            let event = (monitor, Leave, 'a', vec![one]);
            assert_eq!(heard(&mut inbox), [event.clone(), event]);
        })
        .await;
    });
}

#[test]
fn pg_020_a_monitor_that_is_taken_away_takes_what_it_brought_with_it() {
    simulated(async {
        let (groups, one) = (scope().await, idle());
        in_process(async move |mut inbox: Inbox| {
            let (first, _) = groups.monitor('a', inbox.this()).unwrap();
            let (second, _) = groups.monitor('a', inbox.this()).unwrap();
            groups.join('a', one).unwrap();
            groups.leave(&'a', one).unwrap();
            assert!(groups.demonitor(first));
            let left = [
                (second, Join, 'a', vec![one]),
                (second, Leave, 'a', vec![one]),
            ];
            assert_eq!(heard(&mut inbox), left);
        })
        .await;
    });
}

/// A server that watches, and stops watching while events wait for it.
struct Watcher {
    groups: Scope,
    monitor: GroupMonitor,
    heard: Vec<Change>,
}

#[gen_server]
impl Watcher {
    #[init]
    fn new(groups: Scope, cx: &mut Context<Self>) -> Self {
        let (monitor, _) = groups.monitor_scope(cx.this()).unwrap();
        Watcher {
            groups,
            monitor,
            heard: Vec::new(),
        }
    }

    #[info]
    fn changed(&mut self, event: GroupEvent<char>) {
        assert_eq!(event.monitor, self.monitor);
        self.heard.push(event.change);
    }

    #[call]
    fn heard(&self) -> Vec<Change> {
        self.heard.clone()
    }

    #[call]
    fn look_away(&mut self, process: Pid) -> bool {
        self.groups.join('b', process).unwrap();
        self.groups.demonitor(self.monitor)
    }
}

#[test]
fn a_server_watches_with_a_handler_for_events() {
    simulated(async {
        let (groups, one) = (scope().await, idle());
        let watcher = Watcher::start(groups).await.unwrap();
        groups.join('a', one).unwrap();
        assert_eq!(watcher.heard().await, Ok(vec![Join]));
        // What came in the same handler is not handled after it.
        assert_eq!(watcher.look_away(one).await, Ok(true));
        groups.leave(&'a', one).unwrap();
        assert_eq!(watcher.heard().await, Ok(vec![Join]));
    });
}
