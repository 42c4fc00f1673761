//! Where settings come from: flags over environment over file over defaults.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::problem::{Origin, Problem, nearest, shown, unknown};

/// Every setting with its default: the manual and the lowest layer in one, so neither drifts.
pub const DEFAULTS: &str = include_str!("../../countersign.default.toml");

/// What is read when `--config` names nothing else.
const USUAL_FILE: &str = "countersign.toml";
const VARIABLE_PREFIX: &str = "COUNTERSIGN_";

/// Flags of the command line that override a setting.
#[derive(Clone, Default)]
pub struct Flags {
    pub listen: Option<String>,
    pub issuer: Option<String>,
    pub database: Option<String>,
}

/// Everything settings are read from; the environment is passed in, never looked up.
#[derive(Clone, Default)]
pub struct Sources {
    pub file: Option<PathBuf>,
    pub environment: Vec<(String, String)>,
    pub flags: Flags,
}

impl Sources {
    /// The sources of a command: the file named by `--config`, or `countersign.toml` in the
    /// working directory where that exists.
    #[must_use]
    pub fn new(
        config: Option<PathBuf>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: Flags,
    ) -> Self {
        let usual = || Path::new(USUAL_FILE).exists().then(|| PathBuf::from(USUAL_FILE));
        Self {
            file: config.or_else(usual),
            environment: environment.into_iter().collect(),
            flags,
        }
    }
}

/// One value and who set it.
#[derive(Clone)]
pub(super) struct Setting {
    pub value: Value,
    pub origin: Origin,
}

/// The layers laid over each other.
#[derive(Default)]
pub(super) struct Layers {
    settings: BTreeMap<String, Setting>,
    /// `[[resource]]` as the file has it.
    pub resources: Option<Setting>,
    /// What could not be laid at all.
    pub problems: Vec<Problem>,
}

impl Layers {
    pub fn read(sources: &Sources) -> Self {
        let mut layers = Self::default();
        layers.lay_defaults();
        if let Some(path) = &sources.file {
            layers.lay_file(path);
        }
        for (name, text) in &sources.environment {
            layers.lay_variable(name, text);
        }
        let Flags { listen, issuer, database } = &sources.flags;
        for (key, flag, text) in [
            ("listen", "--listen", listen),
            ("issuer", "--issuer", issuer),
            ("database", "--database", database),
        ] {
            if let Some(text) = text {
                layers.set(key, Value::from(text.as_str()), Origin::Flag(flag));
            }
        }
        layers
    }

    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.settings.get(key)
    }

    fn lay_defaults(&mut self) {
        match DEFAULTS.parse::<Table>() {
            Ok(table) => {
                for (key, value) in leaves(table) {
                    self.settings.insert(key, Setting { value, origin: Origin::Default });
                }
            }
            Err(error) => self.refuse("countersign.default.toml", Origin::Default, error.message()),
        }
    }

    fn lay_file(&mut self, path: &Path) {
        let origin = Origin::File(path.to_owned());
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                let remedy = format!("cannot be read: {error}; name another file or none");
                return self.refuse("--config", origin, &remedy);
            }
        };
        let mut table = match text.parse::<Table>() {
            Ok(table) => table,
            Err(error) => return self.refuse(&place(&text, &error), origin, error.message()),
        };
        if let Some(value) = table.remove("resource") {
            self.resources = Some(Setting { value, origin: origin.clone() });
        }
        for (key, value) in leaves(table) {
            self.set(&key, value, origin.clone());
        }
    }

    fn lay_variable(&mut self, name: &str, text: &str) {
        let Some(rest) = name.strip_prefix(VARIABLE_PREFIX) else { return };
        if is_service_link(rest) {
            return;
        }
        let origin = Origin::Environment(name.to_owned());
        let key = rest.to_ascii_lowercase().replace("__", ".");
        if key == "resource" || key.starts_with("resource.") {
            return self.refuse(&key, origin, "resources are read from files only; write [[resource]]");
        }
        let Some(default) = self.settings.get(&key).map(|setting| &setting.value) else {
            return self.set(&key, Value::from(text), origin);
        };
        match read_like(default, text) {
            Ok(value) => self.set(&key, value, origin),
            Err(remedy) => {
                let value = Some(shown(&key, &Value::from(text)));
                self.problems.push(Problem { key, value, origin, remedy: remedy.to_owned() });
            }
        }
    }

    fn set(&mut self, key: &str, value: Value, origin: Origin) {
        if let Some(setting) = self.settings.get_mut(key) {
            *setting = Setting { value, origin };
            return;
        }
        let section = format!("{key}.");
        if self.settings.keys().any(|known| known.starts_with(&section)) {
            if !value.is_table() {
                self.refuse(key, origin, &format!("this is a section; write [{key}] and lines below it"));
            }
            return;
        }
        let remedy = unknown(nearest(key, self.settings.keys().map(String::as_str)));
        self.refuse(key, origin, &remedy);
    }

    /// Does not repeat the value: under an unknown name it may be a secret.
    fn refuse(&mut self, key: &str, origin: Origin, remedy: &str) {
        self.problems.push(Problem {
            key: key.to_owned(),
            value: None,
            origin,
            remedy: remedy.to_owned(),
        });
    }
}

/// The keys of the defaults in the order of the manual.
pub(super) fn keys_in_order() -> Vec<String> {
    let mut section = String::new();
    let mut keys = Vec::new();
    for line in DEFAULTS.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!("{name}.");
        } else if let Some((name, _)) = line.split_once(" = ") {
            keys.push(format!("{section}{name}"));
        }
    }
    keys
}

/// Every value of nested tables under its dotted key; empty tables too, so none goes unseen.
fn leaves(table: Table) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, value) in table {
        match value {
            Value::Table(inner) if !inner.is_empty() => {
                found.extend(leaves(inner).into_iter().map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            value => found.push((name, value)),
        }
    }
    found
}

/// Reads the text of a variable as the type its default has.
fn read_like(default: &Value, text: &str) -> Result<Value, &'static str> {
    match default {
        Value::Boolean(_) => text.parse().map(Value::Boolean).map_err(|_| "write true or false"),
        Value::Integer(_) => text.parse().map(Value::Integer).map_err(|_| "write a whole number"),
        Value::Array(_) if text.trim_start().starts_with('[') => format!("list = {text}")
            .parse::<Table>()
            .ok()
            .and_then(|mut table| table.remove("list"))
            .ok_or(r#"not a list; write ["x", "y"] or x,y"#),
        Value::Array(_) => {
            let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
            Ok(Value::Array(words.map(Value::from).collect()))
        }
        _ => Ok(Value::from(text)),
    }
}

/// Kubernetes announces a service named `countersign` to its neighbours as
/// `COUNTERSIGN_PORT…` and `COUNTERSIGN_SERVICE_HOST`, `_PORT…`; those are not settings.
fn is_service_link(rest: &str) -> bool {
    ["PORT", "SERVICE_HOST", "SERVICE_PORT"].iter().any(|link| {
        rest.strip_prefix(link).is_some_and(|end| end.is_empty() || end.starts_with('_'))
    })
}

/// Where a file stops being TOML. The line itself may hold a secret, so only its number.
fn place(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    format!("line {}", before.matches('\n').count() + 1)
}
