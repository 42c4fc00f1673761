//! The operator's own clients: `[[client]]` of the file.

use std::collections::HashSet;
use std::fs;

use serde_json::Value;

use super::entry::Entry;
use super::problem::Problem;
use super::reader::Reader;
use super::resources::client_secret;
use crate::domain::client::{Authentication, Client, ClientKeys, ClientSource};
use crate::domain::id::ClientId;
use crate::domain::resource::Resource;
use crate::protocol::grant_type::GrantType;
use crate::protocol::json_web_key::holds_public_keys;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::scope::Scopes;
use crate::protocol::text::ToldText;

const BY_ITSELF: &str = GrantType::ClientCredentials.name();
const IN_A_BROWSER: &str = GrantType::AuthorizationCode.name();
/// What a client may be allowed to ask with (RFC 6749 §4, RFC 8628, RFC 8693).
const GRANT_TYPES: [&str; 5] = [
    IN_A_BROWSER,
    GrantType::RefreshToken.name(),
    BY_ITSELF,
    GrantType::DeviceCode.name(),
    GrantType::TokenExchange.name(),
];

/// Reads `[[client]]`; only sound clients are returned, each flaw of the others is a problem.
pub(super) fn read(reader: &mut Reader<'_>, resources: &[Resource]) -> Vec<Client> {
    let layers = reader.layers;
    let Some(written) = &layers.clients else { return Vec::new() };
    let problems = &mut reader.problems;
    let introspection = resources.iter().flat_map(|resource| &resource.introspection);
    let mut taken: HashSet<String> = introspection.map(|one| one.client_id.clone()).collect();
    let scopes = resources.iter().fold(Scopes::new(), |all, one| all.join(&one.all_scopes()));
    Entry::of_list("client", &written.value, &written.origin, problems)
        .iter()
        .filter_map(|entry| client(entry, &scopes, &mut taken, problems))
        .collect()
}

fn client(
    entry: &Entry<'_>,
    scopes: &Scopes,
    taken: &mut HashSet<String>,
    problems: &mut Vec<Problem>,
) -> Option<Client> {
    entry.only(
        &[
            "client_id",
            "name",
            "redirect_uris",
            "grant_types",
            "scope",
            "client_secret",
            "client_secret_file",
            "jwks_file",
        ],
        problems,
    );
    let id = client_id(entry, taken, problems);
    let name = entry.text("name", problems);
    let redirect_uris = redirect_uris(entry, problems);
    let grant_types = grant_types(entry, problems);
    let ceiling = ceiling(entry, scopes, problems);
    let authentication = authentication(entry, problems)?;
    let id = id?;
    let name = ToldText::clean(name.as_deref().unwrap_or(id.as_str()), 80);
    let client = Client {
        id,
        source: ClientSource::Configured,
        name,
        redirect_uris,
        authentication,
        grant_types,
        ceiling,
    };
    fit(entry, &client, problems);
    Some(client)
}

/// What a client may ask with must fit what it is.
fn fit(entry: &Entry<'_>, client: &Client, problems: &mut Vec<Problem>) {
    let by_itself = client.may_use(BY_ITSELF);
    if by_itself && client.authentication == Authentication::None {
        let remedy = "a client without client_secret_file or jwks_file cannot prove that it is \
                      itself; name one, or leave out client_credentials";
        problems.push(entry.problem("grant_types", remedy));
    }
    if by_itself == client.ceiling.is_empty() {
        let remedy = "goes together with client_credentials: the most that the client may hold \
                      by itself; write both or none";
        problems.push(entry.problem("scope", remedy));
    }
    if client.redirect_uris.is_empty() && client.may_use(IN_A_BROWSER) {
        let remedy = "missing; authorization_code needs at least one";
        problems.push(entry.problem("redirect_uris", remedy));
    }
}

fn client_id(
    entry: &Entry<'_>,
    taken: &mut HashSet<String>,
    problems: &mut Vec<Problem>,
) -> Option<ClientId> {
    let key = "client_id";
    if !entry.has(key) {
        problems.push(entry.problem(key, "missing; write the client's name on the wire"));
    }
    let id = entry.text(key, problems)?;
    // RFC 6749 Appendix A.1: `client-id = *VSCHAR`.
    if !id.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        problems.push(entry.problem(key, "write printable ASCII only"));
    }
    if !taken.insert(id.clone()) {
        let remedy = "another client has this name; every client_id is one client";
        problems.push(entry.problem(key, remedy));
    }
    Some(ClientId(id))
}

fn redirect_uris(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Vec<RedirectUri> {
    let key = "redirect_uris";
    let mut uris = Vec::new();
    for text in entry.list(key, problems) {
        match text.parse() {
            Ok(uri) => uris.push(uri),
            Err(reason) => problems.push(entry.problem(key, format!("{text:?} {reason}"))),
        }
    }
    uris
}

fn grant_types(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Vec<String> {
    let key = "grant_types";
    let written = entry.list(key, problems);
    for grant in written.iter().filter(|grant| !GRANT_TYPES.contains(&grant.as_str())) {
        let remedy = format!("{grant:?}: write one or more of: {}", GRANT_TYPES.join(", "));
        problems.push(entry.problem(key, remedy));
    }
    if written.is_empty() {
        return vec![IN_A_BROWSER.to_owned(), "refresh_token".to_owned()];
    }
    written
}

fn ceiling(entry: &Entry<'_>, known: &Scopes, problems: &mut Vec<Problem>) -> Scopes {
    let key = "scope";
    let Some(text) = entry.text(key, problems) else { return Scopes::new() };
    match text.parse::<Scopes>() {
        Ok(scopes) if known.covers(&scopes) => return scopes,
        Ok(_) => {
            let remedy = "no [[resource]] has one of these scopes; write scopes that exist";
            problems.push(entry.problem(key, remedy));
        }
        Err(_) => problems.push(entry.problem(key, "write scope tokens separated by spaces")),
    }
    Scopes::new()
}

fn authentication(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Option<Authentication> {
    let has_secret = entry.has("client_secret") || entry.has("client_secret_file");
    match (has_secret, entry.has("jwks_file")) {
        (false, false) => Some(Authentication::None),
        (true, false) => client_secret(entry, problems).map(Authentication::Secret),
        (false, true) => keys(entry, problems).map(Authentication::PrivateKeyJwt),
        (true, true) => {
            let remedy = "a client proves itself in one way; leave out the secret, or this";
            problems.push(entry.problem("jwks_file", remedy));
            None
        }
    }
}

/// The client's public keys (RFC 7517 §5).
fn keys(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Option<ClientKeys> {
    let key = "jwks_file";
    let text = match fs::read_to_string(entry.text(key, problems)?) {
        Ok(text) => text,
        Err(error) => {
            let remedy = format!("cannot be read: {error}; put the public keys into that file");
            problems.push(entry.problem(key, remedy));
            return None;
        }
    };
    let sound = serde_json::from_str::<Value>(&text).is_ok_and(|set| holds_public_keys(&set));
    if !sound {
        let remedy = "does not hold a JSON Web Key Set of public keys alone";
        problems.push(entry.problem(key, remedy));
        return None;
    }
    Some(ClientKeys::Inline(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::show;
    use crate::config::tests::{loaded, written};

    const SECRET: &str = "client_secret = '0123456789abcdef'\n";

    /// The clients that these settings make.
    fn clients(text: &str) -> Vec<Client> {
        loaded(text).unwrap_or_else(|problems| panic!("{text}: {problems:?}")).clients
    }

    /// The lines an operator reads instead.
    fn problems(text: &str) -> Vec<String> {
        let problems = loaded(text).err().unwrap_or_default();
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_client_for_browsers_is_its_name_and_where_it_is_answered() {
        let [client] = clients(
            "[[client]]\nclient_id = 'desk'\nredirect_uris = ['http://127.0.0.1/cb', 'desk://cb']",
        )
        .try_into()
        .expect("one");
        assert_eq!(client.id.as_str(), "desk");
        assert_eq!(client.name.map(|name| name.to_string()).as_deref(), Some("desk"));
        assert_eq!(client.grant_types, ["authorization_code", "refresh_token"]);
        assert_eq!(client.authentication, Authentication::None);
        assert!(client.ceiling.is_empty());
    }

    /// RFC 6749 §4.4: a machine proves itself and has a ceiling.
    #[test]
    fn a_machine_has_a_secret_and_a_ceiling() {
        let text = format!(
            "[[client]]\nclient_id = 'nightly'\ngrant_types = ['client_credentials']\n\
             scope = 'demo:write demo:read'\n{SECRET}"
        );
        let [client] = clients(&text).try_into().expect("one");
        let digest = crate::protocol::secret::Digest::of(b"0123456789abcdef");
        assert_eq!(client.authentication, Authentication::Secret(digest));
        assert_eq!(client.ceiling.to_string(), "demo:read demo:write");
    }

    /// RFC 7517 §5: public keys from a file, and nothing private in it.
    #[test]
    fn public_keys_come_from_a_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("keys.json");
        let text = format!(
            "[[client]]\nclient_id = 'nightly'\ngrant_types = ['client_credentials']\n\
             scope = 'demo:read'\njwks_file = '{}'",
            file.display()
        );
        let set = r#"{"keys":[{"kty":"EC","crv":"P-256","x":"a","y":"b"}]}"#;
        fs::write(&file, set).expect("written");
        let settings = loaded(&text).expect("sound");
        let keys = Authentication::PrivateKeyJwt(ClientKeys::Inline(set.to_owned()));
        assert_eq!(settings.clients[0].authentication, keys);
        for unsound in [r#"{"keys":[{"kty":"EC","d":"x"}]}"#, r#"{"keys":[]}"#, "{}", "hush"] {
            fs::write(&file, unsound).expect("written");
            let problems = loaded(&text).expect_err("unsound");
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].remedy.starts_with("does not hold"), "{problems:?}");
        }
        fs::remove_file(&file).expect("removed");
        let problems = loaded(&text).expect_err("missing");
        assert!(problems[0].remedy.starts_with("cannot be read"), "{problems:?}");
    }

    /// contracts/operator.md: each problem names key and remedy, all at once.
    #[test]
    fn every_flaw_is_named_with_its_remedy() {
        let uri = "redirect_uris = ['https://a.example/cb']\n";
        for (text, wanted) in [
            (uri.to_owned(), "client[0].client_id"),
            (format!("client_id = 'dém'\n{uri}"), "printable ASCII"),
            (format!("client_id = 'demo'\n{uri}"), "another client has this name"),
            ("client_id = 'a'".to_owned(), "client[0].redirect_uris"),
            (
                "client_id = 'a'\nredirect_uris = ['javascript:x']".to_owned(),
                "has a scheme that runs code",
            ),
            ("client_id = 'a'\nredirect_uris = 'x'".to_owned(), "write a list of texts"),
            (format!("client_id = 'a'\n{uri}grant_types = ['password']"), "write one or more of"),
            (format!("client_id = 'a'\n{uri}scope = 'demo:read'"), "goes together"),
            (
                format!("client_id = 'a'\ngrant_types = ['client_credentials']\n{SECRET}"),
                "goes together",
            ),
            (
                "client_id = 'a'\ngrant_types = ['client_credentials']\nscope = 'demo:read'"
                    .to_owned(),
                "cannot prove that it is itself",
            ),
            (
                format!(
                    "client_id = 'a'\ngrant_types = ['client_credentials']\nscope = 'x'\n{SECRET}"
                ),
                "no [[resource]] has one of these scopes",
            ),
            (format!("client_id = 'a'\n{uri}client_secret = 'short'"), "too short"),
            (format!("client_id = 'a'\n{uri}client_secret_file = '/none'"), "cannot be read"),
            (format!("client_id = 'a'\n{uri}{SECRET}jwks_file = 'x'"), "in one way"),
            (format!("client_id = 'a'\n{uri}clientsecret = 'hush'"), "did you mean client_secret"),
        ] {
            let lines = problems(&format!("[[client]]\n{text}"));
            assert!(lines.iter().any(|line| line.contains(wanted)), "{text}: {lines:#?}");
            assert!(lines.iter().all(|line| !line.contains("hush")), "{lines:?}");
        }
        let twice = format!("[[client]]\nclient_id = 'a'\n{uri}");
        let lines = problems(&format!("{twice}{twice}"));
        assert!(lines[0].starts_with("client[1].client_id"), "{lines:?}");
    }

    /// contracts/operator.md, `config show`: secrets as `"***"`.
    #[test]
    fn what_is_shown_of_a_client_hides_its_secret() {
        let (_folder, sources) = written(&format!(
            "[[client]]\nclient_id = 'a'\nredirect_uris = ['https://a.example/cb']\n{SECRET}"
        ));
        let text = show(&sources).expect("sound");
        assert!(!text.contains("0123456789abcdef"), "{text}");
        let table: toml::Table = text.parse().expect("TOML");
        assert_eq!(table["client"][0]["client_secret"].as_str(), Some("***"));
        assert_eq!(table["client"][0]["client_id"].as_str(), Some("a"));
    }
}
