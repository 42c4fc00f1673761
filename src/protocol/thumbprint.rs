//! JWK thumbprints ([RFC 7638]): which key a token is bound to.
//!
//! [RFC 7638]: https://www.rfc-editor.org/rfc/rfc7638

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::secret::Digest;

/// The SHA-256 thumbprint of a public key, in base64url, as `cnf.jkt` spells it
/// (RFC 9449 §6.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Thumbprint(String);

impl Thumbprint {
    /// Of the canonical JSON that RFC 7638 §3 describes.
    #[must_use]
    pub fn of(canonical: &[u8]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(Digest::of(canonical).0))
    }

    /// As the database or a request spells it; `None` when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
