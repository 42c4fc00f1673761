//! The audit trail: entries are linked to their chains behind the requests that made them,
//! examined, and removed when they are older than they are kept (docs/adr/0027).

use std::collections::BTreeSet;

use crate::app::App;
use crate::domain::examination::{Examination, Finding};
use crate::domain::history::{self, ALL, Entry, Head, Seals};
use crate::protocol::timestamp::Timestamp;
use crate::store::{HISTORY_BATCH, Store, StoreError, Which};
use crate::vault::Vault;

/// How often an examination begins again because entries were removed meanwhile.
const ATTEMPTS: usize = 3;

/// Why nothing is linked or removed any more.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// `countersign audit verify` says what.
    #[error("the audit trail was changed from outside; see countersign audit verify")]
    Changed,
}

/// What an examination found (docs/adr/0027).
#[derive(Debug)]
pub struct Report {
    pub findings: Vec<Finding>,
    /// How many entries there ever were, and how many of them retention has removed.
    pub count: i64,
    pub removed: i64,
    /// How many wait to be linked.
    pub unlinked: usize,
}

/// What seals entries here; a database without a history begins one (docs/adr/0027).
///
/// # Errors
///
/// The database is away.
pub async fn begin(store: &Store, vault: &Vault, drawn: &str) -> Result<Seals, StoreError> {
    let first = Seals::new(vault.historian(), drawn);
    store.begin_history(&Head::new(ALL, drawn).signed(&first)).await?;
    // Read again: of two processes starting on a new database, one was first.
    let begun = sum(store).await?.ok_or(StoreError::Corrupt("history_chain"))?;
    Ok(Seals::new(vault.historian(), &begun.link))
}

async fn sum(store: &Store) -> Result<Option<Head>, StoreError> {
    Ok(store.history_heads_of(&[ALL]).await?.pop())
}

/// Links what is new, one node at a time: whoever comes second finds the sum moved, and leaves
/// it at that (docs/adr/0027).
#[derive(Debug, Default)]
pub struct Linker {
    /// The highest count this process has seen.
    highest: i64,
}

impl Linker {
    /// Links everything that waits.
    ///
    /// # Errors
    ///
    /// The database is away, or what is there is not what was signed.
    pub async fn link(&mut self, app: &App) -> Result<(), HistoryError> {
        loop {
            // First, so that what another node links from now on makes it stale.
            let all = standing(app).await?;
            if all.count < self.highest {
                return Err(HistoryError::Changed);
            }
            self.highest = all.count;
            let entries = app.store.history_entries(Which::Unlinked(""), &app.seals).await?;
            let full = entries.len() == HISTORY_BATCH;
            let (whole, forged): (Vec<_>, Vec<_>) =
                entries.into_iter().partition(|entry| entry.is_whole);
            for entry in &forged {
                tracing::error!(id = entry.id, "an audit entry was not written by this server");
                app.store.refuse_entry(&entry.id).await?;
            }
            if !whole.is_empty() {
                append(app, &all, whole).await?;
            }
            if !full {
                return Ok(());
            }
        }
    }
}

async fn append(app: &App, all: &Head, entries: Vec<Entry>) -> Result<(), HistoryError> {
    let heads = heads_of(app, &entries).await?;
    let linked = history::link(&app.seals, all, heads, entries);
    match app.store.link_history(all, linked).await {
        // Another node was first; what is left is linked in a second.
        Ok(()) | Err(StoreError::Stale(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The sum of all chains, if it is the one that was signed.
async fn standing(app: &App) -> Result<Head, HistoryError> {
    let all = sum(&app.store).await?;
    all.filter(|all| all.is_signed(&app.seals)).ok_or(HistoryError::Changed)
}

/// The heads of the chains that these entries are in.
async fn heads_of(app: &App, entries: &[Entry]) -> Result<Vec<Head>, HistoryError> {
    let chains: BTreeSet<&str> = entries.iter().map(Entry::chain).collect();
    let chains: Vec<&str> = chains.into_iter().collect();
    let heads = app.store.history_heads_of(&chains).await?;
    if heads.iter().all(|head| head.is_signed(&app.seals)) {
        Ok(heads)
    } else {
        Err(HistoryError::Changed)
    }
}

/// Removes what is older than `horizon`, oldest first. What was removed stays in the signed
/// heads as a number and a link, so the rest still verifies; and nothing that does not hold is
/// removed, because then nobody could find it any more (docs/adr/0027).
///
/// # Errors
///
/// As [`Linker::link`].
pub async fn cut(app: &App, horizon: Timestamp) -> Result<(), HistoryError> {
    app.store.forget_loose(horizon).await?;
    loop {
        let all = standing(app).await?;
        let mut entries = app.store.history_entries(Which::Linked(all.cut), &app.seals).await?;
        let full = entries.len() == HISTORY_BATCH;
        let old = entries.iter().take_while(|entry| entry.at < horizon).count();
        entries.truncate(old);
        if entries.is_empty() {
            return Ok(());
        }
        let heads = heads_of(app, &entries).await?;
        let mut examination = Examination::begin(&app.seals, all.clone(), heads.clone());
        for entry in &entries {
            examination.see(entry);
        }
        if !examination.holds_so_far() {
            return Err(HistoryError::Changed);
        }
        let rest = history::cut(&app.seals, &all, heads, &entries);
        match app.store.cut_history(&all, rest).await {
            Ok(()) | Err(StoreError::Stale(_)) if full && old == HISTORY_BATCH => {}
            // Another node was first, or a link came between: the next time is soon enough.
            Ok(()) | Err(StoreError::Stale(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Examines every entry, while the server runs (docs/adr/0027). `told` hears how many were seen.
///
/// # Errors
///
/// The database is away.
pub async fn verify(app: &App, told: impl Fn(i64, i64)) -> Result<Report, StoreError> {
    let mut report = examine(app, &told).await?;
    for _again in 1..ATTEMPTS {
        let removed = sum(&app.store).await?.map_or(0, |all| all.cut);
        if removed == report.removed {
            break;
        }
        report = examine(app, &told).await?;
    }
    Ok(report)
}

async fn examine(app: &App, told: &impl Fn(i64, i64)) -> Result<Report, StoreError> {
    let (store, seals) = (&app.store, &app.seals);
    let mut heads = store.history_heads().await?;
    let found = heads.iter().position(|head| head.chain == ALL);
    let all = found.map_or_else(|| Head::new(ALL, ""), |place| heads.swap_remove(place));
    let (count, removed, last) = (all.count, all.cut, all.position);
    let mut examination = Examination::begin(seals, all, heads);
    let mut seen = removed;
    loop {
        let entries = store.history_entries(Which::Linked(seen), seals).await?;
        let Some(end) = entries.last().and_then(|entry| entry.position) else { break };
        for entry in &entries {
            if entry.position.is_some_and(|position| position <= last) {
                examination.see(entry);
            } else {
                examination.see_later(entry);
            }
        }
        seen = end;
        told(seen.min(last), last);
    }
    let later = sum(store).await?.map_or(last, |all| all.position);
    let unlinked = see_apart(app, &mut examination).await?;
    Ok(Report { findings: examination.end(later), count, removed, unlinked })
}

/// Shows the examination what is in no chain; answers how many of them wait for theirs.
async fn see_apart(app: &App, examination: &mut Examination<'_>) -> Result<usize, StoreError> {
    let mut waiting = 0;
    for is_waiting in [true, false] {
        let mut last = String::new();
        loop {
            let which = if is_waiting { Which::Unlinked(&last) } else { Which::Apart(&last) };
            let entries = app.store.history_entries(which, &app.seals).await?;
            let Some(end) = entries.last() else { break };
            for entry in &entries {
                examination.see_unlinked(entry);
            }
            waiting += if is_waiting { entries.len() } else { 0 };
            last.clone_from(&end.id);
        }
    }
    Ok(waiting)
}
