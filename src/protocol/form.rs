//! `application/x-www-form-urlencoded` bodies, read strictly ([RFC 6749 §3.2], Appendix B).
//!
//! Hash maps keep the last of two equal names and typed decoders miss repeated unknown
//! ones, so a parameter could mean one thing to a gateway and another to us. Here a
//! repetition, a broken escape or bytes that are not UTF-8 refuse the whole body.
//!
//! [RFC 6749 §3.2]: https://www.rfc-editor.org/rfc/rfc6749#section-3.2

use std::borrow::Cow;

use percent_encoding::percent_decode;
use url::form_urlencoded;

/// The parameters of one request, in order.
#[derive(Default)]
pub struct Form(Vec<(String, String)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    #[error("the body is not form-encoded UTF-8")]
    Malformed,
    #[error("a parameter is repeated")]
    Repeated,
    #[error("too many parameters")]
    TooMany,
}

/// More parameters than any request of ours needs.
const MOST_PARAMETERS: usize = 200;

impl Form {
    /// Reads a body in which only the parameters of `may_repeat` may occur twice.
    ///
    /// # Errors
    ///
    /// See [`FormError`].
    pub fn parse(body: &[u8], may_repeat: &[&str]) -> Result<Self, FormError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            let known = pairs.iter().any(|(earlier, _)| *earlier == name);
            if known && !may_repeat.contains(&name.as_str()) {
                return Err(FormError::Repeated);
            }
            if pairs.len() >= MOST_PARAMETERS {
                return Err(FormError::TooMany);
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// The parameters of these names alone.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Self {
        let kept = self.0.iter().filter(|(name, _)| names.contains(&name.as_str()));
        Self(kept.cloned().collect())
    }

    /// Gives a parameter this one value.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.retain(|(known, _)| known != name);
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// The parameters as a body, which reads back as the same ones.
    #[must_use]
    pub fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// A parameter's value; one sent without a value counts as omitted (RFC 6749 §3.1).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let named = self.0.iter().find(|(known, value)| known == name && !value.is_empty());
        named.map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter that may repeat.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}

fn decode(part: &[u8]) -> Result<String, FormError> {
    if has_broken_escape(part) {
        return Err(FormError::Malformed);
    }
    let spaced: Cow<'_, [u8]> = if part.contains(&b'+') {
        part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect()
    } else {
        Cow::Borrowed(part)
    };
    let text = percent_decode(&spaced).decode_utf8().map_err(|_| FormError::Malformed)?;
    if text.contains('\0') {
        return Err(FormError::Malformed);
    }
    Ok(text.into_owned())
}

fn has_broken_escape(part: &[u8]) -> bool {
    let is_hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    part.iter()
        .enumerate()
        .any(|(at, byte)| *byte == b'%' && !(is_hex(part.get(at + 1)) && is_hex(part.get(at + 2))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &str) -> Result<Form, FormError> {
        Form::parse(body.as_bytes(), &["scope"])
    }

    #[test]
    fn values_are_decoded_once() {
        let form = form("a=x+y%2Bz&empty=&b=%C3%A4").expect("a form");
        assert_eq!(form.get("a"), Some("x y+z"));
        assert_eq!(form.get("b"), Some("ä"));
        assert_eq!(form.get("empty"), None, "RFC 6749 §3.1: without a value is omitted");
    }

    #[test]
    fn what_is_kept_of_a_form_reads_back_as_it_was() {
        let mut kept = form("a=x+y%2Bz%26&client_secret=hush&b=%C3%A4&scope=1&scope=2")
            .expect("a form")
            .only(&["a", "b", "scope", "c"]);
        kept.set("c", "1");
        kept.set("c", "=2");
        let again = form(&kept.encode()).expect("a form");
        assert_eq!(again.0, kept.0);
        assert_eq!((again.get("a"), again.get("c")), (Some("x y+z&"), Some("=2")));
        assert_eq!(again.all("scope").count(), 2);
        assert_eq!(again.get("client_secret"), None);
    }

    /// RFC 6749 §3.2: parameters must not be included more than once, known or unknown.
    #[test]
    fn repetition_is_refused_even_for_unknown_or_escaped_names() {
        for body in ["a=1&a=2", "zzz=1&b=2&zzz=1", "a=1&%61=2", "a=&a=1"] {
            assert_eq!(form(body).err(), Some(FormError::Repeated), "{body}");
        }
        let scopes = form("scope=a&scope=b").expect("scope may repeat");
        assert_eq!(scopes.all("scope").collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn broken_bytes_are_refused_not_replaced() {
        for body in [&b"a=%FF"[..], b"a=\xFF", b"a=%", b"a=%4", b"a=%zz", b"a=%00"] {
            assert_eq!(Form::parse(body, &[]).err(), Some(FormError::Malformed));
        }
        let many = (0..201).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
        assert_eq!(form(&many).err(), Some(FormError::TooMany));
    }
}
