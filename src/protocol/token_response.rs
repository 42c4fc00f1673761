//! What the token endpoint answers ([RFC 6749 §5.1]). Members without a value are left
//! out, never null: several clients stop at a null.
//!
//! [RFC 6749 §5.1]: https://www.rfc-editor.org/rfc/rfc6749#section-5.1

use serde::Serialize;

use super::agent::Identity;
use super::authorization_details::AuthorizationDetails;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenResponse {
    pub access_token: String,
    /// `DPoP` if a proof of possession came with the request (RFC 9449 §5), else `Bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: i64,
    /// Always said, also when it is what was asked for.
    pub scope: String,
    /// What the scopes are pinned down to (RFC 9396 §7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_details: Option<AuthorizationDetails>,
    /// Who answered (OpenID Connect Core 1.0 §3.1.3.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// What an exchange made (RFC 8693 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
    /// Flat names of auth.md dialect D2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_assertion: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assertion_expires: Option<String>,
    /// Nested names of auth.md dialect D3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}
