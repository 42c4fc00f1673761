//! Resource identifiers of [RFC 8707 §2].
//!
//! [RFC 8707 §2]: https://www.rfc-editor.org/rfc/rfc8707#section-2

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

/// An absolute http(s) URL without fragment. `https://h` and `https://h/` are one resource,
/// stored without the slash; beyond that, spellings are compared exactly.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceIdentifier(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a resource is an absolute http or https URL without a fragment, user information or query"
)]
pub struct NotAResource;

impl ResourceIdentifier {
    /// As it was stored: checked when it was written. Text that no longer is a resource equals
    /// none of the configured ones ([RFC 8707 §2]), so it opens nothing.
    ///
    /// [RFC 8707 §2]: https://www.rfc-editor.org/rfc/rfc8707#section-2
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path component, empty for an origin: what well-known documents are inserted before.
    #[must_use]
    pub fn path(&self) -> String {
        Url::parse(&self.0)
            .map_or_else(|_| String::new(), |url| url.path().trim_end_matches('/').to_owned())
    }

    /// `scheme://host[:port]`.
    #[must_use]
    pub fn origin(&self) -> String {
        Url::parse(&self.0).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
    }

    /// Where the protected resource metadata of this resource lives ([RFC 9728 §3.1]).
    ///
    /// [RFC 9728 §3.1]: https://www.rfc-editor.org/rfc/rfc9728#section-3.1
    #[must_use]
    pub fn metadata_url(&self) -> String {
        format!("{}/.well-known/oauth-protected-resource{}", self.origin(), self.path())
    }
}

impl FromStr for ResourceIdentifier {
    type Err = NotAResource;

    fn from_str(text: &str) -> Result<Self, NotAResource> {
        let url = Url::parse(text).map_err(|_| NotAResource)?;
        let sound = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.fragment().is_none()
            && url.query().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && text.len() <= 512
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if !sound {
            return Err(NotAResource);
        }
        let bare = if url.path() == "/" { text.trim_end_matches('/') } else { text };
        Ok(Self(bare.to_owned()))
    }
}

impl TryFrom<String> for ResourceIdentifier {
    type Error = NotAResource;

    fn try_from(text: String) -> Result<Self, NotAResource> {
        text.parse()
    }
}

impl From<ResourceIdentifier> for String {
    fn from(identifier: ResourceIdentifier) -> Self {
        identifier.0
    }
}

impl fmt::Display for ResourceIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(text: &str) -> Result<ResourceIdentifier, NotAResource> {
        text.parse()
    }

    /// RFC 8707 §2 and clients that append a slash to an origin.
    #[test]
    fn an_origin_and_its_slash_are_one_resource() {
        assert_eq!(resource("https://api.example.com/"), resource("https://api.example.com"));
        assert_ne!(resource("https://api.example.com/v1/"), resource("https://api.example.com/v1"));
        assert_ne!(resource("https://api.example.com//"), resource("https://api.example.com/x"));
    }

    #[test]
    fn what_cannot_be_a_resource_is_refused() {
        for text in [
            "",
            "api",
            "/v1",
            "ftp://h",
            "https://h#f",
            "https://u@h",
            "https://h?q",
            "https:\\\\h",
            "https://h/\u{1}",
        ] {
            assert_eq!(resource(text), Err(NotAResource), "{text:?}");
        }
    }

    /// RFC 9728 §3.1: inserted between host and path.
    #[test]
    fn the_metadata_url_is_inserted_before_the_path() {
        let demo = resource("http://127.0.0.1:8080/demo").expect("a resource");
        assert_eq!(
            demo.metadata_url(),
            "http://127.0.0.1:8080/.well-known/oauth-protected-resource/demo"
        );
        let root = resource("https://h/").expect("a resource");
        assert_eq!(root.metadata_url(), "https://h/.well-known/oauth-protected-resource");
    }
}
