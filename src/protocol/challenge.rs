//! The `WWW-Authenticate` challenge that tells an agent where to start ([RFC 6750 §3],
//! [RFC 9728 §5.1]).
//!
//! `scope` stands before any free text, and no free text is sent: several clients find
//! parameters by searching the raw header.
//!
//! [RFC 6750 §3]: https://www.rfc-editor.org/rfc/rfc6750#section-3
//! [RFC 9728 §5.1]: https://www.rfc-editor.org/rfc/rfc9728#section-5.1

use super::scope::Scopes;

/// Why a protected resource refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No credential came, so no `error` is said (RFC 6750 §3.1).
    NoToken,
    /// Expired, revoked and garbage are one answer.
    InvalidToken,
    /// The token is good and lacks these scopes.
    InsufficientScope(Scopes),
}

impl Refusal {
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::NoToken | Self::InvalidToken => 401,
            Self::InsufficientScope(_) => 403,
        }
    }

    /// The error code for the JSON body beside the header.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoToken => "unauthorized",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope(_) => "insufficient_scope",
        }
    }

    /// The header value for a resource whose metadata is at `metadata_url` and whose
    /// operation needs `needed`.
    #[must_use]
    pub fn challenge(&self, metadata_url: &str, needed: &Scopes) -> String {
        let (error, scopes) = match self {
            Self::NoToken => ("", needed),
            Self::InvalidToken => (r#"error="invalid_token", "#, needed),
            Self::InsufficientScope(all) => (r#"error="insufficient_scope", "#, all),
        };
        if scopes.is_empty() {
            return format!(r#"Bearer {error}resource_metadata="{metadata_url}""#);
        }
        format!(r#"Bearer {error}resource_metadata="{metadata_url}", scope="{scopes}""#)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = "https://h/.well-known/oauth-protected-resource/api";

    /// RFC 6750 §3.1: without a credential the challenge says no error.
    #[test]
    fn the_challenge_says_what_each_refusal_may_say() {
        let read = Scopes::stored("read").expect("a scope");
        assert_eq!(
            Refusal::NoToken.challenge(METADATA, &read),
            format!(r#"Bearer resource_metadata="{METADATA}", scope="read""#)
        );
        assert_eq!(
            Refusal::InvalidToken.challenge(METADATA, &Scopes::new()),
            format!(r#"Bearer error="invalid_token", resource_metadata="{METADATA}""#)
        );
        let both = Scopes::stored("read write").expect("a scope");
        assert_eq!(
            Refusal::InsufficientScope(both).challenge(METADATA, &read),
            format!(
                r#"Bearer error="insufficient_scope", resource_metadata="{METADATA}", scope="read write""#
            )
        );
    }
}
