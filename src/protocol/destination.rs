//! Where a redirect leads, in the parts a person compares.

use url::{Host, Url};

/// The place a browser goes to when it follows a redirect URI ([RFC 8252 §7]): read as
/// browsers read it, so that a page names the host that will really be asked.
///
/// [RFC 8252 §7]: https://www.rfc-editor.org/rfc/rfc8252#section-7
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A site.
    Site { host: String, shown: String },
    /// Whatever program listens on this port of the person's own computer (RFC 8252 §7.3).
    ThisComputer { shown: String },
    /// The program that opens links of this scheme (RFC 8252 §7.1).
    Program { scheme: String, shown: String },
}

impl Destination {
    /// Reads an admitted redirect URI ([OAuth 2.1 §4.1.1]). What no browser could open is
    /// shown as the scheme it begins with.
    ///
    /// [OAuth 2.1 §4.1.1]: https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1#section-4.1.1
    #[must_use]
    pub fn of(uri: &str) -> Self {
        let scheme = uri.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let url = Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        match url.as_ref().and_then(|url| Some((url.host()?, url.port_or_known_default()?))) {
            Some((host, port)) if is_this_computer(&host) => {
                Self::ThisComputer { shown: format!("{host}:{port}") }
            }
            Some((host, _)) => {
                let port = url.as_ref().and_then(Url::port);
                let shown = port.map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
                Self::Site { host: host.to_string(), shown }
            }
            None => Self::Program { shown: format!("{scheme}:"), scheme },
        }
    }

    /// `example.com`, `example.com:8443`, `127.0.0.1:33418`, `cursor:`: the host in full, with
    /// its port where that is not the scheme's own, and always on this computer (RFC 8252
    /// §7.3: the port tells one program from another).
    #[must_use]
    pub fn shown(&self) -> &str {
        match self {
            Self::Site { shown, .. }
            | Self::ThisComputer { shown }
            | Self::Program { shown, .. } => shown,
        }
    }

    /// Whether a program of the person's own computer gets the answer (RFC 8252 §8.3).
    #[must_use]
    pub const fn is_this_computer(&self) -> bool {
        matches!(self, Self::ThisComputer { .. })
    }
}

fn is_this_computer(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// contracts/pages.md point 2: the host in full, with the port for loopback.
    #[test]
    fn a_destination_reads_as_what_a_person_compares() {
        for (uri, shown, this_computer) in [
            ("https://app.example.com/callback?x=1", "app.example.com", false),
            ("https://app.example.com:8443/cb", "app.example.com:8443", false),
            ("http://127.0.0.1:33418/", "127.0.0.1:33418", true),
            ("http://[::1]:8080/cb", "[::1]:8080", true),
            ("http://localhost/callback", "localhost:80", true),
            ("https://localhost:4443/cb", "localhost:4443", true),
            ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor:", false),
            ("com.example.app:/oauth", "com.example.app:", false),
        ] {
            let destination = Destination::of(uri);
            assert_eq!(destination.shown(), shown, "{uri}");
            assert_eq!(destination.is_this_computer(), this_computer, "{uri}");
        }
    }

    /// RFC 9700 §4.1.3: no spelling of a host reads as another one on the page.
    #[test]
    fn the_host_is_the_one_a_browser_would_ask() {
        for (uri, shown) in [
            ("https://0x7f.1/cb", "127.0.0.1:443"),
            ("https://EXAMPLE.com/cb", "example.com"),
            ("https://\u{441}laude.ai/cb", "xn--laude-0ye.ai"),
            ("https://claude.ai.example.net/cb", "claude.ai.example.net"),
            ("http://127.1:80/cb", "127.0.0.1:80"),
        ] {
            assert_eq!(Destination::of(uri).shown(), shown, "{uri}");
        }
    }
}
