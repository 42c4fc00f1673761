//! What is wrong with the settings, said so that the operator can repair it.

use std::fmt;
use std::path::PathBuf;

use toml::Value;

use super::database::masked;

/// Which layer a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(PathBuf),
    /// The variable's name.
    Environment(String),
    /// The flag as typed.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => {
                f.write_str(&path.display().to_string().replace(char::is_control, "\u{fffd}"))
            }
            Self::Environment(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One reason not to start; prints as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting, spelled `a.b`, or `resource[0].name` inside a list.
    pub key: String,
    /// What it is now, secrets hidden; none where it is missing or must not be repeated.
    pub value: Option<String>,
    pub origin: Origin,
    /// What is wrong and what to write instead.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key.replace(char::is_control, "\u{fffd}"))?;
        if let Some(value) = &self.value {
            write!(f, " = {value}")?;
        }
        let remedy = self.remedy.replace(char::is_control, " ");
        write!(f, " ({}): {remedy}", self.origin)
    }
}

/// A value as TOML on one line, with secrets replaced by `***`.
#[must_use]
pub(super) fn shown(key: &str, value: &Value) -> String {
    match value {
        Value::Table(table) => {
            let pairs: Vec<String> = table
                .iter()
                .map(|(name, value)| format!("{} = {}", quoted_key(name), shown(name, value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shown(key, item)).collect();
            format!("[{}]", items.join(", "))
        }
        _ if key == "client_secret" => quoted("***"),
        Value::String(text) if key == "database" => quoted(&masked(text)),
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// A string of JSON is a basic string of TOML, except that TOML escapes DEL as well.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

fn quoted_key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

/// The known name that a mistyped one most likely meant: two mistakes away at most, or the
/// same name in another section.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let last = |key: &str| key.rsplit('.').next().map(str::to_owned);
    known
        .into_iter()
        .map(|candidate| {
            (if last(candidate) == last(name) { 1 } else { distance(name, candidate) }, candidate)
        })
        .filter(|(distance, _)| *distance <= 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How a message about an unknown name ends.
pub(super) fn unknown(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(
        || String::from("there is no such setting; remove it, countersign.default.toml lists all"),
        |name| format!("there is no such setting; did you mean {name}?"),
    )
}

/// The number of characters to insert, delete or replace (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (index, a) in left.chars().enumerate() {
        let (mut diagonal, mut before) = (index, index + 1);
        let mut next = vec![before];
        for (b, above) in right.chars().zip(row.iter().skip(1)) {
            before = (diagonal + usize::from(a != b)).min(before + 1).min(above + 1);
            diagonal = *above;
            next.push(before);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_or_misplaced_name_is_recognised() {
        let known = ["sessions.access_ttl", "sessions.idle_ttl", "listen"];
        assert_eq!(nearest("lisen", known), Some("listen"));
        assert_eq!(nearest("access_ttl", known), Some("sessions.access_ttl"));
        assert_eq!(nearest("sessions.aces_tll", known), None);
        assert_eq!(nearest("sessions.acess_ttl", known), Some("sessions.access_ttl"));
        assert_eq!(nearest("colour", known), None);
    }

    /// Promise P3: no usable credential in a log.
    #[test]
    fn secrets_are_hidden_wherever_they_are_nested() {
        let value: toml::Table =
            "i = [{ client_id = 'a', client_secret = 'hush' }]".parse().expect("TOML");
        let text = shown("introspection", &value["i"]);
        assert_eq!(text, r#"[{ client_id = "a", client_secret = "***" }]"#);
    }

    #[test]
    fn a_problem_prints_on_one_line() {
        let problem = Problem {
            key: String::from("service.name"),
            value: Some(shown("service.name", &Value::from("a\nb"))),
            origin: Origin::Environment(String::from("COUNTERSIGN_SERVICE__NAME")),
            remedy: String::from("write one line"),
        };
        let text = problem.to_string();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.ends_with("(COUNTERSIGN_SERVICE__NAME): write one line"), "{text}");
    }
}
