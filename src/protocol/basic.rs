//! HTTP Basic as OAuth clients send it ([RFC 6749 §2.3.1]).
//!
//! [RFC 6749 §2.3.1]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
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

    #[test]
    fn anything_else_is_no_credential() {
        for header in ["", "Basic", "Basic !!", "Bearer abc", "Basic ZGVtbw==", "Basic /w=="] {
            assert_eq!(both(header), None, "{header}");
        }
    }
}
