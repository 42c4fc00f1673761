//! One entry of a list of sections, such as `[[resource]]`, read key by key.

use std::ops::RangeInclusive;

use toml::{Table, Value};

use super::problem::{Origin, Problem, nearest, shown, unknown};
use super::span::Span;
use crate::protocol::timestamp::Seconds;

pub(super) struct Entry<'a> {
    /// `resource[0]`, for messages.
    path: String,
    table: &'a Table,
    origin: &'a Origin,
}

impl<'a> Entry<'a> {
    /// The entries of a list of sections; anything else is a problem.
    pub fn of_list(
        path: &str,
        value: &'a Value,
        origin: &'a Origin,
        problems: &mut Vec<Problem>,
    ) -> Vec<Self> {
        let tables: Option<Vec<&Table>> =
            value.as_array().and_then(|items| items.iter().map(Value::as_table).collect());
        let Some(tables) = tables else {
            problems.push(Problem {
                key: path.to_owned(),
                value: None,
                origin: origin.clone(),
                remedy: String::from("write a list of sections, as countersign.default.toml shows"),
            });
            return Vec::new();
        };
        let entry = |(index, table)| Self { path: format!("{path}[{index}]"), table, origin };
        tables.into_iter().enumerate().map(entry).collect()
    }

    /// Refuses every name that is not one of `known`.
    pub fn only(&self, known: &[&str], problems: &mut Vec<Problem>) {
        for name in self.table.keys().filter(|name| !known.contains(&name.as_str())) {
            problems.push(Problem {
                key: format!("{}.{name}", self.path),
                // Under an unknown name it may be a secret.
                value: None,
                origin: self.origin.clone(),
                remedy: unknown(nearest(name, known.iter().copied())),
            });
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.table.contains_key(name)
    }

    /// Written as `""`.
    pub fn is_empty_text(&self, name: &str) -> bool {
        self.is_text(name, "")
    }

    /// Written as this very text.
    pub fn is_text(&self, name: &str, text: &str) -> bool {
        self.table.get(name).and_then(Value::as_str) == Some(text)
    }

    /// A text that is not empty; `None` when left out.
    pub fn text(&self, name: &str, problems: &mut Vec<Problem>) -> Option<String> {
        match self.table.get(name)? {
            Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
            _ => {
                problems.push(self.problem(name, "write a text in quotes, not empty"));
                None
            }
        }
    }

    /// A list of texts; empty when left out.
    pub fn list(&self, name: &str, problems: &mut Vec<Problem>) -> Vec<String> {
        let Some(value) = self.table.get(name) else { return Vec::new() };
        let texts: Option<Vec<String>> = value
            .as_array()
            .and_then(|items| items.iter().map(|item| item.as_str().map(str::to_owned)).collect());
        texts.unwrap_or_else(|| {
            problems.push(self.problem(name, "write a list of texts in quotes"));
            Vec::new()
        })
    }

    /// `false` when left out.
    pub fn switch(&self, name: &str, problems: &mut Vec<Problem>) -> bool {
        match self.table.get(name) {
            None => false,
            Some(Value::Boolean(switch)) => *switch,
            Some(_) => {
                problems.push(self.problem(name, "write true or false"));
                false
            }
        }
    }

    /// A whole number; `None` when left out.
    pub fn number(&self, name: &str, problems: &mut Vec<Problem>) -> Option<i64> {
        let number = self.table.get(name)?.as_integer();
        if number.is_none() {
            problems.push(self.problem(name, "write a whole number"));
        }
        number
    }

    /// A word of a few; the first when left out.
    pub fn one_of<'w>(
        &self,
        name: &str,
        words: &[&'w str],
        problems: &mut Vec<Problem>,
    ) -> Option<&'w str> {
        if !self.has(name) {
            return words.first().copied();
        }
        let text = self.text(name, problems)?;
        let found = words.iter().find(|word| **word == text).copied();
        if found.is_none() {
            problems.push(self.problem(name, format!("write one of: {}", words.join(", "))));
        }
        found
    }

    /// A whole number in its range; `usual` when left out.
    pub fn within(
        &self,
        name: &str,
        range: RangeInclusive<i64>,
        usual: usize,
        problems: &mut Vec<Problem>,
    ) -> usize {
        let Some(number) = self.number(name, problems) else { return usual };
        let fits = usize::try_from(number).ok().filter(|_| range.contains(&number));
        fits.unwrap_or_else(|| {
            let remedy = format!("write a number from {} to {}", range.start(), range.end());
            problems.push(self.problem(name, remedy));
            usual
        })
    }

    /// A list of sections inside this one; empty when left out.
    pub fn entries(&self, name: &str, problems: &mut Vec<Problem>) -> Vec<Self> {
        self.table.get(name).map_or_else(Vec::new, |value| {
            Self::of_list(&format!("{}.{name}", self.path), value, self.origin, problems)
        })
    }

    /// A section inside this one; `None` when left out.
    pub fn section(&self, name: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let Value::Table(table) = self.table.get(name)? else {
            problems.push(self.problem(name, "this is a section; write lines below it"));
            return None;
        };
        Some(Self { path: format!("{}.{name}", self.path), table, origin: self.origin })
    }

    /// A span of time; `usual` when left out.
    pub fn span(&self, name: &str, usual: Seconds, problems: &mut Vec<Problem>) -> Seconds {
        if !self.has(name) {
            return usual;
        }
        let Some(text) = self.text(name, problems) else { return usual };
        text.parse::<Span>().map_or_else(
            |error| {
                problems.push(self.problem(name, error.to_string()));
                usual
            },
            |span| span.0,
        )
    }

    pub fn problem(&self, name: &str, remedy: impl Into<String>) -> Problem {
        Problem {
            key: format!("{}.{name}", self.path),
            value: self
                .table
                .get(name)
                .filter(|value| !value.is_array())
                .map(|value| shown(name, value)),
            origin: self.origin.clone(),
            remedy: remedy.into(),
        }
    }
}
