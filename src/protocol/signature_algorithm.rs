//! Signatures of others that count here ([RFC 7518 §3.1], [RFC 8037 §3.1]).
//!
//! [RFC 7518 §3.1]: https://www.rfc-editor.org/rfc/rfc7518#section-3.1
//! [RFC 8037 §3.1]: https://www.rfc-editor.org/rfc/rfc8037#section-3.1

/// An algorithm that somebody else may sign with. There is no HMAC among them and no `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    Es256,
    EdDsa,
    Rs256,
    Ps256,
}

impl SignatureAlgorithm {
    /// Every name that is understood, as metadata lists them; `Ed25519` is what [RFC 9864 §2]
    /// calls the one curve of `EdDSA` that counts here.
    ///
    /// [RFC 9864 §2]: https://www.rfc-editor.org/rfc/rfc9864#section-2
    pub const NAMES: [&str; 5] = ["ES256", "EdDSA", "Ed25519", "RS256", "PS256"];

    /// The algorithm of this name; case counts.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            "RS256" => Some(Self::Rs256),
            "PS256" => Some(Self::Ps256),
            _ => None,
        }
    }
}
