//! Who it is that may pass: what a proxy is told of a request that it lets through.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::domain::id::{AccountId, SessionId};
use crate::flow::forward_auth::{LetIn, Waiting};
use crate::web::answer::deprecated;

/// 200, and who it is. Every header is always there, empty where nothing is known, so that a
/// proxy that copies it overwrites what the request brought under its name.
#[must_use]
pub fn answer(let_in: &LetIn, waiting: &Waiting<'_>) -> HttpResponse {
    let known = &let_in.live.credential;
    let acting = let_in.agent.as_ref();
    let agent = acting.map(|agent| agent.name.as_str()).or(known.agent.as_deref());
    let agent = utf8_percent_encode(agent.unwrap_or_default(), NON_ALPHANUMERIC).to_string();
    let scope = known.scopes.to_string();
    let limited_to = known.holder.limited_to().map(ToString::to_string).unwrap_or_default();
    let approved_at = known.approved_at.map(|time| time.0.to_string()).unwrap_or_default();
    let details = known.details.some().and_then(|details| serde_json::to_vec(details).ok());
    let details = URL_SAFE_NO_PAD.encode(details.unwrap_or_default());
    let expires_at = known.expires_at.map(|time| time.0.to_string()).unwrap_or_default();
    let said = [
        ("countersign-subject", known.subject()),
        ("countersign-account", known.account.as_ref().map_or("", AccountId::as_str)),
        ("countersign-client", known.client().unwrap_or_default()),
        ("countersign-session", known.holder.session().map_or("", SessionId::as_str)),
        ("countersign-credential", known.holder.id()),
        ("countersign-credential-type", known.holder.type_name()),
        ("countersign-profile", known.holder.profile().unwrap_or_default()),
        ("countersign-mode", known.holder.mode().name()),
        ("countersign-agent", &agent),
        ("countersign-agent-id", acting.map_or("", |agent| agent.id.as_str())),
        ("countersign-limited-to", &limited_to),
        ("countersign-scope", &scope),
        ("countersign-authorization-details", &details),
        ("countersign-resource", known.resource.as_str()),
        ("countersign-approved", &approved_at),
        ("countersign-expires", &expires_at),
    ];
    let mut answer = HttpResponse::Ok().finish();
    let headers = answer.headers_mut();
    headers.reserve(said.len() + 1);
    for (name, value) in said {
        let value = HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""));
        headers.insert(HeaderName::from_static(name), value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    deprecated(answer, waiting.is_in_address())
}
