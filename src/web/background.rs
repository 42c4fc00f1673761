//! What goes on behind the requests until the server stops.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::letters;
use crate::app::App;
use crate::config::Webhook;
use crate::flow::history::Linker;
use crate::flow::inbox;
use crate::flow::mail;
use crate::flow::upkeep;
use crate::flow::webhook;

/// How often a receiver is looked after.
const TELL: Duration = Duration::from_secs(1);
/// How often expired rows are removed.
const SWEEP: Duration = Duration::from_mins(10);
/// How often audit entries are linked to their chains.
const LINK: Duration = Duration::from_secs(1);
/// How often letters are looked for.
const DELIVER: Duration = Duration::from_secs(1);
/// How often questions are looked for that wait.
const REMIND: Duration = Duration::from_secs(5);
/// How often "last used" and the figures are written.
const TEND: Duration = Duration::from_secs(15);
/// Writes figures and last uses.
#[expect(clippy::infinite_loop, reason = "runs until the server stops it")]
pub async fn tend(app: Arc<App>) {
    let mut since = app.clock.now();
    let mut ticks = interval(TEND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = app.clock.now();
        match upkeep::tend(&app, since).await {
            Ok(()) => since = now,
            Err(error) => tracing::warn!(%error, "figures and last uses have to wait"),
        }
    }
}

/// Links audit entries to their chains.
#[expect(clippy::infinite_loop, reason = "runs until the server stops it")]
pub async fn link_history(app: Arc<App>) {
    let mut linker = Linker::default();
    let mut ticks = interval(LINK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = linker.link(&app).await {
            tracing::error!(%error, "audit entries are not linked");
        }
    }
}

/// Removes rows that say nothing any more.
#[expect(clippy::infinite_loop, reason = "runs until the server stops it")]
pub async fn sweep(app: Arc<App>) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = upkeep::sweep(&app).await {
            tracing::warn!(%error, "expired rows have to wait");
        }
        if let Err(error) = upkeep::forget(&app).await {
            tracing::error!(%error, "old audit entries are not removed");
        }
    }
}

/// Sends the letters that wait.
#[expect(clippy::infinite_loop, reason = "runs until the server stops it")]
pub async fn deliver(app: Arc<App>) {
    let mut ticks = interval(DELIVER);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            match mail::send_next(&app, letters::words).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "letters have to wait");
                    break;
                }
            }
        }
    }
}

/// Writes to people whom a question waits for.
#[expect(clippy::infinite_loop, reason = "runs until the server stops it")]
pub async fn remind(app: Arc<App>) {
    let mut ticks = interval(REMIND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = inbox::remind(&app).await {
            tracing::warn!(%error, "letters about waiting questions have to wait");
        }
    }
}

/// Tells one receiver what happens. Each has a task of its own, so that none waits for another.
#[expect(clippy::infinite_loop, reason = "runs until the server stops it")]
pub async fn tell(app: Arc<App>, receiver: Webhook) {
    let mut ticks = interval(TELL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            match webhook::send_next(&app, &receiver).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(%error, "a webhook has to wait");
                    break;
                }
            }
        }
    }
}
