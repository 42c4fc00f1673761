//! SQLite's one writer. Every change that is waiting goes into one transaction, so that one
//! flush to disk serves them all; each has its own savepoint, so one that is refused is
//! undone alone.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection as _, Executor as _};
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::change;
use super::denied::{Denied, MEMORY};
use super::engine::{GroupObserver, OpenError};
use super::sqlite;
use super::write::{Step, WriteError, closed};

/// How many changes may wait before callers wait to be let in.
const QUEUE: usize = 1_024;

/// How many changes share one commit at most: what a caller waits for stays short.
const GROUP: usize = 256;

/// How often an idle writer looks whether another process changed the file.
const GLANCE: Duration = Duration::from_millis(250);

/// The way to the writer's thread. When it is dropped, the writer stores what is waiting and
/// stops.
#[derive(Debug)]
pub(super) struct Writer {
    commands: mpsc::Sender<Command>,
}

#[derive(Debug)]
enum Command {
    Write(Waiting),
    Inspect(oneshot::Sender<Result<(), OpenError>>),
    Close(oneshot::Sender<()>),
}

/// A change and the caller who waits for it.
#[derive(Debug)]
struct Waiting {
    steps: Vec<Step>,
    answer: oneshot::Sender<Result<(), WriteError>>,
}

impl Writer {
    /// Gives the connection to a thread of its own: it answers SQLite's thread without passing
    /// through an executor, and no busy executor holds everybody's commit up.
    pub(super) fn start(
        connection: SqliteConnection,
        denied: Arc<Denied>,
        observe: GroupObserver,
    ) -> Result<Self, OpenError> {
        let (commands, waiting) = mpsc::channel(QUEUE);
        let scribe = Scribe { connection, denied, observe, seen_version: None };
        let runtime =
            Builder::new_current_thread().enable_time().build().map_err(OpenError::Writer)?;
        thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || runtime.block_on(scribe.serve(waiting)))
            .map_err(OpenError::Writer)?;
        Ok(Self { commands })
    }

    pub(super) async fn write(&self, steps: Vec<Step>) -> Result<(), WriteError> {
        let (answer, answered) = oneshot::channel();
        let command = Command::Write(Waiting { steps, answer });
        self.commands.send(command).await.map_err(|_| WriteError::closed())?;
        answered.await.map_err(|_| WriteError::closed())?
    }

    /// Whether the writing connection answers and still flushes every commit.
    pub(super) async fn inspect(&self) -> Result<(), OpenError> {
        let (answer, answered) = oneshot::channel();
        let gone = || OpenError::Unavailable(closed());
        self.commands.send(Command::Inspect(answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Returns once everything waiting is stored and the connection is closed.
    pub(super) async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        if self.commands.send(Command::Close(answer)).await.is_ok() {
            // An error says that the writer is gone, which is what was asked for.
            let _ = answered.await;
        }
    }
}

/// The writer itself: owns the one connection that writes.
struct Scribe {
    connection: SqliteConnection,
    denied: Arc<Denied>,
    observe: GroupObserver,
    /// `PRAGMA data_version` when last asked. It moves when another connection commits, and
    /// never through a commit of this one.
    seen_version: Option<i64>,
}

impl fmt::Debug for Scribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scribe").finish_non_exhaustive()
    }
}

impl Scribe {
    async fn serve(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut glance = every(GLANCE);
        let mut age = every(MEMORY);
        let mut closers = Vec::new();
        let mut next = None;
        loop {
            let command = if next.is_some() {
                next.take()
            } else {
                tokio::select! {
                    command = commands.recv() => command,
                    _ = glance.tick() => { self.glance().await; continue; }
                    _ = age.tick() => { self.denied.age(); continue; }
                }
            };
            match command {
                Some(Command::Write(first)) => {
                    let group;
                    (group, next) = gather(first, &mut commands);
                    self.store(group).await;
                }
                Some(Command::Inspect(answer)) => {
                    // The caller may have stopped waiting; so everywhere below.
                    let _ = answer.send(sqlite::inspect(&mut self.connection).await);
                }
                Some(Command::Close(answer)) => {
                    commands.close();
                    closers.push(answer);
                }
                None => break,
            }
        }
        if let Err(error) = self.connection.close().await {
            tracing::warn!(%error, "the database's writer did not close cleanly");
        }
        for closer in closers {
            let _ = closer.send(());
        }
    }

    /// Stores a group in one transaction and answers everyone in it.
    ///
    /// Nobody is answered before the commit is on disk and what it ended is denied. When the
    /// transaction itself fails, everyone whose change was in it hears so.
    async fn store(&mut self, group: Vec<Waiting>) {
        let mut answers = Vec::with_capacity(group.len());
        let mut ended = Vec::new();
        let mut transaction = self.begin().await;
        for Waiting { steps, answer } in group {
            let composed = match &transaction {
                Ok(()) => change::compose(steps),
                Err(error) => Err(error.clone()),
            };
            let begun = composed.is_ok();
            let result = match composed {
                Ok(change) => change::apply(&mut self.connection, change).await,
                Err(error) => Err(error),
            };
            if begun && result.is_err() {
                // Fails when SQLite itself gave the whole transaction up, as on a full disk.
                transaction = self.execute(change::UNDO).await;
            }
            answers.push((answer, result.map(|sessions| ended.extend(sessions))));
        }
        if transaction.is_ok() {
            transaction = self.execute("COMMIT").await;
        }
        match &transaction {
            Ok(()) => {
                self.denied.deny(ended.iter().map(String::as_str));
                let stored = answers.iter().filter(|(_, result)| result.is_ok()).count();
                if stored > 0 {
                    (self.observe)(stored);
                }
            }
            Err(error) => self.abandon(error).await,
        }
        for (answer, result) in answers {
            let _ = answer.send(result.and_then(|()| transaction.clone()));
        }
    }

    async fn begin(&mut self) -> Result<(), WriteError> {
        let version = sqlx::query_scalar(change::BEGIN).fetch_one(&mut self.connection).await?;
        self.notice(version);
        Ok(())
    }

    async fn execute(&mut self, text: &'static str) -> Result<(), WriteError> {
        self.connection.execute(sqlx::query(text)).await?;
        Ok(())
    }

    async fn abandon(&mut self, error: &WriteError) {
        let cause = error.source().map(ToString::to_string);
        tracing::error!(cause, "a group of changes could not be stored");
        // Fails when there is no transaction left to roll back, which is as good.
        let _ = self.execute("ROLLBACK").await;
    }

    /// Looks whether another process, such as the command line, changed the file.
    async fn glance(&mut self) {
        let asked = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut self.connection);
        match asked.await {
            Ok(version) => self.notice(version),
            Err(error) => {
                tracing::warn!(%error, "the database file could not be looked at");
                self.denied.forget_everything();
            }
        }
    }

    /// A session may have ended in that other process: nothing remembered is believed.
    fn notice(&mut self, version: i64) {
        if self.seen_version.replace(version).is_some_and(|seen| seen != version) {
            self.denied.forget_everything();
        }
    }
}

/// Takes along whatever else is waiting, up to a full group or the first command that is not
/// a change.
fn gather(
    first: Waiting,
    commands: &mut mpsc::Receiver<Command>,
) -> (Vec<Waiting>, Option<Command>) {
    let mut group = vec![first];
    while group.len() < GROUP {
        match commands.try_recv() {
            Ok(Command::Write(waiting)) => group.push(waiting),
            Ok(other) => return (group, Some(other)),
            Err(_) => break,
        }
    }
    (group, None)
}

/// Ticks at most this often, however late the one before was.
fn every(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}
