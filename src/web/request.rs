//! What a request brings: its body within limits, its origin, its bearer token.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt as _;
use futures_util::future::poll_immediate;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::forwarded;
use crate::app::App;
use crate::domain::origin::{Occasion, Origin};
use crate::flow;
use crate::flow::client::authentication::Presented;
use crate::protocol::error::OAuthError;
use crate::protocol::form::{Form, FormError};
use crate::protocol::text::ToldText;
use crate::protocol::thumbprint::Thumbprint;

/// Why a body cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyError {
    TooLarge,
    TooManyParameters,
    /// It did not arrive in time; the framework itself would wait for ever.
    TooSlow,
    /// The connection broke, or the framing is wrong.
    Broken,
    WrongType,
    Malformed,
    Repeated,
}

impl BodyError {
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::TooLarge | Self::TooManyParameters => 413,
            Self::TooSlow => 408,
            Self::WrongType => 415,
            Self::Broken | Self::Malformed | Self::Repeated => 400,
        }
    }

    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::TooLarge => "the body is too large",
            Self::TooManyParameters => "the body has more than 200 parameters",
            Self::TooSlow => "the body took too long to arrive",
            Self::WrongType => "the content type is not one this endpoint takes",
            Self::Broken => "the body did not arrive whole",
            Self::Malformed => "the body is not well-formed",
            Self::Repeated => "a parameter is repeated",
        }
    }

    /// Whether the connection must close: unread bytes are still on it, or its caller sends
    /// more than anybody needs.
    #[must_use]
    pub const fn closes(self) -> bool {
        matches!(self, Self::TooLarge | Self::TooManyParameters | Self::TooSlow | Self::Broken)
    }
}

/// Reads a whole body, no longer and no larger than the settings allow.
///
/// # Errors
///
/// See [`BodyError`].
pub async fn body(app: &App, request: &HttpRequest, payload: Payload) -> Result<Bytes, BodyError> {
    let most = app.settings.limits.body_bytes as usize;
    let declared = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|declared| declared > most) {
        return Err(BodyError::TooLarge);
    }
    let deadline = Duration::from_secs(app.settings.limits.body_seconds.into());
    let mut body = pin!(collect(payload, most));
    // A body that came with its head is here at the second look, and needs no timer.
    for _look in 0..2 {
        if let Some(body) = poll_immediate(body.as_mut()).await {
            return body;
        }
        yield_now().await;
    }
    timeout(deadline, body).await.unwrap_or(Err(BodyError::TooSlow))
}

async fn collect(mut payload: Payload, most: usize) -> Result<Bytes, BodyError> {
    let Some(first) = payload.next().await else { return Ok(Bytes::new()) };
    let first = first.map_err(|_| BodyError::Broken)?;
    let mut whole: Option<BytesMut> = None;
    let mut length = first.len();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        length += chunk.len();
        if length > most {
            return Err(BodyError::TooLarge);
        }
        whole.get_or_insert_with(|| BytesMut::from(&first[..])).extend_from_slice(&chunk);
    }
    if length > most {
        return Err(BodyError::TooLarge);
    }
    Ok(whole.map_or(first, BytesMut::freeze))
}

/// Reads a form in which only `may_repeat` may occur twice.
///
/// # Errors
///
/// See [`BodyError`].
pub async fn form(
    app: &App,
    request: &HttpRequest,
    payload: Payload,
    may_repeat: &[&str],
) -> Result<Form, BodyError> {
    if !is_of_type(request, "application/x-www-form-urlencoded") {
        return Err(BodyError::WrongType);
    }
    let body = body(app, request, payload).await?;
    Form::parse(&body, may_repeat).map_err(|error| match error {
        FormError::Repeated => BodyError::Repeated,
        FormError::Malformed => BodyError::Malformed,
        FormError::TooMany => BodyError::TooManyParameters,
    })
}

/// Reads a body that is JSON, which its reader has yet to parse.
///
/// # Errors
///
/// See [`BodyError`].
pub async fn json(app: &App, request: &HttpRequest, payload: Payload) -> Result<Bytes, BodyError> {
    let body = body(app, request, payload).await?;
    if is_of_type(request, "application/json") { Ok(body) } else { Err(BodyError::WrongType) }
}

/// Whether the content type is `wanted`, whatever its parameters; absent counts as wanted,
/// because scripts forget it.
#[must_use]
pub fn is_of_type(request: &HttpRequest, wanted: &str) -> bool {
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else { return true };
    let Ok(value) = value.to_str() else { return false };
    value.split(';').next().is_some_and(|name| name.trim().eq_ignore_ascii_case(wanted))
}

/// What a request brings to prove which client sends it ([RFC 6749 §2.3.1]).
///
/// # Errors
///
/// Two `Authorization` headers, or one that is not text, prove nothing.
///
/// [RFC 6749 §2.3.1]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
pub fn presented<'a>(
    request: &'a HttpRequest,
    form: &'a Form,
) -> Result<Presented<'a>, OAuthError> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let header = headers.next();
    if headers.next().is_some() {
        return Err(OAuthError::InvalidClient);
    }
    let authorization = header.map(|value| value.to_str()).transpose();
    let authorization = authorization.map_err(|_| OAuthError::InvalidClient)?;
    Ok(Presented { authorization, form, key: None })
}

/// The one `DPoP` header of a request ([RFC 9449 §4.3], point 1).
///
/// # Errors
///
/// `invalid_dpop_proof` for two of them, or one that is not text.
///
/// [RFC 9449 §4.3]: https://www.rfc-editor.org/rfc/rfc9449#section-4.3
pub fn dpop(request: &HttpRequest) -> Result<Option<&str>, OAuthError> {
    let refused = |why: &str| OAuthError::InvalidDpopProof(why.to_owned());
    let mut headers = request.headers().get_all("dpop");
    let Some(header) = headers.next() else { return Ok(None) };
    if headers.next().is_some() {
        return Err(refused("there is more than one"));
    }
    header.to_str().map(Some).map_err(|_| refused("it is not text"))
}

/// The key whose possession a request proves, where no access token comes with it
/// ([RFC 9449 §5]).
///
/// # Errors
///
/// As [`dpop::proof`](flow::dpop::proof).
///
/// [RFC 9449 §5]: https://www.rfc-editor.org/rfc/rfc9449#section-5
pub async fn proven_key(
    app: &App,
    request: &HttpRequest,
) -> Result<Option<Thumbprint>, OAuthError> {
    let url = app.settings.issuer.url(request.path());
    let made = (request.method().as_str(), url.as_str());
    flow::dpop::proof(app, dpop(request)?, made, None, app.clock.now()).await
}

/// When and from where this request came.
#[must_use]
pub fn occasion(app: &App, request: &HttpRequest) -> Occasion {
    Occasion { at: app.clock.now(), from: origin(app, request) }
}

/// Where a request came from: the peer, or, when the peer is a trusted proxy, the last
/// address in its chain that is not.
#[must_use]
pub fn origin(app: &App, request: &HttpRequest) -> Origin {
    let user_agent = request
        .headers()
        .get(header::USER_AGENT)
        .and_then(|value| ToldText::clean(&String::from_utf8_lossy(value.as_bytes()), 200));
    let client = |peer: SocketAddr| {
        forwarded::client(peer.ip(), &app.settings.trusted_proxies, request.headers())
    };
    let address = request.peer_addr().map(client);
    let address = address.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
    Origin { address, user_agent }
}

/// What the `Authorization` header carries, for a protected resource.
#[derive(Debug, PartialEq, Eq)]
pub enum Bearer<'a> {
    Absent,
    Token(&'a str),
    /// Two headers, another scheme, bytes that are not text: presented, and no good.
    Unusable,
}

/// Reads a bearer token ([RFC 6750 §2.1]); the scheme's case does not matter.
///
/// [RFC 6750 §2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
#[must_use]
pub fn bearer(request: &HttpRequest) -> Bearer<'_> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION);
    let Some(value) = headers.next() else { return Bearer::Absent };
    if headers.next().is_some() {
        return Bearer::Unusable;
    }
    let scheme_and_token = value.to_str().ok().and_then(|text| text.split_once(' '));
    match scheme_and_token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            Bearer::Token(token.trim())
        }
        _ => Bearer::Unusable,
    }
}
