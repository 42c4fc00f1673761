//! Shapes of proof keys ([RFC 7636]). The comparison itself is oxide-auth's; it looks at
//! neither length nor alphabet, so these do.
//!
//! [RFC 7636]: https://www.rfc-editor.org/rfc/rfc7636

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

#[cfg(test)]
mod tests {
    use super::*;

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
