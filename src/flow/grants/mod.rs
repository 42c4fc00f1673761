//! The token endpoint: one file per grant. Parsing and the answer's headers stay at the
//! edge, so no grant can leave them out.

pub mod claim;
pub mod client_credentials;
pub mod device_code;
pub mod jwt_bearer;
pub mod refresh_token;
pub mod token_exchange;

use crate::app::App;
use crate::domain::origin::Occasion;
use crate::flow::client::authentication::Presented;
use crate::flow::code;
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::error::OAuthError;
use crate::protocol::form::Form;
use crate::protocol::grant_type::GrantType;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::{OPENID, Scopes};
use crate::protocol::token_response::TokenResponse;
use crate::store::StoreError;

/// The grants this configuration offers; metadata says the same list.
pub fn offered(app: &App) -> impl Iterator<Item = GrantType> {
    let typed_codes = app.settings.agents.typed_codes;
    GrantType::ALL.into_iter().filter(move |grant| *grant != GrantType::Claim || typed_codes)
}

/// Answers a token request ([RFC 6749 §3.2]).
///
/// # Errors
///
/// As each grant says.
///
/// [RFC 6749 §3.2]: https://www.rfc-editor.org/rfc/rfc6749#section-3.2
pub async fn token(
    app: &App,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<TokenResponse, OAuthError> {
    let form = presented.form;
    let name = form.get("grant_type").ok_or(OAuthError::InvalidRequest("grant_type is missing"))?;
    let grant = GrantType::named(name)
        .filter(|grant| offered(app).any(|offered| offered == *grant))
        .ok_or(OAuthError::UnsupportedGrantType)?;
    match grant {
        GrantType::AuthorizationCode => code::redeem(app, presented, occasion).await,
        GrantType::Claim => claim::redeem(app, presented, occasion).await,
        GrantType::DeviceCode => device_code::redeem(app, presented, occasion).await,
        GrantType::ClientCredentials => client_credentials::grant(app, presented, occasion).await,
        GrantType::TokenExchange => token_exchange::exchange(app, presented, occasion).await,
        GrantType::JwtBearer => jwt_bearer::exchange(app, presented, occasion).await,
        GrantType::RefreshToken => refresh_token::refresh(app, presented, occasion).await,
    }
}

/// What a token request may say of its target and its reach: exactly the session's
/// resource ([RFC 8707 §2.2]), and no scope beyond the session's ([RFC 6749 §6]).
///
/// [RFC 8707 §2.2]: https://www.rfc-editor.org/rfc/rfc8707#section-2.2
/// [RFC 6749 §6]: https://www.rfc-editor.org/rfc/rfc6749#section-6
pub(in crate::flow) fn narrowed(
    form: &Form,
    resource: &ResourceIdentifier,
    scopes: &Scopes,
) -> Result<Scopes, OAuthError> {
    same_target(form, resource)?;
    let Some(text) = form.get("scope") else { return Ok(scopes.clone()) };
    let asked: Scopes = text.parse().map_err(|_| OAuthError::InvalidScope)?;
    // No resource has it: it asked who answers, once (OpenID Connect Core 1.0 §3.1.2.1).
    let identity = Scopes::of([OPENID]).map_err(|_| OAuthError::InvalidScope)?;
    let asked = if scopes.contains(OPENID) { asked } else { asked.without(&identity) };
    if !asked.is_empty() && scopes.covers(&asked) {
        Ok(asked)
    } else {
        Err(OAuthError::InvalidScope)
    }
}

/// What a token request may say of authorization details ([RFC 9396 §6]): those of the
/// session, which were granted as a whole, or nothing.
///
/// [RFC 9396 §6]: https://www.rfc-editor.org/rfc/rfc9396#section-6
pub(in crate::flow) fn pinned(
    form: &Form,
    granted: &AuthorizationDetails,
) -> Result<(), OAuthError> {
    let Some(text) = form.get("authorization_details") else { return Ok(()) };
    let same = AuthorizationDetails::parse(text).is_some_and(|asked| asked == *granted);
    if same { Ok(()) } else { Err(OAuthError::InvalidAuthorizationDetails) }
}

/// Whatever `resource` names must be the one that was asked for ([RFC 8707 §2.2]).
///
/// [RFC 8707 §2.2]: https://www.rfc-editor.org/rfc/rfc8707#section-2.2
pub(in crate::flow) fn same_target(
    form: &Form,
    resource: &ResourceIdentifier,
) -> Result<(), OAuthError> {
    names(form, "resource", resource)
}

/// A parameter that names resources may name this one alone.
fn names(form: &Form, parameter: &str, resource: &ResourceIdentifier) -> Result<(), OAuthError> {
    let same =
        |named: &str| named.parse().is_ok_and(|named: ResourceIdentifier| named == *resource);
    if form.all(parameter).all(same) { Ok(()) } else { Err(OAuthError::InvalidTarget) }
}

/// `authorization_pending`, or `slow_down` with a longer interval from now on
/// ([RFC 8628 §3.5]). Two polls at the same moment are too fast by definition.
///
/// [RFC 8628 §3.5]: https://www.rfc-editor.org/rfc/rfc8628#section-3.5
fn waiting(kept: Result<(), StoreError>, hasty: bool) -> OAuthError {
    match kept {
        Ok(()) if hasty => OAuthError::SlowDown,
        Ok(()) => OAuthError::AuthorizationPending,
        Err(StoreError::Stale(_)) => OAuthError::SlowDown,
        Err(error) => error.into(),
    }
}
