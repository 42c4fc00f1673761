//! Pushed authorization requests ([RFC 9126 §2.2]): what stands for one in a browser.
//!
//! [RFC 9126 §2.2]: https://www.rfc-editor.org/rfc/rfc9126#section-2.2

use serde::Serialize;

use super::secret::{Secret, SecretKind};

/// What every `request_uri` of ours begins with ([RFC 9126 §2.2]).
///
/// [RFC 9126 §2.2]: https://www.rfc-editor.org/rfc/rfc9126#section-2.2
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// The answer to a pushed request ([RFC 9126 §2.2]).
///
/// [RFC 9126 §2.2]: https://www.rfc-editor.org/rfc/rfc9126#section-2.2
#[derive(Debug, Serialize)]
pub struct PushedAuthorizationResponse {
    pub request_uri: String,
    /// Seconds.
    pub expires_in: i64,
}

/// The `request_uri` that a secret is spelled as ([RFC 9126 §2.2]).
///
/// [RFC 9126 §2.2]: https://www.rfc-editor.org/rfc/rfc9126#section-2.2
#[must_use]
pub fn request_uri(secret: &Secret) -> String {
    format!("{PREFIX}{}", secret.reveal())
}

/// The secret of a `request_uri` of ours; `None` for every other address, which is never
/// fetched ([RFC 9126 §7.1]).
///
/// [RFC 9126 §7.1]: https://www.rfc-editor.org/rfc/rfc9126#section-7.1
#[must_use]
pub fn parse_request_uri(text: &str) -> Option<Secret> {
    Secret::parse(SecretKind::PushedRequest, text.strip_prefix(PREFIX)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::secret::ENTROPY;

    /// RFC 9126 §7.1: an address that a stranger names is nothing this server would follow.
    #[test]
    fn only_a_request_uri_of_ours_reads_back() {
        let secret = Secret::from_entropy(SecretKind::PushedRequest, &[7; ENTROPY]).expect("one");
        let uri = request_uri(&secret);
        assert_eq!(parse_request_uri(&uri), Some(secret.clone()));
        let other = Secret::from_entropy(SecretKind::Access, &[7; ENTROPY]).expect("one");
        for text in [
            secret.reveal().to_owned(),
            uri.to_uppercase(),
            format!("{uri}x"),
            format!("{PREFIX}{}", other.reveal()),
            "https://client.example.com/request.jwt".to_owned(),
        ] {
            assert_eq!(parse_request_uri(&text), None, "{text}");
        }
    }
}
