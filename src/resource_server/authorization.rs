//! What the `Authorization` header of a request brings ([RFC 6750 §2.1]).
//!
//! [RFC 6750 §2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1

use actix_web::http::header::{self, HeaderMap};

use crate::protocol::secret::{Secret, SecretKind};

/// A presented credential, read and not yet believed. Tokens in the query string or the body
/// are not looked at ([RFC 9700 §4.3.2]).
///
/// [RFC 9700 §4.3.2]: https://www.rfc-editor.org/rfc/rfc9700#section-4.3.2
#[derive(Debug, PartialEq, Eq)]
pub enum Presented<'a> {
    Absent,
    Bearer(&'a str),
    /// A token that is to be proven with a key ([RFC 9449 §7.1]).
    ///
    /// [RFC 9449 §7.1]: https://www.rfc-editor.org/rfc/rfc9449#section-7.1
    Dpop(&'a str),
    /// Two headers, another scheme, no token of [RFC 6750 §2.1]: presented, and no good.
    ///
    /// [RFC 6750 §2.1]: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
    Unusable,
}

/// The longest token that is asked about.
const LONGEST: usize = 4_096;

impl<'a> Presented<'a> {
    /// Reads the header; the scheme's case does not matter ([RFC 9110 §11.1]).
    ///
    /// [RFC 9110 §11.1]: https://www.rfc-editor.org/rfc/rfc9110#section-11.1
    pub fn by(headers: &'a HeaderMap) -> Self {
        let mut values = headers.get_all(header::AUTHORIZATION);
        let Some(value) = values.next() else { return Self::Absent };
        if values.next().is_some() {
            return Self::Unusable;
        }
        let Some((scheme, token)) = value.to_str().ok().and_then(|text| text.split_once(' '))
        else {
            return Self::Unusable;
        };
        let token = token.trim();
        if !is_worth_asking(token) {
            Self::Unusable
        } else if scheme.eq_ignore_ascii_case("bearer") {
            Self::Bearer(token)
        } else if scheme.eq_ignore_ascii_case("dpop") {
            Self::Dpop(token)
        } else {
            Self::Unusable
        }
    }
}

/// Whether this could be a token at all: `b64token`, and with a right checksum if it looks
/// like ours, so that garbage costs nobody a question.
fn is_worth_asking(token: &str) -> bool {
    let bare = token.trim_end_matches('=');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let ours = token.starts_with(SecretKind::Access.prefix());
    !bare.is_empty()
        && token.len() <= LONGEST
        && bare.bytes().all(allowed)
        && (!ours || Secret::parse(SecretKind::Access, token).is_some())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;
    use crate::protocol::secret::ENTROPY;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_str(value).expect("a value");
            headers.append(header::AUTHORIZATION, value);
        }
        headers
    }

    #[test]
    fn one_token_is_read_whatever_the_case_of_its_scheme() {
        let ours = Secret::from_entropy(SecretKind::Access, &[7; ENTROPY]).expect("a token");
        for token in ["eyJh.eyJz.c2ln", "a==", ours.reveal()] {
            for scheme in ["Bearer", "bearer", "BEARER"] {
                let headers = headers(&[&format!("{scheme} {token}")]);
                assert_eq!(Presented::by(&headers), Presented::Bearer(token));
            }
            for scheme in ["DPoP", "dpop", "DPOP"] {
                let headers = headers(&[&format!("{scheme} {token}")]);
                assert_eq!(Presented::by(&headers), Presented::Dpop(token));
            }
        }
    }

    /// RFC 6750 §2.1: outside the grammar, twice, or with a wrong checksum: nobody is asked.
    #[test]
    fn what_cannot_be_a_token_is_presented_and_unusable() {
        assert_eq!(Presented::by(&HeaderMap::new()), Presented::Absent);
        let long = format!("Bearer {}", "x".repeat(LONGEST + 1));
        for value in ["", "Bearer", "Bearer ", "Bearer a b", "Bearer =", "Basic YTpi", "DPoP"] {
            assert_eq!(Presented::by(&headers(&[value])), Presented::Unusable, "{value:?}");
        }
        for value in ["Bearer aas_garbage", "Bearer a\"b", &long] {
            assert_eq!(Presented::by(&headers(&[value])), Presented::Unusable, "{value:?}");
        }
        assert_eq!(Presented::by(&headers(&["Bearer a", "Bearer a"])), Presented::Unusable);
    }
}
