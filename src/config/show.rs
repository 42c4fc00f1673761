//! `config show`: what is in effect, as TOML, and which layer each value came from.

use toml::Value;

use super::layers::{Layers, Setting, Sources, keys_in_order};
use super::problem::{Problem, shown};
use super::resources::risk_name;
use super::{Settings, SignUp, check};
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
        for scope in &resource.scopes {
            self.scope(scope);
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

    fn pair(&mut self, name: &str, value: &Value) {
        self.line(&format!("{name} = {}", shown(name, value)));
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}
