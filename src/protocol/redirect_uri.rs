//! Redirect URIs: where an authorization answer may be sent ([RFC 6749 §3.1.2], [RFC 8252]).
//!
//! Everything is judged and compared as the raw text. A URL parser strips tabs, folds
//! `127.1` and circled digits into an address, drops default ports and dot segments, and
//! turns `\` into `/`; what it makes equal is not equal here ([RFC 9700 §4.1.3]).
//!
//! [RFC 6749 §3.1.2]: https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2
//! [RFC 8252]: https://www.rfc-editor.org/rfc/rfc8252
//! [RFC 9700 §4.1.3]: https://www.rfc-editor.org/rfc/rfc9700#section-4.1.3

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use super::uri_scheme::NOBODYS_OWN;

/// A redirect URI that may be registered: https, http on this machine's loopback, or an
/// app's own scheme.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RedirectUri(String);

/// Why a text may not be registered; each reads on after the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARedirectUri {
    #[error("is longer than 2048 characters")]
    TooLong,
    #[error("holds a fragment")]
    Fragment,
    #[error("holds a character that is not part of a URI, or a wildcard")]
    Character,
    #[error("is not absolute")]
    Relative,
    #[error("has a scheme that runs code, reads files or writes messages")]
    Scheme,
    #[error("is plain http and not on 127.0.0.1, [::1] or localhost")]
    PlainHttp,
    #[error("holds a user name or a password")]
    UserInformation,
    #[error("has no host, or one that is spelled ambiguously")]
    Host,
    #[error("has a port that is empty, the default one or no number")]
    Port,
}

/// The longest redirect URI; a longer one does not fit every browser.
const LONGEST: usize = 2_048;

/// The hosts on which plain http stays on the machine ([RFC 8252 §7.3]). `localhost` is
/// among them because clients in wide use register nothing else (§8.3 discourages it).
///
/// [RFC 8252 §7.3]: https://www.rfc-editor.org/rfc/rfc8252#section-7.3
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

impl RedirectUri {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scheme, in lower case.
    #[must_use]
    pub fn scheme(&self) -> String {
        parts(&self.0).map_or_else(String::new, |parts| parts.scheme)
    }

    /// The host of an http or https URI, in lower case: what a person is shown. An app's own
    /// scheme has none.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        let parts = parts(&self.0)?;
        parts.is_web().then(|| split_port(parts.authority).0.to_ascii_lowercase())
    }

    /// The origin that a browser makes of an http or https URI (RFC 6454 §4).
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        let url = Url::parse(&self.0).ok().filter(|_| !self.is_private_use())?;
        Some(url.origin().ascii_serialization())
    }

    /// Whether the answer stays on the machine of whoever opens it: any program there can
    /// claim to be this client ([RFC 8252 §8.6]).
    ///
    /// [RFC 8252 §8.6]: https://www.rfc-editor.org/rfc/rfc8252#section-8.6
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.scheme() == "http"
    }

    /// Whether this is an app's own scheme ([RFC 8252 §7.1]).
    ///
    /// [RFC 8252 §7.1]: https://www.rfc-editor.org/rfc/rfc8252#section-7.1
    #[must_use]
    pub fn is_private_use(&self) -> bool {
        !matches!(self.scheme().as_str(), "https" | "http")
    }

    /// Whether a request may name `presented` where this is registered: the same text, or,
    /// on loopback, the same text with any port ([RFC 8252 §7.3]).
    ///
    /// [RFC 8252 §7.3]: https://www.rfc-editor.org/rfc/rfc8252#section-7.3
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        self.admits(presented).is_some()
    }

    /// As [`matches`](Self::matches), and what was presented as a redirect URI of its own.
    #[must_use]
    pub fn admits(&self, presented: &str) -> Option<Self> {
        let same = presented == self.0 || self.differs_only_in_port(presented);
        if same { presented.parse().ok() } else { None }
    }

    fn differs_only_in_port(&self, presented: &str) -> bool {
        let (Some(ours), Some(theirs)) = (parts(&self.0), parts(presented)) else { return false };
        let host = |parts: &Parts<'_>| split_port(parts.authority).0.to_owned();
        self.is_loopback()
            && presented.starts_with(ours.raw_scheme)
            && ours.raw_scheme.len() == theirs.raw_scheme.len()
            && host(&ours) == host(&theirs)
            && ours.rest == theirs.rest
    }

    /// This URI with parameters added to the query it has ([RFC 6749 §3.1.2] keeps it).
    ///
    /// [RFC 6749 §3.1.2]: https://www.rfc-editor.org/rfc/rfc6749#section-3.1.2
    #[must_use]
    pub fn with(&self, pairs: &[(&str, &str)]) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let joint = match self.0.split_once('?') {
            None => "?",
            Some((_, known)) if known.is_empty() || known.ends_with('&') => "",
            Some(_) => "&",
        };
        format!("{}{joint}{query}", self.0)
    }
}

/// A URI taken apart without changing a byte of it.
struct Parts<'a> {
    raw_scheme: &'a str,
    scheme: String,
    /// What follows `//`; empty without one.
    authority: &'a str,
    rest: &'a str,
}

impl Parts<'_> {
    fn is_web(&self) -> bool {
        matches!(self.scheme.as_str(), "https" | "http")
    }
}

/// `scheme:/path` or `scheme://authority/path`; opaque URIs such as `mailto:` have no parts.
fn parts(text: &str) -> Option<Parts<'_>> {
    let (raw_scheme, rest) = text.split_once(':')?;
    let starts_well = raw_scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if !starts_well || !raw_scheme.chars().all(letter) || !rest.starts_with('/') {
        return None;
    }
    let scheme = raw_scheme.to_ascii_lowercase();
    let Some(rest) = rest.strip_prefix("//") else {
        return Some(Parts { raw_scheme, scheme, authority: "", rest });
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at_checked(end)?;
    Some(Parts { raw_scheme, scheme, authority, rest })
}

/// Host and port; an IPv6 address keeps its brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// RFC 3986 §2 without `#` and `*`, every `%` followed by two digits.
fn is_spelled_well(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => is_hex(at + 1) && is_hex(at + 2),
        byte => byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()+,;=".contains(byte),
    })
}

impl FromStr for RedirectUri {
    type Err = NotARedirectUri;

    fn from_str(text: &str) -> Result<Self, NotARedirectUri> {
        if text.len() > LONGEST {
            return Err(NotARedirectUri::TooLong);
        }
        if text.contains('#') {
            return Err(NotARedirectUri::Fragment);
        }
        if !is_spelled_well(text) {
            return Err(NotARedirectUri::Character);
        }
        let scheme = text.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if NOBODYS_OWN.contains(&scheme.as_str()) || is_the_systems(&scheme) {
            return Err(NotARedirectUri::Scheme);
        }
        let parts = parts(text).ok_or(NotARedirectUri::Relative)?;
        if parts.authority.contains('@') {
            return Err(NotARedirectUri::UserInformation);
        }
        if parts.is_web() {
            check_web(text, &parts)?;
        }
        Ok(Self(text.to_owned()))
    }
}

/// Families of schemes that open the system's own tools.
fn is_the_systems(scheme: &str) -> bool {
    ["ms-", "search-", "chrome-", "moz-", "microsoft-edge", "x-"]
        .iter()
        .any(|family| scheme.starts_with(family))
}

fn check_web(text: &str, parts: &Parts<'_>) -> Result<(), NotARedirectUri> {
    let (host, port) = split_port(parts.authority);
    if host.is_empty() {
        return Err(NotARedirectUri::Host);
    }
    if parts.scheme == "http" && !LOOPBACK.contains(&host) {
        return Err(NotARedirectUri::PlainHttp);
    }
    if port.is_some_and(|port| !is_a_port(port, &parts.scheme)) {
        return Err(NotARedirectUri::Port);
    }
    // The host a browser would go to must be the one that is written.
    let url = Url::parse(text).map_err(|_| NotARedirectUri::Host)?;
    let same = url.host_str().is_some_and(|parsed| parsed == host.to_ascii_lowercase());
    if same { Ok(()) } else { Err(NotARedirectUri::Host) }
}

fn is_a_port(port: &str, scheme: &str) -> bool {
    let default = if scheme == "https" { 443 } else { 80 };
    let number: Option<u16> = port.parse().ok();
    number.is_some_and(|number| number != 0 && number != default && number.to_string() == port)
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RedirectUri {
    type Error = NotARedirectUri;

    fn try_from(text: String) -> Result<Self, NotARedirectUri> {
        text.parse()
    }
}

impl From<RedirectUri> for String {
    fn from(uri: RedirectUri) -> Self {
        uri.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> RedirectUri {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn refused(text: &str) -> NotARedirectUri {
        text.parse::<RedirectUri>().expect_err(text)
    }

    /// RFC 8252 §7.1, §7.3: what the clients in wide use register.
    #[test]
    fn what_clients_in_wide_use_register_is_admitted() {
        for text in [
            "https://claude.ai/api/mcp/auth_callback",
            "https://app.example.com:8443/cb?tenant=1",
            "https://xn--bcher-kva.example/cb",
            "http://127.0.0.1/cb",
            "http://127.0.0.1:51234/cb",
            "http://[::1]:51234/cb",
            "http://localhost/callback",
            "http://localhost:6274/oauth/callback",
            "http://127.0.0.1",
            "cursor://anysphere.cursor-retrieval/oauth/user-demo/callback",
            "vscode://vscode.github-authentication/did-authenticate",
            "com.example.app:/oauth2redirect",
            "claude://cb",
        ] {
            assert_eq!(uri(text).as_str(), text);
        }
    }

    /// Case 030: schemes that run code or read files, whatever their spelling.
    #[test]
    fn a_scheme_that_is_no_apps_own_is_refused() {
        for text in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "javascript://%0aalert(1)",
            "javascript:/x",
            "data:text/html,x",
            "DATA://x/y",
            "vbscript:x",
            "file:///etc/passwd",
            "blob:https://h/1",
            "about:blank",
            "view-source:https://h/",
            "ms-msdt:/id",
            "mailto:ada@example.com",
            "intent://h/#Intent;end",
        ] {
            let reason = refused(text);
            let known = matches!(reason, NotARedirectUri::Scheme | NotARedirectUri::Fragment);
            assert!(known, "{text}: {reason}");
        }
    }

    /// Case 030: the raw text is judged, because a URL parser strips what is odd.
    #[test]
    fn white_space_and_controls_anywhere_are_refused() {
        for text in [
            " javascript:alert(1)",
            "\tjavascript:alert(1)",
            "java\tscript:alert(1)",
            "java\nscript:alert(1)",
            "\u{1}javascript:alert(1)",
            " https://h.example/cb",
            "https://h.example/cb ",
            "https://h.example/c\u{0}b",
            "https://h.example/\u{202e}cb",
            "https://h\u{e4}.example/cb",
            "https://h.example/%zz",
            "https://h.example/%",
        ] {
            assert_eq!(refused(text), NotARedirectUri::Character, "{text:?}");
        }
    }

    /// Case 031; RFC 6749 §3.1.2: absolute, without a fragment, unambiguous.
    #[test]
    fn what_could_mean_two_places_is_refused() {
        for (text, reason) in [
            ("https://h.example/cb#", NotARedirectUri::Fragment),
            ("https://h.example/#x", NotARedirectUri::Fragment),
            ("https://ada@h.example/", NotARedirectUri::UserInformation),
            ("https://@h.example/", NotARedirectUri::UserInformation),
            ("https://h.example@evil.example/", NotARedirectUri::UserInformation),
            ("cursor://ada@h/", NotARedirectUri::UserInformation),
            ("https://*.example.com/", NotARedirectUri::Character),
            ("https://h.example/*", NotARedirectUri::Character),
            ("https://h.example\\@evil.example/", NotARedirectUri::Character),
            ("", NotARedirectUri::Relative),
            ("/cb", NotARedirectUri::Relative),
            ("//h.example/cb", NotARedirectUri::Relative),
            ("cb", NotARedirectUri::Relative),
            ("https:h.example/cb", NotARedirectUri::Relative),
            ("urn:ietf:wg:oauth:2.0:oob", NotARedirectUri::Scheme),
            ("https:/h.example/cb", NotARedirectUri::Host),
            ("https:///h.example/cb", NotARedirectUri::Host),
            ("https://", NotARedirectUri::Host),
            ("https://:8443/", NotARedirectUri::Host),
            ("https://h.example:443/", NotARedirectUri::Port),
            ("http://127.0.0.1:80/", NotARedirectUri::Port),
            ("https://h.example:/", NotARedirectUri::Port),
            ("https://h.example:0/", NotARedirectUri::Port),
            ("https://h.example:08443/", NotARedirectUri::Port),
            ("https://h.example:99999/", NotARedirectUri::Port),
            ("https://h.example:+8443/", NotARedirectUri::Port),
            ("https://0x7f.1/", NotARedirectUri::Host),
            ("https://127.1/", NotARedirectUri::Host),
            ("https://%68.example/", NotARedirectUri::Host),
            ("https://h]/", NotARedirectUri::Host),
        ] {
            assert_eq!(refused(text), reason, "{text}");
        }
        assert_eq!(refused(&format!("https://h/{}", "a".repeat(2_048))), NotARedirectUri::TooLong);
    }

    /// Case 031; RFC 8252 §8.3: plain http stays on the machine.
    #[test]
    fn plain_http_elsewhere_is_refused() {
        for text in [
            "http://h.example/cb",
            "HTTP://h.example/cb",
            "http://127.0.0.2/cb",
            "http://127.1/cb",
            "http://localhost./cb",
            "http://localhost.example.com/cb",
            "http://0.0.0.0/cb",
            "http://[::ffff:127.0.0.1]/cb",
            "http://[0:0:0:0:0:0:0:1]/cb",
            "http://LOCALHOST/cb",
        ] {
            assert_eq!(refused(text), NotARedirectUri::PlainHttp, "{text}");
        }
    }

    /// RFC 8252 §7.3; oauth.md trap 20: any port, the same host, the same path.
    #[test]
    fn the_port_is_free_on_loopback_and_nothing_else_is() {
        for (registered, presented) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:51234/cb"),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1/cb"),
            ("http://[::1]/cb", "http://[::1]:51234/cb"),
            ("http://localhost/callback", "http://localhost:3118/callback"),
            ("http://localhost:1/cb?a=b", "http://localhost:2/cb?a=b"),
            ("http://127.0.0.1", "http://127.0.0.1:9999"),
            ("https://h.example/cb", "https://h.example/cb"),
        ] {
            assert!(uri(registered).matches(presented), "{registered} {presented}");
        }
        for (registered, presented) in [
            ("http://127.0.0.1/cb", "http://localhost:1/cb"),
            ("http://localhost/cb", "http://127.0.0.1:1/cb"),
            ("http://127.0.0.1/cb", "http://[::1]:1/cb"),
            ("http://127.0.0.1/cb", "https://127.0.0.1:1/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb/"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/CB"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb?x=1"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/../cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:x/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1@evil.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1:2/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example:1/cb"),
            ("http://127.0.0.1/cb", "HTTP://127.0.0.1:1/cb"),
            ("http://127.0.0.1", "http://127.0.0.1:1/"),
            ("https://h.example/cb", "https://h.example:8443/cb"),
            ("cursor://h/cb", "cursor://h:1/cb"),
        ] {
            assert!(!uri(registered).matches(presented), "{registered} {presented}");
        }
    }

    /// Case 109: the near misses that a URL parser makes equal, or that look equal.
    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn a_near_miss_is_a_miss() {
        let registered = uri("https://app.example.com/cb");
        for presented in [
            "https://app.example.com/cb/",
            "https://app.example.com/cb?",
            "https://app.example.com/cb?x=1",
            "https://app.example.com/cb#",
            "https://app.example.com/cb#x",
            "https://app.example.com/CB",
            "https://app.example.com/cb/x",
            "https://app.example.com/c%62",
            "https://app.example.com/%63b",
            "https://app.example.com/./cb",
            "https://app.example.com/x/../cb",
            "https://app.example.com/x/%2e%2e/cb",
            "https://app.example.com//cb",
            "https://app.example.com\\cb",
            "https://app.example.com/cb\\",
            "https://app.example.com:443/cb",
            "https://app.example.com:8443/cb",
            "https://app.example.com:/cb",
            "https://APP.example.com/cb",
            "HTTPS://app.example.com/cb",
            "https://app.example.com./cb",
            "https://app.example.com.evil.example/cb",
            "https://evilapp.example.com/cb",
            "https://evil.example/app.example.com/cb",
            "https://app.example.com@evil.example/cb",
            "https://evil.example@app.example.com/cb",
            "https://app.example.com\\@evil.example/cb",
            "https://evil.example\\@app.example.com/cb",
            "https:app.example.com/cb",
            "https:/app.example.com/cb",
            "https:///app.example.com/cb",
            "//app.example.com/cb",
            "/cb",
            "http://app.example.com/cb",
            " https://app.example.com/cb",
            "https://app.example.com/cb ",
            "https://app.example.com/c\tb",
            "https://app.example.com/cb\n",
            "",
        ] {
            assert!(!registered.matches(presented), "{presented:?}");
        }
    }

    #[test]
    fn a_person_is_shown_the_host_that_is_written() {
        assert_eq!(
            uri("https://App.Example.com:8443/cb").host().as_deref(),
            Some("app.example.com")
        );
        assert_eq!(uri("http://[::1]:1/cb").host().as_deref(), Some("[::1]"));
        assert_eq!(uri("cursor://anysphere/cb").host(), None);
        assert_eq!(uri("cursor://anysphere/cb").scheme(), "cursor");
        assert!(uri("cursor://anysphere/cb").is_private_use());
        assert!(uri("http://localhost/cb").is_loopback());
        assert!(!uri("https://127.0.0.1/cb").is_loopback());
    }

    /// RFC 6454 §4, §6.2: what a message to a window is addressed with.
    #[test]
    fn an_origin_is_what_a_browser_makes_of_it() {
        for (text, origin) in [
            ("https://App.Example.com/cb?x=1", "https://app.example.com"),
            ("https://app.example.com:8443/cb", "https://app.example.com:8443"),
            ("http://127.0.0.1:49152/callback", "http://127.0.0.1:49152"),
            ("http://[::1]:1", "http://[::1]:1"),
        ] {
            assert_eq!(uri(text).origin().as_deref(), Some(origin), "{text}");
        }
        assert_eq!(uri("cursor://anysphere/cb").origin(), None);
    }

    /// RFC 6749 §3.1.2: a query that is there is kept.
    #[test]
    fn parameters_are_added_to_the_query_that_is_there() {
        let pairs = [("code", "a b"), ("state", "x&y=z#")];
        for (registered, wanted) in [
            ("https://h.example/cb", "https://h.example/cb?code=a+b&state=x%26y%3Dz%23"),
            ("https://h.example/cb?", "https://h.example/cb?code=a+b&state=x%26y%3Dz%23"),
            ("https://h.example/cb?t=1", "https://h.example/cb?t=1&code=a+b&state=x%26y%3Dz%23"),
            ("app:/cb?t=1&", "app:/cb?t=1&code=a+b&state=x%26y%3Dz%23"),
        ] {
            assert_eq!(uri(registered).with(&pairs), wanted);
        }
    }
}
