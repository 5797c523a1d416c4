//! What is kept for a process that hibernates.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::hibernate;
use crate::cell::Running;
use crate::process::alias::{AliasMode, unalias};
use crate::process::info::ask;
use crate::process::pid::Pid;
use crate::process::receive::Inbox;
use crate::process::settle::settle;
use crate::process::spawn::spawn;
use crate::runtime::Runtime;
use crate::time::{millis, now, secs, send_after, sleep};

fn is_bare(running: Running<'_>) -> bool {
    running.keeps_nothing()
}

/// Whether nothing is kept for a process beyond its header and its body.
async fn keeps_nothing(process: Pid) -> bool {
    let answer = ask(process, is_bare);
    answer.await.expect("the process is alive")
}

#[test]
fn hib_006_nothing_is_kept_for_a_process_that_uses_nothing() {
    Runtime::simulated(1).run(async {
        let process = spawn(async |mut inbox: Inbox<bool>| {
            for number in 0..200 {
                let aliases = [(); 3].map(|()| inbox.alias(AliasMode::Explicit));
                assert!(aliases.into_iter().all(unalias));
                send_after(millis(1), inbox.this(), true);
                inbox.receive_timeout(secs(3_600)).await;
                if number % 2 == 0 {
                    inbox.receive().await;
                } else {
                    hibernate().await;
                    inbox.receive().await;
                }
            }
        });
        for number in 0..200 {
            sleep(millis(5)).await;
            settle().await;
            assert_eq!(keeps_nothing(process.pid()).await, number % 2 == 1);
            process.send(true);
        }
    });
}

#[test]
fn a_process_that_hibernates_beside_another_wait_is_woken_by_that() {
    Runtime::simulated(1).run(async {
        let begun = now();
        let mut sleeps = pin!(sleep(secs(1)));
        let mut hibernates = pin!(hibernate());
        poll_fn(|cx| match sleeps.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(()),
            Poll::Pending => hibernates.as_mut().poll(cx),
        })
        .await;
        assert_eq!(begun.elapsed(), secs(1));
    });
}
