//! Organizations, and the keys that are theirs (contracts/credentials.md, AV16).

mod keys;
mod members;

use super::api_keys::{Shown, shown};
use crate::support::Site;
use crate::support::person::{Person, between};
use crate::support::reply::Reply;

const PAGE: &str = "/account/organizations";

/// One product; the second kind of its keys is never an organization's.
const PROFILES: &str = r#"
[[resource]]
identifier = "https://vista.example.com"
introspection = [{ client_id = "vista", client_secret = "vista-secret-0001" }]
scope = [{ name = "read", default = true }, { name = "write" }]

[[profile]]
name = "agentvista"
resource = "https://vista.example.com"
error_dialect = "detail"
[profile.jwt]
[[profile.plan]]
name = "free"
rate = "2/min"
[[profile.plan]]
name = "pro"
rate = "1000/min"
[[profile.credential]]
prefix = "av_"
organizations = "accept"
manage = "human-or-self"
[profile.credential.routes]
create = "POST /api/keys"
list = "GET /api/keys"
revoke = "DELETE /api/keys/{id}"
rotate = "POST /api/keys/{id}/rotate"

[[profile]]
name = "agent-sentinel"
resource = "https://vista.example.com"
[[profile.credential]]
prefix = "as_"
"#;

async fn site() -> Site {
    Site::open_with(PROFILES).await
}

/// Founds an organization of this name; its slug.
async fn found(person: &mut Person, name: &str) -> String {
    let made = person.post_from(PAGE, PAGE, &[("name", name)]).await;
    let place = made.header("location").unwrap_or_else(|| panic!("{}", made.text));
    place.strip_prefix("/account/organizations/").expect("its page").to_owned()
}

/// Asks somebody to belong.
async fn invite(person: &mut Person, slug: &str, email: &str, role: &str) -> Reply {
    let page = format!("{PAGE}/{slug}");
    let fields = [("email", email), ("role", role)];
    person.post_from(&page, &format!("{page}/invite"), &fields).await
}

/// The path of the link on that page.
fn link(site: &Site, invited: &Reply) -> String {
    let url = between(&invited.text, "data-copy-this dir=\"ltr\">", "</output>");
    let url = url.unwrap_or_else(|| panic!("{} {}", invited.status, invited.text));
    url.strip_prefix(site.app.settings.issuer.as_str()).expect("of this server").to_owned()
}

/// Lets `other` belong.
async fn let_in(site: &Site, by: &mut Person, slug: &str, other: &mut Person, role: &str) {
    let invited = invite(by, slug, &other.email.clone(), role).await;
    let link = link(site, &invited);
    let joined = other.post_from(&link, &link, &[]).await;
    let place = format!("{PAGE}/{slug}");
    assert_eq!((joined.status, joined.header("location")), (303, Some(place.as_str())));
}

/// The identifier of whoever has this address, as an organization's page tells it.
async fn account(site: &Site, email: &str) -> String {
    let email = email.parse().expect("an address");
    let account = site.app.store.account_by_email(&email).await.expect("a store");
    account.expect("an account").id.to_string()
}

/// Presses a button beside a member.
async fn member(
    by: &mut Person,
    slug: &str,
    (account, does): (&str, &str),
    fields: &[(&str, &str)],
) -> Reply {
    let page = format!("{PAGE}/{slug}");
    by.post_from(&page, &format!("{page}/members/{account}/{does}"), fields).await
}

/// Fills in the form of a new key for this organization.
async fn fill(person: &mut Person, slug: &str) -> Reply {
    let page = format!("/account/keys/new/agentvista?organization={slug}");
    let fields = [
        ("name", "Nightly"),
        ("scope", "read"),
        ("lifetime", "until_revoked"),
        ("organization", slug),
    ];
    person.post_from(&page, "/account/keys/new/agentvista", &fields).await
}

async fn make(person: &mut Person, slug: &str) -> Shown {
    shown(&fill(person, slug).await)
}

/// What the API learns about a text.
async fn ask(site: &Site, text: &str) -> Reply {
    let request = site.client.post(format!("{}/introspect", site.url));
    let request = request.basic_auth("vista", Some("vista-secret-0001"));
    Reply::of(request.form(&[("token", text)])).await
}

async fn is_live(site: &Site, text: &str) -> bool {
    ask(site, text).await.json()["active"] == true
}
