//! The `WWW-Authenticate` challenge that tells an agent where to start ([RFC 6750 §3],
//! [RFC 9728 §5.1]).
//!
//! `scope` stands before any free text, and no free text is sent: several clients find
//! parameters by searching the raw header.
//!
//! [RFC 6750 §3]: https://www.rfc-editor.org/rfc/rfc6750#section-3
//! [RFC 9728 §5.1]: https://www.rfc-editor.org/rfc/rfc9728#section-5.1

use super::scope::Scopes;
use super::signature_algorithm::SignatureAlgorithm;

/// Why a protected resource refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No credential came, so no `error` is said (RFC 6750 §3.1).
    NoToken,
    /// Expired, revoked and garbage are one answer.
    InvalidToken,
    /// The account that it was of is closed; one dialect tells (AO17).
    OwnerGone,
    /// The token is good and lacks these scopes.
    InsufficientScope(Scopes),
    /// The token is bound to a key and came without a proof (RFC 9449 §7.2).
    BoundToken,
    /// What came with a proof is no token, or not one that a key proves (RFC 9449 §7.1).
    UnprovenToken,
    /// The proof does not hold, or is not of the token's key (RFC 9449 §7.1).
    InvalidProof,
    /// The proof must carry this nonce (RFC 9449 §9).
    UseNonce(String),
}

impl Refusal {
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::InsufficientScope(_) => 403,
            _ => 401,
        }
    }

    /// The error code for the JSON body beside the header.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoToken => "unauthorized",
            Self::InvalidToken | Self::OwnerGone | Self::BoundToken | Self::UnprovenToken => {
                "invalid_token"
            }
            Self::InsufficientScope(_) => "insufficient_scope",
            Self::InvalidProof => "invalid_dpop_proof",
            Self::UseNonce(_) => "use_dpop_nonce",
        }
    }

    /// The header value for a resource whose metadata is at `metadata_url` and whose
    /// operation needs `needed`. `Bearer` comes first, because some clients look at the first
    /// scheme alone; `DPoP` follows where the agent knows of keys ([RFC 9449 §7.2]). Only what
    /// an agent with a key can mend is said to it alone.
    ///
    /// [RFC 9449 §7.2]: https://www.rfc-editor.org/rfc/rfc9449#section-7.2
    #[must_use]
    pub fn challenge(&self, metadata_url: &str, needed: &Scopes) -> String {
        let bearer = |error: &str, scopes: &Scopes| {
            if scopes.is_empty() {
                return format!(r#"Bearer {error}resource_metadata="{metadata_url}""#);
            }
            format!(r#"Bearer {error}resource_metadata="{metadata_url}", scope="{scopes}""#)
        };
        let dpop =
            |error: &str| format!(r#"DPoP {error}algs="{}""#, SignatureAlgorithm::NAMES.join(" "));
        let error = format!(r#"error="{}", "#, self.code());
        match self {
            Self::NoToken => bearer("", needed),
            Self::InvalidToken | Self::OwnerGone => bearer(&error, needed),
            Self::InsufficientScope(all) => bearer(&error, all),
            Self::BoundToken => format!("{}, {}", bearer(&error, needed), dpop("")),
            Self::UnprovenToken | Self::InvalidProof => {
                format!("{}, {}", bearer("", needed), dpop(&error))
            }
            Self::UseNonce(_) => dpop(&error),
        }
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

    /// RFC 9449 §7.2, §9; oauth.md trap 6: `Bearer` first, `DPoP` after it, and alone only
    /// where a nonce is asked for.
    #[test]
    fn a_challenge_for_keys_follows_the_one_for_bearers() {
        let read = Scopes::stored("read").expect("a scope");
        let algs = r#"algs="ES256 EdDSA Ed25519 RS256 PS256""#;
        assert_eq!(
            Refusal::BoundToken.challenge(METADATA, &read),
            format!(
                r#"Bearer error="invalid_token", resource_metadata="{METADATA}", scope="read", DPoP {algs}"#
            )
        );
        assert_eq!(
            Refusal::InvalidProof.challenge(METADATA, &read),
            format!(
                r#"Bearer resource_metadata="{METADATA}", scope="read", DPoP error="invalid_dpop_proof", {algs}"#
            )
        );
        assert_eq!(
            Refusal::UseNonce("n".into()).challenge(METADATA, &read),
            format!(r#"DPoP error="use_dpop_nonce", {algs}"#)
        );
    }
}
