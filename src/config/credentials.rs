//! The keys of a profile: `[[profile.credential]]`.

use super::agent_headers;
use super::entry::Entry;
use super::managed::{self, Managed};
use super::prefixes::{Taken, form};
use super::problem::Problem;
use super::public_tokens::{self, PublicRules};
use super::via::{self, Via};
use crate::domain::api_key::{KeyKind, Mode, Rotation};
use crate::domain::resource::Resource;
use crate::protocol::api_key::KeyForm;
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::Seconds;

/// What holds of the keys of one kind that a profile has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRules {
    pub kind: KeyKind,
    pub live: KeyForm,
    /// Sandbox keys begin otherwise; there are none without a form of theirs.
    pub sandbox: Option<KeyForm>,
    /// How many characters behind the prefix are shown for ever.
    pub display: usize,
    /// Where it arrives; never empty.
    pub via: Vec<Via>,
    /// Whether it may come from a page in a browser, where whoever opens the page can read it.
    pub browsers: bool,
    /// Whether it may come over plain http to an API that is elsewhere than on this machine.
    pub plain_http: bool,
    /// What a person may tick. Never empty.
    pub scopes: Scopes,
    /// The longest life a person may choose; keys may last until they are revoked where it is
    /// `None`.
    pub longest: Option<Seconds>,
    pub remind_after: Seconds,
    pub rotation: Rotation,
    /// The header in which clients name the agent whose key it is.
    pub bind_agent: Option<String>,
    /// The header in which clients name the agent that a user token acts as.
    pub act_as: Option<String>,
    /// Whether an organization may own them.
    pub organizations: bool,
    /// The parameter of an address that says what a request is about; a key may be limited to some
    /// of that.
    pub resource_param: Option<String>,
    /// How programs manage them.
    pub managed: Managed,
}

/// A leak of the database shows the digest and the beginning: what is left to guess must be as
/// much as in any other secret of ours that lives for long.
const HIDDEN: usize = 22;

/// Every line of a kind of secret keys.
const KNOWN: [&str; 17] = [
    "organizations",
    "resource_param",
    "type",
    "prefix",
    "sandbox_prefix",
    "bytes",
    "display",
    "via",
    "scopes",
    "expires",
    "remind_after",
    "rotate",
    "overlap",
    "browsers",
    "plain_http",
    "bind_agent",
    "act_as",
];

const BYTES: std::ops::RangeInclusive<i64> = 20..=64;
const DISPLAY: std::ops::RangeInclusive<i64> = 0..=12;

impl KeyRules {
    /// How keys of this mode are spelled, where there are any.
    #[must_use]
    pub fn form(&self, mode: Mode) -> Option<&KeyForm> {
        match mode {
            Mode::Live => Some(&self.live),
            Mode::Sandbox => self.sandbox.as_ref(),
        }
    }

    /// Whether a key may be given to an agent of its owner's. One of an agent's own kind must be.
    #[must_use]
    pub fn may_be_given(&self) -> bool {
        self.must_be_given() || self.bind_agent.is_some()
    }

    #[must_use]
    pub fn must_be_given(&self) -> bool {
        self.kind == KeyKind::AgentKey
    }

    pub fn forms(&self) -> impl Iterator<Item = &KeyForm> {
        std::iter::once(&self.live).chain(&self.sandbox)
    }
}

/// What a profile's credentials come to.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    pub keys: Vec<KeyRules>,
    pub public: Option<PublicRules>,
}

/// Reads a profile's credentials: of each kind one, or none.
pub(super) fn read(
    profile: &Entry<'_>,
    resource: Option<&Resource>,
    taken: &mut Taken,
    problems: &mut Vec<Problem>,
) -> Credentials {
    let mut found = Credentials::default();
    let mut kinds = Vec::new();
    for entry in &profile.entries("credential", problems) {
        let kind = kind(entry, problems);
        if kinds.contains(&kind) {
            let remedy = "the profile has credentials of this kind already; remove one, or give \
                          it another type";
            problems.push(entry.problem("type", remedy));
        }
        kinds.push(kind);
        match kind {
            None => {
                let public = public_tokens::read(entry, &mut taken.prefixes, problems);
                found.public = found.public.or(public);
            }
            Some(kind) => {
                let rules = rule(entry, kind, (resource, taken), problems);
                let by = rules.as_ref().map(|rules| rules.managed.by).unwrap_or_default();
                if let Some(remedy) = managed::nobody(profile, by) {
                    problems.push(entry.problem("manage", remedy));
                }
                found.keys.extend(rules);
            }
        }
    }
    found
}

/// A program's key, where nothing is said; `None` for tokens that anybody may read.
fn kind(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Option<KeyKind> {
    if entry.is_text("type", "public") {
        return None;
    }
    let [secret, user_token, agent_key] = KeyKind::ALL.map(KeyKind::name);
    let name = entry.one_of("type", &[secret, user_token, agent_key, "public"], problems);
    Some(name.and_then(KeyKind::named).unwrap_or(KeyKind::Secret))
}

fn rule(
    entry: &Entry<'_>,
    kind: KeyKind,
    (resource, taken): (Option<&Resource>, &mut Taken),
    problems: &mut Vec<Problem>,
) -> Option<KeyRules> {
    entry.only(&[&KNOWN[..], &managed::LINES].concat(), problems);
    let Taken { prefixes, addresses } = taken;
    if !entry.has("prefix") {
        problems.push(entry.problem("prefix", "missing; write how its keys begin, such as ex_"));
    }
    let bytes = entry.within("bytes", BYTES, 24, problems);
    let live = form(entry, "prefix", bytes, prefixes, problems);
    let sandbox = form(entry, "sandbox_prefix", bytes, prefixes, problems);
    let display = entry.within("display", DISPLAY, 6, problems);
    if live.as_ref().is_some_and(|form| form.random() < display + HIDDEN) {
        let remedy = "what is shown for ever leaves too little to guess; write more bytes";
        problems.push(entry.problem("display", remedy));
    }
    let scopes = scopes(entry, resource, problems);
    let rules = KeyRules {
        kind,
        sandbox,
        display,
        via: via::read(entry, problems),
        browsers: entry.one_of("browsers", &["refuse", "accept"], problems) == Some("accept"),
        organizations: organizations(entry, kind, problems),
        resource_param: entry.text("resource_param", problems),
        plain_http: entry.one_of("plain_http", &["accept", "refuse"], problems) == Some("accept"),
        managed: managed::read(entry, (kind, &scopes), addresses, problems),
        scopes,
        longest: longest(entry, problems),
        remind_after: entry.span("remind_after", Seconds::DAY.times(90), problems),
        rotation: rotation(entry, problems),
        bind_agent: agent_headers::bind_agent(entry, kind, problems),
        act_as: agent_headers::act_as(entry, kind, problems),
        live: live?,
    };
    contradictions(entry, &rules, problems);
    Some(rules)
}

/// What is sound line by line, and nobody could use together.
fn contradictions(entry: &Entry<'_>, rules: &KeyRules, problems: &mut Vec<Problem>) {
    let in_head = |via: &Via| !matches!(via, Via::Query(_) | Via::Body(_));
    if rules.managed.by.takes_keys() && !rules.via.iter().any(in_head) {
        let remedy = "its keys come in no header, and the routes that manage them read nothing \
                      else; add one to via";
        problems.push(entry.problem("manage", remedy));
    }
    let comes = |name: &str| {
        let is = |via: &Via| matches!(via, Via::Header(way) if way.eq_ignore_ascii_case(name));
        ["x-api-key", "api-key"].iter().any(|key| key.eq_ignore_ascii_case(name))
            || rules.via.iter().any(is)
    };
    if rules.bind_agent.as_deref().is_some_and(comes) {
        problems.push(entry.problem("bind_agent", "keys come in this header; name another"));
    }
}

/// Scopes of the resource; all of them when left out.
fn scopes(entry: &Entry<'_>, resource: Option<&Resource>, problems: &mut Vec<Problem>) -> Scopes {
    let all = resource.map(Resource::all_scopes).unwrap_or_default();
    if !entry.has("scopes") {
        return all;
    }
    let names = entry.list("scopes", problems);
    let offered = Scopes::of(names.iter().map(String::as_str)).unwrap_or_default();
    // Of a resource that was refused nothing is known.
    if offered.is_empty() || (resource.is_some() && !all.covers(&offered)) {
        problems.push(entry.problem("scopes", "name scopes of the resource, one at least"));
    }
    offered
}

/// Keys that are a person's or an agent's own are never an organization's.
fn organizations(entry: &Entry<'_>, kind: KeyKind, problems: &mut Vec<Problem>) -> bool {
    let own = entry.one_of("organizations", &["refuse", "accept"], problems) == Some("accept");
    if own && kind != KeyKind::Secret {
        let remedy = "only with type = \"secret\"; remove it";
        problems.push(entry.problem("organizations", remedy));
    }
    own
}

fn longest(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Option<Seconds> {
    let key = "expires";
    if !entry.has(key) || entry.text(key, problems).as_deref() == Some("never") {
        return None;
    }
    let longest = entry.span(key, Seconds::DAY, problems);
    if longest < Seconds::DAY {
        let remedy = "write a day or more, such as \"90d\", or \"never\"";
        problems.push(entry.problem(key, remedy));
    }
    Some(longest)
}

fn rotation(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Rotation {
    let overlap = entry.span("overlap", Seconds::DAY, problems);
    let word = entry.one_of("rotate", &["atomic", "overlapping"], problems);
    if overlap < Seconds::MINUTE {
        // A node may believe what it read for half a minute.
        problems.push(entry.problem("overlap", "write a minute or more, such as \"24h\""));
    }
    if word == Some("overlapping") {
        return Rotation::Overlapping(overlap);
    }
    if entry.has("overlap") {
        problems.push(entry.problem("overlap", "only with rotate = \"overlapping\"; remove it"));
    }
    Rotation::Atomic
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{loaded, refused};

    const KEYS: &str = "[[profile]]\nname = 'example'\n[[profile.credential]]\nprefix = 'ex_'\n";

    fn rules(text: &str) -> KeyRules {
        let settings = loaded(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
        settings.profiles[0].keys.first().cloned().expect("keys")
    }

    /// Section 3 of contracts/credentials.md: a prefix says it, and the rest is what most want.
    #[test]
    fn a_prefix_is_enough_and_the_rest_is_usual() {
        let usual = KeyRules {
            kind: KeyKind::Secret,
            live: KeyForm::new("ex_", 24),
            sandbox: None,
            display: 6,
            via: vec![Via::Bearer],
            browsers: false,
            plain_http: true,
            organizations: false,
            scopes: Scopes::of(["demo:read", "demo:write"]).expect("scopes"),
            longest: None,
            remind_after: Seconds::DAY.times(90),
            rotation: Rotation::Atomic,
            bind_agent: None,
            act_as: None,
            resource_param: None,
            managed: Managed::default(),
        };
        assert_eq!(rules(KEYS), usual);
        let all = format!(
            "{KEYS}type = 'secret'\nsandbox_prefix = 'exs_'\nbytes = 32\ndisplay = 8\n\
             via = ['bearer', 'apikey-scheme', 'header:X-API-Key', \
             'query:key', 'body:token']\nscopes = ['demo:read']\n\
             expires = '365d'\nremind_after = '30d'\nrotate = 'overlapping'\noverlap = '12h'\n\
             manage = 'human'\nbrowsers = 'accept'\n"
        );
        let rules = rules(&all);
        assert_eq!(rules.sandbox, Some(KeyForm::new("exs_", 32)));
        assert_eq!(rules.via[2], Via::Header("X-API-Key".to_owned()));
        assert_eq!(rules.via[3], Via::Query("key".to_owned()));
        assert_eq!(rules.via[4], Via::Body("token".to_owned()));
        assert!(rules.browsers);
        assert_eq!(rules.longest, Some(Seconds::DAY.times(365)));
        assert_eq!(rules.rotation, Rotation::Overlapping(Seconds::HOUR.times(12)));
    }

    /// Section 3, "Anchored prefixes are distinct": among themselves, and from ours.
    #[test]
    fn prefixes_that_could_begin_one_text_are_refused() {
        let with = |prefix: &str| KEYS.replace("ex_", prefix);
        for taken in ["aas_", "aar_", "aas_x_", "cbs_", "acs_", "acs1_"] {
            assert_eq!(refused(&with(taken)), ["profile[0].credential[0].prefix"], "{taken}");
        }
        for free in ["as_", "ak_", "ap_", "av_", "aak_", "sk_sandbox_"] {
            assert_eq!(rules(&with(free)).live.prefix(), free);
        }
        let sandbox = format!("{KEYS}sandbox_prefix = 'ex_test_'");
        assert_eq!(refused(&sandbox), ["profile[0].credential[0].sandbox_prefix"]);
        let other = with("ex_live_").replace("'example'", "'other'");
        assert_eq!(refused(&format!("{KEYS}{other}")), ["profile[1].credential[0].prefix"]);
    }

    #[test]
    fn what_no_key_could_be_is_refused_where_it_stands() {
        for (line, key) in [
            ("type = 'Public'", "type"),
            ("manage = 'session'", "manage"),
            ("bytes = 16", "bytes"),
            ("bytes = 'many'", "bytes"),
            ("display = 13", "display"),
            ("display = -1", "display"),
            ("bytes = 20\ndisplay = 6", "display"),
            ("via = []", "via"),
            ("via = ['cookie']", "via"),
            ("via = ['header:Authorization']", "via"),
            ("via = ['header:X Key']", "via"),
            ("via = ['header:X-Forwarded-Uri']", "via"),
            ("via = ['header:Countersign-Proxy']", "via"),
            ("via = ['query:']", "via"),
            ("via = ['query:a&b']", "via"),
            ("via = ['body:']", "via"),
            ("browsers = true", "browsers"),
            ("plain_http = 'never'", "plain_http"),
            ("scopes = []", "scopes"),
            ("scopes = ['unknown']", "scopes"),
            ("expires = '1h'", "expires"),
            ("expires = 'soon'", "expires"),
            ("rotate = 'sometimes'", "rotate"),
            ("overlap = '1h'", "overlap"),
            ("rotate = 'overlapping'\noverlap = '59s'", "overlap"),
            ("sandbox_prefix = 'EX_'", "sandbox_prefix"),
            ("prefx = 'x_'", "prefx"),
        ] {
            let wanted = [format!("profile[0].credential[0].{key}")];
            assert_eq!(refused(&format!("{KEYS}{line}")), wanted, "{line}");
        }
        assert_eq!(refused(&KEYS.replace("ex_", "ex")), ["profile[0].credential[0].prefix"]);
        assert_eq!(
            refused(&KEYS.replace("prefix = 'ex_'", "")),
            ["profile[0].credential[0].prefix"]
        );
        assert_eq!(refused(&KEYS.replace("'example'", "'an example'")), ["profile[0].name"]);
    }

    /// A profile has each kind once, and no prefix is two kinds'.
    #[test]
    fn each_kind_stands_once_and_has_a_prefix_of_its_own() {
        let twice = format!("{KEYS}[[profile.credential]]\nprefix = 'ey_'\n");
        assert_eq!(refused(&twice), ["profile[0].credential[1].type"]);
        let agents = "[[profile.credential]]\nprefix = 'ez_'\ntype = 'agent-key'\n";
        let other = format!("{twice}type = 'user-token'\n{agents}");
        let settings = loaded(&other).unwrap_or_else(|problems| panic!("{problems:?}"));
        let kinds = settings.profiles[0].keys.iter().map(|rules| rules.kind);
        assert_eq!(kinds.collect::<Vec<_>>(), KeyKind::ALL);
        let same = other.replace("ey_", "ex_");
        assert_eq!(refused(&same), ["profile[0].credential[1].prefix"]);
    }

    /// contracts/operator.md: what is sound by itself, and nobody could use together, is refused at
    /// start.
    #[test]
    fn lines_that_contradict_each_other_are_refused() {
        for (lines, key) in [
            ("bind_agent = 'X-API-Key'", "bind_agent"),
            ("via = ['header:X-Own']\nbind_agent = 'x-own'", "bind_agent"),
            ("via = ['query:key']\nmanage = 'self'\nroutes = { ping = 'GET /api/ping' }", "manage"),
            ("organizations = true", "organizations"),
            ("type = 'agent-key'\norganizations = 'accept'", "organizations"),
        ] {
            let wanted = [format!("profile[0].credential[0].{key}")];
            assert_eq!(refused(&format!("{KEYS}{lines}")), wanted, "{lines}");
        }
    }
}
