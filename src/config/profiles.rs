//! Credential profiles: `[[profile]]` of the file. Each stands for one product's way of letting
//! agents and programs in.

use std::collections::HashSet;

use super::entry::Entry;
use super::problem::Problem;
use super::reader::Reader;
use super::resources::identified;
use crate::domain::resource::{AccessTokenFormat, Resource};
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::Seconds;

/// One product's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    /// What its credentials open.
    pub resource: ResourceIdentifier,
    pub agent_sessions: Option<AgentSessions>,
}

/// The door of `/agent-sessions/*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSessions {
    /// The https hosts that may be sent an answer; any, named on the page, when `None`.
    pub callback_hosts: Option<Vec<String>>,
    /// Polling tells that a person approved and leaves the finish code to that person.
    pub finish_code_only: bool,
    pub interactive_ttl: Seconds,
    pub detached_ttl: Seconds,
    pub finish_code_ttl: Seconds,
    pub access_ttl: Seconds,
    pub refresh_ttl: Seconds,
    /// What anybody gets who asks for a demo; nobody gets anything when it is empty.
    pub demo_scopes: Scopes,
}

/// Reads `[[profile]]`; only sound profiles are returned, each flaw of the others is a problem.
pub(super) fn read(reader: &mut Reader<'_>, resources: &[Resource]) -> Vec<Profile> {
    let layers = reader.layers;
    let Some(written) = &layers.profiles else { return Vec::new() };
    let problems = &mut reader.problems;
    let mut names = HashSet::new();
    let mut doors = 0;
    let mut profiles = Vec::new();
    for entry in Entry::of_list("profile", &written.value, &written.origin, problems) {
        let profile = profile(&entry, resources, &mut names, problems);
        doors += u8::from(entry.has("agent_sessions"));
        if doors > 1 && entry.has("agent_sessions") {
            let remedy = "another profile has this section, and the addresses exist once; \
                          remove one";
            problems.push(entry.problem("agent_sessions", remedy));
        }
        profiles.extend(profile);
    }
    profiles
}

fn profile(
    entry: &Entry<'_>,
    resources: &[Resource],
    names: &mut HashSet<String>,
    problems: &mut Vec<Problem>,
) -> Option<Profile> {
    entry.only(&["name", "resource", "agent_sessions"], problems);
    if !entry.has("name") {
        problems.push(entry.problem("name", "missing; write the product's name"));
    }
    let name = entry.text("name", problems);
    if name.as_ref().is_some_and(|name| !names.insert(name.clone())) {
        problems.push(entry.problem("name", "another profile has this name; rename one"));
    }
    let resource = resource(entry, resources, problems);
    let section = entry.section("agent_sessions", problems);
    let agent_sessions = section.map(|section| agent_sessions(&section, resource, problems));
    Some(Profile { name: name?, resource: resource?.identifier.clone(), agent_sessions })
}

/// The resource that is named, or the default one.
fn resource<'a>(
    entry: &Entry<'_>,
    resources: &'a [Resource],
    problems: &mut Vec<Problem>,
) -> Option<&'a Resource> {
    if !entry.has("resource") {
        return resources.first();
    }
    let text = entry.text("resource", problems)?;
    let found = identified(resources, &text);
    if found.is_none() {
        problems.push(entry.problem("resource", "not the identifier of a [[resource]]"));
    }
    found
}

fn agent_sessions(
    entry: &Entry<'_>,
    resource: Option<&Resource>,
    problems: &mut Vec<Problem>,
) -> AgentSessions {
    let known = [
        "callback_hosts",
        "finish_code_only",
        "interactive_ttl",
        "detached_ttl",
        "finish_code_ttl",
        "access_ttl",
        "refresh_ttl",
        "demo_scopes",
    ];
    entry.only(&known, problems);
    if resource.is_some_and(|resource| resource.access_token == AccessTokenFormat::Jwt) {
        let remedy = "the resource has signed access tokens, and agent sessions are opaque ones; \
                      write access_token = \"opaque\" there";
        problems.push(entry.problem("access_ttl", remedy));
    }
    let mut span = |key, usual| entry.span(key, usual, problems);
    AgentSessions {
        interactive_ttl: span("interactive_ttl", Seconds::MINUTE.times(10)),
        detached_ttl: span("detached_ttl", Seconds::HOUR),
        finish_code_ttl: span("finish_code_ttl", Seconds::MINUTE.times(10)),
        access_ttl: span("access_ttl", Seconds::HOUR),
        refresh_ttl: span("refresh_ttl", Seconds::DAY.times(90)),
        callback_hosts: callback_hosts(entry, problems),
        finish_code_only: entry.switch("finish_code_only", problems),
        demo_scopes: demo_scopes(entry, resource, problems),
    }
}

fn callback_hosts(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Option<Vec<String>> {
    let key = "callback_hosts";
    let hosts = entry.has(key).then(|| entry.list(key, problems))?;
    let is_host = |host: &String| {
        let letter = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
        !host.is_empty() && host.bytes().all(letter)
    };
    if !hosts.iter().all(is_host) {
        let remedy = "write hosts in lower case, without scheme, port or path";
        problems.push(entry.problem(key, remedy));
    }
    Some(hosts)
}

/// Nobody is asked for a demo, so it can only read.
fn demo_scopes(
    entry: &Entry<'_>,
    resource: Option<&Resource>,
    problems: &mut Vec<Problem>,
) -> Scopes {
    let key = "demo_scopes";
    let names = entry.list(key, problems);
    let reads = |name: &String| resource.is_none_or(|resource| resource.only_reads(name));
    if !names.iter().all(reads) {
        let remedy = "name scopes of the resource whose risk is read: nobody is asked for a demo";
        problems.push(entry.problem(key, remedy));
    }
    Scopes::of(names.iter().map(String::as_str)).unwrap_or_default()
}
