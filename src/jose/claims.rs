//! What a token made by somebody else says, member by member and of exactly one type each.
//! A claim that is there and of another type is refused, also where it may be left out: a
//! parser that reads `"exp": "1"` as absent has been a hole before (CVE-2026-25537).

use serde_json::{Map, Value};

use super::foreign::{LEEWAY, Lifetime, Unacceptable, refuse};
use crate::protocol::timestamp::Timestamp;

/// The claims under a signature that holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims(Map<String, Value>);

/// Whom a token is for ([RFC 7519 §4.1.3]): one name, or a list of at least one.
///
/// [RFC 7519 §4.1.3]: https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience<'a> {
    One(&'a str),
    Several(Vec<&'a str>),
}

/// Longer texts name nothing of ours.
const LONGEST_TEXT: usize = 2_048;

/// The last second of the year 9999: what lies beyond is no time of a token.
const LAST_SECOND: i64 = 253_402_300_799;

impl Claims {
    pub(super) fn new(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// A text that must be there and say something.
    ///
    /// # Errors
    ///
    /// It is missing, empty, overlong, or no text.
    pub fn text(&self, name: &'static str) -> Result<&str, Unacceptable> {
        self.optional_text(name)?.ok_or(refuse(name, "is missing"))
    }

    /// A text that may be left out.
    ///
    /// # Errors
    ///
    /// It is there and empty, overlong, or no text.
    pub fn optional_text(&self, name: &'static str) -> Result<Option<&str>, Unacceptable> {
        self.0.get(name).map(|value| text_of(name, value)).transpose()
    }

    /// A moment that must be there, in whole seconds.
    ///
    /// # Errors
    ///
    /// It is missing, negative, a fraction, beyond the year 9999, or no number.
    pub fn time(&self, name: &'static str) -> Result<Timestamp, Unacceptable> {
        self.optional_time(name)?.ok_or(refuse(name, "is missing"))
    }

    /// A moment that may be left out, in whole seconds.
    ///
    /// # Errors
    ///
    /// It is there and negative, a fraction, beyond the year 9999, or no number.
    pub fn optional_time(&self, name: &'static str) -> Result<Option<Timestamp>, Unacceptable> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        match value.as_i64() {
            Some(seconds @ 0..=LAST_SECOND) => Ok(Some(Timestamp(seconds))),
            _ => Err(refuse(name, "is not a time in whole seconds")),
        }
    }

    /// Whom the token is for.
    ///
    /// # Errors
    ///
    /// It names nobody, or names them by anything but texts.
    pub fn audience(&self) -> Result<Audience<'_>, Unacceptable> {
        match self.0.get("aud") {
            None => Err(refuse("aud", "is missing")),
            Some(Value::Array(names)) if names.is_empty() => Err(refuse("aud", "names nobody")),
            Some(Value::Array(names)) => {
                let names: Result<_, _> = names.iter().map(|name| text_of("aud", name)).collect();
                names.map(Audience::Several)
            }
            Some(name) => text_of("aud", name).map(Audience::One),
        }
    }

    /// Judges `exp`, which must be there, `nbf` and `iat` at the moment `now`, with
    /// [`LEEWAY`] for clocks that differ. When the token ends.
    ///
    /// # Errors
    ///
    /// It is over, not begun, longer-lived than `lifetime` allows, or its times are no times.
    pub fn in_time(&self, lifetime: Lifetime, now: Timestamp) -> Result<Timestamp, Unacceptable> {
        let ends_at = self.time("exp")?;
        if now >= ends_at + LEEWAY {
            return Err(refuse("exp", "is over"));
        }
        if ends_at > now + lifetime.0 + LEEWAY {
            return Err(refuse("exp", "is too far ahead"));
        }
        for name in ["nbf", "iat"] {
            if self.optional_time(name)?.is_some_and(|begins_at| begins_at > now + LEEWAY) {
                return Err(refuse(name, "lies ahead"));
            }
        }
        Ok(ends_at)
    }
}

fn text_of<'a>(name: &'static str, value: &'a Value) -> Result<&'a str, Unacceptable> {
    match value.as_str() {
        Some("") => Err(refuse(name, "is empty")),
        Some(text) if text.len() > LONGEST_TEXT => Err(refuse(name, "is too long")),
        Some(text) => Ok(text),
        None => Err(refuse(name, "is not a text")),
    }
}

impl<'a> Audience<'a> {
    /// Every name in it.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + '_ {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names.as_slice(),
        }
        .iter()
        .copied()
    }
}
