//! JSON bodies, read strictly: bounded depth, no repeated member names.
//!
//! RFC 8259 §4 leaves repeated names open, so two parsers may see two requests in one
//! body; serde accepts them in members it does not know. Here the body is refused.

use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::{Map, Value};

#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    #[error("the body is not a JSON object")]
    Malformed,
    #[error("a member is missing or of the wrong type")]
    Shape,
}

/// Reads `body` as `T`.
///
/// # Errors
///
/// Syntax, depth beyond `serde_json`'s 128 levels, repeated names or bytes that are not
/// UTF-8 are [`JsonError::Malformed`]; a sound object of the wrong shape is
/// [`JsonError::Shape`].
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, JsonError> {
    let Strict(value) = serde_json::from_slice(body).map_err(|_| JsonError::Malformed)?;
    if !value.is_object() {
        return Err(JsonError::Malformed);
    }
    serde_json::from_value(value).map_err(|_| JsonError::Shape)
}

/// Reads `text` as a list of `T`, as strictly as [`parse`].
///
/// # Errors
///
/// As [`parse`], for an array.
pub fn parse_list<T: DeserializeOwned>(text: &[u8]) -> Result<Vec<T>, JsonError> {
    let Strict(value) = serde_json::from_slice(text).map_err(|_| JsonError::Malformed)?;
    if !value.is_array() {
        return Err(JsonError::Malformed);
    }
    serde_json::from_value(value).map_err(|_| JsonError::Shape)
}

/// A value in which no object names a member twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Strict(value))) = members.next_entry::<String, Strict>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("repeated member"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Body {
        name: String,
    }

    #[test]
    fn a_sound_body_parses_and_unknown_members_are_ignored() {
        let body = parse::<Body>(br#"{"name":"a","extra":{"deep":[1,2.5,null,true]}}"#);
        assert_eq!(body.expect("a body"), Body { name: "a".into() });
    }

    #[test]
    fn repeated_names_are_refused_at_any_depth() {
        for body in [r#"{"name":"a","name":"b"}"#, r#"{"name":"a","x":[{"y":1,"y":2}]}"#] {
            assert!(matches!(parse::<Body>(body.as_bytes()), Err(JsonError::Malformed)), "{body}");
        }
    }

    #[test]
    fn depth_and_bytes_are_bounded() {
        let deep = format!(r#"{{"name":"a","x":{}1{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
        assert!(matches!(parse::<Body>(deep.as_bytes()), Err(JsonError::Malformed)));
        assert!(matches!(parse::<Body>(b"{\"name\":\"\xFF\"}"), Err(JsonError::Malformed)));
        assert!(matches!(parse::<Body>(b"[]"), Err(JsonError::Malformed)));
        assert!(matches!(parse::<Body>(br#"{"name":1}"#), Err(JsonError::Shape)));
    }
}
