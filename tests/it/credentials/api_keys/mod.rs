//! Keys that people hand to programs (contracts/credentials.md, sections 2 and 3): made, used,
//! rotated and revoked as the products promise it, and out of every agent's reach.

mod firewall;
mod input;
mod journey;
mod kinds;
mod nodes;
mod rotation;

use serde_json::Value;

use crate::support::Site;
use crate::support::person::{Person, between};
use crate::support::reply::Reply;

/// An API, and two profiles that offer keys for it.
const PROFILES: &str = r#"
[[resource]]
identifier = "https://api.example.com"
name = "Example API"
introspection = [{ client_id = "api", client_secret = "0123456789abcdef" }]
[[resource.scope]]
name = "read"
title = "Read your events"
risk = "read"
default = true
[[resource.scope]]
name = "write"
title = "Write events"

[[resource]]
identifier = "https://other.example.com"
introspection = [{ client_id = "other", client_secret = "fedcba9876543210" }]
[[resource.scope]]
name = "read"
default = true

[[profile]]
name = "agent-sentinel"
[[profile.credential]]
type = "secret"
prefix = "as_"
display = 6
via = ["bearer", "apikey-scheme", "header:X-API-Key"]
rotate = "overlapping"

[[profile]]
name = "agentvista"
[[profile.credential]]
type = "secret"
prefix = "av_"
sandbox_prefix = "avs_"
bytes = 32
display = 8
via = ["bearer", "apikey-scheme", "header:X-API-Key"]
"#;

/// What most keys of these tests are.
const PLAIN: [(&str, &str); 3] =
    [("name", "Nightly report"), ("scope", "read"), ("lifetime", "until_revoked")];

async fn site() -> Site {
    Site::open_with(PROFILES).await
}

/// A key that was shown once.
pub(super) struct Shown {
    pub id: String,
    pub secret: String,
}

/// The key of the page that shows it.
#[track_caller]
pub(super) fn shown(page: &Reply) -> Shown {
    assert_eq!(page.status, 200, "{}", page.text);
    let secret = between(&page.text, "data-copy-this dir=\"ltr\">", "</output>").expect("a key");
    let id = between(&page.text, "<a class=\"button\" href=\"/account/keys/", "\"").expect("an id");
    Shown { id: id.to_owned(), secret: secret.to_owned() }
}

/// Fills in the form of a profile.
async fn fill(person: &mut Person, profile: &str, fields: &[(&str, &str)]) -> Reply {
    let page = format!("/account/keys/new/{profile}");
    person.post_from(&page, &page, fields).await
}

async fn make(person: &mut Person, profile: &str, fields: &[(&str, &str)]) -> Shown {
    shown(&fill(person, profile, fields).await)
}

/// Presses a button on a key's own page.
async fn press(person: &mut Person, key: &Shown, action: &str) -> Reply {
    let page = format!("/account/keys/{}", key.id);
    person.post_from(&page, &format!("{page}/{action}"), &[]).await
}

/// What the API of these keys learns about a text.
async fn ask(site: &Site, text: &str) -> Reply {
    ask_as(site, ("api", "0123456789abcdef"), text).await
}

async fn ask_as(site: &Site, (name, secret): (&str, &str), text: &str) -> Reply {
    let request = site.client.post(format!("{}/introspect", site.url));
    Reply::of(request.basic_auth(name, Some(secret)).form(&[("token", text)])).await
}

#[track_caller]
fn assert_dead(reply: &Reply) {
    assert_eq!((reply.status, reply.text.as_str()), (200, r#"{"active":false}"#));
}

#[track_caller]
fn live(reply: &Reply) -> Value {
    let answer = reply.json();
    assert_eq!((reply.status, &answer["active"]), (200, &Value::Bool(true)), "{}", reply.text);
    answer
}

/// How many keys there are, and how often one has changed.
async fn keys(site: &Site) -> [i64; 2] {
    let moves = "SELECT CAST(COALESCE(SUM(revision), 0) AS BIGINT) FROM api_key";
    [site.count("SELECT COUNT(*) FROM api_key").await, site.count(moves).await]
}
