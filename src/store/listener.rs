//! Hearing, on one node, what ended on another.
//!
//! A node listens and, on the same connection, sends a heartbeat. Notifications arrive in the
//! order of their commits, so hearing one's own heartbeat proves that everything committed
//! before it has been heard too. When it stays away, the deny set stops believing memory.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Executor as _;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::denied::{Denied, MEMORY, SILENCE};
use super::engine::OpenError;
use super::write::exec_error;

/// Carries the identifiers of sessions that ended, one per line.
pub(super) const ENDED: &str = "countersign_ended";

const HEARTBEAT: &str = "countersign_heartbeat";
const BEAT: &str = "NOTIFY countersign_heartbeat";
const PERIOD: Duration = Duration::from_millis(500);

/// A lost channel is sought again this much later.
const PAUSE: Duration = Duration::from_millis(200);

/// A heartbeat needs no disk, and must not cost one twice a second.
const SETTINGS: &str = "SET synchronous_commit = off";

/// What the listening connection calls itself, for whoever reads `pg_stat_activity`.
pub(super) const NAME: &str = "countersign listener";

pub(super) fn options(url: &str) -> Result<PgConnectOptions, OpenError> {
    use sqlx::ConnectOptions as _;
    let options: PgConnectOptions = url.parse().map_err(exec_error)?;
    Ok(options.application_name(NAME).disable_statement_logging())
}

/// Listens until the task is stopped.
pub(super) async fn listen(options: PgConnectOptions, denied: Arc<Denied>) {
    let ageing = Arc::clone(&denied);
    let age = async move {
        loop {
            sleep(MEMORY).await;
            ageing.age();
        }
    };
    let hear = async move {
        loop {
            let lost = hear(&options, &denied).await;
            denied.cut();
            let error = lost.err();
            tracing::warn!(?error, "lost word of other nodes; asking the database every time");
            sleep(PAUSE).await;
        }
    };
    tokio::join!(age, hear);
}

/// Hears one connection out. Returns when it is lost.
async fn hear(options: &PgConnectOptions, denied: &Denied) -> Result<(), sqlx::Error> {
    // A pool of its own: a connection that hangs is left behind together with its pool.
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(SILENCE);
    let pool = pool.connect_with(options.clone()).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    // The loss itself must come back here: what was sent meanwhile is gone.
    listener.eager_reconnect(false);
    listener.execute(SETTINGS).await?;
    listener.listen_all([ENDED, HEARTBEAT]).await?;
    let mut beat = interval(PERIOD);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            heard = listener.try_recv() => match heard? {
                Some(notification) if notification.channel() == ENDED => {
                    denied.deny(notification.payload().lines());
                }
                Some(_) => denied.heard(),
                None => return Ok(()),
            },
            _ = beat.tick() => {
                timeout(SILENCE, listener.execute(BEAT))
                    .await
                    .map_err(|_| sqlx::Error::PoolTimedOut)??;
            }
        }
    }
}
