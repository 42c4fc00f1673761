//! Credential profiles: `[[profile]]` of the file. Each stands for one product's way of letting
//! agents and programs in.

use std::collections::HashSet;

use url::Url;

use super::addresses::Addresses;
use super::credentials::{self, Credentials, KeyRules};
use super::entry::Entry;
use super::plans::{self, Plans};
use super::prefixes::{Prefixes, Taken};
use super::problem::Problem;
use super::public_tokens::PublicRules;
use super::reader::Reader;
use super::resources::identified;
use super::session_tokens::{self, SessionTokens};
use crate::domain::resource::{AccessTokenFormat, Resource};
use crate::protocol::error_dialect::ErrorDialect;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::Seconds;

/// One product's credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    /// What its credentials open.
    pub resource: ResourceIdentifier,
    /// How refusals of its resource are written.
    pub error_dialect: ErrorDialect,
    pub agent_sessions: Option<AgentSessions>,
    /// The keys that people hand to programs: `[[profile.credential]]`.
    pub keys: Vec<KeyRules>,
    /// The tokens that anybody may read, of the same list.
    pub public: Option<PublicRules>,
    /// How much each account may use: `[[profile.plan]]`.
    pub plans: Option<Plans>,
    /// The tokens that people's browsers hand out: `[profile.jwt]`.
    pub console: Option<ConsoleTokens>,
    /// What the keys of agents are traded for: `[profile.session_token]`.
    pub session_tokens: Option<SessionTokens>,
}

/// Signed tokens by which a person's scripts act as that person, for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsoleTokens {
    pub ttl: Seconds,
}

/// Every line of a profile.
const KNOWN: [&str; 10] = [
    "name",
    "resource",
    "error_dialect",
    "agent_sessions",
    "credential",
    "plan",
    "events_scope",
    "rate_headers",
    "jwt",
    "session_token",
];

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
    /// The same question in the words of `/agent/auth` is answered too.
    pub user_claimed: bool,
    /// Where a person changes the plan that an agent has come to the end of.
    pub billing: Option<Url>,
}

/// Reads `[[profile]]`; only sound profiles are returned, each flaw of the others is a problem.
pub(super) fn read(reader: &mut Reader<'_>, resources: &[Resource]) -> Vec<Profile> {
    let layers = reader.layers;
    let Some(written) = &layers.profiles else { return Vec::new() };
    let problems = &mut reader.problems;
    let mut taken = Taken { prefixes: Prefixes::ours(), addresses: Addresses::default() };
    let mut names = HashSet::new();
    let mut doors = 0;
    let mut profiles = Vec::new();
    for entry in Entry::of_list("profile", &written.value, &written.origin, problems) {
        let profile = profile(&entry, resources, (&mut names, &mut taken), problems);
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
    (names, taken): (&mut HashSet<String>, &mut Taken),
    problems: &mut Vec<Problem>,
) -> Option<Profile> {
    entry.only(&KNOWN, problems);
    if !entry.has("name") {
        problems.push(entry.problem("name", "missing; write the product's name"));
    }
    let name = entry.text("name", problems);
    if name.as_ref().is_some_and(|name| !names.insert(name.clone())) {
        problems.push(entry.problem("name", "another profile has this name; rename one"));
    }
    if name.as_ref().is_some_and(|name| !is_word(name)) {
        let remedy = "write letters, digits and hyphens, 64 at most: APIs read it";
        problems.push(entry.problem("name", remedy));
    }
    let resource = resource(entry, resources, problems);
    let section = entry.section("agent_sessions", problems);
    let signs = |resource: &Resource| resource.access_token == AccessTokenFormat::Jwt;
    if section.is_some() && resource.is_some_and(signs) {
        let remedy = "has signed access tokens, and agent sessions are opaque ones; write \
                      access_token = \"opaque\" there";
        problems.push(entry.problem("resource", remedy));
    }
    let agent_sessions = section.map(|section| agent_sessions(&section, resource, problems));
    let error_dialect = error_dialect(entry, problems);
    let Credentials { keys, public } = credentials::read(entry, resource, taken, problems);
    let session_tokens = session_tokens::read(entry, taken, problems);
    let plans = plans::read(entry, resource, problems);
    let console = entry.section("jwt", problems).map(|section| console(&section, problems));
    let resource = resource?.identifier.clone();
    Some(Profile {
        name: name?,
        resource,
        error_dialect,
        agent_sessions,
        keys,
        public,
        plans,
        console,
        session_tokens,
    })
}

/// A token is for the script of an hour; what is to last is a key.
fn console(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> ConsoleTokens {
    entry.only(&["ttl"], problems);
    let ttl = entry.span("ttl", Seconds::HOUR, problems);
    if ttl < Seconds::MINUTE || ttl > Seconds::DAY {
        problems.push(entry.problem("ttl", "write a minute or more, and a day at most"));
    }
    ConsoleTokens { ttl }
}

/// That of the RFCs, where none is named.
fn error_dialect(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> ErrorDialect {
    let key = "error_dialect";
    if !entry.has(key) {
        return ErrorDialect::default();
    }
    let Some(name) = entry.text(key, problems) else { return ErrorDialect::default() };
    ErrorDialect::named(&name).unwrap_or_else(|| {
        let names = ErrorDialect::ALL.map(ErrorDialect::name).join(", ");
        problems.push(entry.problem(key, format!("one of {names}")));
        ErrorDialect::default()
    })
}

fn is_word(name: &str) -> bool {
    name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
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
        "user_claimed",
        "billing_url",
    ];
    entry.only(&known, problems);
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
        user_claimed: entry.switch("user_claimed", problems),
        billing: billing(entry, problems),
    }
}

/// People are sent there from a page of ours.
fn billing(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Option<Url> {
    let key = "billing_url";
    let text = entry.text(key, problems)?;
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "https" | "http"));
    if url.is_none() {
        problems.push(entry.problem(key, "not a URL; it must begin with https or http"));
    }
    url
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{loaded, refused};

    const PROFILE: &str = "[[profile]]\nname = 'agent-analytics'\n[profile.agent_sessions]\n";

    /// contracts/credentials.md section 3: lifetimes, callbacks and policy of the sketch, and the
    /// first resource where none is named.
    #[test]
    fn a_profile_says_little_and_means_the_rest() {
        assert!(loaded("").is_ok_and(|settings| settings.profiles.is_empty()));
        let settings = loaded(PROFILE).unwrap_or_else(|problems| panic!("{problems:?}"));
        let profile = &settings.profiles[0];
        assert_eq!(profile.resource.as_str(), "http://127.0.0.1:8080/demo");
        let usual = AgentSessions {
            callback_hosts: None,
            finish_code_only: false,
            interactive_ttl: Seconds(600),
            detached_ttl: Seconds::HOUR,
            finish_code_ttl: Seconds(600),
            access_ttl: Seconds::HOUR,
            refresh_ttl: Seconds::DAY.times(90),
            demo_scopes: Scopes::new(),
            user_claimed: false,
            billing: None,
        };
        assert_eq!(profile.agent_sessions, Some(usual));
    }

    /// contracts/operator.md: a mistyped name is recognised, wherever it stands.
    #[test]
    fn a_mistyped_name_in_a_profile_is_refused_with_the_one_that_was_meant() {
        for (text, meant) in [
            ("[[profile]]\nnam = 'x'", "name"),
            ("[[profile]]\nname = 'x'\n[profile.agent_session]", "agent_sessions"),
            (&format!("{PROFILE}finish_code_onl = true"), "finish_code_only"),
            (&format!("{PROFILE}acess_ttl = '1h'"), "access_ttl"),
        ] {
            let problems = loaded(text).expect_err("a problem");
            let wanted = format!("did you mean {meant}?");
            let found = problems.iter().any(|problem| problem.remedy.ends_with(&wanted));
            assert!(found, "{text}: {problems:?}");
        }
    }

    #[test]
    fn what_cannot_be_is_refused_where_it_stands() {
        let section = "profile[0].agent_sessions";
        for (line, key) in [
            ("access_ttl = 'soon'", "access_ttl"),
            ("detached_ttl = 5", "detached_ttl"),
            ("finish_code_only = 'yes'", "finish_code_only"),
            ("callback_hosts = 'a.example'", "callback_hosts"),
            ("callback_hosts = ['https://a.example']", "callback_hosts"),
            ("callback_hosts = ['A.example']", "callback_hosts"),
            ("demo_scopes = ['demo:write']", "demo_scopes"),
            ("demo_scopes = ['unknown']", "demo_scopes"),
            ("billing_url = 'javascript:alert(1)'", "billing_url"),
            ("billing_url = '/billing'", "billing_url"),
            ("user_claimed = 'yes'", "user_claimed"),
            ("billing_url = 1", "billing_url"),
        ] {
            assert_eq!(
                refused(&format!("{PROFILE}{line}")),
                [format!("{section}.{key}")],
                "{line}"
            );
        }
        assert!(loaded(&format!("{PROFILE}demo_scopes = ['demo:read']")).is_ok());
        assert_eq!(refused("[[profile]]"), ["profile[0].name"]);
        let dialect = |word| format!("[[profile]]\nname = 'x'\nerror_dialect = {word}");
        for word in ["'Detail'", "''", "1"] {
            assert_eq!(refused(&dialect(word)), ["profile[0].error_dialect"], "{word}");
        }
        assert!(loaded(&dialect("'detail'")).is_ok());
        assert_eq!(refused("[profile]\nname = 'x'"), ["profile"]);
        let elsewhere = "[[profile]]\nname = 'x'\nresource = 'https://else.example'";
        assert_eq!(refused(elsewhere), ["profile[0].resource"]);
        let twice = format!("{PROFILE}{PROFILE}");
        assert_eq!(refused(&twice), ["profile[1].agent_sessions", "profile[1].name"]);
        assert_eq!(refused("[[profile]]\nname = 'x'\nagent_sessions = 1"), [section]);
    }

    /// An agent session is an opaque token, which ends when it is ended.
    #[test]
    fn a_resource_with_signed_tokens_has_no_agent_sessions() {
        let resource = "[[resource]]\nidentifier = 'https://api.example.com'\naccess_token = 'jwt'\n\
                        [[resource.scope]]\nname = 'read'\ndefault = true\n";
        let keys = refused(&format!("{resource}{PROFILE}"));
        assert_eq!(keys, ["profile[0].resource"]);
    }
}
