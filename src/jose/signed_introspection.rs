//! Introspection answers that can be kept as evidence ([RFC 9701 §5]).
//!
//! [RFC 9701 §5]: https://www.rfc-editor.org/rfc/rfc9701#section-5

use serde::Serialize;
use serde_json::Value;

use super::{JoseError, Keyring};
use crate::protocol::timestamp::Timestamp;

/// `typ` of a signed introspection answer.
const INTROSPECTION_TYPE: &str = "token-introspection+jwt";

/// There is no `sub` and no `exp`, so that the answer cannot pass for an access token
/// ([RFC 9701 §8.1]).
///
/// [RFC 9701 §8.1]: https://www.rfc-editor.org/rfc/rfc9701#section-8.1
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    token_introspection: Value,
}

impl Keyring {
    /// Signs `answer`, the JSON that introspection gives, for the resource server
    /// `audience`.
    ///
    /// # Errors
    ///
    /// The cryptography failed, or `answer` is no JSON.
    pub fn sign_introspection(
        &self,
        issuer: &str,
        audience: &str,
        answer: &str,
        now: Timestamp,
    ) -> Result<String, JoseError> {
        let token_introspection = serde_json::from_str(answer).map_err(|_| JoseError::Invalid)?;
        let claims = Claims { iss: issuer, aud: audience, iat: now.0, token_introspection };
        self.sign(INTROSPECTION_TYPE, &claims)
    }
}
