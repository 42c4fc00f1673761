//! The grants the token endpoint knows; metadata follows this list by itself.

/// A `grant_type` of the token endpoint ([RFC 6749 §4]).
///
/// [RFC 6749 §4]: https://www.rfc-editor.org/rfc/rfc6749#section-4
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantType {
    /// What the browser brought back, for tokens (RFC 6749 §4.1.3).
    AuthorizationCode,
    /// A device polls for its human's answer (RFC 8628 §3.4).
    DeviceCode,
    /// A machine of the operator's asks for itself (RFC 6749 §4.4).
    ClientCredentials,
    /// A part of a session handed on to a sub-agent (RFC 8693 §2.1).
    TokenExchange,
    /// Our own identity assertion for an access token (RFC 7523 §2.1).
    JwtBearer,
    /// The agent polls for its human's answer (auth.md, dialect D2).
    Claim,
    /// Rotation (RFC 6749 §6).
    RefreshToken,
}

impl GrantType {
    pub const ALL: [Self; 7] = [
        Self::AuthorizationCode,
        Self::DeviceCode,
        Self::ClientCredentials,
        Self::TokenExchange,
        Self::JwtBearer,
        Self::Claim,
        Self::RefreshToken,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::ClientCredentials => "client_credentials",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
            Self::Claim => "urn:workos:agent-auth:grant-type:claim",
            Self::RefreshToken => "refresh_token",
        }
    }

    /// The grant of that name; names are compared exactly.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.name() == name)
    }
}
