//! Which public types can be sent, shared, moved when pinned, and copied.
//!
//! These are promises: a field that changes one of them breaks programs. References are all four
//! whatever the type of message, since they hold none.

use std::cell::Cell;
use std::future::Future;
use std::marker::{PhantomData, PhantomPinned};
use std::rc::Rc;

use regrow::agent::FirstState;
use regrow::exit::{PanicInfo, Term};
use regrow::process::{
    Alias, AliasMode, BlockingError, Down, DownTarget, Exit, ExitReason, Inbox, LinkError,
    MailboxPolicy, Mark, Monitor, MonitorAlias, MonitorOptions, Pid, PidMap, Priority, ProcessInfo,
    ProcessRef, Received, RegisterError, SendError, SendWait, SpawnError, SpawnOptions, Spawned,
    Status, Watched, blocking, hibernate, is_alive, process_info, settle, yield_now,
};
use regrow::runtime::Builder;
use regrow::sim::{Outcome, Policy, Simulation};
use regrow::supervisor::Shutdown;
use regrow::task::{
    AsyncStream, AwaitMany, OnTimeout, Task, TaskError, TaskTimeout, YieldMany, async_stream,
};
use regrow::time::{Elapsed, Instant, Sleep, Timeout, TimerRef, millis, sleep, timeout};
use regrow::{Handle, Runtime};

/// Can be sent, and not shared.
type NotSync = Cell<u8>;
/// Can neither be sent nor shared.
type NotSend = Rc<u8>;

/// Makes `$asked::<T>::IMPLEMENTS` say whether a type implements a trait. It has to be a type that
/// the compiler knows: only then does an inherent constant take precedence over one of a trait.
macro_rules! question {
    ($asked:ident, $otherwise:ident, $trait:ident) => {
        struct $asked<T>(PhantomData<T>);
        trait $otherwise {
            const IMPLEMENTS: bool = false;
        }
        impl<T> $otherwise for $asked<T> {}
        impl<T: $trait> $asked<T> {
            const IMPLEMENTS: bool = true;
        }
    };
}

question!(AskedSend, NotSendOtherwise, Send);
question!(AskedSync, NotSyncOtherwise, Sync);
question!(AskedUnpin, NotUnpinOtherwise, Unpin);
question!(AskedCopy, NotCopyOtherwise, Copy);

/// The names of those of four traits that each type implements, beside those that it is meant to.
macro_rules! traits {
    ($($type:ty: $($trait:ident)*;)*) => {
        [$({
            let mut found = Vec::new();
            for (implements, name) in [
                (AskedSend::<$type>::IMPLEMENTS, "Send"),
                (AskedSync::<$type>::IMPLEMENTS, "Sync"),
                (AskedUnpin::<$type>::IMPLEMENTS, "Unpin"),
                (AskedCopy::<$type>::IMPLEMENTS, "Copy"),
            ] {
                if implements {
                    found.push(name);
                }
            }
            let wanted: &[&str] = &[$(stringify!($trait)),*];
            (stringify!($type), found, wanted)
        }),*]
    };
}

#[test]
fn public_types_are_send_sync_unpin_and_copy_as_they_are_meant_to_be() {
    for (name, found, wanted) in [references(), values(), futures(), runtimes()].concat() {
        assert_eq!(found, wanted, "{name}");
    }
}

type Row = (&'static str, Vec<&'static str>, &'static [&'static str]);

fn references() -> Vec<Row> {
    traits! {
        Pid: Send Sync Unpin Copy;
        ProcessRef<NotSend>: Send Sync Unpin Copy;
        Alias<NotSend>: Send Sync Unpin Copy;
        Monitor: Send Sync Unpin Copy;
        TimerRef: Send Sync Unpin;
        Mark: Send Sync Unpin Copy;
        Instant: Send Sync Unpin Copy;
        Inbox<NotSend>: Send Sync Unpin;
        Spawned<NotSend>: Send Sync Unpin;
    }
    .into()
}

fn values() -> Vec<Row> {
    traits! {
        ExitReason: Send Sync Unpin;
        Term: Send Sync Unpin;
        PanicInfo: Send Sync Unpin;
        Exit: Send Sync Unpin;
        Down: Send Sync Unpin;
        DownTarget: Send Sync Unpin;
        Received<u8>: Send Sync Unpin;
        Received<NotSync>: Send Unpin;
        Received<NotSend>: Unpin;
        SendError<u8>: Send Sync Unpin Copy;
        SendError<NotSync>: Send Unpin;
        SpawnError: Send Sync Unpin Copy;
        LinkError: Send Sync Unpin Copy;
        RegisterError: Send Sync Unpin;
        BlockingError: Send Sync Unpin;
        Elapsed: Send Sync Unpin Copy;
        ProcessInfo: Send Sync Unpin;
        Status: Send Sync Unpin Copy;
        Priority: Send Sync Unpin Copy;
        AliasMode: Send Sync Unpin Copy;
        MonitorAlias: Send Sync Unpin Copy;
        MailboxPolicy: Send Sync Unpin Copy;
        MonitorOptions: Send Sync Unpin;
        SpawnOptions: Send Sync Unpin;
        Watched: Send Sync Unpin;
        PidMap<u8>: Send Sync Unpin;
        PidMap<NotSync>: Send Unpin;
        TaskError: Send Sync Unpin;
        OnTimeout: Send Sync Unpin Copy;
        FirstState<NotSync>: Send Unpin;
    }
    .into()
}

fn futures() -> Vec<Row> {
    traits! {
        Sleep: Send Sync Unpin;
        Timeout<Sleep>: Send Sync Unpin;
        Timeout<PhantomPinned>: Send Sync Unpin;
        Timeout<NotSync>: Send Unpin;
        SendWait<u8>: Send Sync Unpin;
        SendWait<NotSync>: Send Unpin;
        SendWait<PhantomPinned>: Send Sync Unpin;
        Task<u8>: Send Sync Unpin;
        Task<NotSync>: Send Unpin;
        Task<PhantomPinned>: Send Sync Unpin;
        TaskTimeout<NotSync>: Send Unpin;
        AwaitMany<NotSync>: Send Unpin;
        YieldMany<'static, NotSync>: Send Unpin;
        AsyncStream<std::iter::Empty<PhantomPinned>, fn(), PhantomPinned>: Send Sync Unpin;
    }
    .into()
}

fn runtimes() -> Vec<Row> {
    traits! {
        Runtime: Send Sync Unpin;
        Handle: Send Sync Unpin;
        Builder: Send Sync Unpin;
        Simulation: Send Sync Unpin;
        Policy: Send Sync Unpin;
        Outcome<u8>: Send Sync Unpin;
        Outcome<NotSync>: Send Unpin;
    }
    .into()
}

#[test]
fn a_type_with_none_of_the_traits_is_seen_to_have_none() {
    let [(_, found, wanted)] = traits! { (NotSend, PhantomPinned): ; };
    assert_eq!(found, wanted);
}

/// What async functions return has no name. That this compiles is the test.
#[test]
fn futures_can_be_sent_whatever_the_message() {
    fn is_send<F: Future + Send>(_: F) {}

    fn of_an_inbox(inbox: &mut Inbox<NotSync>, mark: Mark) {
        is_send(inbox.receive());
        is_send(inbox.receive_timeout(millis(1)));
        is_send(inbox.select(|_| true));
        is_send(inbox.select_timeout(millis(1), |_| true));
        is_send(inbox.select_map(Ok::<NotSync, NotSync>));
        is_send(inbox.select_any(|_| true));
        is_send(inbox.select_any_timeout(millis(1), |_| true));
        is_send(inbox.select_from(mark, |_| true));
    }

    fn of_a_process(pid: Pid) {
        is_send(is_alive(pid));
        is_send(process_info(pid));
        is_send(blocking(|| Cell::new(1)));
        is_send(settle());
        is_send(yield_now());
        is_send(hibernate());
        is_send(timeout(millis(1), sleep(millis(1))));
    }

    fn of_a_task(task: &mut Task<NotSync>, other: Task<NotSync>) {
        is_send(task.yield_for(millis(1)));
        is_send(other.shutdown(Shutdown::BrutalKill));
        is_send(async_stream(0..1, async |_| Cell::new(1)).next());
        is_send(async_stream(0..1, async |_| Cell::new(1)).collect());
    }

    let _: fn(&mut Inbox<NotSync>, Mark) = of_an_inbox;
    let _: fn(Pid) = of_a_process;
    let _: fn(&mut Task<NotSync>, Task<NotSync>) = of_a_task;
}

#[test]
fn identities_and_reasons_are_two_words() {
    assert_eq!(size_of::<Pid>(), 16);
    assert_eq!(size_of::<ProcessRef<String>>(), 16);
    assert_eq!(size_of::<ExitReason>(), 16);
    assert_eq!(size_of::<Inbox<String>>(), 0);
}
