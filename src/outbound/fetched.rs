//! What came back, and for how long it may be believed.

use reqwest::header::{AGE, CACHE_CONTROL, CONTENT_TYPE, HeaderMap};

use crate::protocol::timestamp::Seconds;

/// The body of an answer with status 200, and what its header says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    pub body: Vec<u8>,
    /// The media type as sent, parameters included.
    pub content_type: Option<String>,
    /// For how much longer the answer is fresh ([RFC 9111 §4.2]); zero when it may not be
    /// kept, nothing when it does not say.
    ///
    /// [RFC 9111 §4.2]: https://www.rfc-editor.org/rfc/rfc9111#section-4.2
    pub max_age: Option<Seconds>,
}

impl Fetched {
    pub(super) fn new(header: &HeaderMap, body: Vec<u8>) -> Self {
        let content_type = header.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Self { body, content_type: content_type.map(ToOwned::to_owned), max_age: max_age(header) }
    }
}

/// The longest a delta-seconds can say ([RFC 9111 §1.2.2]).
///
/// [RFC 9111 §1.2.2]: https://www.rfc-editor.org/rfc/rfc9111#section-1.2.2
const LONGEST: i64 = 1 << 31;

/// `max-age` less the age the answer already has; of several values the shortest
/// (RFC 9111 §4.2.1). Directives with a value in quotes are read as without them (§5.2).
fn max_age(header: &HeaderMap) -> Option<Seconds> {
    let lines = header.get_all(CACHE_CONTROL).iter();
    let texts: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let directives = texts.iter().flat_map(|line| line.split(','));
    let said = directives.filter_map(|directive| {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => Some(0),
            // What cannot be read counts as stale.
            "max-age" => Some(delta_seconds(value).unwrap_or(0)),
            _ => None,
        }
    });
    let shortest = said.min()?;
    let age = header.get(AGE).and_then(|value| value.to_str().ok());
    let age = age.and_then(delta_seconds).unwrap_or(0);
    Some(Seconds(shortest.saturating_sub(age).max(0)))
}

fn delta_seconds(text: &str) -> Option<i64> {
    let text = text.trim().trim_matches('"');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(LONGEST).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn fresh_for(lines: &[(HeaderName, &'static str)]) -> Option<i64> {
        let mut header = HeaderMap::new();
        for (name, value) in lines {
            header.append(name, HeaderValue::from_static(value));
        }
        Fetched::new(&header, Vec::new()).max_age.map(|span| span.0)
    }

    /// RFC 9111 §5.2.2.1.
    #[test]
    fn max_age_is_read_in_every_spelling() {
        for value in ["max-age=60", "public, Max-Age=60", "max-age=\"60\"", "a=b,max-age=60 ,c"] {
            assert_eq!(fresh_for(&[(CACHE_CONTROL, value)]), Some(60), "{value}");
        }
        assert_eq!(fresh_for(&[(CACHE_CONTROL, "max-age=99999999999999999999")]), Some(LONGEST));
        assert_eq!(fresh_for(&[(CACHE_CONTROL, "public, s-maxage=60")]), None);
        assert_eq!(fresh_for(&[]), None);
    }

    /// RFC 9111 §4.2.1 and §5.2.2.5: contradictions and nonsense are stale, not fresh.
    #[test]
    fn the_shortest_claim_to_freshness_counts() {
        for value in
            ["no-store", "max-age=60, no-cache", "max-age=-1", "max-age=", "max-age", "max-age=1e9"]
        {
            assert_eq!(fresh_for(&[(CACHE_CONTROL, value)]), Some(0), "{value}");
        }
        let twice = [(CACHE_CONTROL, "max-age=60"), (CACHE_CONTROL, "max-age=30")];
        assert_eq!(fresh_for(&twice), Some(30));
    }

    /// RFC 9111 §4.2.3: an answer out of somebody's cache has already aged.
    #[test]
    fn age_is_taken_off() {
        assert_eq!(fresh_for(&[(CACHE_CONTROL, "max-age=60"), (AGE, "45")]), Some(15));
        assert_eq!(fresh_for(&[(CACHE_CONTROL, "max-age=60"), (AGE, "90")]), Some(0));
    }
}
