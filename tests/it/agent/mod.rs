//! Everything an agent, and a resource server over HTTP, can do.

mod answers;
mod batch;
mod challenge;
mod claim;
mod delivery;
mod denial;
mod discovery;
mod exchange;
mod flaws;
mod introspection;
mod limits;
mod mcp;
mod poll;
mod promises;
mod races;
mod refresh;
mod registration;
mod revoke;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::support::Site;
use crate::support::agent::{Agent, Registered, member, path_of};
use crate::support::person::Person;
use crate::support::reply::Reply;

/// Limits that no test of something else should meet.
const NO_LIMITS: &str = "
[limits]
anonymous_registrations_per_address_per_hour = 100000
anonymous_registrations_per_hour = 100000
service_auth_registrations_per_address_per_hour = 100000
service_auth_registrations_per_hour = 100000
code_guesses_per_account_per_hour = 100000
code_guesses_per_address_per_hour = 100000
";

/// An agent that Ada let in, and what it was handed.
struct Connected {
    ada: Person,
    agent: Agent,
    registered: Registered,
    tokens: Reply,
}

impl Connected {
    fn access(&self) -> String {
        member(&self.tokens, "access_token")
    }

    fn refresh(&self) -> String {
        member(&self.tokens, "refresh_token")
    }

    fn assertion(&self) -> String {
        member(&self.tokens, "identity_assertion")
    }
}

/// Ada lets an agent in for eight hours with both demo scopes, through a typed code.
async fn connect(site: &Site) -> Connected {
    connect_with(site, &["demo:read", "demo:write"], "8h").await
}

/// As [`connect`], with these scopes ticked and this lifetime chosen.
async fn connect_with(site: &Site, scopes: &[&str], lifetime: &str) -> Connected {
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let reply = approve(&mut ada, &registered, scopes, lifetime).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let tokens = agent.poll(&registered.claim_token).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    Connected { ada, agent, registered, tokens }
}

/// Types the agent's code, ticks these scopes, chooses this lifetime and approves.
async fn approve(
    person: &mut Person,
    registered: &Registered,
    scopes: &[&str],
    lifetime: &str,
) -> Reply {
    let code = registered.user_code();
    let mut fields =
        vec![("decision", "approve"), ("user_code", code.as_str()), ("lifetime", lifetime)];
    fields.extend(scopes.iter().map(|scope| ("scope", *scope)));
    person.answer(&registered.link(), &fields).await
}

/// The approval link of a started attempt.
fn link_of(started: &Reply) -> String {
    assert_eq!(started.status, 200, "{}", started.text);
    path_of(started.json()["attempt"]["verification_uri"].as_str().expect("a link"))
}

/// The text of a member, however deep: `text(&body, "/identity/assertion")`.
fn text(body: &Value, pointer: &str) -> String {
    let value = body.pointer(pointer).and_then(Value::as_str);
    value.unwrap_or_else(|| panic!("{pointer} in {body}")).to_owned()
}

/// What an assertion says, signature aside.
fn claims_of(assertion: &str) -> Value {
    part_of(assertion, 1)
}

/// The header (0) or the claims (1) of a JSON Web Token.
fn part_of(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a part");
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// How often something is on the audit trail.
async fn events(site: &Site, kind: &str) -> i64 {
    site.count(&format!("SELECT COUNT(*) FROM event WHERE kind = '{kind}'")).await
}

/// Rows of a table.
async fn rows(site: &Site, table: &str) -> i64 {
    site.count(&format!("SELECT COUNT(*) FROM {table}")).await
}

/// Disconnects the session on the page, as its owner does.
async fn disconnect(site: &Site, connected: &mut Connected) {
    let session = text(&site.introspect(&connected.access()).await.json(), "/session_id");
    let path = format!("/account/sessions/{session}/disconnect");
    let reply = connected.ada.post_from("/account/sessions", &path, &[]).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
}
