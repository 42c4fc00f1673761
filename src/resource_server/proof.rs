//! Tokens that are worth nothing without a key ([RFC 9449 §7]).
//!
//! [RFC 9449 §7]: https://www.rfc-editor.org/rfc/rfc9449#section-7

use actix_web::dev::RequestHead;
use futures_util::future::LocalBoxFuture;

use crate::protocol::error::OAuthError;
use crate::protocol::introspection::Introspected;
use crate::protocol::thumbprint::Thumbprint;

/// A proof and what it must be for ([RFC 9449 §4.3]).
///
/// [RFC 9449 §4.3]: https://www.rfc-editor.org/rfc/rfc9449#section-4.3
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PresentedProof<'a> {
    /// The one `DPoP` header.
    pub proof: &'a str,
    pub method: &'a str,
    /// The path of the request. What the request says of its host counts for nothing, so
    /// whoever checks puts its own before it.
    pub path: &'a str,
    /// The access token that came along.
    pub token: &'a str,
}

/// Checks proofs of possession, each for one request and once ([RFC 9449 §7.1]).
///
/// [RFC 9449 §7.1]: https://www.rfc-editor.org/rfc/rfc9449#section-7.1
pub trait CheckProof: Send + Sync {
    /// The key that is proven; [`OAuthError::InvalidDpopProof`] and
    /// [`OAuthError::UseDpopNonce`] are what the agent can do something about.
    fn check<'a>(
        &'a self,
        presented: PresentedProof<'a>,
    ) -> LocalBoxFuture<'a, Result<Thumbprint, OAuthError>>;
}

impl<'a> PresentedProof<'a> {
    /// The proof beside `token`; `None` unless there is exactly one ([RFC 9449 §4.3],
    /// point 1).
    ///
    /// [RFC 9449 §4.3]: https://www.rfc-editor.org/rfc/rfc9449#section-4.3
    pub(super) fn beside(token: &'a str, request: &'a RequestHead) -> Option<Self> {
        let mut headers = request.headers().get_all("dpop");
        let proof = headers.next()?.to_str().ok()?;
        let only = headers.next().is_none();
        let (method, path) = (request.method.as_str(), request.uri.path());
        only.then_some(Self { proof, method, path, token })
    }
}

/// Whether a token may be used by whoever holds it ([RFC 6750 §1]).
///
/// [RFC 6750 §1]: https://www.rfc-editor.org/rfc/rfc6750#section-1
pub(super) fn is_bearer(token: &Introspected) -> bool {
    token.cnf.is_none() && token.token_type.eq_ignore_ascii_case("bearer")
}

/// The key that a token is bound to ([RFC 9449 §6.2]).
///
/// [RFC 9449 §6.2]: https://www.rfc-editor.org/rfc/rfc9449#section-6.2
pub(super) fn key_of(token: &Introspected) -> Option<Thumbprint> {
    let bound = token.token_type.eq_ignore_ascii_case("dpop");
    let jkt = token.cnf.as_ref().filter(|_| bound)?.get("jkt")?.as_str()?;
    Thumbprint::parse(jkt)
}
