//! What introspection answers ([RFC 7662 §2.2]).
//!
//! [RFC 7662 §2.2]: https://www.rfc-editor.org/rfc/rfc7662#section-2.2

use serde::Serialize;

use super::thumbprint::Confirmation;

/// The whole answer about anything that is not a live token of the caller's resource.
pub const INACTIVE: &str = r#"{"active":false}"#;

/// The answer about a live token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Active<'a> {
    pub active: bool,
    pub scope: &'a str,
    /// Who asked: the registration the session belongs to.
    pub client_id: &'a str,
    /// The account; for an unclaimed agent, the registration.
    pub sub: &'a str,
    pub aud: &'a str,
    pub iss: &'a str,
    /// Seconds since the epoch.
    pub exp: i64,
    pub iat: i64,
    pub token_type: &'static str,
    /// Of a token that only the holder of a key may use (RFC 9449 §6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation<'a>>,
    pub session_id: &'a str,
    /// The agent's name, as it told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<&'a str>,
    /// When the human approved; absent before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<i64>,
}
