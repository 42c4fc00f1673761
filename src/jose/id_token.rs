//! ID tokens (OpenID Connect Core 1.0 §2).

use serde::Serialize;

use super::{JoseError, Keyring};

/// `typ` of an ID token. No verifier of ours takes a token of this type, so none passes for an
/// assertion or an access token (RFC 8725 §3.11).
const ID_TOKEN_TYPE: &str = "JWT";

/// What an ID token says: who, to whom, when (OpenID Connect Core 1.0 §2).
#[derive(Debug, Clone, Serialize)]
pub struct IdTokenClaims<'a> {
    pub iss: &'a str,
    pub sub: &'a str,
    pub aud: &'a str,
    pub iat: i64,
    pub exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<&'a str>,
}

impl Keyring {
    /// Signs an ID token.
    ///
    /// # Errors
    ///
    /// The cryptography failed.
    pub fn sign_id_token(&self, claims: &IdTokenClaims<'_>) -> Result<String, JoseError> {
        self.sign(ID_TOKEN_TYPE, claims)
    }
}
