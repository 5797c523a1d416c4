//! What the endpoint answers. A part of the tree that is away is an answer too: 503, come again.

use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;

use futures_lite::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use regrow::prelude::*;
use regrow::process::whereis;
use regrow::supervisor::{ChildInfo, ChildProcess};

use crate::endpoint::Connection;
use crate::jobs::{CHANGES, Change, Topic, tell};
use crate::repo::{Note, REPO};
use crate::{ROOT, Site};

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The most bytes that a note has.
const NOTE_MAX: usize = 500;

/// A part of the tree that does not answer.
struct Away(&'static str);

pub(crate) async fn answer(
    request: Request<Incoming>,
    connection: ServerRef<Connection>,
    site: Arc<Site>,
) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let answer = match (&parts.method, parts.uri.path()) {
        (&Method::GET, "/") => Ok(page()),
        (&Method::GET, "/notes") => notes().await,
        (&Method::POST, "/notes") => post(body).await,
        (&Method::GET, "/live") => live(connection).await,
        (&Method::GET, "/health") => health().await,
        (&Method::POST, "/break/connection") => panic!("somebody asked for it"),
        (&Method::POST, "/break/jobs") => Ok(break_jobs(&site)),
        (&Method::POST, "/mend/jobs") => mend_jobs(&site).await,
        (&Method::POST, "/break/repo") => Ok(kill(Name::text(REPO))),
        (&Method::POST, "/break/changes") => Ok(kill(Name::text(CHANGES))),
        (method, path) => Ok(text(
            StatusCode::NOT_FOUND,
            format!("there is no {method} {path}"),
        )),
    };
    Ok(answer.unwrap_or_else(|Away(part)| {
        let said = format!("the {part} is away; try again in a moment");
        let mut response = text(StatusCode::SERVICE_UNAVAILABLE, said);
        response.headers_mut().insert(RETRY_AFTER, 1.into());
        response
    }))
}

fn text(status: StatusCode, text: String) -> Response<Body> {
    let mut response = Response::new(Full::from(text + "\n").boxed_unsync());
    *response.status_mut() = status;
    response
}

fn page() -> Response<Body> {
    let html = Full::from(include_str!("page.html")).boxed_unsync();
    let mut response = Response::new(html);
    let kind = "text/html; charset=utf-8".parse().expect("a header");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

async fn notes() -> Result<Response<Body>, Away> {
    let notes = REPO.notes(0).await.map_err(|_| Away("repo"))?;
    let lines: Vec<String> = notes.iter().map(line).collect();
    Ok(text(StatusCode::OK, lines.join("\n")))
}

fn line(note: &Note) -> String {
    let shown = match note.may_be_shown {
        None => "(not checked yet)",
        Some(false) => "(hidden)",
        Some(true) => note.text.as_str(),
    };
    format!("{} {shown}", note.number)
}

/// Writes a note down, then tells. Who posts waits for the disk, and not for the check.
async fn post(body: Incoming) -> Result<Response<Body>, Away> {
    let Ok(body) = Limited::new(body, NOTE_MAX).collect().await else {
        let said = format!("a note has at most {NOTE_MAX} bytes");
        return Ok(text(StatusCode::PAYLOAD_TOO_LARGE, said));
    };
    let body = body.to_bytes();
    let note = str::from_utf8(&body).map_or("", str::trim);
    if note.is_empty() || note.contains('\n') {
        let said = String::from("a note is one line of text");
        return Ok(text(StatusCode::BAD_REQUEST, said));
    }
    let number = REPO.add(note.into()).await.map_err(|_| Away("repo"))?;
    tell(Topic::Watchers, number, None);
    tell(Topic::Jobs, number, None);
    Ok(text(StatusCode::CREATED, format!("note {number}")))
}

/// A stream of server-sent events that ends when the connection has no more changes for it.
async fn live(connection: ServerRef<Connection>) -> Result<Response<Body>, Away> {
    let changes = connection.watch().await.map_err(|_| Away("pubsub"))?;
    let events = stream::unfold(changes, async |mut changes| {
        let change = changes.recv().await?;
        Some((Ok(Frame::data(event(&change))), changes))
    });
    let mut response = Response::new(StreamBody::new(events).boxed_unsync());
    let kind = "text/event-stream".parse().expect("a header");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(response)
}

fn event(change: &Change) -> Bytes {
    let what = match change.may_be_shown {
        None => "posted",
        Some(true) => "checked, and shown",
        Some(false) => "checked, and hidden",
    };
    format!("data: note {} is {what}\n\n", change.number).into()
}

/// The parts of the tree, in the order of their start. (A supervisor gives the youngest first.)
async fn health() -> Result<Response<Body>, Away> {
    let parts = ROOT.which_children().await.map_err(|_| Away("root"))?;
    let mut said = String::new();
    for part in parts.iter().rev() {
        let id = part.id.as_ref().map_or("?", |id| id.as_str());
        let comma = if said.is_empty() { "" } else { ", " };
        write!(said, "{comma}{id} {}", state(part)).expect("a string can be written");
    }
    Ok(text(StatusCode::OK, said))
}

fn state(part: &ChildInfo) -> &'static str {
    match part.process {
        ChildProcess::Running(_) => "runs",
        ChildProcess::Restarting => "starts again",
        ChildProcess::Stopped if part.given_up => "is given up",
        ChildProcess::Stopped => "is stopped",
    }
}

/// Takes the list of words away that the checks read.
fn break_jobs(site: &Site) -> Response<Body> {
    match std::fs::remove_file(&site.words) {
        Ok(()) => text(StatusCode::OK, "the list of words is gone".into()),
        Err(error) => text(StatusCode::CONFLICT, error.to_string()),
    }
}

/// Puts the list back, and starts the jobs if they do not run.
async fn mend_jobs(site: &Site) -> Result<Response<Body>, Away> {
    if let Err(error) = site.write_words() {
        return Ok(text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()));
    }
    let said = match ROOT.restart_child("jobs").await {
        Ok(_) => "the list of words is back, and the jobs too".into(),
        Err(error) => format!("the list of words is back; of the jobs: {error}"),
    };
    Ok(text(StatusCode::OK, said))
}

fn kill(name: &str) -> Response<Body> {
    match whereis(name) {
        Some(process) => {
            exit(process, ExitReason::kill());
            text(StatusCode::OK, format!("{name} is killed"))
        }
        None => text(StatusCode::CONFLICT, format!("{name} does not run")),
    }
}
