//! Those who hear of registrations.

use regrow::prelude::*;
use regrow::registry::{DuplicateRegistry, RegistryEvent};

use crate::support::{forever, in_process, rest, simulated};

type Event = RegistryEvent<char, u32>;
type Numbers<M> = ServerRef<Registry<char, u32, M>>;

fn registered<M: regrow::registry::Keys>(
    registry: Numbers<M>,
    process: Pid,
    key: char,
    value: u32,
) -> Received<Event> {
    Received::Message(RegistryEvent::Registered {
        registry: registry.pid(),
        key,
        process,
        value,
    })
}

fn given_up<M: regrow::registry::Keys>(
    registry: Numbers<M>,
    process: Pid,
    key: char,
) -> Received<Event> {
    Received::Message(RegistryEvent::Unregistered {
        registry: registry.pid(),
        key,
        process,
    })
}

#[test]
fn reg_020_listeners_hear_in_order_of_what_is_registered_and_given_up() {
    simulated(async {
        in_process(async |mut listener: Inbox<Event>| {
            let registry = Registry::new().values().listener(listener.this());
            let registry: Numbers<_> = registry.listener(listener.this()).start().await.unwrap();
            let own = listener.pid();
            registry.register_with('a', 1).unwrap();
            assert!(registry.register_with('a', 2).is_err());
            registry.update_value(&'a', |value| value + 1);
            registry.unregister(&'a');
            let (came, went) = (
                registered(registry, own, 'a', 1),
                given_up(registry, own, 'a'),
            );
            // Each of the two that this process is.
            let heard = rest(&mut listener);
            assert_eq!(heard, [came.clone(), came, went.clone(), went]);
            // A process that ends is not told of: whoever wants to know monitors it.
            let (other, end) = spawn_monitor(async move |_: Inbox<()>| {
                registry.register_with('b', 3).unwrap();
            });
            end.await;
            let came = registered(registry, other.pid(), 'b', 3);
            assert_eq!(rest(&mut listener), [came.clone(), came]);
        })
        .await;
    });
}

#[test]
fn listeners_of_keys_of_many_hear_of_each_entry_and_of_the_end_of_the_last() {
    simulated(async {
        in_process(async |mut listener: Inbox<Event>| {
            let registry = Registry::new()
                .duplicate()
                .values()
                .listener(listener.this());
            let registry: Numbers<_> = registry.start().await.unwrap();
            let own = listener.pid();
            for value in [1, 2, 3] {
                registry.register_with('a', value).unwrap();
            }
            let came = [1, 2, 3].map(|value| registered(registry, own, 'a', value));
            assert_eq!(rest(&mut listener), came);
            registry.unregister_match(&'a', |value| *value > 1);
            assert!(rest(&mut listener).is_empty());
            registry.unregister_match(&'a', |_| true);
            assert_eq!(rest(&mut listener), [given_up(registry, own, 'a')]);
            for value in [1, 2] {
                registry.register_with('a', value).unwrap();
            }
            rest(&mut listener);
            registry.unregister(&'a');
            assert_eq!(rest(&mut listener), [given_up(registry, own, 'a')]);
        })
        .await;
    });
}

#[test]
fn reg_042_giving_up_a_key_that_one_does_not_have_is_heard() {
    simulated(async {
        in_process(async |mut listener: Inbox<Event>| {
            let registry = Registry::new().values().listener(listener.this());
            let registry: Numbers<_> = registry.start().await.unwrap();
            assert!(!registry.unregister(&'a'));
            let heard = [given_up(registry, listener.pid(), 'a')];
            assert_eq!(rest(&mut listener), heard);
        })
        .await;
    });
}

#[test]
fn reg_043_a_listener_that_is_not_there_is_no_obstacle() {
    simulated(async {
        let gone = spawn(async |_: Inbox<Event>| {});
        regrow::process::settle().await;
        let registry: ServerRef<DuplicateRegistry<char, u32>> = Registry::new()
            .duplicate()
            .values()
            .listener(gone)
            .start()
            .await
            .unwrap();
        in_process(async move |inbox: Inbox<()>| {
            registry.register_with('a', 1).unwrap();
            assert_eq!(registry.entries(&'a'), [(inbox.pid(), 1)]);
            assert!(registry.unregister(&'a'));
        })
        .await;
        let listeners = registry.listeners().await;
        assert_eq!(
            (listeners[0].process, listeners[0].message_queue_len),
            (Some(gone.pid()), None)
        );
    });
}

/// A listener by its name, which may come later.
struct Ear {
    heard: u32,
}

#[gen_server]
impl Ear {
    #[init]
    fn new() -> Self {
        Ear { heard: 0 }
    }

    #[info]
    fn hear(&mut self, event: RegistryEvent<char, u32>) {
        assert!(matches!(event, RegistryEvent::Registered { key: 'b', .. }));
        self.heard += 1;
    }

    #[call]
    fn heard(&self) -> u32 {
        self.heard
    }
}

static EAR: Name<Ear> = Name::new("ear");

#[test]
fn a_listener_is_found_by_its_name_when_there_is_news() {
    simulated(async {
        let registry: Numbers<_> = Registry::new()
            .values()
            .listener(EAR)
            .start()
            .await
            .unwrap();
        in_process(async move |_: Inbox<()>| {
            registry.register_with('a', 1).unwrap();
            assert_eq!(registry.listeners().await[0].process, None);
            let ear = Ear::start().name(EAR).await.unwrap();
            registry.register_with('b', 1).unwrap();
            let listeners = registry.listeners().await;
            assert_eq!(listeners[0].process, Some(ear.pid()));
            assert_eq!(ear.heard().await, Ok(1));
        })
        .await;
    });
}

#[test]
fn a_slow_listener_shows_and_nobody_waits_for_it() {
    simulated(async {
        let slow = spawn(async |inbox: Inbox<Event>| forever(inbox).await);
        let registry: Numbers<_> = Registry::new()
            .values()
            .listener(slow)
            .start()
            .await
            .unwrap();
        in_process(async move |_: Inbox<()>| {
            for round in 0..100 {
                registry.register_with('a', round).unwrap();
                registry.unregister(&'a');
            }
            let listeners = registry.listeners().await;
            assert_eq!(listeners[0].message_queue_len, Some(200));
        })
        .await;
    });
}
