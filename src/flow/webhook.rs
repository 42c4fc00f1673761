//! Telling the operator's receivers what happened ([Standard Webhooks]): in order, at least once,
//! each message under one identifier however often it is sent.
//!
//! [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

use serde::Serialize;

use crate::app::App;
use crate::config::Webhook;
use crate::domain::account_history::Recorded;
use crate::flow::account_history::Line;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::protocol::webhook::signatures;
use crate::store::{Store, StoreError, WebhookState};

/// Longer than a receiver may take. Whoever sends has it to himself until then; after a node was
/// killed another takes over then.
const TURN: Seconds = Seconds(20);

/// The first pause after a failure; each is four times the one before.
const FIRST_PAUSE: Seconds = Seconds(5);
const LONGEST_PAUSE: Seconds = Seconds::HOUR.times(6);

/// How old a message may be and still be tried again.
const PATIENCE: Seconds = Seconds::DAY;

/// The body of a message (Standard Webhooks, "Payload structure").
#[derive(Debug, Serialize)]
struct Message {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: Line,
}

/// A receiver that is new in the settings is told what happens from now on (docs/operating.md,
/// "Webhooks").
///
/// # Errors
///
/// The database is away.
pub async fn begin(store: &Store, webhooks: &[Webhook]) -> Result<(), StoreError> {
    for webhook in webhooks {
        store.begin_webhook(webhook.url.as_str()).await?;
    }
    Ok(())
}

/// Sends the next message of one receiver, if there is one and it is time. Whether there may be
/// more to send at once is the answer (docs/operating.md, "Webhooks").
///
/// # Errors
///
/// The database is away; nothing is lost.
pub async fn send_next(app: &App, webhook: &Webhook) -> Result<bool, StoreError> {
    let url = webhook.url.as_str();
    let Some(state) = app.store.webhook(url).await? else { return Ok(false) };
    let now = app.clock.now();
    if now < state.next_at {
        return Ok(false);
    }
    let next = app.store.event_after(state.position, &webhook.kinds).await?;
    let Some((position, recorded)) = next else { return Ok(false) };
    let held = WebhookState { next_at: now + TURN, ..state };
    match app.store.move_webhook(url, &state, &held).await {
        Ok(()) => {}
        // Another node sends it.
        Err(StoreError::Stale(_)) => return Ok(false),
        Err(error) => return Err(error),
    }
    let at = recorded.event.at;
    let sent = send(app, webhook, recorded, now).await;
    let told = WebhookState { position, failures: 0, next_at: Timestamp(0) };
    let now = app.clock.now();
    let after = match sent {
        Ok(()) => told,
        Err(error) if now - PATIENCE >= at => {
            tracing::error!(%error, position, "a webhook's message is given up after a day");
            told
        }
        Err(error) => {
            tracing::warn!(%error, position, "a webhook's message has to wait");
            let failures = state.failures + 1;
            WebhookState { failures, next_at: now + pause(failures), ..state }
        }
    };
    match app.store.move_webhook(url, &held, &after).await {
        Ok(()) => Ok(after.position == position),
        // It took so long that another node took over: then it is sent twice, as it may be.
        Err(StoreError::Stale(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

async fn send(
    app: &App,
    webhook: &Webhook,
    recorded: Recorded,
    now: Timestamp,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let id = recorded.id.clone();
    let kind = recorded.event.kind.name();
    let timestamp = recorded.event.at.iso();
    let body = serde_json::to_string(&Message { kind, timestamp, data: recorded.into() })?;
    let header = [
        ("webhook-signature", signatures(&webhook.secrets, &id, now, &body)),
        ("webhook-timestamp", now.0.to_string()),
        ("webhook-id", id),
    ];
    Ok(app.messenger.post(&webhook.url, header, body).await?)
}

fn pause(failures: i64) -> Seconds {
    let doublings = failures.saturating_sub(1).clamp(0, 8) * 2;
    FIRST_PAUSE.times(1 << doublings).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/operating.md, "Webhooks": tried again for about a day, more and more seldom.
    #[test]
    fn pauses_grow_fourfold_up_to_six_hours() {
        let pauses: Vec<i64> = (1..=9).map(|failures| pause(failures).0).collect();
        assert_eq!(pauses, [5, 20, 80, 320, 1_280, 5_120, 20_480, 21_600, 21_600]);
        assert_eq!(pause(i64::MAX), LONGEST_PAUSE);
    }
}
