//! How answers look: JSON that is never stored, errors in the caller's dialect, and the
//! headers every page carries.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::request::BodyError;
use crate::flow::error::PersonError;
use crate::protocol::agent_error::AgentError;
use crate::protocol::error::{ErrorBody, OAuthError};

/// JSON with everything an answer with secrets in it needs (RFC 6749 §5.1).
#[must_use]
pub fn json<T: Serialize>(status: u16, body: &T) -> HttpResponse {
    let Ok(text) = serde_json::to_string(body) else {
        return raw_json(500, r#"{"error":"server_error"}"#.to_owned());
    };
    raw_json(status, text)
}

/// JSON that is written already.
#[must_use]
pub fn raw_json(status: u16, text: String) -> HttpResponse {
    let mut answer = HttpResponse::with_body(code(status), text).map_into_boxed_body();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// The media type of a signed introspection answer ([RFC 9701 §4]).
///
/// [RFC 9701 §4]: https://www.rfc-editor.org/rfc/rfc9701#section-4
pub const SIGNED_INTROSPECTION: &str = "application/token-introspection+jwt";

/// A signed introspection answer.
#[must_use]
pub fn signed_introspection(jwt: String) -> HttpResponse {
    let mut answer = raw_json(200, jwt);
    let content_type = HeaderValue::from_static(SIGNED_INTROSPECTION);
    answer.headers_mut().insert(header::CONTENT_TYPE, content_type);
    answer
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Lets browser-hosted agents read this answer. No cookie counts on these routes, so every
/// origin may.
#[must_use]
pub fn for_any_origin(mut answer: HttpResponse) -> HttpResponse {
    for (name, value) in ANY_ORIGIN {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// The headers of [`for_any_origin`].
pub const ANY_ORIGIN: [(HeaderName, &str); 2] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, "WWW-Authenticate, DPoP-Nonce, ETag, Retry-After"),
];

/// A preflight needs no token (Fetch standard).
pub async fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"))
        .insert_header((
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, dpop, x-api-key, api-key, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id",
        ))
        .insert_header((header::ACCESS_CONTROL_MAX_AGE, "600"))
        .finish()
}

/// A refusal at the token, revocation or introspection endpoint.
#[must_use]
pub fn oauth_error(error: &OAuthError) -> HttpResponse {
    log(error, error.status());
    let mut answer = json(error.status(), &ErrorBody::of_oauth(error));
    let wait = match error {
        OAuthError::RateLimited(seconds) => Some(seconds.0),
        OAuthError::TemporarilyUnavailable(_) => Some(1),
        _ => None,
    };
    retry_after(&mut answer, wait);
    if let OAuthError::UseDpopNonce(nonce) = error {
        dpop_nonce(&mut answer, nonce);
    }
    answer
}

/// Hands a nonce out ([RFC 9449 §8]).
///
/// [RFC 9449 §8]: https://www.rfc-editor.org/rfc/rfc9449#section-8
pub fn dpop_nonce(answer: &mut HttpResponse, nonce: &str) {
    if let Ok(nonce) = HeaderValue::from_str(nonce) {
        answer.headers_mut().insert(HeaderName::from_static("dpop-nonce"), nonce);
    }
}

/// A refusal of a client at the token endpoint and its neighbours: as [`oauth_error`], and
/// the scheme is named when the client used it ([RFC 6749 §5.2]).
///
/// [RFC 6749 §5.2]: https://www.rfc-editor.org/rfc/rfc6749#section-5.2
#[must_use]
pub fn client_error(request: &HttpRequest, error: &OAuthError) -> HttpResponse {
    let mut answer = oauth_error(error);
    let used_basic = request.headers().contains_key(header::AUTHORIZATION);
    if used_basic && matches!(error, OAuthError::InvalidClient) {
        let challenge = HeaderValue::from_static(r#"Basic realm="clients", charset="UTF-8""#);
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    answer
}

/// A refusal at an agent endpoint; `legacy` when the request was written in dialect D2.
#[must_use]
pub fn agent_error(error: &AgentError, legacy: bool) -> HttpResponse {
    let status = error.code.status();
    log(error, status);
    let mut answer = json(status, &ErrorBody::of_agent(error, legacy));
    let wait = error.retry_after.map(|seconds| seconds.0).or((status == 503).then_some(1));
    retry_after(&mut answer, wait);
    answer
}

/// A body that could not be read, in JSON.
#[must_use]
pub fn body_error(error: BodyError) -> HttpResponse {
    let mut answer = refusal(error.status(), error.sentence());
    if error.closes() {
        close(&mut answer);
    }
    answer
}

/// A request that is wrong whatever it asks for, in both dialects' words.
#[must_use]
pub fn refusal(status: u16, sentence: &'static str) -> HttpResponse {
    let body = ErrorBody {
        error: "invalid_request",
        error_description: sentence.to_owned(),
        message: Some(sentence.to_owned()),
        ..ErrorBody::default()
    };
    json(status, &body)
}

/// Closes the connection after this answer.
pub fn close(answer: &mut HttpResponse) {
    answer.head_mut().set_connection_type(actix_web::http::ConnectionType::Close);
}

pub fn retry_after(answer: &mut HttpResponse, seconds: Option<i64>) {
    if let Some(seconds) = seconds {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
    }
}

/// The cause is logged here, once; the caller reads the fixed text only.
pub(super) fn log(error: &(dyn std::error::Error + 'static), status: u16) {
    if status >= 500 {
        tracing::error!(status, cause = causes(error), "a request failed");
    } else {
        tracing::debug!(status, reason = %error, "a request was refused");
    }
}

/// An error and what caused it, outermost first.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text.push_str(": ");
        text.push_str(&deeper.to_string());
        cause = deeper.source();
    }
    text
}

/// The status a person's error is shown with.
#[must_use]
pub fn person_status(error: &PersonError) -> u16 {
    let status = match error {
        PersonError::NotFound => 404,
        PersonError::Limited(_) => 429,
        PersonError::Unavailable(_) => 503,
        PersonError::Internal(_) => 500,
    };
    log(error, status);
    status
}

/// Every header a page carries (contracts of the pages, point 30).
#[must_use]
pub fn page(status: u16, html: String, https: bool) -> HttpResponse {
    let mut answer = HttpResponse::with_body(code(status), html).map_into_boxed_body();
    let headers = answer.headers_mut();
    for (name, value) in PAGE_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        let value = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    answer
}

/// Leaves the window that opened this one its handle: a client may ask in a popup, and each
/// page on the way there and back must say so (HTML §7.1.3). Pages that no client opens keep
/// apart from whoever opened them.
#[must_use]
pub fn for_popup(mut answer: HttpResponse) -> HttpResponse {
    let value = HeaderValue::from_static("unsafe-none");
    answer.headers_mut().insert(header::CROSS_ORIGIN_OPENER_POLICY, value);
    answer
}

/// Lets the script of a page ask this origin for what is to take the place of what it shows
/// (CSP3 §6.1.2).
#[must_use]
pub fn for_renewal(mut answer: HttpResponse) -> HttpResponse {
    let header = header::CONTENT_SECURITY_POLICY;
    let policy = answer.headers().get(&header).and_then(|policy| policy.to_str().ok());
    let policy =
        policy.map(|policy| HeaderValue::from_str(&format!("{policy}; connect-src 'self'")));
    if let Some(Ok(policy)) = policy {
        answer.headers_mut().insert(header, policy);
    }
    answer
}

const PAGE_HEADERS: [(HeaderName, &str); 9] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CROSS_ORIGIN_OPENER_POLICY, "same-origin"),
    (header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    (header::PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=()"),
];

/// Sends a browser on within this origin after a form (RFC 9110 §15.4.4).
#[must_use]
pub fn see_other(path: &str) -> HttpResponse {
    let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .finish()
}

/// Credentials in addresses are on their way out since RFC 9700 (RFC 9745 §2.1): 2025-01-01.
const DEPRECATED: &str = "@1735689600";

/// Says so where a credential came in the address.
pub fn deprecated(mut answer: HttpResponse, in_address: bool) -> HttpResponse {
    if in_address {
        let name = HeaderName::from_static("deprecation");
        answer.headers_mut().insert(name, HeaderValue::from_static(DEPRECATED));
    }
    answer
}
