//! Whom a resource server believes about a token.

use std::sync::Arc;

use futures_util::future::LocalBoxFuture;

use crate::protocol::error::OAuthError;
use crate::protocol::introspection::Introspected;

/// What came of a question: a live token, `None` for one that is worth nothing, or an error
/// if nobody could say, and then nobody is let in.
pub type Answer = Result<Option<Arc<Introspected>>, OAuthError>;

/// Says what a token is worth ([RFC 7662 §2]). Countersign over HTTP is the usual one; a
/// server that holds the sessions itself, or a test, may be another.
///
/// [RFC 7662 §2]: https://www.rfc-editor.org/rfc/rfc7662#section-2
pub trait Introspect: Send + Sync {
    /// Asks about one token. Audience, issuer, kind and scope of the answer are checked by
    /// the caller.
    fn introspect<'a>(&'a self, token: &'a str) -> LocalBoxFuture<'a, Answer>;

    /// As [`introspect`](Self::introspect), believing nothing that was remembered.
    fn introspect_anew<'a>(&'a self, token: &'a str) -> LocalBoxFuture<'a, Answer> {
        self.introspect(token)
    }
}
