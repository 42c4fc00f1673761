//! The URL this server is known by: the issuer identifier of [RFC 8414 §2].
//!
//! [RFC 8414 §2]: https://www.rfc-editor.org/rfc/rfc8414#section-2

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// An https URL (http on a loopback host) without query, fragment or user information, in
/// one spelling: lower-case scheme and host, no default port, no slash at the end. Clients
/// compare issuers as strings (RFC 8414 §3.3), so it is normalised once, here.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Issuer {
    text: String,
    origin: String,
    loopback: bool,
}

/// Why a text cannot be the issuer, and what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnIssuer {
    #[error("not an absolute URL; write one such as https://auth.example.com")]
    NotAUrl,
    #[error(
        "a query, a fragment or a user name cannot be part of it; write scheme, host and path only"
    )]
    TooMuch,
    #[error("plain http is accepted on a loopback host only; use https")]
    PlainHttp,
    #[error("its path begins as an address of this server does; write another path, or none")]
    Taken,
}

/// How the paths of this server's own addresses begin. An issuer's path begins otherwise, or
/// nobody could tell whether a proxy has taken it off.
pub const OWN: [&str; 28] = [
    ".well-known",
    "account",
    "admin",
    "agent",
    "agent-sessions",
    "approve",
    "auth.md",
    "authorize",
    "demo",
    "device",
    "device_authorization",
    "forgot-password",
    "forward-auth",
    "healthz",
    "introspect",
    "leaked-keys",
    "metrics",
    "oauth2",
    "par",
    "readyz",
    "register",
    "revoke",
    "sign-in",
    "sign-out",
    "sign-up",
    "static",
    "token",
    "welcome",
];

/// How they go on below `/account`.
pub const OWN_ACCOUNT: [&str; 15] = [
    "address",
    "agent-sessions",
    "agents",
    "billing",
    "browsers",
    "history",
    "inbox",
    "join",
    "keys",
    "organizations",
    "passkeys",
    "projects",
    "sessions",
    "tokens",
    "usage",
];

/// Whether a path is one of this server's own, or may become one.
#[must_use]
pub fn is_own(path: &str) -> bool {
    let mut parts = path.split('/').skip(1);
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    match (first, second) {
        ("account", Some(second)) => OWN_ACCOUNT.contains(&second),
        _ => first.is_empty() || OWN.contains(&first),
    }
}

/// The longest issuer; well-known URLs and identifiers built on it stay within their limits.
const LONGEST: usize = 256;

impl Issuer {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `scheme://host[:port]`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The path without a slash at its end; empty for most.
    #[must_use]
    pub fn path(&self) -> &str {
        self.text.strip_prefix(self.origin.as_str()).unwrap_or_default()
    }

    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// The URL of one of our own paths, which begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

impl FromStr for Issuer {
    type Err = NotAnIssuer;

    fn from_str(text: &str) -> Result<Self, NotAnIssuer> {
        // The parser strips tabs and turns backslashes into slashes: look at the raw text first.
        let odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
        if text.len() > LONGEST || text.contains(odd) || !has_authority(text) {
            return Err(NotAnIssuer::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| NotAnIssuer::NotAUrl)?;
        if text.contains(['?', '#', '@']) {
            return Err(NotAnIssuer::TooMuch);
        }
        let loopback = is_loopback_host(&url);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(NotAnIssuer::PlainHttp),
            _ => return Err(NotAnIssuer::NotAUrl),
        }
        let first = url.path_segments().and_then(|mut segments| segments.next());
        if first.is_some_and(|first| OWN.contains(&first)) {
            return Err(NotAnIssuer::Taken);
        }
        Ok(Self {
            text: url.as_str().trim_end_matches('/').to_owned(),
            origin: url.origin().ascii_serialization(),
            loopback,
        })
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether a URL stays on this machine: an address of [RFC 6890]'s loopback blocks, or
/// the one name that means them ([RFC 6761 §6.3]).
///
/// [RFC 6890]: https://www.rfc-editor.org/rfc/rfc6890
/// [RFC 6761 §6.3]: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
#[must_use]
pub fn is_loopback_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// `scheme://` and then a host: the parser also takes `https:host` and `https:///host`.
fn has_authority(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| !rest.is_empty() && !rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn issuer(text: &str) -> Result<Issuer, NotAnIssuer> {
        text.parse()
    }

    /// RFC 8414 §3.3: compared as strings, so one issuer has one spelling.
    #[test]
    fn an_issuer_is_normalised_once() {
        for (written, kept) in [
            ("https://auth.example.com/", "https://auth.example.com"),
            ("HTTPS://Auth.Example.COM:443", "https://auth.example.com"),
            ("https://example.com/sign/in/", "https://example.com/sign/in"),
            ("http://127.1:8080/", "http://127.0.0.1:8080"),
            ("http://[::1]:80", "http://[::1]"),
        ] {
            let issuer = issuer(written).expect(written);
            assert_eq!(issuer.as_str(), kept);
            assert_eq!(kept.parse::<Issuer>().as_ref(), Ok(&issuer), "normal form is stable");
        }
    }

    #[test]
    fn the_parts_of_an_issuer_fit_together() {
        let bare = issuer("http://localhost:8080/").expect("an issuer");
        assert_eq!((bare.origin(), bare.path()), ("http://localhost:8080", ""));
        assert!(bare.is_loopback() && !bare.is_https());
        assert_eq!(bare.url("/token"), "http://localhost:8080/token");

        let below = issuer("https://example.com/auth").expect("an issuer");
        assert_eq!((below.origin(), below.path()), ("https://example.com", "/auth"));
        assert!(!below.is_loopback() && below.is_https());
        assert_eq!(below.url("/token"), "https://example.com/auth/token");
    }

    /// RFC 8414 §2: https, no query, no fragment; the exception is the developer's own machine.
    #[test]
    fn what_cannot_be_an_issuer_is_refused() {
        for (text, why) in [
            ("http://auth.example.com", NotAnIssuer::PlainHttp),
            ("https://example.com/agent", NotAnIssuer::Taken),
            ("https://example.com/demo/auth", NotAnIssuer::Taken),
            ("http://localhost.example.com", NotAnIssuer::PlainHttp),
            ("http://10.0.0.1", NotAnIssuer::PlainHttp),
            ("http://[::ffff:127.0.0.1]", NotAnIssuer::PlainHttp),
            ("https://h?", NotAnIssuer::TooMuch),
            ("https://h/#f", NotAnIssuer::TooMuch),
            ("https://@h", NotAnIssuer::TooMuch),
            ("https://u:p@h", NotAnIssuer::TooMuch),
            ("", NotAnIssuer::NotAUrl),
            ("auth.example.com", NotAnIssuer::NotAUrl),
            ("https:h", NotAnIssuer::NotAUrl),
            ("https:///h", NotAnIssuer::NotAUrl),
            ("https://", NotAnIssuer::NotAUrl),
            ("https://h\\p", NotAnIssuer::NotAUrl),
            ("https://h\t", NotAnIssuer::NotAUrl),
            ("ftp://127.0.0.1", NotAnIssuer::NotAUrl),
        ] {
            assert_eq!(issuer(text), Err(why), "{text:?}");
        }
    }
}
