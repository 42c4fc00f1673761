//! The name of a public key: its SHA-256 thumbprint ([RFC 7638 §3]).
//!
//! [RFC 7638 §3]: https://www.rfc-editor.org/rfc/rfc7638#section-3

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

use super::secret::Digest;

/// A thumbprint in base64url, as `jkt` spells it ([RFC 9449 §6.1]).
///
/// [RFC 9449 §6.1]: https://www.rfc-editor.org/rfc/rfc9449#section-6.1
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Thumbprint(String);

/// What confirms that a token is in the right hands ([RFC 7800 §3.1], [RFC 9449 §6.1]).
///
/// [RFC 7800 §3.1]: https://www.rfc-editor.org/rfc/rfc7800#section-3.1
/// [RFC 9449 §6.1]: https://www.rfc-editor.org/rfc/rfc9449#section-6.1
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation<'a> {
    pub jkt: Cow<'a, Thumbprint>,
}

impl<'a> Confirmation<'a> {
    #[must_use]
    pub const fn of(key: &'a Thumbprint) -> Self {
        Self { jkt: Cow::Borrowed(key) }
    }
}

impl Thumbprint {
    /// The thumbprint of a key in its canonical JSON: required members only, in
    /// lexicographic order, without white space ([RFC 7638 §3.3]).
    ///
    /// [RFC 7638 §3.3]: https://www.rfc-editor.org/rfc/rfc7638#section-3.3
    #[must_use]
    pub fn of(canonical: &[u8]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(Digest::of(canonical).0))
    }

    /// A thumbprint as somebody spelled it: 43 characters of base64url for 32 bytes.
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

impl<'de> Deserialize<'de> for Thumbprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a thumbprint"))
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbprint_is_32_bytes_in_base64url_without_padding() {
        let thumbprint = Thumbprint::of(b"{}");
        assert_eq!(Thumbprint::parse(thumbprint.as_str()), Some(thumbprint.clone()));
        for text in ["", "abc", &format!("{thumbprint}="), &format!("{thumbprint}A")] {
            assert_eq!(Thumbprint::parse(text), None, "{text}");
        }
    }
}
