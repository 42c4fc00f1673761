//! Where credentials may come, what the public ones open, and what happens to those that leak
//! (contracts/credentials.md, sections 2 and 3).

mod closed;
mod confusion;
mod hostile;
mod leaks;
mod plans;
mod projects;
mod transport;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::Site;
use crate::support::person::{Person, between};
use crate::support::process::{Place, Process};
use crate::support::reply::Reply;

/// An API with two profiles, each with one kind of secret keys; the first has public tokens too.
const PROFILES: &str = r#"
[[resource]]
identifier = "https://api.example.com"
name = "Example API"
introspection = [{ client_id = "api", client_secret = "0123456789abcdef" }]
[[resource.scope]]
name = "read"
risk = "read"
default = true
[[resource.scope]]
name = "write"

[[profile]]
name = "agent-analytics"
error_dialect = "code-message"
[[profile.credential]]
type = "secret"
prefix = "aak_"
via = ["header:X-API-Key", "query:key"]
[[profile.credential]]
type = "public"
prefix = "aat_"
via = ["body:token", "query:token"]
allow = ["POST /track", "POST /track/batch"]
snippet = '<script src="/t.js" data-token="{token}"></script>'

[[profile]]
name = "agent-sentinel"
[[profile.credential]]
type = "secret"
prefix = "as_"
via = ["bearer", "apikey-scheme"]
"#;

async fn site() -> Site {
    Site::open_with(PROFILES).await
}

/// A server that logs all it can, and somebody who is signed in there.
async fn talkative(place: &Place) -> (Process, Person) {
    place.configure(PROFILES);
    place.add_person("ada@example.com").await;
    let mut command = place.command(&["serve"]);
    command.env("RUST_LOG", "trace");
    let server = place.serve_command(command).await;
    let ada = server.signed_in("ada@example.com").await;
    (server, ada)
}

/// Its id and its text.
async fn key(person: &mut Person, profile: &str) -> (String, String) {
    key_with(person, profile, &["read"]).await
}

async fn key_with(person: &mut Person, profile: &str, scopes: &[&str]) -> (String, String) {
    let page = format!("/account/keys/new/{profile}");
    let mut fields = vec![("name", "Nightly report"), ("lifetime", "until_revoked")];
    fields.extend(scopes.iter().map(|scope| ("scope", *scope)));
    let shown = person.post_from(&page, &page, &fields).await;
    let secret = between(&shown.text, "data-copy-this dir=\"ltr\">", "</output>").expect("a key");
    let id = between(&shown.text, "href=\"/account/keys/key_", "\"").expect("an id");
    (format!("key_{id}"), secret.to_owned())
}

/// The id and the token of a new project.
async fn project(person: &mut Person, profile: &str) -> (String, String) {
    let page = "/account/projects";
    let made = person.post_from(page, page, &[("name", "My site"), ("profile", profile)]).await;
    assert_eq!((made.status, made.header("location")), (303, Some(page)), "{}", made.text);
    let list = person.get(page).await.text;
    let id = between(&list, "<h2 id=\"", "\"").expect("an id");
    let token = between(&list, "<code dir=\"ltr\">", "</code>").expect("a token");
    (id.to_owned(), token.to_owned())
}

/// Asks as the proxy of the API does about a request for this method and address, which has
/// these headers.
async fn at(site: &Site, asked: &str, headers: &[(&str, &str)]) -> Reply {
    at_server((&site.url, &site.client), asked, headers).await
}

async fn at_server(
    (url, client): (&str, &reqwest::Client),
    asked: &str,
    headers: &[(&str, &str)],
) -> Reply {
    let (method, uri) = asked.split_once(' ').expect("a method and an address");
    let proxy = format!("Basic {}", STANDARD.encode("api:0123456789abcdef"));
    let request = client.get(format!("{url}/forward-auth"));
    let request = request.header("countersign-proxy", proxy);
    let request = request.header("x-forwarded-method", method).header("x-forwarded-uri", uri);
    Reply::of(headers.iter().fold(request, |all, (name, value)| all.header(*name, *value))).await
}

/// What the API itself learns about a text.
async fn ask(site: &Site, text: &str) -> Reply {
    let request = site.client.post(format!("{}/introspect", site.url));
    Reply::of(request.basic_auth("api", Some("0123456789abcdef")).form(&[("token", text)])).await
}

/// Another node hears of it within moments.
async fn dies(site: &Site, text: &str) {
    let limit = Instant::now() + Duration::from_secs(10);
    while is_live(site, text).await {
        assert!(Instant::now() < limit, "it is still believed");
    }
}

async fn is_live(site: &Site, text: &str) -> bool {
    ask(site, text).await.json()["active"] == true
}
