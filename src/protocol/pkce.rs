//! Shapes of proof keys ([RFC 7636]). At the standard doors the comparison itself is
//! oxide-auth's; it looks at neither length nor alphabet, so these do.
//!
//! [RFC 7636]: https://www.rfc-editor.org/rfc/rfc7636

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use super::secret::Digest;

/// `code_challenge` of method `S256`: 32 bytes in base64url without padding (§4.2).
#[must_use]
pub fn is_challenge(text: &str) -> bool {
    text.len() == 43
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// `code_verifier`: 43 to 128 unreserved characters (§4.1).
#[must_use]
pub fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// The SHA-256 of a verifier in either spelling: hexadecimal, as agents that ask for a session
/// write it (contracts of Agent Analytics, 1.3), or base64url (`S256`). Their lengths tell them
/// apart. What was meant as `plain` is nothing's hash, or no hash at all. Kept in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HashedVerifier(String);

impl HashedVerifier {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some(Self(text.to_ascii_lowercase()));
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|_| is_challenge(text))?;
        Some(Self(Digest::stored(&bytes)?.hex()))
    }

    /// Whether this is the verifier. Agents that ask for a session draw 32 characters at least,
    /// which in hexadecimal are 128 bits.
    #[must_use]
    pub fn is_of(&self, verifier: &str) -> bool {
        let long_enough = is_verifier(verifier) || (32..43).contains(&verifier.len());
        let same = Digest::of(verifier.as_bytes()).hex().as_bytes().ct_eq(self.0.as_bytes());
        long_enough && bool::from(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// contracts/credentials.md 1.3: both spellings of one hash are one challenge; `plain` is none.
    #[test]
    fn a_hashed_verifier_reads_in_both_spellings_and_no_other() {
        // RFC 7636 Appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let spelled = HashedVerifier::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let hexadecimal = Digest::of(verifier.as_bytes()).hex();
        assert_eq!(HashedVerifier::parse(&hexadecimal), spelled);
        assert_eq!(HashedVerifier::parse(&hexadecimal.to_uppercase()), spelled);
        assert!(spelled.is_some_and(|hash| hash.is_of(verifier) && !hash.is_of(&hexadecimal)));
        for text in [
            "",
            hexadecimal.trim_start_matches(|digit: char| digit.is_ascii_digit()),
            &format!("{hexadecimal}0"),
            &"g".repeat(64),
        ] {
            assert_eq!(HashedVerifier::parse(text), None, "{text}");
        }
    }

    /// contracts/credentials.md 1.3: 32 characters are enough, 31 are not.
    #[test]
    fn a_short_verifier_proves_nothing() {
        for (length, good) in
            [(31, false), (32, true), (42, true), (64, true), (128, true), (129, false)]
        {
            let verifier = "a".repeat(length);
            let hash = HashedVerifier::parse(&Digest::of(verifier.as_bytes()).hex());
            assert_eq!(hash.map(|hash| hash.is_of(&verifier)), Some(good), "{length}");
        }
    }

    #[test]
    fn length_and_alphabet_are_those_of_the_clauses() {
        assert!(is_challenge(&"a".repeat(43)) && is_verifier(&"~".repeat(128)));
        for text in ["a".repeat(42), "a".repeat(44), "=".repeat(43), "é".repeat(22)] {
            assert!(!is_challenge(&text), "{text}");
        }
        for text in ["a".repeat(42), "a".repeat(129), "+".repeat(50), " ".repeat(43)] {
            assert!(!is_verifier(&text), "{text}");
        }
    }
}
