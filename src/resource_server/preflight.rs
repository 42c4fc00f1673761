//! Agents that live in a browser: a preflight never needs a token, and every answer may be
//! read from any origin ([Fetch]). No cookie counts where a token is required, so there is
//! nothing for a foreign page to borrow.
//!
//! [Fetch]: https://fetch.spec.whatwg.org/#http-cors-protocol

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Header and value of an answer that any origin may read.
const ANY_ORIGIN: [(HeaderName, &str); 2] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (header::ACCESS_CONTROL_EXPOSE_HEADERS, "WWW-Authenticate, DPoP-Nonce, Retry-After"),
];

/// What a browser is told before it sends the token.
const PREFLIGHT: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "*"),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        // The asterisk does not stand for the first.
        "authorization, *, content-type, dpop, mcp-protocol-version, mcp-method, mcp-name",
    ),
    (header::ACCESS_CONTROL_MAX_AGE, "600"),
];

/// Answers a preflight.
pub fn preflight() -> HttpResponse {
    let mut answer = HttpResponse::NoContent().finish();
    open_to_any_origin(answer.headers_mut());
    for (name, value) in PREFLIGHT {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Lets any origin read an answer, unless the API has said who may.
pub fn open_to_any_origin(headers: &mut HeaderMap) {
    if headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        return;
    }
    for (name, value) in ANY_ORIGIN {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
