//! Scope as [RFC 6749 §3.3] defines it: a set of tokens, order without meaning.
//!
//! [RFC 6749 §3.3]: https://www.rfc-editor.org/rfc/rfc6749#section-3.3

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A set of scope tokens that prints in one order only. It may be empty after an
/// intersection; text that names no token does not parse.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Scopes(BTreeSet<String>);

/// The text is not a scope of RFC 6749 §3.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("scope must be words of printable ASCII without quotes or backslashes")]
pub struct NotAScope;

/// The scope token that asks for an ID token and belongs to no resource (OpenID Connect Core
/// 1.0 §3.1.2.1).
pub const OPENID: &str = "openid";

/// The most tokens one request may name; more is a mistake or an attack.
const MOST_TOKENS: usize = 64;
/// The longest token.
const LONGEST_TOKEN: usize = 128;

/// `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
#[must_use]
pub fn is_scope_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_TOKEN
        && text.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

impl Scopes {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What both sets hold.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// What this set holds and `other` does not.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// What either set holds.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// Whether every token of `other` is here too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0.is_superset(&other.0)
    }

    #[must_use]
    pub fn contains(&self, token: &str) -> bool {
        self.0.contains(token)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    #[must_use]
    pub fn to_vec(&self) -> Vec<String> {
        self.0.iter().cloned().collect()
    }

    /// The set of the given tokens.
    ///
    /// # Errors
    ///
    /// A word is not a scope token, or there are too many.
    pub fn of<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Result<Self, NotAScope> {
        let mut set = BTreeSet::new();
        for token in tokens {
            if !is_scope_token(token) || set.len() >= MOST_TOKENS {
                return Err(NotAScope);
            }
            set.insert(token.to_owned());
        }
        Ok(Self(set))
    }

    /// Reads what [`Display`](fmt::Display) wrote; unlike [`FromStr`] it takes the empty set.
    ///
    /// # Errors
    ///
    /// A word is not a scope token.
    pub fn stored(text: &str) -> Result<Self, NotAScope> {
        Self::of(text.split(' ').filter(|word| !word.is_empty()))
    }
}

impl FromStr for Scopes {
    type Err = NotAScope;

    fn from_str(text: &str) -> Result<Self, NotAScope> {
        let scopes = Self::stored(text)?;
        if scopes.is_empty() {
            return Err(NotAScope);
        }
        Ok(scopes)
    }
}

impl TryFrom<Vec<String>> for Scopes {
    type Error = NotAScope;

    fn try_from(tokens: Vec<String>) -> Result<Self, NotAScope> {
        Self::of(tokens.iter().map(String::as_str))
    }
}

impl From<Scopes> for Vec<String> {
    fn from(scopes: Scopes) -> Self {
        scopes.0.into_iter().collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, token) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(token)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scopes(text: &str) -> Scopes {
        Scopes::stored(text).expect("a scope")
    }

    /// RFC 6749 §3.3: order does not matter, so one set has one spelling.
    #[test]
    fn a_scope_prints_in_one_order() {
        assert_eq!(scopes("write read read").to_string(), "read write");
    }

    /// RFC 6749 §3.3: the grammar has no empty scope, no quotes, no controls.
    #[test]
    fn text_outside_the_grammar_is_refused() {
        for text in ["", " ", "a\"b", "a\\b", "a\tb", "ä", "a\u{0}"] {
            assert_eq!(text.parse::<Scopes>(), Err(NotAScope), "{text:?}");
        }
        let many = (0..65).map(|n| format!("s{n}")).collect::<Vec<_>>().join(" ");
        assert!(many.parse::<Scopes>().is_err());
    }

    #[test]
    fn meeting_never_widens() {
        let asked = scopes("a b c");
        let allowed = scopes("b c d");
        let met = asked.meet(&allowed);
        assert_eq!(met.to_string(), "b c");
        assert!(asked.covers(&met) && allowed.covers(&met));
        assert_eq!(asked.without(&allowed).to_string(), "a");
    }
}
