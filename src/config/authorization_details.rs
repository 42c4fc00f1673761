//! `[[resource.authorization_detail]]`: what a request may pin down beyond scopes (RFC 9396).

use std::collections::HashSet;

use super::entry::Entry;
use super::problem::Problem;
use crate::domain::authorization_detail::{DetailRule, Sentence};
use crate::domain::resource::Risk;

pub(super) fn read(resource: &Entry<'_>, problems: &mut Vec<Problem>) -> Vec<DetailRule> {
    let mut kinds = HashSet::new();
    resource
        .entries("authorization_detail", problems)
        .iter()
        .filter_map(|entry| rule(entry, &mut kinds, problems))
        .collect()
}

fn rule(
    entry: &Entry<'_>,
    kinds: &mut HashSet<String>,
    problems: &mut Vec<Problem>,
) -> Option<DetailRule> {
    entry.only(&["type", "sentence", "optional", "risk"], problems);
    let kind = entry.text("type", problems);
    let sentence = entry.text("sentence", problems);
    for key in ["type", "sentence"] {
        if !entry.has(key) {
            problems.push(entry.problem(key, "missing; see countersign.default.toml"));
        }
    }
    if kind.as_ref().is_some_and(|kind| !kinds.insert(kind.clone())) {
        problems.push(entry.problem("type", "this resource has this type twice; remove one"));
    }
    let risk = risk(entry, problems);
    let sentence = sentence.and_then(|text| parsed(entry, "sentence", &text, problems));
    let optional = entry
        .list("optional", problems)
        .iter()
        .filter_map(|text| parsed(entry, "optional", text, problems))
        .collect();
    Some(DetailRule { kind: kind?, sentence: sentence?, optional, risk })
}

fn parsed(
    entry: &Entry<'_>,
    key: &str,
    text: &str,
    problems: &mut Vec<Problem>,
) -> Option<Sentence> {
    let sentence: Option<Sentence> = match text.parse() {
        Ok(sentence) => Some(sentence),
        Err(error) => {
            problems.push(entry.problem(key, error.to_string()));
            None
        }
    };
    if key == "optional" && sentence.as_ref().is_some_and(|one| one.fields().next().is_none()) {
        problems.push(entry.problem(key, "an optional sentence needs a field in braces"));
    }
    sentence
}

/// Left out, something counts as changing things: it may harm more than reading does.
pub(super) fn risk(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Risk {
    match entry.text("risk", problems).as_deref() {
        Some("read") => Risk::Read,
        Some("change") | None => Risk::Change,
        Some("spend") => Risk::Spend,
        Some("delete") => Risk::Delete,
        Some(_) => {
            problems.push(entry.problem("risk", "write one of: read, change, spend, delete"));
            Risk::Change
        }
    }
}

/// The word of the settings for a risk.
pub(super) const fn risk_name(risk: Risk) -> &'static str {
    match risk {
        Risk::Read => "read",
        Risk::Change => "change",
        Risk::Spend => "spend",
        Risk::Delete => "delete",
    }
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{RESOURCE, written};
    use crate::config::{Settings, load, show};

    #[expect(clippy::unwrap_in_result, reason = "settings that are sound can be shown")]
    fn with(detail: &str) -> Result<(Settings, String), Vec<String>> {
        let text = format!("{RESOURCE}\n[[resource.authorization_detail]]\n{detail}");
        let (_folder, sources) = written(&text);
        let settings = load(&sources).map_err(|problems| {
            problems.into_iter().map(|problem| problem.key).collect::<Vec<_>>()
        })?;
        Ok((settings, show(&sources).expect("sound")))
    }

    #[test]
    fn a_type_of_detail_is_read_and_shown_again() {
        let text = "type = 'payment'\nsentence = 'Pay {amount} to {payee}'\n\
                    optional = ['Reference: {reference}']\nrisk = 'spend'";
        let (settings, shown) = with(text).expect("sound");
        let rule = &settings.resources[0].details[0];
        assert_eq!(rule.kind, "payment");
        assert_eq!(rule.sentence.fields().collect::<Vec<_>>(), ["amount", "payee"]);
        assert!(rule.risk.is_grave());
        let table: toml::Table = shown.parse().expect("TOML");
        let shown = &table["resource"][0]["authorization_detail"][0];
        assert_eq!(shown["sentence"].as_str(), Some("Pay {amount} to {payee}"));
        assert_eq!(shown["optional"][0].as_str(), Some("Reference: {reference}"));
        assert_eq!(shown["risk"].as_str(), Some("spend"));
    }

    #[test]
    fn what_a_person_could_not_read_is_refused() {
        let at = |key: &str| format!("resource[0].authorization_detail[0].{key}");
        for (text, key) in [
            ("sentence = 'Pay'", "type"),
            ("type = 'payment'", "sentence"),
            ("type = 'payment'\nsentence = 'Pay {amount'", "sentence"),
            ("type = 'payment'\nsentence = 'Pay'\noptional = ['more']", "optional"),
            ("type = 'payment'\nsentence = 'Pay'\noptional = ['{}']", "optional"),
            ("type = 'payment'\nsentence = 'Pay'\nrisk = 'none'", "risk"),
            ("type = 'payment'\nsentence = 'Pay'\ntitel = 'x'", "titel"),
        ] {
            assert_eq!(with(text).expect_err(text), [at(key)], "{text}");
        }
    }
}
