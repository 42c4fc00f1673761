//! URLs of pages and documents that a stranger names, judged by their text alone.

use url::{Host, Url};

const LONGEST: usize = 2_048;

/// Whether `text` may be the https URL of something public: a page people are pointed to,
/// or a document that is fetched ([RFC 7591 §2], [RFC 6890]). An address is none, however it is
/// spelled, nor is a name that only this machine or this network knows, unless it is one of
/// `allowed`; where a name leads is looked at when it is fetched.
///
/// [RFC 7591 §2]: https://www.rfc-editor.org/rfc/rfc7591#section-2
/// [RFC 6890]: https://www.rfc-editor.org/rfc/rfc6890
#[must_use]
pub fn is_a_public_page(text: &str, allowed: &[String]) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\' || c == '#';
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let unsound = authority.is_empty() || authority.contains('@') || text.contains(odd);
    if unsound || text.len() > LONGEST {
        return false;
    }
    let Ok(url) = Url::parse(text) else { return false };
    let is_allowed = url.host_str().is_some_and(|host| allowed.iter().any(|name| name == host));
    match (scheme, url.host()) {
        ("https" | "http", Some(_)) if is_allowed => true,
        ("https", Some(Host::Domain(name))) => is_a_public_name(name),
        _ => false,
    }
}

/// More than one label, and none of the names that are special on every machine
/// ([RFC 6761 §6], [RFC 6762 §3]).
///
/// [RFC 6761 §6]: https://www.rfc-editor.org/rfc/rfc6761#section-6
/// [RFC 6762 §3]: https://www.rfc-editor.org/rfc/rfc6762#section-3
fn is_a_public_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let special = ["localhost", "local", "internal", "home.arpa", "invalid"];
    let below = |suffix: &str| {
        name.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    name.contains('.') && !special.into_iter().any(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_on_a_named_host_is_public() {
        for text in [
            "https://agent.example.com",
            "https://agent.example.com/a?b=c",
            "https://agent.example.com:8443/",
            "https://xn--bcher-kva.example/",
            "https://notlocalhost.example/",
        ] {
            assert!(is_a_public_page(text, &[]), "{text}");
        }
    }

    /// Case 259: addresses in any spelling, and names that lead nowhere public.
    #[test]
    fn an_address_or_a_local_name_is_not_public() {
        for text in [
            "https://127.0.0.1/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://①②⑦.⓪.⓪.①/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://8.8.8.8/",
            "https://localhost/",
            "https://localhost./",
            "https://LOCALHOST/",
            "https://agent.localhost/",
            "https://printer.local/",
            "https://metadata.google.internal/",
            "https://intranet/",
            "http://agent.example.com/",
            "HTTPS://agent.example.com/",
            "ftp://agent.example.com/",
            "javascript:alert(1)",
            "https://ada@agent.example.com/",
            "https://agent.example.com/#x",
            "https://agent.example.com\\@127.0.0.1/",
            "https://agent.\texample.com/",
            "https:agent.example.com/",
            "https:///agent.example.com/",
            "//agent.example.com/",
            "",
        ] {
            assert!(!is_a_public_page(text, &[]), "{text}");
        }
        assert!(!is_a_public_page(&format!("https://h.example/{}", "a".repeat(2_048)), &[]));
    }

    /// operator.md `outbound.allow`: exactly the host named, also in plain http.
    #[test]
    fn an_allowed_host_opens_no_other() {
        let allowed = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        for text in ["http://localhost:8080/a", "https://localhost/a", "http://127.0.0.1:1/a"] {
            assert!(is_a_public_page(text, &allowed), "{text}");
        }
        for text in ["http://localhost./a", "https://127.0.0.2/a", "ftp://localhost/a"] {
            assert!(!is_a_public_page(text, &allowed), "{text}");
        }
    }
}
