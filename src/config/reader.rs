//! Reads settings as the types they must have and collects every problem on the way, so
//! that the operator hears of all of them at once.

use std::fmt::Display;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use toml::Value;
use zeroize::Zeroizing;

use super::layers::{Layers, Setting};
use super::problem::{Origin, Problem, shown};
use super::span::Span;
use crate::protocol::timestamp::Seconds;

/// A reading that fails leaves a problem behind and goes on with something neutral; nothing
/// neutral gets out, because settings with a problem are refused as a whole.
pub(super) struct Reader<'a> {
    pub layers: &'a Layers,
    pub problems: Vec<Problem>,
}

impl Reader<'_> {
    pub fn text(&mut self, key: &str) -> String {
        match self.value(key) {
            Some(Value::String(text)) => text,
            _ => self.wrong_type(key, "a text in quotes").unwrap_or_default(),
        }
    }

    /// A text that may be left empty.
    pub fn text_if_any(&mut self, key: &str) -> Option<String> {
        Some(self.text(key)).filter(|text| !text.is_empty())
    }

    pub fn switch(&mut self, key: &str) -> bool {
        match self.value(key) {
            Some(Value::Boolean(switch)) => switch,
            _ => self.wrong_type(key, "true or false").unwrap_or_default(),
        }
    }

    /// One of the given words. `true` and `false` count as words.
    pub fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let word = match self.value(key) {
            Some(Value::String(word)) => word,
            Some(Value::Boolean(switch)) => switch.to_string(),
            _ => String::new(),
        };
        let chosen = choices.iter().find(|(name, _)| *name == word).map(|(_, chosen)| *chosen);
        if chosen.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.refuse(key, format!("write one of: {}", names.join(", ")));
        }
        chosen
    }

    pub fn list(&mut self, key: &str) -> Vec<String> {
        let texts = match self.value(key) {
            Some(Value::Array(items)) => {
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect()
            }
            _ => None,
        };
        texts.or_else(|| self.wrong_type(key, "a list of texts in quotes")).unwrap_or_default()
    }

    /// A list whose every entry parses.
    pub fn parsed_list<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let mut parsed = Vec::new();
        for text in self.list(key) {
            match parse(&text) {
                Ok(value) => parsed.push(value),
                Err(error) => self.refuse(key, format!("{text:?}: {error}")),
            }
        }
        parsed
    }

    /// A whole number of at least one.
    pub fn count(&mut self, key: &str) -> u32 {
        let count = match self.value(key) {
            Some(Value::Integer(count)) => u32::try_from(count).ok().filter(|count| *count > 0),
            _ => None,
        };
        count
            .or_else(|| self.wrong_type(key, "a whole number from 1 to 4294967295"))
            .unwrap_or_default()
    }

    pub fn span(&mut self, key: &str) -> Seconds {
        self.parsed::<Span>(key).map_or(Seconds(0), |span| span.0)
    }

    pub fn parsed<T: FromStr<Err: Display>>(&mut self, key: &str) -> Option<T> {
        let known = self.problems.len();
        let text = self.text(key);
        if self.problems.len() > known {
            return None;
        }
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(key, error.to_string());
                None
            }
        }
    }

    /// A file that must be readable already; `None` when empty.
    pub fn readable_file(&mut self, key: &str) -> Option<PathBuf> {
        let path = PathBuf::from(self.text_if_any(key)?);
        match File::open(&path).and_then(|file| file.metadata()) {
            Ok(metadata) if metadata.is_file() => {}
            Ok(_) => self.refuse(key, String::from("this is not a file; name a PEM file")),
            Err(error) => {
                self.refuse(key, format!("cannot be read: {error}; name a readable PEM file"));
            }
        }
        Some(path)
    }

    /// The file of the master secret. It may be missing: a new database gets a new one.
    pub fn master_secret_file(&mut self, key: &str) -> PathBuf {
        let path = PathBuf::from(self.text(key));
        if path.as_os_str().is_empty() {
            self.refuse(key, String::from("write the path of a file outside the database"));
        }
        match fs::read_to_string(&path).map(Zeroizing::new) {
            Ok(text) if is_a_master_secret(text.trim()) => {}
            Ok(_) => {
                let remedy = "does not hold a master secret; restore the file or name another";
                self.refuse(key, remedy.to_owned());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.refuse_missing_folder(key, &path);
            }
            Err(error) => {
                self.refuse(key, format!("cannot be read: {error}; name a readable file"));
            }
        }
        path
    }

    /// A file that is to be made needs its folder.
    fn refuse_missing_folder(&mut self, key: &str, path: &Path) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) {
            self.refuse(key, String::from("its folder does not exist; make it or name another"));
        }
    }

    /// Two spans of which the first must not outlast the second.
    pub fn no_longer_than(&mut self, key: &str, span: Seconds, limit_key: &str, limit: Seconds) {
        let refused = |key: &str| self.problems.iter().any(|problem| problem.key == key);
        if span > limit && !refused(key) && !refused(limit_key) {
            let limit = self.layers.get(limit_key).map(|limit| shown(limit_key, &limit.value));
            let limit = limit.unwrap_or_default();
            self.refuse(
                key,
                format!("longer than {limit_key} ({limit}); shorten it or raise that"),
            );
        }
    }

    pub fn refuse(&mut self, key: &str, remedy: String) {
        let setting = self.layers.get(key);
        self.problems.push(Problem {
            key: key.to_owned(),
            value: setting.map(|Setting { value, .. }| shown(key, value)),
            origin: setting.map_or(Origin::Default, |setting| setting.origin.clone()),
            remedy,
        });
    }

    fn value(&self, key: &str) -> Option<Value> {
        self.layers.get(key).map(|setting| setting.value.clone())
    }

    fn wrong_type<T>(&mut self, key: &str, expected: &str) -> Option<T> {
        self.refuse(key, format!("write {expected}"));
        None
    }
}

/// Thirty-two bytes in base64url, as the vault writes them.
fn is_a_master_secret(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() == 43 && text.bytes().all(letter)
}
