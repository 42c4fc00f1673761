//! Which authorization details a resource takes, and how a person reads them ([RFC 9396]).
//!
//! A detail is taken only if a sentence of the operator's says every field of it: a person
//! approves what they read (promise P5), so nothing may ride along unread.
//!
//! [RFC 9396]: https://www.rfc-editor.org/rfc/rfc9396

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use crate::domain::resource::{Resource, Risk};
use crate::protocol::authorization_details::{AuthorizationDetail, AuthorizationDetails};
use crate::protocol::resource_identifier::ResourceIdentifier;

/// One type of detail that a resource takes (RFC 9396 §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetailRule {
    /// `type` on the wire.
    pub kind: String,
    /// Always said; each field in it is required.
    pub sentence: Sentence,
    /// Said where all of its fields are there.
    pub optional: Vec<Sentence>,
    pub risk: Risk,
}

/// Words with fields of the detail in them, written `{field}` or `{object.field}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Field(String),
}

/// Why a text is no such sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write words with fields in braces, such as: Pay at most {{amount}} to {{payee}}")]
pub struct NotASentence;

impl FromStr for Sentence {
    type Err = NotASentence;

    fn from_str(text: &str) -> Result<Self, NotASentence> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((words, after)) = rest.split_once('{') {
            let (field, after) = after.split_once('}').ok_or(NotASentence)?;
            let sound = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
            let empty = field.split('.').any(str::is_empty);
            if empty || !field.chars().all(sound) || words.contains('}') {
                return Err(NotASentence);
            }
            parts.push(Part::Words(words.to_owned()));
            parts.push(Part::Field(field.to_owned()));
            rest = after;
        }
        if rest.contains('}') || text.trim().is_empty() {
            return Err(NotASentence);
        }
        parts.push(Part::Words(rest.to_owned()));
        Ok(Self(parts))
    }
}

impl std::fmt::Display for Sentence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Words(words) => f.write_str(words),
            Part::Field(field) => write!(f, "{{{field}}}"),
        })
    }
}

impl Sentence {
    /// The fields it says.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Field(field) => Some(field.as_str()),
            Part::Words(_) => None,
        })
    }

    /// The sentence about these fields; `None` if one of its own is missing.
    fn fill(&self, fields: &BTreeMap<String, String>) -> Option<String> {
        self.0
            .iter()
            .map(|part| match part {
                Part::Words(words) => Some(words.as_str()),
                Part::Field(field) => fields.get(field).map(String::as_str),
            })
            .collect()
    }
}

impl DetailRule {
    /// The detail in words; `None` if it lacks a required field or has one that no sentence
    /// says (RFC 9396 §5).
    fn say(&self, detail: &AuthorizationDetail) -> Option<String> {
        let fields = detail.fields()?;
        let mut words = self.sentence.fill(&fields)?;
        let mut said: BTreeSet<&str> = self.sentence.fields().collect();
        for sentence in &self.optional {
            if let Some(more) = sentence.fill(&fields) {
                words.push_str(". ");
                words.push_str(&more);
                said.extend(sentence.fields());
            }
        }
        fields.keys().all(|field| said.contains(field.as_str())).then_some(words)
    }
}

impl Resource {
    /// Whether it takes every one of these details (RFC 9396 §5).
    #[must_use]
    pub fn takes(&self, details: &AuthorizationDetails) -> bool {
        details.iter().all(|detail| self.say(detail).is_some())
    }

    /// Whether one of these details spends or deletes.
    #[must_use]
    pub fn is_grave_detail(&self, details: &AuthorizationDetails) -> bool {
        let rules = details.iter().filter_map(|detail| self.detail_rule(detail));
        rules.into_iter().any(|rule| rule.risk.is_grave())
    }

    fn detail_rule(&self, detail: &AuthorizationDetail) -> Option<&DetailRule> {
        self.details.iter().find(|rule| rule.kind == detail.kind())
    }

    fn say(&self, detail: &AuthorizationDetail) -> Option<String> {
        let here = |named: &str| {
            named.parse().is_ok_and(|named: ResourceIdentifier| named == self.identifier)
        };
        let elsewhere = !detail.locations()?.into_iter().all(here);
        self.detail_rule(detail).filter(|_| !elsewhere)?.say(detail)
    }
}

/// Details in the operator's words; one that is no longer configured as it is.
#[must_use]
pub fn in_words(resource: Option<&Resource>, details: &AuthorizationDetails) -> Vec<String> {
    let say = |detail: &AuthorizationDetail| {
        resource.and_then(|resource| resource.say(detail)).unwrap_or_else(|| detail.to_json())
    };
    details.iter().map(say).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::resource::AccessTokenFormat;

    fn resource() -> Resource {
        let sentence = |text: &str| text.parse::<Sentence>().expect("a sentence");
        Resource {
            identifier: "https://api.example.com".parse().expect("an identifier"),
            name: String::new(),
            introspection: Vec::new(),
            access_token: AccessTokenFormat::Opaque,
            scopes: Vec::new(),
            details: vec![DetailRule {
                kind: "payment".to_owned(),
                sentence: sentence("Pay at most {amount.value} {amount.currency} to {payee}"),
                optional: vec![sentence("Reference: {reference}")],
                risk: Risk::Spend,
            }],
        }
    }

    fn said(members: &str) -> Option<Vec<String>> {
        let text = format!(r#"[{{"type":"payment"{members}}}]"#);
        let details = AuthorizationDetails::parse(&text)?;
        resource().takes(&details).then(|| in_words(Some(&resource()), &details))
    }

    const WHOLE: &str = r#","amount":{"value":"20.00","currency":"EUR"},"payee":"Example Shop""#;

    /// RFC 9396 §3: the person reads what is pinned down.
    #[test]
    fn a_detail_is_said_in_the_operators_words() {
        let words = "Pay at most 20.00 EUR to “Example Shop”";
        assert_eq!(said(WHOLE), Some(vec![words.to_owned()]));
        let more = format!(r#"{WHOLE},"reference":"R-1""#);
        assert_eq!(said(&more), Some(vec![format!("{words}. Reference: R-1")]));
        let here = format!(r#"{WHOLE},"locations":["https://api.example.com/"]"#);
        assert_eq!(said(&here), Some(vec![words.to_owned()]));
    }

    /// RFC 9396 §5, promise P5: nothing is granted that no sentence says.
    #[test]
    fn a_detail_that_no_sentence_says_whole_is_refused() {
        for more in [
            r#","limit":"none""#,
            r#","amount.value":"1""#,
            r#","locations":["https://other.example.com"]"#,
            r#","locations":"https://api.example.com""#,
        ] {
            assert_eq!(said(&format!("{WHOLE}{more}")), None, "{more}");
        }
        assert_eq!(said(""), None, "required fields are missing");
        let extra = WHOLE.replace(r#""EUR""#, r#""EUR","factor":100"#);
        assert_eq!(said(&extra), None, "{extra}");
        let other = AuthorizationDetails::parse(r#"[{"type":"other"}]"#).expect("details");
        assert!(!resource().takes(&other));
    }

    #[test]
    fn a_detail_has_the_risk_of_its_type() {
        let text = format!(r#"[{{"type":"payment"{WHOLE}}}]"#);
        let details = AuthorizationDetails::parse(&text).expect("details");
        assert!(resource().is_grave_detail(&details));
        assert!(!resource().is_grave_detail(&AuthorizationDetails::default()));
    }

    #[test]
    fn what_is_no_sentence_is_refused() {
        for text in ["", "  ", "a {", "a }", "{}", "{a", "{a b}", "{a..b}", "{{a}}", "a} {b}"] {
            assert_eq!(text.parse::<Sentence>(), Err(NotASentence), "{text}");
        }
        let sentence: Sentence = "{a} and {b.c}".parse().expect("a sentence");
        assert_eq!(sentence.to_string(), "{a} and {b.c}");
    }
}
