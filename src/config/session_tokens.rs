//! The tokens that an agent's key is traded for: `[profile.session_token]`.

use super::addresses::Addresses;
use super::entry::Entry;
use super::managed::{ManagedRoute, plain_route};
use super::plans::spelled;
use super::prefixes::{Taken, form};
use super::problem::Problem;
use crate::domain::lockout::Lockout;
use crate::protocol::api_key::KeyForm;
use crate::protocol::managed_key::Operation;
use crate::protocol::timestamp::Seconds;

/// What holds of one profile's session tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionTokens {
    pub form: KeyForm,
    pub ttl: Seconds,
    /// Where a key is traded, and where a token is given back.
    pub routes: Vec<ManagedRoute>,
    /// How many wrong keys one address may bring.
    pub lockout: Option<Lockout>,
}

/// As many random bytes as a key has that lives for long: one is as good as the other.
const BYTES: usize = 24;

pub(super) fn read(
    profile: &Entry<'_>,
    taken: &mut Taken,
    problems: &mut Vec<Problem>,
) -> Option<SessionTokens> {
    let section = profile.section("session_token", problems)?;
    section.only(&["prefix", "issue", "end", "ttl", "lockout"], problems);
    let credentials = profile.entries("credential", &mut Vec::new());
    if !credentials.iter().any(|entry| entry.is_text("type", "agent-key")) {
        let remedy = "agents' keys are traded for them; write a [[profile.credential]] with \
                      type = \"agent-key\"";
        problems.push(profile.problem("session_token", remedy));
    }
    if !section.has("prefix") {
        let remedy = "missing; write how its tokens begin, such as exs_";
        problems.push(section.problem("prefix", remedy));
    }
    let form = form(&section, "prefix", BYTES, &mut taken.prefixes, problems);
    let ttl = section.span("ttl", Seconds::HOUR.times(12), problems);
    if ttl < Seconds::MINUTE || ttl > Seconds::DAY.times(30) {
        problems.push(section.problem("ttl", "write a minute or more, and 30 days at most"));
    }
    let routes = routes(&section, &mut taken.addresses, problems);
    let lockout = section.section("lockout", problems);
    let lockout = lockout.and_then(|section| lockout_of(&section, problems));
    Some(SessionTokens { form: form?, ttl, routes, lockout })
}

fn routes(
    section: &Entry<'_>,
    addresses: &mut Addresses,
    problems: &mut Vec<Problem>,
) -> Vec<ManagedRoute> {
    let mut issue = section.list("issue", problems);
    if issue.is_empty() {
        problems.push(section.problem("issue", "write where they are issued, in a list of routes"));
    }
    let issue = issue.drain(..).map(|text| (Operation::Authenticate, "issue", text));
    let end = section.text("end", problems).map(|text| (Operation::LogOut, "end", text));
    let mut routes = Vec::new();
    for (operation, key, text) in issue.chain(end) {
        match plain_route(operation, &text).and_then(|route| addresses.take(route)) {
            Ok(route) => routes.push(route),
            Err(remedy) => problems.push(section.problem(key, remedy)),
        }
    }
    routes
}

fn lockout_of(section: &Entry<'_>, problems: &mut Vec<Problem>) -> Option<Lockout> {
    section.only(&["limit", "for"], problems);
    let limit = section.text("limit", problems).and_then(|text| spelled(&text));
    if limit.is_none() {
        let remedy = "write how many wrong keys in which time, such as \"10/min\"";
        problems.push(section.problem("limit", remedy));
    }
    let lasts = section.span("for", Seconds::MINUTE.times(5), problems);
    Some(Lockout { limit: limit?, lasts })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{loaded, refused};
    use crate::domain::plan::Rate;

    const TOKENS: &str = "[[profile]]\nname = 'example'\n[[profile.credential]]\n\
                          type = 'agent-key'\nprefix = 'exa_'\n[profile.session_token]\n\
                          prefix = 'exs_'\nissue = ['POST /auth/authenticate', 'POST /api/in/']\n\
                          end = 'DELETE /api/out'\nttl = '8h'\n\
                          lockout = { limit = '10/min', for = '5m' }\n";

    /// Section 3 of contracts/credentials.md: where they are issued and end, for how long, and how
    /// often somebody may be wrong.
    #[test]
    fn session_tokens_are_issued_and_end_where_the_profile_says() {
        let settings = loaded(TOKENS).unwrap_or_else(|problems| panic!("{problems:?}"));
        let tokens = settings.profiles[0].session_tokens.as_ref().expect("session tokens");
        assert_eq!((tokens.form.prefix(), tokens.ttl), ("exs_", Seconds::HOUR.times(8)));
        let routes: Vec<_> =
            tokens.routes.iter().map(|route| (route.operation, route.path.as_str())).collect();
        let issue = Operation::Authenticate;
        let wanted =
            [(issue, "/auth/authenticate"), (issue, "/api/in"), (Operation::LogOut, "/api/out")];
        assert_eq!(routes, wanted);
        let limit = Rate { most: 10, span: Seconds::MINUTE };
        assert_eq!(tokens.lockout, Some(Lockout { limit, lasts: Seconds(300) }));
    }

    #[test]
    fn what_no_session_token_could_be_is_refused_where_it_stands() {
        for (from, to, key) in [
            ("'exs_'", "'exa_'", "prefix"),
            ("'exs_'", "'aas_'", "prefix"),
            ("prefix = 'exs_'\n", "", "prefix"),
            ("'POST /api/in/'", "'POST /token'", "issue"),
            ("'POST /api/in/'", "'POST /auth/authenticate'", "issue"),
            ("'POST /api/in/'", "'POST /api/{id}'", "issue"),
            ("['POST /auth/authenticate', 'POST /api/in/']", "[]", "issue"),
            ("'DELETE /api/out'", "'POST /api/in'", "end"),
            ("'8h'", "'1s'", "ttl"),
            ("'8h'", "'365d'", "ttl"),
            ("'10/min'", "'often'", "lockout.limit"),
            ("for = '5m'", "for = 'ever'", "lockout.for"),
            ("for = '5m'", "fro = '5m'", "lockout.fro"),
        ] {
            let wanted = [format!("profile[0].session_token.{key}")];
            assert_eq!(refused(&TOKENS.replace(from, to)), wanted, "{to}");
        }
        let none = TOKENS.replace("'agent-key'", "'secret'");
        assert_eq!(refused(&none), ["profile[0].session_token"]);
    }
}
