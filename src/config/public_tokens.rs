//! The public tokens of a profile: `[[profile.credential]]` with `type = "public"`.

use super::entry::Entry;
use super::plans;
use super::prefixes::{Prefixes, form};
use super::problem::Problem;
use super::via::{self, Via};
use crate::domain::plan::Rate;
use crate::protocol::api_key::KeyForm;

/// What holds of one profile's public tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicRules {
    pub form: KeyForm,
    /// Where it arrives; never empty.
    pub via: Vec<Via>,
    /// All that it opens; never empty.
    pub allow: Vec<PublicRoute>,
    /// How often each of them may come, whoever sends it; any number where none is named.
    pub rate: Option<Rate>,
    /// What its page tells people to put into theirs; `{token}` stands for the token.
    pub snippet: Option<String>,
}

/// A route of the API that anybody may use who can read the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicRoute {
    pub method: String,
    /// As proxies tell it, without a slash at the end.
    pub path: String,
}

/// As many random bytes as an account key has, so that nobody finds one by trying.
const BYTES: usize = 24;

impl PublicRoute {
    /// Whether this is the route, slash at the end or not.
    #[must_use]
    pub fn is(&self, method: &str, path: &str) -> bool {
        let path = path.strip_suffix('/').unwrap_or(path);
        self.method == method && self.path == path
    }

    fn read(text: &str) -> Option<Self> {
        let (method, path) = text.split_once(' ')?;
        let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
        let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#' | b'%');
        let is_path = path.starts_with('/') && path.len() > 1 && path.bytes().all(fits);
        let path = path.strip_suffix('/').unwrap_or(path).to_owned();
        (is_method && is_path).then(|| Self { method: method.to_owned(), path })
    }
}

pub(super) fn read(
    entry: &Entry<'_>,
    prefixes: &mut Prefixes,
    problems: &mut Vec<Problem>,
) -> Option<PublicRules> {
    entry.only(&["type", "prefix", "via", "allow", "rate", "snippet"], problems);
    if !entry.has("prefix") {
        problems.push(entry.problem("prefix", "missing; write how its tokens begin, such as ext_"));
    }
    let form = form(entry, "prefix", BYTES, prefixes, problems);
    let routes = entry.list("allow", problems);
    let allow: Option<Vec<PublicRoute>> =
        routes.iter().map(|text| PublicRoute::read(text)).collect();
    let allow = allow.filter(|allow| !allow.is_empty());
    if allow.is_none() {
        let remedy = "write the routes it opens, such as [\"POST /track\"]";
        problems.push(entry.problem("allow", remedy));
    }
    let snippet = entry.text("snippet", problems);
    if snippet.as_ref().is_some_and(|snippet| !snippet.contains("{token}")) {
        problems.push(entry.problem("snippet", "write {token} where the token belongs"));
    }
    let via = via::read(entry, problems);
    let rate = plans::rate(entry, problems);
    Some(PublicRules { form: form?, via, allow: allow?, rate, snippet })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::{loaded, refused};

    const TOKENS: &str = "[[profile]]\nname = 'example'\n[[profile.credential]]\n\
                          type = 'public'\nprefix = 'ext_'\nvia = ['body:token']\n\
                          allow = ['POST /track/', 'POST /track/batch']\n";

    /// Section 3 of contracts/credentials.md: a kind of its own, beside the secret one.
    #[test]
    fn public_tokens_stand_beside_secret_keys_and_open_the_routes_that_are_named() {
        let both = format!("{TOKENS}[[profile.credential]]\nprefix = 'ex_'\n");
        let settings = loaded(&both).unwrap_or_else(|problems| panic!("{problems:?}"));
        let profile = &settings.profiles[0];
        let rules = profile.public.as_ref().expect("public tokens");
        assert_eq!(rules.via, [Via::Body("token".to_owned())]);
        assert!(rules.allow[0].is("POST", "/track") && rules.allow[0].is("POST", "/track/"));
        for (method, path) in
            [("GET", "/track"), ("post", "/track"), ("POST", "/track/x"), ("POST", "/"), ("", "")]
        {
            assert!(!rules.allow[0].is(method, path), "{method} {path}");
        }
        assert!(!profile.keys.is_empty());
    }

    #[test]
    fn what_no_public_token_could_be_is_refused_where_it_stands() {
        for (from, to, key) in [
            ("'ext_'", "'aas_'", "prefix"),
            ("'POST /track/', ", "'/track', ", "allow"),
            ("'POST /track/', ", "'POST /', ", "allow"),
            ("'POST /track/', ", "'POST /track?x', ", "allow"),
            ("'POST /track/', ", "'post /track', ", "allow"),
            ("['POST /track/', 'POST /track/batch']", "[]", "allow"),
            ("'body:token'", "'cookie'", "via"),
            ("type = 'public'\n", "type = 'public'\nrate = '10'\n", "rate"),
            ("type = 'public'\n", "type = 'public'\nsnippet = 'nothing'\n", "snippet"),
            ("type = 'public'\n", "type = 'public'\nscopes = ['demo:read']\n", "scopes"),
        ] {
            let wanted = [format!("profile[0].credential[0].{key}")];
            assert_eq!(refused(&TOKENS.replace(from, to)), wanted, "{to}");
        }
        let same = format!("{TOKENS}[[profile.credential]]\nprefix = 'ext_'\n");
        assert_eq!(refused(&same), ["profile[0].credential[1].prefix"]);
        let twice = format!(
            "{TOKENS}[[profile.credential]]\ntype = 'public'\nprefix = 'exu_'\n\
                             allow = ['POST /x']\n"
        );
        assert_eq!(refused(&twice), ["profile[0].credential[1].type"]);
    }
}
