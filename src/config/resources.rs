//! The resources this server guards: `[[resource]]` of the file, and the demo.

use std::collections::HashSet;
use std::fs;

use url::Url;
use zeroize::Zeroizing;

use super::authorization_details::{self, risk};
use super::entry::Entry;
use super::layers::Setting;
use super::problem::Problem;
use crate::domain::resource::{AccessTokenFormat, IntrospectionClient, Resource, Risk, ScopeRule};
use crate::protocol::issuer::{Issuer, is_loopback_host};
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::is_scope_token;
use crate::protocol::secret::Digest;

/// The introspection client of the demo; public, therefore on loopback issuers only.
pub const DEMO_CLIENT_ID: &str = "demo";
pub const DEMO_CLIENT_SECRET: &str = "demo-secret";

/// Shorter secrets can be guessed: a caller may try as often as it likes.
const SHORTEST_SECRET: usize = 16;

/// Reads `[[resource]]`; only sound resources are returned, each flaw of the others is a problem.
pub(super) fn read(
    written: &Setting,
    loopback: bool,
    issuer: Option<&Issuer>,
    problems: &mut Vec<Problem>,
) -> Vec<Resource> {
    let mut taken = Taken { issuer, ..Taken::default() };
    Entry::of_list("resource", &written.value, &written.origin, problems)
        .iter()
        .filter_map(|entry| resource(entry, loopback, &mut taken, problems))
        .collect()
}

/// Names that may be given once only.
#[derive(Default)]
struct Taken<'a> {
    issuer: Option<&'a Issuer>,
    identifiers: HashSet<String>,
    /// Where each resource's metadata has its place (RFC 9728 §3.1).
    metadata_urls: HashSet<String>,
    client_ids: HashSet<String>,
}

fn resource(
    entry: &Entry<'_>,
    loopback: bool,
    taken: &mut Taken<'_>,
    problems: &mut Vec<Problem>,
) -> Option<Resource> {
    entry.only(
        &["identifier", "name", "introspection", "access_token", "scope", "authorization_detail"],
        problems,
    );
    let identifier = identifier(entry, loopback, taken, problems);
    let name = entry.text("name", problems);
    let introspection = entry
        .entries("introspection", problems)
        .iter()
        .filter_map(|client| introspection_client(client, taken, problems))
        .collect();
    let access_token = access_token(entry, problems);
    let scopes = scopes(entry, problems);
    let details = authorization_details::read(entry, problems);
    let identifier = identifier?;
    let name = name.unwrap_or_else(|| identifier.to_string());
    Some(Resource { identifier, name, introspection, access_token, scopes, details })
}

fn identifier(
    entry: &Entry<'_>,
    loopback: bool,
    taken: &mut Taken<'_>,
    problems: &mut Vec<Problem>,
) -> Option<ResourceIdentifier> {
    let key = "identifier";
    let Some(text) = entry.text(key, problems) else {
        if !entry.has(key) {
            problems.push(entry.problem(key, "missing; write the API's URL"));
        }
        return None;
    };
    let identifier = match text.parse::<ResourceIdentifier>() {
        Ok(identifier) => identifier,
        Err(error) => {
            problems.push(entry.problem(key, error.to_string()));
            return None;
        }
    };
    // RFC 9728 §1.2: https, or everyone on the way reads the token.
    let local = loopback || Url::parse(&text).is_ok_and(|url| is_loopback_host(&url));
    if !local && !identifier.origin().starts_with("https://") {
        problems.push(entry.problem(key, "plain http is accepted on loopback only; use https"));
    }
    if let Some(remedy) = taken.refuse(&identifier) {
        problems.push(entry.problem(key, remedy));
    }
    Some(identifier)
}

impl Taken<'_> {
    /// Takes an identifier, and the address of its metadata with it.
    fn refuse(&mut self, identifier: &ResourceIdentifier) -> Option<&'static str> {
        let is_issuer = self.issuer.is_some_and(|issuer| issuer.as_str() == identifier.as_str());
        let is_first = self.identifiers.is_empty();
        if !self.identifiers.insert(identifier.to_string()) {
            return Some("another resource has this identifier; join the two");
        }
        if !self.metadata_urls.insert(identifier.metadata_url()) {
            return Some(
                "its metadata has the same address as another resource's, which differs by a \
                 slash; join the two or rename one",
            );
        }
        (is_issuer && !is_first).then_some(
            "its metadata is this server's root document, which is the first resource's; \
             write it first",
        )
    }
}

fn introspection_client(
    entry: &Entry<'_>,
    taken: &mut Taken<'_>,
    problems: &mut Vec<Problem>,
) -> Option<IntrospectionClient> {
    entry.only(&["client_id", "client_secret", "client_secret_file"], problems);
    let secret = client_secret(entry, problems);
    let client_id = entry.text("client_id", problems);
    if !entry.has("client_id") {
        problems.push(entry.problem("client_id", "missing; write a name for this caller"));
    }
    let client_id = client_id?;
    // RFC 6749 Appendix A.1: `client-id = *VSCHAR`.
    if !client_id.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        problems.push(entry.problem("client_id", "write printable ASCII only"));
    }
    if !taken.client_ids.insert(client_id.clone()) {
        problems.push(
            entry.problem(
                "client_id",
                "another client has this name; every client_id is one client",
            ),
        );
    }
    Some(IntrospectionClient { client_id, secret: secret? })
}

/// The digest of `client_secret`, or of what `client_secret_file` holds without the line's end.
pub(super) fn client_secret(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Option<Digest> {
    let (inline, file) = ("client_secret", "client_secret_file");
    let (key, secret) = match (entry.has(inline), entry.has(file)) {
        (true, false) => (inline, Zeroizing::new(entry.text(inline, problems)?)),
        (false, true) => match fs::read_to_string(entry.text(file, problems)?) {
            Ok(text) => (file, Zeroizing::new(text)),
            Err(error) => {
                let remedy = format!("cannot be read: {error}; put the secret into that file");
                problems.push(entry.problem(file, remedy));
                return None;
            }
        },
        _ => {
            problems.push(entry.problem(file, "write either client_secret_file or client_secret"));
            return None;
        }
    };
    let secret = secret.trim_end_matches(['\r', '\n']);
    if secret.chars().count() < SHORTEST_SECRET {
        problems.push(
            entry.problem(key, format!("too short; use {SHORTEST_SECRET} characters or more")),
        );
        return None;
    }
    Some(Digest::of(secret.as_bytes()))
}

fn access_token(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> AccessTokenFormat {
    match entry.text("access_token", problems).as_deref() {
        Some("opaque") | None => AccessTokenFormat::Opaque,
        Some("jwt") => AccessTokenFormat::Jwt,
        Some(_) => {
            problems.push(entry.problem("access_token", "write one of: opaque, jwt"));
            AccessTokenFormat::Opaque
        }
    }
}

/// The word of the settings for a format.
pub(super) const fn format_name(format: AccessTokenFormat) -> &'static str {
    match format {
        AccessTokenFormat::Opaque => "opaque",
        AccessTokenFormat::Jwt => "jwt",
    }
}

fn scopes(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Vec<ScopeRule> {
    let known = problems.len();
    let mut names = HashSet::new();
    let rules: Vec<ScopeRule> = entry
        .entries("scope", problems)
        .iter()
        .filter_map(|scope| scope_rule(scope, &mut names, problems))
        .collect();
    if problems.len() == known && !rules.iter().any(|rule| rule.default) {
        let remedy =
            "no scope is granted by default; write default = true below a [[resource.scope]]";
        problems.push(entry.problem("scope", remedy));
    }
    rules
}

fn scope_rule(
    entry: &Entry<'_>,
    names: &mut HashSet<String>,
    problems: &mut Vec<Problem>,
) -> Option<ScopeRule> {
    entry.only(
        &["name", "title", "risk", "default", "required", "pre_claim", "possible", "impossible"],
        problems,
    );
    let name = entry.text("name", problems);
    if !entry.has("name") {
        problems.push(entry.problem("name", "missing; write the scope token"));
    }
    if name.as_deref().is_some_and(|name| !is_scope_token(name)) {
        let remedy = "not a scope token: printable ASCII without spaces, quotes or backslashes";
        problems.push(entry.problem("name", remedy));
    }
    if name.as_ref().is_some_and(|name| !names.insert(name.clone())) {
        problems.push(entry.problem("name", "this resource has this scope twice; remove one"));
    }
    let title = entry.text("title", problems);
    let risk = risk(entry, problems);
    let mut example = |key: &str| {
        let left_empty = entry.is_empty_text(key);
        if left_empty { String::new() } else { entry.text(key, problems).unwrap_or_default() }
    };
    let (possible, impossible) = (example("possible"), example("impossible"));
    let default = entry.switch("default", problems);
    let required = entry.switch("required", problems);
    let pre_claim = entry.switch("pre_claim", problems);
    let name = name?;
    let title = title.unwrap_or_else(|| name.clone());
    Some(ScopeRule { name, title, possible, impossible, risk, default, required, pre_claim })
}

/// The resource of this identifier, which one slash at the end does not change.
pub(super) fn identified<'a>(resources: &'a [Resource], text: &str) -> Option<&'a Resource> {
    let identifier: ResourceIdentifier = text.parse().ok()?;
    resources.iter().find(|resource| resource.identifier == identifier)
}

/// The demo resource at `{issuer}/demo`. `None` if that is no identifier, which no issuer
/// within its length can cause.
pub(super) fn demo(issuer: &Issuer) -> Option<Resource> {
    Some(Resource {
        identifier: issuer.url("/demo").parse().ok()?,
        name: String::from("Countersign demo"),
        introspection: vec![IntrospectionClient {
            client_id: DEMO_CLIENT_ID.to_owned(),
            secret: Digest::of(DEMO_CLIENT_SECRET.as_bytes()),
        }],
        access_token: AccessTokenFormat::Opaque,
        scopes: vec![
            ScopeRule {
                name: String::from("demo:read"),
                title: String::from("Read the demo notes"),
                possible: String::from("List every note in the demo"),
                impossible: String::from("Add a note"),
                risk: Risk::Read,
                default: true,
                required: false,
                pre_claim: true,
            },
            ScopeRule {
                name: String::from("demo:write"),
                title: String::from("Add demo notes"),
                possible: String::from("Add a note that everyone who tries the demo can read"),
                impossible: String::from("Change or delete a note"),
                risk: Risk::Change,
                default: false,
                required: false,
                pre_claim: false,
            },
        ],
        details: Vec::new(),
    })
}
