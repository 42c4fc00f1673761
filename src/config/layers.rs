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
        Self { file: config.or_else(usual), environment: environment.into_iter().collect(), flags }
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
    /// `[[client]]`, likewise.
    pub clients: Option<Setting>,
    /// `[[profile]]`, likewise.
    pub profiles: Option<Setting>,
    /// `[[webhook]]`, likewise.
    pub webhooks: Option<Setting>,
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
        if let Some(value) = table.remove("client") {
            self.clients = Some(Setting { value, origin: origin.clone() });
        }
        if let Some(value) = table.remove("profile") {
            self.profiles = Some(Setting { value, origin: origin.clone() });
        }
        if let Some(value) = table.remove("webhook") {
            self.webhooks = Some(Setting { value, origin: origin.clone() });
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
        let section = key.split('.').next().unwrap_or_default();
        if matches!(section, "resource" | "client" | "profile" | "webhook") {
            let remedy = format!("this is read from files only; write [[{section}]]");
            return self.refuse(&key, origin, &remedy);
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
                self.refuse(
                    key,
                    origin,
                    &format!("this is a section; write [{key}] and lines below it"),
                );
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
                found.extend(
                    leaves(inner).into_iter().map(|(key, value)| (format!("{name}.{key}"), value)),
                );
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::tests::written;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn value<'a>(layers: &'a Layers, key: &str) -> (&'a Value, &'a Origin) {
        let setting = layers.get(key).expect(key);
        (&setting.value, &setting.origin)
    }

    /// design.md section 4: the file documents every setting with one line of why.
    #[test]
    fn every_default_is_below_the_comment_that_explains_it() {
        let known: BTreeSet<String> =
            Layers::read(&Sources::default()).settings.into_keys().collect();
        assert_eq!(keys_in_order().into_iter().collect::<BTreeSet<_>>(), known);

        let mut explained = false;
        for line in DEFAULTS.lines() {
            let is_setting = !line.starts_with('#') && line.contains(" = ");
            assert!(!is_setting || explained, "{line} has no comment above it");
            explained = line.starts_with('#') || (is_setting && explained);
        }
    }

    /// contracts/operator.md, "Settings that exist from the start".
    #[test]
    fn every_setting_of_the_contract_has_a_default() {
        let layers = Layers::read(&Sources::default());
        for key in [
            "issuer",
            "listen",
            "database",
            "tls_certificate",
            "tls_key",
            "trusted_proxies",
            "secrets_file",
            "metrics_listen",
            "service.name",
            "service.documentation",
            "service.logo",
            "service.support",
            "service.terms",
            "service.privacy",
            "demo.enabled",
            "agents.anonymous",
            "agents.service_auth",
            "agents.typed_codes",
            "agents.claim_ttl",
            "agents.attempt_ttl",
            "sessions.access_ttl",
            "sessions.refresh_ttl",
            "sessions.max_lifetime",
            "sessions.idle_ttl",
            "accounts.sign_up",
            "outbound.ca_file",
            "outbound.allow",
        ] {
            assert!(layers.get(key).is_some(), "{key}");
        }
    }

    /// The example in the manual is what an operator copies: with its comment signs gone the
    /// server starts with it.
    #[test]
    fn the_example_of_the_manual_is_sound() {
        let (_, rest) = DEFAULTS.split_once("# [[resource]]\n").expect("an example");
        let (example, _) = rest.split_once("\n\n[agents]").expect("a section after it");
        let bare = |line: &'static str| match line.strip_prefix("# ").or(line.strip_prefix('#')) {
            Some(
                "Your own OAuth clients, beside those that introduce themselves."
                | "Ways in of other products, for the clients that were made for them.",
            ) => Some(""),
            None if line.is_empty() => Some(""),
            bare => bare,
        };
        let example: Option<Vec<&str>> = example.lines().map(bare).collect();
        let text = format!("[[resource]]\n{}", example.expect("comments only").join("\n")).replace(
            r#"client_secret_file = "example-api.secret""#,
            r#"client_secret = "0123456789abcdef""#,
        );
        let text = text.replace(
            r#"client_secret_file = "nightly-report.secret""#,
            r#"client_secret = "0123456789abcdef""#,
        );
        let (_folder, sources) = written(&text);
        let settings =
            crate::config::load(&sources).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        assert_eq!(settings.resources[0].scopes[0].possible, "See when your last release went out");
        assert_eq!(settings.clients[0].ceiling.to_string(), "events:read");
        let sessions = settings.profiles[0].agent_sessions.as_ref().expect("a section");
        assert_eq!(sessions.demo_scopes.to_string(), "events:read");
    }

    /// contracts/operator.md: flags beat environment, environment beats file, file beats defaults.
    #[test]
    fn each_layer_beats_the_ones_below_it() {
        let (_folder, sources) = written(
            "listen = '[::1]:1'\ndatabase = 'sqlite://file.db'\nissuer = 'https://file.example'",
        );
        let path = sources.file.expect("a file");
        let layers = Layers::read(&Sources {
            file: Some(path.clone()),
            environment: variables(&[
                ("COUNTERSIGN_LISTEN", "[::1]:2"),
                ("COUNTERSIGN_DATABASE", "sqlite://variable.db"),
                ("PATH", "/bin"),
            ]),
            flags: Flags { listen: Some(String::from("[::1]:3")), ..Flags::default() },
        });
        assert_eq!(layers.problems, []);
        let variable = Origin::Environment(String::from("COUNTERSIGN_DATABASE"));
        assert_eq!(value(&layers, "listen"), (&Value::from("[::1]:3"), &Origin::Flag("--listen")));
        assert_eq!(value(&layers, "database"), (&Value::from("sqlite://variable.db"), &variable));
        assert_eq!(
            value(&layers, "issuer"),
            (&Value::from("https://file.example"), &Origin::File(path))
        );
        assert_eq!(value(&layers, "sessions.access_ttl"), (&Value::from("1h"), &Origin::Default));
    }

    #[test]
    fn a_variable_is_read_as_the_type_of_its_default() {
        let layers = Layers::read(&Sources {
            environment: variables(&[
                ("COUNTERSIGN_AGENTS__ANONYMOUS", "false"),
                ("COUNTERSIGN_LIMITS__BODY_BYTES", "1024"),
                ("COUNTERSIGN_OUTBOUND__ALLOW", "localhost, 127.0.0.1"),
                ("COUNTERSIGN_TRUSTED_PROXIES", r#"["10.0.0.0/8"]"#),
                ("COUNTERSIGN_SERVICE__NAME", "true"),
            ]),
            ..Sources::default()
        });
        assert_eq!(layers.problems, []);
        assert_eq!(value(&layers, "agents.anonymous").0, &Value::from(false));
        assert_eq!(value(&layers, "limits.body_bytes").0, &Value::from(1024));
        assert_eq!(
            value(&layers, "outbound.allow").0,
            &Value::from(vec!["localhost", "127.0.0.1"])
        );
        assert_eq!(value(&layers, "trusted_proxies").0, &Value::from(vec!["10.0.0.0/8"]));
        assert_eq!(value(&layers, "service.name").0, &Value::from("true"));
    }

    /// Kubernetes sets these in every container beside a service named `countersign`.
    #[test]
    fn service_links_are_not_settings() {
        let environment = variables(&[
            ("COUNTERSIGN_PORT", "tcp://10.0.0.1:80"),
            ("COUNTERSIGN_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("COUNTERSIGN_SERVICE_HOST", "10.0.0.1"),
            ("COUNTERSIGN_SERVICE_PORT_HTTP", "80"),
        ]);
        let layers = Layers::read(&Sources { environment, ..Sources::default() });
        assert_eq!(layers.problems, []);
    }

    #[test]
    fn a_file_that_cannot_be_read_or_parsed_is_one_problem() {
        let (folder, sources) = written("listen = '[::1]:1'\nclient_secret = 'hush\n");
        let broken = Layers::read(&sources);
        assert_eq!(broken.problems.len(), 1);
        assert_eq!(broken.problems[0].key, "line 2");
        assert!(!broken.problems[0].to_string().contains("hush"));

        let missing = Some(folder.path().join("none.toml"));
        let missing = Layers::read(&Sources { file: missing, ..Sources::default() });
        assert_eq!(missing.problems.len(), 1);
        assert_eq!(missing.problems[0].key, "--config");
    }
}
