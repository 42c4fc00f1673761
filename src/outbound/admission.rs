//! What the text of a URL must be before any name of it is looked up.

use url::{Host, Url};

use super::error::NotAdmitted;

/// The longest URL; a longer one is nobody's identifier.
const LONGEST: usize = 2_048;

/// Which hosts may be named although private: the operator's `outbound.allow`.
#[derive(Debug, Clone)]
pub struct Allowed(Vec<String>);

impl Allowed {
    pub fn new(hosts: &[String]) -> Self {
        Self(hosts.to_vec())
    }

    /// Whether a host, in the spelling of the URL standard, is one of them.
    pub fn contains(&self, host: &str) -> bool {
        self.0.iter().any(|allowed| allowed == host)
    }
}

/// Reads a URL that a stranger named: https, a domain name, no user information, no
/// fragment ([CIMD §3] and, for the host, [RFC 6890]). An allowed host may be an address
/// and may be asked in plain http.
///
/// The host is judged as parsed, because the parser folds `127.1`, `0x7f.1`, `2130706433`
/// and circled digits into `127.0.0.1`. An IP literal must be refused here: it is connected
/// to without any name being resolved, so the guarded resolver would never see it.
///
/// [CIMD §3]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-02#section-3
/// [RFC 6890]: https://www.rfc-editor.org/rfc/rfc6890
pub fn admit(text: &str, allowed: &Allowed) -> Result<Url, NotAdmitted> {
    // The parser strips tabs and turns backslashes into slashes: look at the raw text first.
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    if text.len() > LONGEST || text.contains(odd) || !has_authority(text) {
        return Err(NotAdmitted::NotAUrl);
    }
    let url = Url::parse(text).map_err(|_| NotAdmitted::NotAUrl)?;
    let host = url.host().ok_or(NotAdmitted::NotAUrl)?;
    let may_be_private = allowed.contains(&host.to_string());
    match url.scheme() {
        "https" => {}
        "http" if may_be_private => {}
        _ => return Err(NotAdmitted::Scheme),
    }
    // The parser forgets an empty user name, so the raw text counts: `https://@host/`.
    if authority(text).contains('@') {
        return Err(NotAdmitted::UserInformation);
    }
    if text.contains('#') {
        return Err(NotAdmitted::Fragment);
    }
    match host {
        Host::Domain(_) => Ok(url),
        Host::Ipv4(_) | Host::Ipv6(_) if may_be_private => Ok(url),
        Host::Ipv4(_) | Host::Ipv6(_) => Err(NotAdmitted::Address),
    }
}

/// `scheme://` and then a host: the parser also takes `https:host` and `https:///host`.
fn has_authority(text: &str) -> bool {
    !authority(text).is_empty()
}

fn authority(text: &str) -> &str {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(text: &str) -> Result<String, NotAdmitted> {
        admit(text, &Allowed(Vec::new())).map(String::from)
    }

    /// CIMD §3: what a client identifier may look like.
    #[test]
    fn an_https_url_with_a_name_is_admitted() {
        for text in [
            "https://agent.example.com/client.json",
            "https://agent.example.com:8443/client.json?v=2",
            "https://xn--bcher-kva.example/",
            "https://agent.example.com/a@b",
        ] {
            assert_eq!(admitted(text).as_deref(), Ok(text));
        }
    }

    /// CIMD §3; case 259: only https goes to strangers.
    #[test]
    fn another_scheme_is_refused() {
        for text in [
            "http://agent.example.com/",
            "HTTP://agent.example.com/",
            "ftp://agent.example.com/",
            "file://agent.example.com/etc/passwd",
            "gopher://agent.example.com/_x",
            "ws://agent.example.com/",
        ] {
            assert_eq!(admitted(text), Err(NotAdmitted::Scheme), "{text}");
        }
    }

    /// CIMD §3: no user information, however empty.
    #[test]
    fn user_information_is_refused() {
        for text in [
            "https://ada@agent.example.com/",
            "https://ada:secret@agent.example.com/",
            "https://@agent.example.com/",
            "https://:@agent.example.com/",
            "https://agent.example.com@127.0.0.1/",
            "https://127.0.0.1@agent.example.com/",
        ] {
            assert_eq!(admitted(text), Err(NotAdmitted::UserInformation), "{text}");
        }
    }

    /// CIMD §3: no fragment, however empty.
    #[test]
    fn a_fragment_is_refused() {
        assert_eq!(admitted("https://agent.example.com/#"), Err(NotAdmitted::Fragment));
        assert_eq!(admitted("https://agent.example.com/a#b"), Err(NotAdmitted::Fragment));
    }

    /// Hazard of the `url` crate: it accepts and repairs all of these.
    #[test]
    fn what_a_lenient_parser_would_repair_is_refused() {
        for text in [
            "",
            "/client.json",
            "//agent.example.com/",
            "https:agent.example.com",
            "https:/agent.example.com",
            "https:///agent.example.com",
            "https://",
            "https:\\\\agent.example.com\\",
            "https://agent.example.com\\@127.0.0.1/",
            " https://agent.example.com/",
            "https://agent.example.com/ ",
            "https://agent.\texample.com/",
            "https://agent.example.com/\r\nX: y",
            "https://agent.example.com/\u{a0}",
            "data:text/plain,x",
            "https://agent example/",
            "https://agent.example.com:99999/",
        ] {
            assert_eq!(admitted(text), Err(NotAdmitted::NotAUrl), "{text:?}");
        }
        let long = format!("https://agent.example.com/{}", "a".repeat(2_048));
        assert_eq!(admitted(&long), Err(NotAdmitted::NotAUrl));
    }

    /// A public address would pass the resolver's filter, but TLS for it proves no name.
    #[test]
    fn a_public_address_is_refused_too() {
        for text in ["https://8.8.8.8/", "https://[2606:4700:4700::1111]/", "https://134744072/"] {
            assert_eq!(admitted(text), Err(NotAdmitted::Address), "{text}");
        }
    }

    /// operator.md `outbound.allow`: exactly the host named, in every spelling of it.
    #[test]
    fn an_allowed_host_opens_no_other() {
        let allowed = Allowed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]);
        let admitted = |text: &str| admit(text, &allowed).map(String::from);
        assert!(admitted("http://localhost:8080/a").is_ok());
        assert!(admitted("http://127.0.0.1:8080/a").is_ok());
        assert!(admitted("https://127.1/a").is_ok());
        assert_eq!(admitted("http://localhost./a"), Err(NotAdmitted::Scheme));
        assert_eq!(admitted("http://a.localhost/a"), Err(NotAdmitted::Scheme));
        assert_eq!(admitted("https://127.0.0.2/a"), Err(NotAdmitted::Address));
        assert_eq!(admitted("https://[::1]/a"), Err(NotAdmitted::Address));
        assert_eq!(admitted("http://ada@localhost/a"), Err(NotAdmitted::UserInformation));
    }
}
