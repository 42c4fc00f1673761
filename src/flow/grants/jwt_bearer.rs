//! Our own identity assertion for an access token ([RFC 7523 §2.1]; auth.md, "Exchange").
//!
//! [RFC 7523 §2.1]: https://www.rfc-editor.org/rfc/rfc7523#section-2.1

use crate::app::App;
use crate::domain::change::Effect;
use crate::domain::credential::Delegation;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::RegistrationId;
use crate::domain::origin::Occasion;
use crate::domain::session::{Token, TokenKind};
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::secret::SecretKind;
use crate::protocol::timestamp::Timestamp;
use crate::protocol::token_response::TokenResponse;
use crate::store::StoreError;

/// Exchanges an assertion, as often as the agent likes until it expires or is superseded.
///
/// # Errors
///
/// `invalid_grant` for anything but a current assertion of ours, `invalid_scope` beyond
/// the session, `invalid_target` for another resource.
pub async fn exchange(
    app: &App,
    form: &Form,
    occasion: &Occasion,
) -> Result<TokenResponse, OAuthError> {
    let assertion =
        form.get("assertion").ok_or(OAuthError::InvalidRequest("assertion is missing"))?;
    let (registration, delegation) = current(app, assertion, occasion.at).await?;
    let scopes = super::narrowed(form, &delegation.resource, &delegation.scopes)?;
    let access = app.entropy.secret(SecretKind::Access)?;
    let expires_at = (occasion.at + app.lifetimes().access).min(delegation.ends_at);
    let token = Token {
        digest: access.digest(),
        session: delegation.session.clone(),
        kind: TokenKind::Access,
        scopes: scopes.clone(),
        created_at: occasion.at,
        expires_at,
        spent_at: None,
        key: None,
    };
    let mut event = Event::new(EventKind::TokenIssued, occasion)
        .of_session(&delegation.session)
        .of_registration(&registration);
    event.account = delegation.account;
    app.store.apply(vec![Effect::IssueToken(token), Effect::Record(event)]).await.map_err(gone)?;
    Ok(TokenResponse {
        access_token: access.reveal().to_owned(),
        token_type: "Bearer",
        expires_in: expires_at.since(occasion.at).0,
        scope: scopes.to_string(),
        refresh_token: None,
        identity_assertion: None,
        assertion_expires: None,
        identity: None,
    })
}

/// The registration and session an assertion speaks for, if its generation still stands.
async fn current(
    app: &App,
    assertion: &str,
    now: Timestamp,
) -> Result<(RegistrationId, Delegation), OAuthError> {
    let verified = app
        .keyring
        .verify_assertion(assertion, app.issuer(), now)
        .map_err(|_| OAuthError::InvalidGrant)?;
    let claims = verified.claims();
    let id = RegistrationId(claims.sub.clone());
    let delegation = app.store.delegation(&id, claims.generation, now).await?;
    Ok((id, delegation.ok_or(OAuthError::InvalidGrant)?))
}

/// The session ended between reading and writing.
fn gone(error: StoreError) -> OAuthError {
    match error {
        StoreError::Stale(_) => OAuthError::InvalidGrant,
        error => error.into(),
    }
}
