//! People, the pages they meet, and whoever attacks them.

mod admin;
mod approval;
mod browsers;
mod budgets;
mod codes;
mod cookies;
mod csrf;
mod every_door;
mod firewall;
mod fresh;
mod headers;
mod history;
mod inbox;
mod less;
mod mailed;
mod malformed;
mod passkeys;
mod redirects;
mod routes;
mod secrets;
mod sessions;
mod sign_in;
mod sign_up;
mod undo;
mod welcome;
mod wrong_account;

use futures_util::future::join_all;

use crate::support::Site;
use crate::support::person::{Person, between, form_token};
use crate::support::reply::Reply;

/// Settings that open the agent sessions door and offer keys, public tokens and plans for the
/// demo resource.
const PROFILE: &str = "[[profile]]\nname = \"test\"\n[profile.agent_sessions]\n\
                       user_claimed = true\n\
                       billing_url = \"https://example.com/billing\"\n[profile.jwt]\n\
                       [[profile.credential]]\nprefix = \"ex_\"\n\
                       organizations = \"accept\"\n\
                       bind_agent = \"X-Agent\"\n\
                       [[profile.credential]]\ntype = \"public\"\nprefix = \"ext_\"\n\
                       allow = [\"POST /track\"]\n[[profile.plan]]\nname = \"free\"\n";

/// Where every route is written down.
const SOURCE: &str =
    concat!(include_str!("../../../src/web/mod.rs"), include_str!("../../../src/web/offered.rs"));

/// What the database holds of people's and agents' state. Events, counters and "last used"
/// are left out: they may move while protected state must not.
pub async fn state(site: &Site) -> [i64; 4] {
    let rows = "SELECT (SELECT COUNT(*) FROM account) \
                + 1000 * (SELECT COUNT(*) FROM registration) \
                + 1000000 * (SELECT COUNT(*) FROM approval) \
                + 1000000000 * (SELECT COUNT(*) FROM session) \
                + 1000000000000 * (SELECT COUNT(*) FROM token) \
                + 1000000000000000 * (SELECT COUNT(*) FROM one_time_link)";
    let moves = "SELECT CAST((SELECT COALESCE(SUM(revision), 0) FROM account) \
                 + 1000 * (SELECT COALESCE(SUM(revision), 0) FROM registration) \
                 + 1000000 * (SELECT COALESCE(SUM(revision), 0) FROM approval) \
                 + 1000000000 * (SELECT COALESCE(SUM(revision), 0) FROM session) \
                 + 1000000000000 * (SELECT COUNT(ended_at) FROM session) \
                 + 1000000000000000 * (SELECT COUNT(used_at) FROM one_time_link) \
                 + 10000000000000000 * (SELECT COUNT(*) FROM browser_session) AS BIGINT)";
    let keys = "SELECT CAST(COUNT(*) + 1000 * COUNT(ended_at) + \
                1000000 * COALESCE(SUM(revision), 0) + 1000000000 * \
                (SELECT COUNT(*) + 1000 * COUNT(revoked_at) FROM project) + 1000000000000000 * \
                (SELECT COUNT(*) FROM account_agent) AS BIGINT) FROM api_key";
    let organizations = "SELECT CAST((SELECT COALESCE(SUM(revision), 0) FROM organization) \
                         + 1000 * (SELECT COUNT(*) FROM organization) \
                         + 1000000 * (SELECT COUNT(*) FROM organization_member) \
                         + 1000000000 * (SELECT COUNT(*) FROM organization_invitation) AS BIGINT)";
    [
        site.count(rows).await,
        site.count(moves).await,
        site.count(keys).await,
        site.count(organizations).await,
    ]
}

/// A key of this person's for the demo resource, where [`PROFILE`] offers them: its identifier.
pub async fn key_of(person: &mut Person) -> String {
    let page = "/account/keys/new/test";
    let fields = [("name", "Test key"), ("scope", "demo:read"), ("lifetime", "until_revoked")];
    let reply = person.post_from(page, page, &fields).await;
    let link = "<a class=\"button\" href=\"/account/keys/";
    between(&reply.text, link, "\"").unwrap_or_else(|| panic!("a key: {}", reply.text)).to_owned()
}

/// An agent of this person's, likewise.
pub async fn agent_of(person: &mut Person) -> String {
    let page = "/account/agents";
    let made = person.post_from(page, page, &[("name", "Test agent of hers")]).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let list = person.get(page).await.text;
    between(&list, "action=\"/account/agents/", "/remove\"").expect("an agent").to_owned()
}

/// A project of this person's, likewise.
pub async fn project_of(person: &mut Person) -> String {
    let page = "/account/projects";
    let made = person.post_from(page, page, &[("name", "Test project"), ("profile", "test")]).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let list = person.get(page).await.text;
    between(&list, "action=\"/account/projects/", "/revoke\"").expect("a project").to_owned()
}

/// The state of one approval, by its registration.
pub async fn is_approval(site: &Site, registration: &str, name: &str) -> bool {
    let sql = format!(
        "SELECT COUNT(*) FROM approval WHERE registration_id = '{registration}' \
         AND state_name = '{name}'"
    );
    site.count(&sql).await == 1
}

/// The highest count under a limiter's name.
pub async fn counted(site: &Site, name: &str) -> i64 {
    let sql = format!("SELECT COALESCE(MAX(count), 0) FROM counter WHERE name LIKE '{name}%'");
    site.count(&sql).await
}

/// One form sent many times at once, by one browser.
pub async fn at_once(
    site: &Site,
    person: &mut Person,
    page: &str,
    path: &str,
    bodies: Vec<Vec<(&str, String)>>,
) -> Vec<Reply> {
    let token = form_token(&person.get(page).await);
    let cookie = person.cookie.clone().expect("a cookie");
    let requests = bodies.into_iter().map(|mut fields| {
        fields.push(("csrf", token.clone()));
        let request = site.client.post(format!("{}{path}", site.url)).header("cookie", &cookie);
        Reply::of(request.form(&fields))
    });
    join_all(requests).await
}

/// How many replies have this status.
pub fn with_status(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

/// The session of a live token.
pub async fn session_of(site: &Site, access: &str) -> String {
    let known = site.introspect(access).await.json();
    known["session_id"].as_str().expect("a session").to_owned()
}

/// A browser that holds this cookie.
pub fn browser(site: &Site, email: &str, cookie: Option<String>) -> Person {
    let mut person = Person::new(site, email);
    person.cookie = cookie;
    person
}

/// A form as a page renders it.
#[derive(Debug, Clone)]
pub struct PageForm {
    pub action: String,
    /// Name and value of what a browser would send without a button.
    pub fields: Vec<(String, String)>,
    pub buttons: Vec<(String, String)>,
}

/// The forms of a page that was opened at `path`; searching is no more than reading.
pub fn forms(path: &str, html: &str) -> Vec<PageForm> {
    let posts = |rest: &&str| !rest.starts_with("method=\"get\"");
    html.split("<form ").skip(1).filter(posts).map(|rest| form(path, rest)).collect()
}

fn form(path: &str, rest: &str) -> PageForm {
    let (opening, rest) = rest.split_once('>').expect("a tag");
    let body = rest.split_once("</form>").expect("an end").0;
    let action = attribute(opening, "action").unwrap_or_else(|| path.to_owned());
    let mut fields = Vec::new();
    for tag in tags(body, "<input ").chain(tags(body, "<textarea ")) {
        let Some(name) = attribute(tag, "name") else { continue };
        let kind = attribute(tag, "type").unwrap_or_default();
        let chosen = tag.ends_with(" checked") || tag.contains(" checked ");
        if tag.ends_with(" disabled") || ((kind == "checkbox" || kind == "radio") && !chosen) {
            continue;
        }
        fields.push((name, attribute(tag, "value").unwrap_or_default()));
    }
    let named = tags(body, "<button ").filter_map(|tag| {
        Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()))
    });
    PageForm { action, fields, buttons: named.collect() }
}

fn tags<'a>(html: &'a str, opening: &'a str) -> impl Iterator<Item = &'a str> {
    html.split(opening).skip(1).filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = format!(" {tag}").split_once(&format!(" {name}=\"")).map(own)?;
    let value = rest.split_once('"')?.0;
    let plain = value.replace("&#60;", "<").replace("&#62;", ">").replace("&#34;", "\"");
    Some(plain.replace("&#39;", "'").replace("&#38;", "&"))
}

fn own((before, after): (&str, &str)) -> (String, String) {
    (before.to_owned(), after.to_owned())
}
