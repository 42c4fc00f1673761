//! The agent polls for its human's answer: the claim grant of auth.md (dialect D2), which
//! borrows the polling answers of [RFC 8628 §3.5].
//!
//! [RFC 8628 §3.5]: https://www.rfc-editor.org/rfc/rfc8628#section-3.5

use crate::app::App;
use crate::domain::claim::NotCollected;
use crate::domain::origin::Occasion;
use crate::flow::claim::{Way, by_claim_token, collect};
use crate::flow::client::authentication::Presented;
use crate::flow::collection::CollectError;
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::timestamp::Timestamp;
use crate::protocol::token_response::TokenResponse;

/// Answers one poll. An answer that is there is delivered however fast the agent polls;
/// only waiting has a pace.
///
/// # Errors
///
/// `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, and
/// `invalid_grant` for a token that is unknown or spent.
pub async fn redeem(
    app: &App,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<TokenResponse, OAuthError> {
    let form = presented.form;
    let token =
        form.get("claim_token").ok_or(OAuthError::InvalidRequest("claim_token is missing"))?;
    refuse_other_target(app, form, token).await?;
    let way = Way { code: None, proof: presented.proof.as_ref() };
    match collect(app, token, &way, occasion).await {
        Ok(collected) => Ok(collected.pair.response(Some(collected.identity))),
        Err(CollectError::NotCollected(NotCollected::Pending)) => {
            Err(wait(app, token, occasion.at).await)
        }
        Err(CollectError::UnknownToken) => Err(OAuthError::ExpiredToken),
        Err(error) => Err(error.into()),
    }
}

/// A poll that names another resource than it asked for must not spend the claim.
async fn refuse_other_target(app: &App, form: &Form, token: &str) -> Result<(), OAuthError> {
    if form.get("resource").is_none() {
        return Ok(());
    }
    let Some(registration) = by_claim_token(app, token).await? else { return Ok(()) };
    super::same_target(form, &registration.resource)
}

/// The agent has to wait, and at which pace.
async fn wait(app: &App, token: &str, now: Timestamp) -> OAuthError {
    let registration = match by_claim_token(app, token).await {
        Ok(Some(registration)) => registration,
        Ok(None) => return OAuthError::ExpiredToken,
        Err(error) => return error.into(),
    };
    let (next, hasty) = registration.pace.poll(now);
    let kept = app.store.keep_pace(&registration.id, registration.pace, next).await;
    super::waiting(kept, hasty)
}
