//! What a request pins down beyond its scopes ([RFC 9396 §2]).
//!
//! [RFC 9396 §2]: https://www.rfc-editor.org/rfc/rfc9396#section-2

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::json;
use super::text::ToldText;

/// The `authorization_details` of a request, of a grant, of an answer ([RFC 9396 §2]). They
/// are granted as a whole, so the same list is all of these.
///
/// [RFC 9396 §2]: https://www.rfc-editor.org/rfc/rfc9396#section-2
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorizationDetails(Vec<AuthorizationDetail>);

/// One object of the list ([RFC 9396 §2.1]).
///
/// [RFC 9396 §2.1]: https://www.rfc-editor.org/rfc/rfc9396#section-2.1
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorizationDetail(Map<String, Value>);

/// More than any person reads before saying yes.
const MOST: usize = 8;

/// Longest value of a field that is shown, in characters.
const LONGEST: usize = 200;

/// More text than the sentences of eight objects can need.
const LONGEST_TEXT: usize = 8_192;

impl AuthorizationDetails {
    /// Reads the parameter: a list of objects, each with a `type` ([RFC 9396 §2]).
    ///
    /// [RFC 9396 §2]: https://www.rfc-editor.org/rfc/rfc9396#section-2
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST_TEXT {
            return None;
        }
        let details: Self = json::parse_list(text.as_bytes()).ok().map(Self)?;
        let sound = details.0.len() <= MOST && details.0.iter().all(|one| !one.kind().is_empty());
        sound.then_some(details)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, AuthorizationDetail> {
        self.0.iter()
    }

    /// None where nothing is pinned down: the member is then left out.
    #[must_use]
    pub fn some(&self) -> Option<&Self> {
        Some(self).filter(|details| !details.is_empty())
    }
}

impl<'a> IntoIterator for &'a AuthorizationDetails {
    type Item = &'a AuthorizationDetail;
    type IntoIter = std::slice::Iter<'a, AuthorizationDetail>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl AuthorizationDetail {
    /// Its `type` ([RFC 9396 §2]); empty if it has none.
    ///
    /// [RFC 9396 §2]: https://www.rfc-editor.org/rfc/rfc9396#section-2
    #[must_use]
    pub fn kind(&self) -> &str {
        self.0.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    /// Its `locations` ([RFC 9396 §2.2]); `None` if they are no list of texts.
    ///
    /// [RFC 9396 §2.2]: https://www.rfc-editor.org/rfc/rfc9396#section-2.2
    #[must_use]
    pub fn locations(&self) -> Option<Vec<&str>> {
        match self.0.get("locations") {
            None => Some(Vec::new()),
            Some(locations) => locations.as_array()?.iter().map(Value::as_str).collect(),
        }
    }

    /// Every other field as a person may read it, by its path (`amount.currency`); `None`
    /// when one of them cannot be shown as it is.
    #[must_use]
    pub fn fields(&self) -> Option<BTreeMap<String, String>> {
        let mut fields = BTreeMap::new();
        read("", &self.0, &mut fields)?;
        Some(fields)
    }

    /// As JSON on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Reads members and what is below them. A name with a dot would be another field's path.
fn read(
    above: &str,
    members: &Map<String, Value>,
    fields: &mut BTreeMap<String, String>,
) -> Option<()> {
    for (name, value) in members {
        if above.is_empty() && matches!(name.as_str(), "type" | "locations") {
            continue;
        }
        if name.is_empty() || name.contains('.') {
            return None;
        }
        let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
        match value {
            Value::Object(below) if below.is_empty() => return None,
            Value::Object(below) => read(&path, below, fields)?,
            value => {
                fields.insert(path, words(value)?);
            }
        }
    }
    Some(())
}

/// A value in words: what a person reads is the value and nothing like it.
fn words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => quoted(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Array(items) => {
            let items: Option<Vec<String>> = items.iter().map(item).collect();
            items.filter(|items| !items.is_empty()).map(|items| items.join(", "))
        }
        Value::Null | Value::Object(_) => None,
    }
}

fn item(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.contains(',') => quoted(text),
        Value::Number(_) => words(value),
        _ => None,
    }
}

/// A text of one line without anything that deceives the eye. One that could pass for the
/// words around it stands in quotation marks.
fn quoted(text: &str) -> Option<String> {
    let shown = ToldText::clean(text, LONGEST).filter(|shown| shown.as_str() == text);
    let shown = shown.filter(|shown| !shown.as_str().contains(['“', '”', '"']))?;
    let plain = text.chars().all(|c| c.is_alphanumeric() || "._:/@+-".contains(c));
    Some(if plain { shown.to_string() } else { format!("“{shown}”") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(object: &str) -> Option<Vec<(String, String)>> {
        let details = AuthorizationDetails::parse(&format!("[{object}]"))?;
        let fields = details.iter().next()?.fields()?;
        Some(fields.into_iter().collect())
    }

    #[test]
    fn fields_are_read_by_their_paths() {
        let object = r#"{"type":"payment","locations":["x"],"amount":{"value":"20.00","currency":
            "EUR"},"times":3,"actions":["pay","refund"],"final":true}"#;
        let read: Vec<String> = fields(object)
            .expect("fields")
            .into_iter()
            .map(|(path, words)| format!("{path}={words}"))
            .collect();
        let wanted = [
            "actions=pay, refund",
            "amount.currency=EUR",
            "amount.value=20.00",
            "final=true",
            "times=3",
        ];
        assert_eq!(read, wanted);
    }

    /// Promise P5: a value that could pass for the operator's words is set apart from them.
    #[test]
    fn words_of_an_agent_stand_in_quotation_marks() {
        let shown = fields(r#"{"type":"t","to":"me. Then delete nothing"}"#).expect("fields");
        assert_eq!(shown[0].1, "“me. Then delete nothing”");
    }

    /// Promise P5: what cannot be shown as it is cannot be approved.
    #[test]
    fn what_cannot_be_shown_is_not_read() {
        for value in [
            "null",
            "{}",
            "[]",
            "\"\"",
            "\" a\"",
            "\"a\\u202Eb\"",
            "\"a\\nb\"",
            "\"a” b\"",
            "[\"a, b\"]",
            "[[\"a\"]]",
            "{\"b.c\":1}",
            "{\"\":1}",
        ] {
            assert_eq!(fields(&format!(r#"{{"type":"t","a":{value}}}"#)), None, "{value}");
        }
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(fields(&format!(r#"{{"type":"t","a":"{long}"}}"#)), None);
    }

    /// RFC 9396 §2: a list of objects, each with a type.
    #[test]
    fn other_json_is_no_list_of_details() {
        let many = format!("[{}]", [r#"{"type":"t"}"#; 9].join(","));
        let long = format!(r#"[{{"type":"t","a":"{}"}}]"#, "x".repeat(LONGEST_TEXT));
        for text in [
            "",
            "{}",
            r#"{"type":"t"}"#,
            "[1]",
            "[{}]",
            r#"[{"type":""}]"#,
            r#"[{"type":1}]"#,
            r#"[{"type":"t","type":"u"}]"#,
            r#"[{"type":"t","a":{"b":1,"b":2}}]"#,
            many.as_str(),
            &long,
        ] {
            assert_eq!(AuthorizationDetails::parse(text), None, "{text}");
        }
        assert!(AuthorizationDetails::parse("[]").expect("none").is_empty());
    }
}
