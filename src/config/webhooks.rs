//! Whom the operator has told what happens: `[[webhook]]` of the file.

use std::collections::HashSet;
use std::fs;

use url::Url;
use zeroize::Zeroizing;

use super::entry::Entry;
use super::problem::Problem;
use super::reader::Reader;
use crate::domain::event::EventKind;
use crate::protocol::issuer::is_loopback_host;
use crate::protocol::webhook::WebhookSecret;

/// One receiver.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub url: Url,
    /// Each message is signed with all of them.
    pub secrets: Vec<WebhookSecret>,
    pub kinds: Vec<EventKind>,
}

/// Reads `[[webhook]]`; only sound ones are returned, each flaw of the others is a problem.
pub(super) fn read(reader: &mut Reader<'_>) -> Vec<Webhook> {
    let layers = reader.layers;
    let Some(written) = &layers.webhooks else { return Vec::new() };
    let problems = &mut reader.problems;
    let mut taken = HashSet::new();
    Entry::of_list("webhook", &written.value, &written.origin, problems)
        .iter()
        .filter_map(|entry| webhook(entry, &mut taken, problems))
        .collect()
}

fn webhook(
    entry: &Entry<'_>,
    taken: &mut HashSet<Url>,
    problems: &mut Vec<Problem>,
) -> Option<Webhook> {
    entry.only(&["url", "secret_file", "events"], problems);
    let url = url(entry, problems);
    let secrets = secrets(entry, problems);
    let kinds = kinds(entry, problems);
    let url = url?;
    if !taken.insert(url.clone()) {
        problems.push(entry.problem("url", "another webhook has this URL; write each once"));
    }
    Some(Webhook { url, secrets: secrets?, kinds })
}

fn url(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Option<Url> {
    let key = "url";
    if !entry.has(key) {
        problems.push(entry.problem(key, "missing; write where messages are to go"));
    }
    let url = Url::parse(&entry.text(key, problems)?).ok();
    let is_sound = |url: &Url| {
        let may_be_plain = is_loopback_host(url);
        let scheme = url.scheme() == "https" || url.scheme() == "http" && may_be_plain;
        scheme && url.username().is_empty() && url.password().is_none() && url.fragment().is_none()
    };
    let url = url.filter(is_sound);
    if url.is_none() {
        let remedy = "write an https URL without a password or a fragment; http on loopback only";
        problems.push(entry.problem(key, remedy));
    }
    url
}

/// One secret a line, the newest first.
fn secrets(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Option<Vec<WebhookSecret>> {
    let key = "secret_file";
    if !entry.has(key) {
        problems.push(entry.problem(key, "missing; name a file that holds whsec_ and base64"));
    }
    let text = match fs::read_to_string(entry.text(key, problems)?) {
        Ok(text) => Zeroizing::new(text),
        Err(error) => {
            let remedy = format!("cannot be read: {error}; put the secret into that file");
            problems.push(entry.problem(key, remedy));
            return None;
        }
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let secrets: Option<Vec<_>> = lines.map(WebhookSecret::parse).collect();
    let secrets = secrets.filter(|secrets| !secrets.is_empty());
    if secrets.is_none() {
        let remedy = "a line is no secret; write whsec_ and 24 to 64 bytes in base64 on each";
        problems.push(entry.problem(key, remedy));
    }
    secrets
}

/// Kinds by name, by the word before the dot (`session.*`), or all of them (`*`).
fn kinds(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Vec<EventKind> {
    let key = "events";
    let mut kinds = Vec::new();
    for pattern in entry.list(key, problems) {
        let stem = pattern.strip_suffix('*').filter(|stem| stem.is_empty() || stem.ends_with('.'));
        let fits = |kind: &EventKind| {
            stem.map_or(kind.name() == pattern, |stem| kind.name().starts_with(stem))
        };
        let found: Vec<_> = EventKind::ALL.into_iter().filter(fits).collect();
        if found.is_empty() {
            let remedy = format!("{pattern:?} is no kind of event; docs/operating.md has them");
            problems.push(entry.problem(key, remedy));
        }
        kinds.extend(found);
    }
    if kinds.is_empty() {
        problems.push(entry.problem(key, r#"write which kinds, or ["*"] for all"#));
    }
    kinds
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::config::Settings;
    use crate::config::tests::{RESOURCE, loaded, refused};

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn with(folder: &TempDir, url: &str, secrets: &str, events: &str) -> String {
        let file = folder.path().join("webhook.secret");
        fs::write(&file, secrets).expect("written");
        let file = file.display();
        format!("[[webhook]]\nurl = '{url}'\nsecret_file = '{file}'\nevents = {events}\n{RESOURCE}")
    }

    fn sound(url: &str, secrets: &str, events: &str) -> Settings {
        let folder = tempfile::tempdir().expect("a folder");
        loaded(&with(&folder, url, secrets, events)).expect("sound")
    }

    /// docs/operating.md, "Webhooks": several secrets while one takes another's place, and kinds by the word
    /// before the dot.
    #[test]
    fn a_webhook_is_read_with_its_secrets_and_kinds() {
        let secrets = format!("{SECRET}\n{SECRET}\n");
        let settings = sound("https://10.0.0.7/in", &secrets, "['session.*']");
        let [hook] = settings.webhooks.as_slice() else { panic!("{:?}", settings.webhooks) };
        assert_eq!((hook.url.as_str(), hook.secrets.len()), ("https://10.0.0.7/in", 2));
        assert!(hook.kinds.contains(&EventKind::SessionEnded));
        assert!(!hook.kinds.contains(&EventKind::KeyLeaked));
        let all = sound("http://127.0.0.1:9/in", SECRET, "['*']");
        assert_eq!(all.webhooks[0].kinds.len(), EventKind::ALL.len());
    }

    /// docs/operating.md, "Webhooks": what could not be delivered, or not be trusted, is named by `config check`.
    #[test]
    fn each_flaw_of_a_webhook_is_named() {
        for (url, secrets, events, key) in [
            ("http://hooks.example.com/in", SECRET, "['*']", "url"),
            ("https://ada:pw@hooks.example.com/in", SECRET, "['*']", "url"),
            ("ftp://hooks.example.com", SECRET, "['*']", "url"),
            ("https://hooks.example.com", "", "['*']", "secret_file"),
            ("https://hooks.example.com", "a password", "['*']", "secret_file"),
            ("https://hooks.example.com", SECRET, "[]", "events"),
            ("https://hooks.example.com", SECRET, "['sessions.*']", "events"),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let refused = refused(&with(&folder, url, secrets, events));
            let key = format!("webhook[0].{key}");
            assert!(refused.contains(&key), "{url} {events}: {refused:?}");
        }
    }
}
