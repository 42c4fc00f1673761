//! What the window that opened ours is told (contracts of Agent Analytics, 1.4): a plugin asks in
//! a popup, and hears there how it went, besides what the browser brings it.

use super::pages::decision::Opener;
use crate::domain::approval::Phase;
use crate::domain::ask::Ask;
use crate::flow::approval::Seen;
use crate::protocol::agent_session::OpenerMessage;
use crate::protocol::timestamp::Timestamp;

/// How a request went, for whoever asked in a window of its own.
#[must_use]
pub fn told(seen: &Seen, now: Timestamp) -> Option<Opener> {
    let approval = &seen.approval;
    let message = match (approval.phase(now), &seen.finish) {
        (Phase::Approved, Some(code)) => OpenerMessage::Callback {
            request_id: approval.id.as_str(),
            exchange_code: code.reveal(),
        },
        (Phase::Collected, _) => OpenerMessage::Complete,
        (Phase::Denied, _) => {
            OpenerMessage::Error { code: "ACCESS_DENIED", message: "the request was denied" }
        }
        _ => return None,
    };
    opener(&approval.ask, &message)
}

/// That whoever has no account cannot get one on the way.
#[must_use]
pub fn told_to_set_up(ask: &Ask) -> Option<Opener> {
    let message = "an existing account is required";
    opener(ask, &OpenerMessage::Error { code: "ACCOUNT_SETUP_REQUIRED", message })
}

/// Only the origin that the answer goes to may read it.
fn opener(ask: &Ask, message: &OpenerMessage<'_>) -> Option<Opener> {
    let origin = ask.callback()?.origin()?;
    Some(Opener { origin, message: serde_json::to_string(message).ok()? })
}
