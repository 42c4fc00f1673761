//! HTTP Basic as OAuth clients send it ([RFC 6749 §2.3.1]).
//!
//! [RFC 6749 §2.3.1]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use zeroize::Zeroizing;

/// A client id and its secret, as presented.
pub struct BasicCredentials {
    pub client_id: String,
    pub secret: Zeroizing<String>,
}

/// Reads an `Authorization` header value. Some clients form-encode both halves, as the
/// clause says, others send them raw; percent-forms are decoded either way.
#[must_use]
pub fn parse(header: &str) -> Option<BasicCredentials> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let text = std::str::from_utf8(&decoded).ok()?;
    let (client_id, secret) = text.split_once(':')?;
    Some(BasicCredentials {
        client_id: form_decode(client_id)?,
        secret: Zeroizing::new(form_decode(secret)?),
    })
}

/// Writes the `Authorization` header value of a client, both halves form-encoded as the clause
/// says: [RFC 6749 §2.3.1].
///
/// [RFC 6749 §2.3.1]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
#[must_use]
pub fn header(client_id: &str, secret: &str) -> Zeroizing<String> {
    let encoded = |half| utf8_percent_encode(half, NON_ALPHANUMERIC);
    let both = Zeroizing::new(format!("{}:{}", encoded(client_id), encoded(secret)));
    Zeroizing::new(format!("Basic {}", STANDARD.encode(both.as_bytes())))
}

fn form_decode(half: &str) -> Option<String> {
    if !half.contains('%') {
        return Some(half.to_owned());
    }
    Some(percent_decode_str(half).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(header: &str) -> Option<(String, String)> {
        parse(header).map(|basic| (basic.client_id, basic.secret.to_string()))
    }

    #[test]
    fn raw_and_form_encoded_halves_are_one() {
        let wanted = Some(("demo".to_owned(), "demo-secret".to_owned()));
        let raw = STANDARD.encode("demo:demo-secret");
        let encoded = STANDARD.encode("demo:demo%2Dsecret");
        assert_eq!(both(&format!("Basic {raw}")), wanted);
        assert_eq!(both(&format!("basic {encoded}")), wanted);
    }

    /// RFC 6749 §2.3.1: colons, spaces and other alphabets survive the way there.
    #[test]
    fn what_a_client_writes_is_what_the_server_reads() {
        for (client_id, secret) in [("demo", "demo-secret"), ("a:b", "c:d+e f%41/="), ("ä", "ß")]
        {
            let wanted = Some((client_id.to_owned(), secret.to_owned()));
            assert_eq!(both(&header(client_id, secret)), wanted);
        }
    }

    #[test]
    fn anything_else_is_no_credential() {
        for header in ["", "Basic", "Basic !!", "Bearer abc", "Basic ZGVtbw==", "Basic /w=="] {
            assert_eq!(both(header), None, "{header}");
        }
    }
}
