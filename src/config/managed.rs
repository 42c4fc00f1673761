//! Programs that manage the keys of one kind: `manage`, `routes` and what belongs to them, of a
//! `[[profile.credential]]`.

use super::addresses::Addresses;
use super::entry::Entry;
use super::problem::Problem;
use crate::domain::api_key::KeyKind;
use crate::protocol::issuer::is_own;
use crate::protocol::managed_key::{Operation, Shape};
use crate::protocol::scope::Scopes;

/// Who may make, list, rotate and revoke keys beside the pages, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Managed {
    pub by: ManagedBy,
    pub routes: Vec<ManagedRoute>,
    /// How answers name what they say of a key.
    pub shape: Shape,
    /// What a key needs to be told that it is good, and to read the list; nothing when empty.
    pub ping_scope: Scopes,
    /// What a key opens whose maker named no scopes; they must be named when this is empty.
    pub default_scopes: Scopes,
}

/// `manage` of the settings: whom the routes are for. People manage keys on pages, whatever it
/// says, and no agent's session ever does (design promise P7).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ManagedBy {
    /// People in a browser alone; there are no routes.
    #[default]
    Human,
    /// Programs of a person's, with the token that the person's browser hands out.
    HumanJwt,
    /// Those, and a key for itself and its owner's others of its kind, of which it makes none.
    HumanOrSelf,
    /// A key for itself, and nobody else.
    Itself,
    /// Programs of a person's, with a user token of the same profile, for the keys of agents;
    /// and a key for itself alone.
    UserTokenOrSelf,
}

/// One route for programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedRoute {
    pub operation: Operation,
    pub method: String,
    /// Without a slash at the end; `{id}` stands for a key's, `{agent}` for that of the agent
    /// whose it is.
    pub path: String,
}

/// Every line of the settings that is read here.
pub(super) const LINES: [&str; 5] = ["manage", "routes", "shape", "ping_scope", "default_scopes"];

const ID: &str = "{id}";

const AGENT: &str = "{agent}";

impl ManagedBy {
    const WORDS: [(&'static str, Self); 5] = [
        ("human", Self::Human),
        ("human-jwt", Self::HumanJwt),
        ("human-or-self", Self::HumanOrSelf),
        ("self", Self::Itself),
        ("user-token-or-self", Self::UserTokenOrSelf),
    ];

    /// Whether the tokens of people's browsers count.
    #[must_use]
    pub const fn takes_tokens(self) -> bool {
        matches!(self, Self::HumanJwt | Self::HumanOrSelf)
    }

    /// Whether user tokens count.
    #[must_use]
    pub const fn takes_user_tokens(self) -> bool {
        matches!(self, Self::UserTokenOrSelf)
    }

    /// Whether keys count.
    #[must_use]
    pub const fn takes_keys(self) -> bool {
        matches!(self, Self::HumanOrSelf | Self::Itself | Self::UserTokenOrSelf)
    }

    /// Whether a key counts for its owner's others too.
    #[must_use]
    pub const fn shows_others(self) -> bool {
        matches!(self, Self::HumanOrSelf)
    }
}

pub(super) fn read(
    entry: &Entry<'_>,
    (kind, offered): (KeyKind, &Scopes),
    taken: &mut Addresses,
    problems: &mut Vec<Problem>,
) -> Managed {
    let word = entry.one_of("manage", &ManagedBy::WORDS.map(|(word, _)| word), problems);
    let known = ManagedBy::WORDS.into_iter().find(|(known, _)| Some(*known) == word);
    let by = known.map(|(_, by)| by).unwrap_or_default();
    let section = entry.section("routes", problems);
    let of = (kind, by);
    let routes = section.map(|section| routes(&section, of, taken, problems)).unwrap_or_default();
    if by == ManagedBy::UserTokenOrSelf && kind != KeyKind::AgentKey {
        let remedy = "user tokens manage the keys of agents, and no other; write it beside \
                      type = \"agent-key\"";
        problems.push(entry.problem("manage", remedy));
    }
    if known.is_some() && by == ManagedBy::Human && entry.has("routes") {
        let remedy = "programs may not, so nobody could use them; write manage = \"human-jwt\", \
                      \"human-or-self\" or \"self\"";
        problems.push(entry.problem("routes", remedy));
    }
    if by != ManagedBy::Human && routes.is_empty() {
        problems.push(entry.problem("manage", "name the routes it is for, in routes = { … }"));
    }
    let mut named = |key| {
        let names = entry.list(key, problems);
        let scopes = Scopes::of(names.iter().map(String::as_str)).unwrap_or_default();
        if entry.has(key) && (scopes.is_empty() || !offered.covers(&scopes)) {
            problems.push(entry.problem(key, "name scopes that its keys may have"));
        }
        scopes
    };
    let (ping_scope, default_scopes) = (named("ping_scope"), named("default_scopes"));
    let shape = entry.section("shape", problems);
    let shape = shape.map(|section| shape_of(&section, problems)).unwrap_or_default();
    Managed { by, routes, shape, ping_scope, default_scopes }
}

/// Why nobody holds what `manage` asks for, if nobody does.
pub(super) fn nobody(profile: &Entry<'_>, by: ManagedBy) -> Option<&'static str> {
    let credentials = profile.entries("credential", &mut Vec::new());
    let has_user_tokens = credentials.iter().any(|entry| entry.is_text("type", "user-token"));
    match by {
        ManagedBy::HumanJwt if !profile.has("jwt") => {
            Some("nobody is handed such a token; write [profile.jwt]")
        }
        ManagedBy::UserTokenOrSelf if !has_user_tokens => {
            Some("there are no user tokens; write a [[profile.credential]] of that type")
        }
        _ => None,
    }
}

fn routes(
    section: &Entry<'_>,
    of: (KeyKind, ManagedBy),
    taken: &mut Addresses,
    problems: &mut Vec<Problem>,
) -> Vec<ManagedRoute> {
    section.only(&Operation::ALL.map(Operation::name), problems);
    let mut routes = Vec::new();
    for operation in Operation::ALL {
        let Some(text) = section.text(operation.name(), problems) else { continue };
        match route(operation, of, &text).and_then(|route| taken.take(route)) {
            Ok(route) => routes.push(route),
            Err(remedy) => problems.push(section.problem(operation.name(), remedy)),
        }
    }
    routes
}

fn route(
    operation: Operation,
    (kind, by): (KeyKind, ManagedBy),
    text: &str,
) -> Result<ManagedRoute, &'static str> {
    let (method, path) = address(text)?;
    // Whoever looks only (HEAD) would have a key made, or ended.
    if method == "GET" && !matches!(operation, Operation::List | Operation::Ping) {
        return Err("it changes something; write POST, PUT, PATCH or DELETE");
    }
    let about_one = is_named(path, ID)?;
    let of_agent = is_named(path, AGENT)?;
    match operation {
        _ if of_agent && kind != KeyKind::AgentKey => Err("its keys are no agent's"),
        Operation::Create if !of_agent && kind == KeyKind::AgentKey => {
            Err("write {agent} where the id of the agent belongs that the key is for")
        }
        Operation::Rotate if about_one && by == ManagedBy::UserTokenOrSelf => {
            Err("a key replaces itself, and nobody else does; leave {id} out")
        }
        Operation::Register if kind != KeyKind::AgentKey || !by.takes_user_tokens() => {
            Err("an agent comes with its key by a user token alone; write it beside \
                 type = \"agent-key\" and manage = \"user-token-or-self\"")
        }
        Operation::Register | Operation::List | Operation::Rotate | Operation::Ping if of_agent => {
            Err("it is about no one agent; leave {agent} out")
        }
        Operation::Revoke if !about_one => Err("write {id} where the id of the key belongs"),
        Operation::Create | Operation::Register | Operation::List | Operation::Ping
            if about_one =>
        {
            Err("it is about no one key; leave {id} out")
        }
        // Without an id it is about the key that comes with the request.
        Operation::Ping if !by.takes_keys() => Err("it tells a key that it is good, and needs \
                                                    manage = \"human-or-self\" or \"self\""),
        Operation::Rotate if !about_one && !by.takes_keys() => {
            Err("write {id} where the id of the key belongs")
        }
        Operation::Create | Operation::List | Operation::Revoke if by == ManagedBy::Itself => {
            Err("a key that manages itself alone has no use for it; remove it")
        }
        _ => Ok(ManagedRoute { operation, method: method.to_owned(), path: path.to_owned() }),
    }
}

/// A route that is about no one thing.
pub(super) fn plain_route(operation: Operation, text: &str) -> Result<ManagedRoute, &'static str> {
    let (method, path) = address(text)?;
    if path.contains('{') {
        return Err("it is about no one key; leave names in braces out");
    }
    if method == "GET" {
        return Err("it changes something; write POST, PUT, PATCH or DELETE");
    }
    Ok(ManagedRoute { operation, method: method.to_owned(), path: path.to_owned() })
}

/// A method, and a path without a slash at its end.
fn address(text: &str) -> Result<(&str, &str), &'static str> {
    let (method, path) = text.split_once(' ').unwrap_or_default();
    let path = path.strip_suffix('/').unwrap_or(path);
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    // What programs take for steps in a path, no program sends.
    let is_word =
        |part: &str| !part.is_empty() && part.bytes().all(letter) && ![".", ".."].contains(&part);
    let fits = |part: &str| [ID, AGENT].contains(&part) || is_word(part);
    let is_path = path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(fits));
    if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method) || !is_path {
        return Err("write a method and a path, such as \"DELETE /api/keys/{id}\"");
    }
    let named: Vec<&str> = path.split('/').skip(1).take(2).collect();
    let at_the_front = named.first().is_some_and(|part| part.starts_with('{'));
    let below_account = named.first() == Some(&"account");
    if at_the_front || (below_account && named.get(1).is_some_and(|part| part.starts_with('{'))) {
        return Err("it would take this server's own paths; write a word before the braces");
    }
    if is_own(path) {
        return Err("the path is this server's own; write another");
    }
    Ok((method, path))
}

/// Whether a path has this name in it, once.
fn is_named(path: &str, name: &str) -> Result<bool, &'static str> {
    match path.matches(name).count() {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err("write each name in braces once"),
    }
}

fn shape_of(section: &Entry<'_>, problems: &mut Vec<Problem>) -> Shape {
    let mut shape = Shape::default();
    let known = shape.members().map(|(name, _)| name);
    section.only(&known, problems);
    for name in known {
        let Some(member) = section.text(name, problems) else { continue };
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !member.bytes().all(letter) || !shape.rename(name, &member) {
            let remedy = "write letters, digits and underscores, unlike any other member";
            problems.push(section.problem(name, remedy));
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{loaded, refused};

    const KEYS: &str = "[[profile]]\nname = 'example'\n[profile.jwt]\n[[profile.credential]]\n\
                        prefix = 'ex_'\nmanage = 'human-jwt'\n\
                        routes = { create = 'POST /api/keys/', revoke = 'DELETE /api/keys/{id}' }\n\
                        shape = { secret = 'token' }\ndefault_scopes = ['demo:read']\n";

    /// Section 3 of contracts/credentials.md: routes and shapes belong to a kind of keys.
    #[test]
    fn routes_and_shapes_are_those_of_one_kind() {
        let settings = loaded(KEYS).unwrap_or_else(|problems| panic!("{problems:?}"));
        let managed = &settings.profiles[0].keys[0].managed;
        let route = |operation, method: &str, path: &str| ManagedRoute {
            operation,
            method: method.to_owned(),
            path: path.to_owned(),
        };
        assert_eq!(managed.by, ManagedBy::HumanJwt);
        assert_eq!(
            managed.routes,
            [
                route(Operation::Create, "POST", "/api/keys"),
                route(Operation::Revoke, "DELETE", "/api/keys/{id}")
            ]
        );
        let members = managed.shape.members().map(|(_, member)| member.to_owned());
        assert_eq!(members, ["id", "token", "prefix", "name", "created_at"]);
    }

    /// contracts/operator.md: what nobody could use, or two would answer, is refused at start.
    #[test]
    fn what_no_route_could_be_is_refused_where_it_stands() {
        for (from, to, key) in [
            ("'human-jwt'", "'human'", "routes"),
            ("'human-jwt'", "'agent'", "manage"),
            ("POST /api/keys/", "/api/keys", "routes.create"),
            ("POST /api/keys/", "POST api", "routes.create"),
            ("POST /api/keys/", "post /api/keys", "routes.create"),
            ("POST /api/keys/", "POST /api//keys", "routes.create"),
            ("POST /api/keys/", "POST /api/keys?x", "routes.create"),
            ("POST /api/keys/", "POST /api/{id}", "routes.create"),
            ("POST /api/keys/", "POST /token", "routes.create"),
            ("POST /api/keys/", "POST /account/keys", "routes.create"),
            ("POST /api/keys/", "DELETE /api/keys/{id}", "routes.create"),
            ("DELETE /api/keys/{id}", "DELETE /api/keys", "routes.revoke"),
            ("DELETE /api/keys/{id}", "POST /api/keys", "routes.revoke"),
            ("POST /api/keys/", "GET /api/keys/", "routes.create"),
            ("POST /api/keys/", "POST /api/../keys/", "routes.create"),
            ("DELETE /api/keys/{id}", "DELETE /{id}", "routes.revoke"),
            ("DELETE /api/keys/{id}", "DELETE /account/{id}", "routes.revoke"),
            ("create = ", "ping = ", "routes.ping"),
            ("create = ", "rotate = ", "routes.rotate"),
            ("create = ", "crate = ", "routes.crate"),
            ("'token'", "'prefix'", "shape.secret"),
            ("'token'", "'to ken'", "shape.secret"),
            ("secret = 'token'", "digest = 'token'", "shape.digest"),
            ("['demo:read']", "['unknown']", "default_scopes"),
            ("['demo:read']", "[]", "default_scopes"),
        ] {
            let wanted = [format!("profile[0].credential[0].{key}")];
            assert_eq!(refused(&KEYS.replace(from, to)), wanted, "{to}");
        }
        let alone = KEYS.replace("'human-jwt'", "'self'");
        let wanted =
            ["create", "revoke"].map(|key| format!("profile[0].credential[0].routes.{key}"));
        assert_eq!(refused(&alone)[1..], wanted);
        let nobody = KEYS.replace("[profile.jwt]\n", "");
        assert_eq!(refused(&nobody), ["profile[0].credential[0].manage"]);
    }

    /// AG04, AG13: user tokens manage the keys of agents and no other, at addresses that name the
    /// agent; a key replaces itself.
    #[test]
    fn the_keys_of_agents_are_managed_by_user_tokens_at_addresses_with_the_agent() {
        let text = "[[profile]]\nname = 'example'\n[[profile.credential]]\ntype = 'agent-key'\n\
                    prefix = 'exa_'\nmanage = 'user-token-or-self'\n\
                    routes = { create = 'POST /agents/{agent}/keys', rotate = 'POST /rotate', \
                    revoke = 'DELETE /agents/{agent}/keys/{id}' }\n\
                    [[profile.credential]]\ntype = 'user-token'\nprefix = 'ext_'\n";
        let settings = loaded(text).unwrap_or_else(|problems| panic!("{problems:?}"));
        let managed = &settings.profiles[0].keys[0].managed;
        assert_eq!(managed.by, ManagedBy::UserTokenOrSelf);
        assert_eq!(managed.routes[1].path, "/agents/{agent}/keys/{id}");
        for (from, to, key) in [
            ("/agents/{agent}/keys'", "/keys'", "routes.create"),
            ("/agents/{agent}/keys'", "/agents/{agent}/{agent}'", "routes.create"),
            ("'POST /rotate'", "'POST /rotate/{id}'", "routes.rotate"),
            ("'POST /rotate'", "'POST /{agent}/rotate'", "routes.rotate"),
            ("rotate = 'POST /rotate'", "list = 'GET /{agent}/keys'", "routes.list"),
            ("type = 'user-token'", "type = 'secret'", "manage"),
        ] {
            let wanted = [format!("profile[0].credential[0].{key}")];
            assert_eq!(refused(&text.replace(from, to)), wanted, "{to}");
        }
        let secret = text.replace("'agent-key'", "'secret'");
        let wanted = ["manage", "routes.create", "routes.revoke"];
        let wanted = wanted.map(|key| format!("profile[0].credential[0].{key}"));
        let found = refused(&secret);
        assert!(wanted.iter().all(|key| found.contains(key)), "{found:?}");
    }

    /// AA30: the one address below /account that is an API's.
    #[test]
    fn a_key_may_replace_itself_at_an_address_below_the_account() {
        let text = "[[profile]]\nname = 'example'\n[[profile.credential]]\nprefix = 'ex_'\n\
                    manage = 'self'\nroutes = { rotate = 'POST /account/revoke-key' }\n";
        let settings = loaded(text).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(settings.profiles[0].keys[0].managed.routes[0].path, "/account/revoke-key");
    }
}
