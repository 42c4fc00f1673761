//! Authorization requests that a client hands over before its browser comes ([RFC 9126]).
//!
//! [RFC 9126]: https://www.rfc-editor.org/rfc/rfc9126

use crate::domain::id::ClientId;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// How long a pushed request waits for its browser ([RFC 9126 §2.2]): opening one takes
/// seconds, and nothing is lost by pushing again.
///
/// [RFC 9126 §2.2]: https://www.rfc-editor.org/rfc/rfc9126#section-2.2
pub const LIFETIME: Seconds = Seconds(90);

/// One pushed request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedRequest {
    /// Of the secret in its `request_uri`.
    pub digest: Digest,
    /// Whoever pushed it: nobody else's browser takes it up.
    pub client: ClientId,
    /// The parameters as they would stand in the query of the authorization request. None is
    /// a secret: `state` and `nonce` are the client's own marks, the challenge gives its
    /// verifier away to nobody, and how the client proved itself is not among them.
    pub request: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

impl PushedRequest {
    /// Whether a browser may take it up now.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }
}
