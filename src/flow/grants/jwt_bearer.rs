//! Our own identity assertion for an access token ([RFC 7523 §2.1]; auth.md, "Exchange").
//!
//! [RFC 7523 §2.1]: https://www.rfc-editor.org/rfc/rfc7523#section-2.1

use crate::app::App;
use crate::domain::cause::Cause;
use crate::domain::change::Effect;
use crate::domain::credential::Delegation;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, RegistrationId};
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::flow::access_token::{self, Worth};
use crate::flow::client::authentication::Presented;
use crate::flow::dpop::Proof;
use crate::flow::error::too_often;
use crate::protocol::error::OAuthError;
use crate::protocol::secret::SecretKind;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::Timestamp;
use crate::protocol::token_response::TokenResponse;
use crate::store::StoreError;

/// Exchanges an assertion, again and again until it expires or is superseded.
///
/// # Errors
///
/// `invalid_grant` for anything but a current assertion of ours, `invalid_scope` beyond
/// the session, `invalid_target` for another resource; beyond the hourly limit of the
/// registration nothing is stored.
pub async fn exchange(
    app: &App,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<TokenResponse, OAuthError> {
    let form = presented.form;
    let assertion =
        form.get("assertion").ok_or(OAuthError::InvalidRequest("assertion is missing"))?;
    let (registration, delegation) = current(app, assertion, presented.key(), occasion.at).await?;
    let scopes = super::narrowed(form, &delegation.resource, &delegation.scopes)?;
    let expires_at = (occasion.at + app.lifetimes().access).min(delegation.ends_at);
    let worth = Worth {
        resource: &delegation.resource,
        subject: delegation.account.as_ref().map_or(registration.as_str(), AccountId::as_str),
        client: registration.as_str(),
        session: &delegation.session,
        scopes: &scopes,
        details: None,
        issued_at: occasion.at,
        ends_at: expires_at,
        actor: None,
        key: presented.key(),
    };
    let access = access_token::make(app, &app.entropy.secret(SecretKind::Access)?, &worth)?;
    let mut event = Event::new(EventKind::TokenIssued, occasion)
        .of_session(&delegation.session)
        .of_registration(&registration)
        .at_resource(&delegation.resource)
        .because(Cause::Session(delegation.session.clone()));
    event.account.clone_from(&delegation.account);
    let most = app.settings.limits.assertion_exchanges_per_registration_per_hour;
    let count = Count::hourly("assertion", registration.as_str(), most.into(), occasion.at);
    let mut effects = vec![Effect::Count(count), access.issue(), Effect::Record(event)];
    effects.extend(presented.proof.as_ref().map(Proof::spend));
    app.store.apply(effects).await.map_err(|error| match error {
        // The session ended between reading and writing.
        StoreError::Stale(_) => OAuthError::InvalidGrant,
        error => too_often(error, occasion.at),
    })?;
    Ok(access.response())
}

/// The registration and session an assertion speaks for, if its generation still stands and
/// the key it is bound to, if it is, was proven: it would yield tokens without that key.
async fn current(
    app: &App,
    assertion: &str,
    key: Option<&Thumbprint>,
    now: Timestamp,
) -> Result<(RegistrationId, Delegation), OAuthError> {
    let verified = app
        .keyring
        .verify_assertion(assertion, app.issuer(), now)
        .map_err(|_| OAuthError::InvalidGrant)?;
    let claims = verified.claims();
    if claims.cnf.as_ref().is_some_and(|bound| key != Some(&*bound.jkt)) {
        return Err(OAuthError::InvalidGrant);
    }
    let id = RegistrationId(claims.sub.clone());
    let delegation = app.store.delegation(&id, claims.generation, now).await?;
    Ok((id, delegation.ok_or(OAuthError::InvalidGrant)?))
}
