//! `config show`: what is in effect, as TOML, and which layer each value came from.

use toml::Value;

use super::authorization_details::risk_name;
use super::layers::{Layers, Setting, Sources, keys_in_order};
use super::problem::{Problem, shown};
use super::resources::format_name;
use super::{Settings, SignUp, check};
use crate::domain::authorization_detail::DetailRule;
use crate::domain::resource::{Resource, ScopeRule};

/// The settings in effect as TOML, each with a comment that says where it came from; secrets
/// are `***`. The demo resource follows from `demo.enabled` and is not repeated.
///
/// # Errors
///
/// Every reason not to start: what is refused is not in effect.
pub fn show(sources: &Sources) -> Result<String, Vec<Problem>> {
    let layers = Layers::read(sources);
    let settings = check::settings(&layers)?;
    let mut page = Page::default();
    for key in keys_in_order() {
        if let Some(setting) = layers.get(&key) {
            page.setting(&key, &in_effect(&key, setting, &settings), setting);
        }
    }
    if let Some(written) = &layers.resources {
        let entries = written.value.as_array().map(Vec::as_slice).unwrap_or_default();
        for (entry, resource) in entries.iter().zip(&settings.resources) {
            page.resource(entry, resource, written);
        }
    }
    for (name, written) in
        [("client", &layers.clients), ("profile", &layers.profiles), ("webhook", &layers.webhooks)]
    {
        let Some(written) = written else { continue };
        for entry in written.value.as_array().map(Vec::as_slice).unwrap_or_default() {
            page.entry(name, entry, written);
        }
    }
    Ok(page.text)
}

/// The value after normalisation and after deciding what `"auto"` means here.
fn in_effect(key: &str, setting: &Setting, settings: &Settings) -> Value {
    match key {
        "issuer" => Value::from(settings.issuer.as_str()),
        "demo.enabled" => Value::from(settings.demo),
        "accounts.sign_up" => Value::from(match settings.accounts.sign_up {
            SignUp::Open => "open",
            SignUp::Closed => "closed",
        }),
        _ => setting.value.clone(),
    }
}

#[derive(Default)]
struct Page {
    text: String,
    section: String,
}

impl Page {
    fn setting(&mut self, key: &str, value: &Value, setting: &Setting) {
        let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
        if section != self.section {
            self.line(&format!("\n[{section}]"));
            section.clone_into(&mut self.section);
        }
        self.line(&format!("{name} = {}  # {}", shown(name, value), setting.origin));
    }

    fn resource(&mut self, entry: &Value, resource: &Resource, written: &Setting) {
        self.line(&format!("\n[[resource]]  # {}", written.origin));
        self.pair("identifier", &Value::from(resource.identifier.as_str()));
        self.pair("name", &Value::from(resource.name.as_str()));
        if let Some(introspection) = entry.get("introspection") {
            self.pair("introspection", introspection);
        }
        self.pair("access_token", &Value::from(format_name(resource.access_token)));
        for scope in &resource.scopes {
            self.scope(scope);
        }
        for detail in &resource.details {
            self.detail(detail);
        }
    }

    /// An entry of a list of sections, as it was written.
    fn entry(&mut self, list: &str, entry: &Value, written: &Setting) {
        self.line(&format!("\n[[{list}]]  # {}", written.origin));
        for (name, value) in entry.as_table().into_iter().flatten() {
            self.pair(name, value);
        }
    }

    fn scope(&mut self, scope: &ScopeRule) {
        self.line("\n[[resource.scope]]");
        for (name, value) in [
            ("name", Value::from(scope.name.as_str())),
            ("title", Value::from(scope.title.as_str())),
            ("risk", Value::from(risk_name(scope.risk))),
            ("default", Value::from(scope.default)),
            ("required", Value::from(scope.required)),
            ("pre_claim", Value::from(scope.pre_claim)),
            ("possible", Value::from(scope.possible.as_str())),
            ("impossible", Value::from(scope.impossible.as_str())),
        ] {
            self.pair(name, &value);
        }
    }

    fn detail(&mut self, detail: &DetailRule) {
        self.line("\n[[resource.authorization_detail]]");
        let optional: Vec<String> = detail.optional.iter().map(ToString::to_string).collect();
        for (name, value) in [
            ("type", Value::from(detail.kind.as_str())),
            ("sentence", Value::from(detail.sentence.to_string())),
            ("optional", Value::from(optional)),
            ("risk", Value::from(risk_name(detail.risk))),
        ] {
            self.pair(name, &value);
        }
    }

    fn pair(&mut self, name: &str, value: &Value) {
        self.line(&format!("{name} = {}", shown(name, value)));
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;
    use crate::config::tests::written;

    const FILE: &str = r#"
        issuer = "HTTPS://Auth.Example.com/"
        database = "postgres://ann:hush-hush@h/db"
        [service]
        name = "A \"quoted\" name"
        [[resource]]
        identifier = "https://api.example.com/"
        introspection = [{ client_id = "api", client_secret = "hush-hush-hush-hush" }]
        [[resource.scope]]
        name = "read"
        default = true
    "#;

    fn shown_from(text: &str) -> String {
        let (_folder, sources) = written(text);
        let flags = Flags { listen: Some(String::from("[::1]:1")), ..Flags::default() };
        let environment = vec![(String::from("COUNTERSIGN_AGENTS__CLAIM_TTL"), String::from("2h"))];
        show(&Sources { environment, flags, ..sources }).expect("sound settings")
    }

    /// contracts/operator.md, `config show`: TOML, and secrets as `"***"`.
    #[test]
    fn what_is_shown_is_toml_without_secrets() {
        let text = shown_from(FILE);
        assert!(!text.contains("hush"), "{text}");
        let table: toml::Table = text.parse().expect("TOML");
        assert_eq!(table["database"].as_str(), Some("postgres://ann:***@h/db"));
        assert_eq!(table["service"]["name"].as_str(), Some("A \"quoted\" name"));
        assert_eq!(table["resource"][0]["introspection"][0]["client_secret"].as_str(), Some("***"));
        assert_eq!(table["resource"][0]["scope"][0]["risk"].as_str(), Some("change"));
        assert_eq!(table["limits"]["body_bytes"].as_integer(), Some(65_536));
    }

    /// contracts/operator.md, `config show`: where each setting came from.
    #[test]
    fn every_setting_says_where_it_came_from() {
        let text = shown_from(FILE);
        let line = |start: &str| text.lines().find(|line| line.starts_with(start)).expect(start);
        assert_eq!(line("listen"), r#"listen = "[::1]:1"  # --listen"#);
        assert_eq!(line("claim_ttl"), r#"claim_ttl = "2h"  # COUNTERSIGN_AGENTS__CLAIM_TTL"#);
        assert_eq!(line("access_ttl"), r#"access_ttl = "1h"  # default"#);
        assert!(line("[[resource]]").ends_with("settings.toml"));
        for key in keys_in_order() {
            let name = key.rsplit('.').next().expect("a name");
            assert!(line(&format!("{name} = ")).contains("  # "), "{key}");
        }
    }

    #[test]
    fn what_is_shown_is_in_effect_rather_than_as_written() {
        let away = shown_from(FILE);
        assert!(away.contains(r#"issuer = "https://auth.example.com""#), "{away}");
        assert!(
            away.contains("enabled = false  # default") && away.contains(r#"sign_up = "closed""#)
        );
        let home = shown_from("");
        assert!(home.contains("enabled = true  # default") && home.contains(r#"sign_up = "open""#));
    }
}
