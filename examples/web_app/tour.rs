//! The tour: one part of the tree breaks after the other, and one looks at the site from outside.

use std::net::SocketAddr;

use hyper::Method;
use regrow::prelude::*;
use regrow::process::settle;
use regrow::time::{sleep, timeout};

use crate::browser::{Browser, Live};
use crate::diary::Diary;

/// Goes through all of it. What is given is the live stream, which is still open.
pub(crate) async fn tour(address: SocketAddr, diary: ServerRef<Diary>) -> Result<Live, ExitReason> {
    let mut ann = Browser::open("ann", address).await?;
    println!("ann posts, and bob watches:");
    ann.get("/health").await;
    let mut live = Browser::open("bob", address).await?.watch().await?;
    for text in ["hello", "cheap watches for sale"] {
        ann.post("/notes", text).await;
        live.next().await;
        live.next().await;
    }
    ann.get("/notes").await;

    println!("\na connection crashes, and no other:");
    let mut eve = Browser::open("eve", address).await?;
    eve.post("/break/connection", "").await;
    show(diary).await?;
    ann.get("/health").await;

    jobs(&mut ann, &mut live, diary).await?;
    repo(&mut ann, diary).await?;

    println!("\nthe pubsub is killed; the jobs begin again with it, and bob's browser asks again:");
    ann.post("/break/changes", "").await;
    live.next().await;
    show(diary).await?;
    let mut live = Browser::open("bob", address).await?.watch().await?;
    ann.post("/notes", "and we go on").await;
    live.next().await;
    live.next().await;
    ann.get("/notes").await;
    Ok(live)
}

/// Jobs crash until their domain is given up, while the endpoint answers; then somebody mends them.
async fn jobs(
    ann: &mut Browser,
    live: &mut Live,
    diary: ServerRef<Diary>,
) -> Result<(), ExitReason> {
    println!("\nthe jobs lose the file that they need; they are given up, and the site goes on:");
    ann.post("/break/jobs", "").await;
    ann.post("/notes", "is anybody there?").await;
    live.next().await;
    until(ann, "jobs is given up").await?;
    show(diary).await?;
    ann.get("/health").await;
    ann.get("/notes").await;

    println!("\nsomebody mends that; the jobs catch up, and the stream is still the same:");
    ann.post("/mend/jobs", "").await;
    live.next().await;
    ann.get("/health").await;
    Ok(())
}

/// Requests say that the repo is away, until it is back.
async fn repo(ann: &mut Browser, diary: ServerRef<Diary>) -> Result<(), ExitReason> {
    println!("\nthe repo is killed; what needs it says so, until it is back with all it had:");
    ann.post("/break/repo", "").await;
    ann.get("/notes").await;
    ann.post("/notes", "can anybody hear me?").await;
    ann.get("/health").await;
    until(ann, "repo runs").await?;
    show(diary).await?;
    ann.get("/notes").await;
    Ok(())
}

/// Prints what the supervisors have done.
async fn show(diary: ServerRef<Diary>) -> Result<(), ExitReason> {
    settle().await;
    for line in diary.take().await? {
        println!("    * {line}");
    }
    Ok(())
}

/// Asks until the site's health is so.
async fn until(ann: &mut Browser, wanted: &str) -> Result<(), ExitReason> {
    let mut health = String::from("no answer");
    let is_so = timeout(secs(10), async {
        while !health.contains(wanted) {
            health = ann.text(Method::GET, "/health", "").await?;
            sleep(millis(10)).await;
        }
        Ok(())
    });
    is_so.await.unwrap_or_else(|_| {
        let text = format!("not within ten seconds: {wanted}, but {health}");
        Err(ExitReason::atom(text))
    })
}
