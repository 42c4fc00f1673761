//! What an authorization request asks for: one resource, its scopes, what they are pinned
//! down to, and what it wants of whoever answers.

use super::query::target;
use crate::app::App;
use crate::domain::ask::IdentityAsk;
use crate::domain::resource::Resource;
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::authorization_response::AuthorizationErrorCode;
use crate::protocol::form::Form;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::{OPENID, Scopes};
use crate::protocol::timestamp::{Seconds, Timestamp};

/// What may be asked of a human.
#[derive(Debug, Clone)]
pub struct Negotiated {
    pub resource: ResourceIdentifier,
    pub scopes: Scopes,
    pub details: AuthorizationDetails,
    pub identity: Option<IdentityAsk>,
    pub signed_in_since: Option<Timestamp>,
}

/// Why not, for the client.
pub type Refused = (AuthorizationErrorCode, &'static str);

/// One resource, the default one when none is named (RFC 8707 §2); what of the scope this
/// resource knows (RFC 6749 §3.3); details that it takes (RFC 9396 §5).
///
/// # Errors
///
/// What the client is told (RFC 6749 §4.1.2.1).
pub fn negotiate(app: &App, form: &Form, now: Timestamp) -> Result<Negotiated, Refused> {
    use AuthorizationErrorCode::{InvalidScope, InvalidTarget};
    let resource = target(app, form)
        .ok_or((InvalidTarget, "resource must name one resource of this server"))?;
    let asked = form.get("scope").map(str::parse::<Scopes>).transpose();
    let asked = asked.map_err(|_| (InvalidScope, "scope is not a list of scope tokens"))?;
    let scopes = resource.ask(asked.as_ref()).scopes;
    if scopes.is_empty() {
        return Err((InvalidScope, "the resource has no such scope"));
    }
    let wants_identity = asked.is_some_and(|asked| asked.contains(OPENID));
    let nonce = form.get("nonce").map(str::to_owned);
    Ok(Negotiated {
        resource: resource.identifier.clone(),
        scopes,
        details: details(resource, form)?,
        identity: wants_identity.then_some(IdentityAsk { nonce }),
        signed_in_since: signed_in_since(form, now)?,
    })
}

/// The details of a request, if the resource takes every one of them (RFC 9396 §5).
///
/// # Errors
///
/// What the client is told.
pub fn details(resource: &Resource, form: &Form) -> Result<AuthorizationDetails, Refused> {
    let Some(text) = form.get("authorization_details") else {
        return Ok(AuthorizationDetails::default());
    };
    let details = AuthorizationDetails::parse(text).filter(|details| resource.takes(details));
    details.ok_or((
        AuthorizationErrorCode::InvalidAuthorizationDetails,
        "authorization_details are not of the types that the resource takes",
    ))
}

/// Nobody asks for a sign-in older than this.
const LONGEST: Seconds = Seconds::DAY.times(3_650);

/// Since when whoever answers must have signed in (OpenID Connect Core 1.0 §3.1.2.1, RFC 9470
/// §4): now, for `prompt=login`; for `max_age`, that long ago.
fn signed_in_since(form: &Form, now: Timestamp) -> Result<Option<Timestamp>, Refused> {
    if form.get("prompt").is_some_and(|prompt| prompt.split(' ').any(|word| word == "login")) {
        return Ok(Some(now));
    }
    let age = form.get("max_age").map(str::parse::<u32>).transpose();
    let wrong = (AuthorizationErrorCode::InvalidRequest, "max_age is not a number of seconds");
    let age = age.map_err(|_| wrong)?;
    Ok(age.map(|age| now - Seconds(age.into()).min(LONGEST)))
}
