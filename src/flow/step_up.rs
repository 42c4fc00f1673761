//! Which session a question would widen ([RFC 6750 §3.1]).
//!
//! [RFC 6750 §3.1]: https://www.rfc-editor.org/rfc/rfc6750#section-3.1

use crate::app::App;
use crate::domain::approval::{Approval, Phase};
use crate::domain::id::AccountId;
use crate::domain::session::Session;
use crate::protocol::timestamp::Timestamp;
use crate::store::StoreError;

/// The newest session of this human that a yes to this question would widen.
///
/// # Errors
///
/// The database is away.
pub async fn widened(
    app: &App,
    approval: &Approval,
    human: &AccountId,
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    let Some(client) = approval.ask.client.as_ref() else { return Ok(None) };
    if approval.phase(now) != Phase::Waiting {
        return Ok(None);
    }
    let sessions = app.store.sessions_between(human, &client.id).await?;
    Ok(sessions.into_iter().find(|session| approval.may_widen(session, now)))
}
