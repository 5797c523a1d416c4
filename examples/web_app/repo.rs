//! The repo: the notes, in a database on disk. One process has it open, and everybody asks that.
//!
//! What was answered is on disk, so the process may be killed at any time. What it cannot do is
//! answer while it is away; who asks it has something else to say for that time.
//!
//! A disk takes its time, and a scheduler has better things to do meanwhile: transactions run on
//! the blocking pool.

use std::path::PathBuf;
use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTableMetadata, TableDefinition};
use regrow::prelude::*;
use regrow::process::blocking;

/// By its number, what a note says, and whether it may be shown: nobody knows before the check.
type Notes = TableDefinition<'static, u64, (&'static str, Option<bool>)>;

const NOTES: Notes = TableDefinition::new("notes");

pub(crate) static REPO: Name<Repo> = Name::new("repo");

#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) number: u64,
    pub(crate) text: String,
    pub(crate) may_be_shown: Option<bool>,
}

pub(crate) struct Repo {
    database: Arc<Database>,
}

#[gen_server]
impl Repo {
    #[init]
    async fn open(path: PathBuf) -> Result<Self, ExitReason> {
        let database = blocking(move || -> Result<Database, redb::Error> {
            let database = Database::create(path)?;
            let disk = database.begin_write()?;
            disk.open_table(NOTES)?;
            disk.commit()?;
            Ok(database)
        });
        Ok(Repo {
            database: Arc::new(database.await??),
        })
    }

    /// Writes a note down, and gives the number that it has from now on.
    #[call]
    async fn add(&mut self, text: String) -> Result<u64, redb::Error> {
        self.on_disk(move |database| {
            let disk = database.begin_write()?;
            let mut notes = disk.open_table(NOTES)?;
            let number = notes.len()? + 1;
            notes.insert(number, (text.as_str(), None))?;
            drop(notes);
            disk.commit()?;
            Ok(number)
        })
        .await
    }

    /// Writes down whether a note may be shown.
    #[call]
    async fn judge(&mut self, note: Note, may_be_shown: bool) -> Result<(), redb::Error> {
        self.on_disk(move |database| {
            let disk = database.begin_write()?;
            let row = (note.text.as_str(), Some(may_be_shown));
            disk.open_table(NOTES)?.insert(note.number, row)?;
            disk.commit()?;
            Ok(())
        })
        .await
    }

    /// All notes from this number on.
    #[call]
    async fn notes(&self, from: u64) -> Result<Vec<Note>, redb::Error> {
        self.on_disk(move |database| {
            let notes = database.begin_read()?.open_table(NOTES)?;
            let mut found = Vec::new();
            for entry in notes.range(from..)? {
                let (number, note) = entry?;
                let (text, may_be_shown) = note.value();
                found.push(Note {
                    number: number.value(),
                    text: text.to_owned(),
                    may_be_shown,
                });
            }
            Ok(found)
        })
        .await
    }

    /// One transaction. If it cannot even be tried there is nothing that the repo could do about it,
    /// so that is a crash.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> Result<T, redb::Error> {
        let database = Arc::clone(&self.database);
        let done = blocking(move || work(&database)).await;
        done.expect("there is a thread for the disk")
    }
}
