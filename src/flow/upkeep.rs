//! Work nobody waits for: batches of "last used", figures, rows that say nothing any more.
//! Nothing here decides: what is over is over by the time of the request.

use crate::app::App;
use crate::flow::history::{self, HistoryError};
use crate::flow::usage;
use crate::metrics::Funnel;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::{OpenError, StoreError};

/// Writes what was used, and counts what lives where somebody looks. `since` is the last time this ran.
///
/// # Errors
///
/// The database is away; the next run makes up for it.
pub async fn tend(app: &App, since: Timestamp) -> Result<(), StoreError> {
    usage::write(app).await?;
    if app.settings.metrics_listen.is_none() {
        // Counting reads every session, and nobody would see the figure.
        return Ok(());
    }
    let now = app.clock.now();
    app.metrics.set_live_sessions(app.store.live_sessions(now).await?);
    for _expired in 0..app.store.approvals_expired(since, now).await? {
        app.metrics.funnel(Funnel::Expired);
    }
    Ok(())
}

/// Whether requests can be answered: the database is there and keeps what it acknowledges.
///
/// # Errors
///
/// It is not.
pub async fn ready(app: &App) -> Result<(), OpenError> {
    app.store.database().durable().await
}

/// Writes what is left to write and lets the database go.
pub async fn close(app: &App) {
    if let Err(error) = usage::write(app).await {
        tracing::warn!(%error, "the last uses were not written");
    }
    app.store.database().close().await;
}

/// Removes rows that expired a day ago and can no longer mean anything, among them the sessions
/// of machines, which no person sees, and clients that registered and were never used; uses
/// are forgotten a minute after their end, because there are many and another node's clock is
/// no further off. What a person approved stays: it is their history.
///
/// # Errors
///
/// The database is away; the next run makes up for it.
pub async fn sweep(app: &App) -> Result<(), StoreError> {
    let now = app.clock.now();
    app.store.forget_uses(now - Seconds::MINUTE).await?;
    app.store.sweep(now - Seconds::DAY).await?;
    app.store.prune_clients(now - app.settings.strangers.unused_ttl).await
}

/// Removes audit entries that are older than they are kept.
///
/// # Errors
///
/// The database is away, or the trail does not hold.
pub async fn forget(app: &App) -> Result<(), HistoryError> {
    match app.settings.keep_history {
        Some(keep) => history::cut(app, app.clock.now() - keep).await,
        None => Ok(()),
    }
}
