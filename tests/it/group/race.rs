//! All at once: members that join, leave and end as their dice say, held against what a watcher of
//! the scope has heard.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use regrow::process::{DownTarget, Monitor, yield_now};
use regrow::time::sleep;

use super::*;

use crate::support::{Dice, over_seeds, real};

/// Members of a race.
const MEMBERS: u64 = 4;
/// What each of them does.
const STEPS: u64 = 10;

/// The members of the groups, as a watcher works them out.
#[derive(Default)]
struct Model(BTreeMap<char, Vec<Pid>>);

impl Model {
    fn hear(&mut self, event: &GroupEvent<char>) {
        let members = self.0.entry(*event.group).or_default();
        match event.change {
            Change::Join => members.extend(event.processes.iter()),
            Change::Leave => {
                for process in event.processes.iter() {
                    // The newest of its memberships, if it has one.
                    if let Some(place) = members.iter().rposition(|member| member == process) {
                        members.remove(place);
                    }
                }
            }
        }
    }

    /// What must be true of the scope now.
    fn check(&self, groups: Scope) {
        for (group, members) in &self.0 {
            assert_eq!(&groups.get_members(group), members, "members of {group}");
        }
        for group in groups.which_groups() {
            assert!(self.0.contains_key(&group), "nobody has heard of {group}");
        }
    }
}

/// Hears of the scope's groups and of the members' ends until the last of them.
async fn watch(mut inbox: Inbox<GroupEvent<char>>, groups: Scope, members: Vec<Pid>) {
    let mut model = Model::default();
    let (_, now) = groups.monitor_scope(inbox.this()).unwrap();
    for (group, members) in now {
        model.0.insert(*group, members);
    }
    let watches: Vec<Monitor> = members.iter().map(monitor).collect();
    let mut alive = watches.len();
    while alive > 0 {
        match inbox.receive().await {
            Received::Message(event) => model.hear(&event),
            Received::Down(down) => {
                alive -= 1;
                let gone = members
                    .iter()
                    .filter(|member| down.target == DownTarget::Process(**member));
                for member in gone {
                    let heard = model.0.values().flatten().any(|other| other == member);
                    assert!(!heard, "{member} ended before it left");
                }
            }
            Received::Exit(exit) => panic!("{exit:?}"),
        }
    }
    for received in crate::support::rest(&mut inbox) {
        if let Received::Message(event) = received {
            model.hear(&event);
        }
    }
    model.check(groups);
    assert!(groups.which_groups().is_empty());
}

/// Does what its dice say, and ends.
async fn play(inbox: Inbox<()>, groups: Scope, mut dice: Dice, all: Arc<Mutex<Vec<Pid>>>) {
    for _ in 0..STEPS {
        let group = ['a', 'b'][dice.roll(2) as usize];
        let other = {
            let all = all.lock();
            all[dice.roll(all.len() as u64) as usize]
        };
        match dice.roll(9) {
            0 | 1 => {
                groups.join(group, inbox.this()).unwrap();
                assert!(groups.get_members(&group).contains(&inbox.pid()));
            }
            2 => _ = groups.join_all(group, [inbox.pid(), other]),
            3 => _ = groups.leave_all(&group, [other, inbox.pid()]),
            4 => _ = groups.leave(&group, other),
            5 => exit(other, ExitReason::Shutdown),
            6 => sleep(dice.pause()).await,
            7 => assert!(!groups.get_members(&group).is_empty() || groups.count(&group) == 0),
            _ => yield_now().await,
        }
    }
}

#[test]
fn r_group_2_what_is_heard_of_a_scope_is_what_its_groups_are() {
    for seed in 0..2_000 {
        regrow::Runtime::simulated(seed)
            .crash_reports(false)
            .run(async move {
                let (groups, all) = (scope().await, Arc::new(Mutex::new(Vec::new())));
                let members: Vec<Pid> = (0..MEMBERS)
                    .map(|number| {
                        let (all, dice) = (Arc::clone(&all), Dice::new(seed, number));
                        let play = async move |inbox: Inbox<()>| {
                            yield_now().await;
                            play(inbox, groups, dice, all).await;
                        };
                        spawn(play).pid()
                    })
                    .collect();
                all.lock().clone_from(&members);
                let watching = async move |inbox| watch(inbox, groups, members).await;
                let (_, end) = spawn_monitor(watching);
                let reason = end.await.reason;
                assert_eq!(reason, ExitReason::Normal, "seed {seed}");
            });
    }
}

// PG-003 too: a leave and an end at the same time, on threads of their own.
#[test]
fn pg_003_a_member_may_be_put_in_and_taken_out_while_it_ends() {
    real(2, async {
        let groups = scope().await;
        for _ in 0..500 {
            let process = idle();
            let joiner = spawn_monitor(async move |_: Inbox<()>| {
                while groups.join('a', process).is_ok() {
                    let _ = groups.leave(&'a', process);
                }
            });
            yield_now().await;
            end(process).await;
            // Its end was heard of: nobody can put it in any more.
            assert!(groups.get_members(&'a').is_empty());
            assert_eq!(joiner.1.await.reason, ExitReason::Normal);
            assert!(groups.which_groups().is_empty());
        }
    });
    over_seeds(100, || async {
        let (groups, process) = (scope().await, idle());
        groups.join('a', process).unwrap();
        exit(process, ExitReason::Kill);
        let _ = groups.leave(&'a', process);
        settle().await;
        assert!(groups.which_groups().is_empty());
    });
}
