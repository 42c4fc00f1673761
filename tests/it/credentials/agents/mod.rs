//! Agents of an account, and the keys that say which of them sends a request
//! (contracts/credentials.md, Agrenting and AS20).

mod acting;
mod binding;
mod managed;
mod pages;
mod plain_http;
mod session_tokens;
mod stolen;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::api_keys::{Shown, shown};
use crate::support::Site;
use crate::support::person::Person;
use crate::support::reply::Reply;

/// Two products with an API each; the second one's keys are its owner's agents'.
const PROFILES: &str = r#"
[[resource]]
identifier = "https://sentinel.example.com"
introspection = [{ client_id = "sentinel", client_secret = "sentinel-secret-1" }]
scope = [{ name = "read", default = true }]

[[resource]]
identifier = "https://agrenting.example.com"
introspection = [{ client_id = "agrenting", client_secret = "agrenting-secret-1" }]
scope = [{ name = "read", default = true }, { name = "write" }]

[[profile]]
name = "agent-sentinel"
resource = "https://sentinel.example.com"
error_dialect = "detail"
[[profile.credential]]
type = "secret"
prefix = "as_"
via = ["bearer", "apikey-scheme"]
bind_agent = "X-Sentinel-Agent-Id"

[[profile]]
name = "agrenting"
resource = "https://agrenting.example.com"
error_dialect = "envelope"
[[profile.credential]]
type = "agent-key"
prefix = "agk_"
sandbox_prefix = "sk_sandbox_"
via = ["header:X-API-Key", "header:Api-Key"]
manage = "user-token-or-self"
default_scopes = ["read", "write"]
[profile.credential.routes]
create = "POST /api/v1/agents/{agent}/credentials"
register = "POST /api/v1/agents/register"
revoke = "DELETE /api/v1/agents/{agent}/credentials/{id}"
rotate = "POST /api/v1/auth/rotate-key"
[[profile.credential]]
type = "user-token"
prefix = "ap_"
sandbox_prefix = "aps_"
via = ["bearer", "header:X-API-Key"]
act_as = { header = "X-Agent-ID", required = "when-many" }
[profile.session_token]
prefix = "ags_"
issue = ["POST /auth/authenticate", "POST /api/v1/auth/authenticate"]
end = "DELETE /api/v1/auth/logout"
ttl = "12h"
lockout = { limit = "3/min", for = "5m" }
"#;

const AGENT_KEYS: &str = "agrenting_agent-key";
const USER_TOKENS: &str = "agrenting_user-token";

async fn site() -> Site {
    Site::open_with(PROFILES).await
}

/// A new agent of this person's, under a name that none of the others has.
async fn agent(person: &mut Person, name: &str) -> String {
    let page = "/account/agents";
    let made = person.post_from(page, page, &[("name", name)]).await;
    assert_eq!((made.status, made.header("location")), (303, Some(page)), "{}", made.text);
    let list = person.get(page).await.text;
    let (before, _) = list.split_once(&format!("<bdi class=\"name\">{name}</bdi>")).expect(name);
    let id = before.rsplit_once("<h2 id=\"").expect("an id").1;
    id.split('"').next().expect("an id").to_owned()
}

/// Fills in the form of an offer; no agent is chosen where `agent` is empty.
async fn fill(person: &mut Person, offer: &str, agent: &str) -> Reply {
    let page = format!("/account/keys/new/{offer}");
    let mut fields = vec![("name", "Nightly"), ("scope", "read"), ("lifetime", "until_revoked")];
    fields.push(("agent", agent));
    person.post_from(&page, &page, &fields).await
}

async fn make(person: &mut Person, offer: &str, agent: &str) -> Shown {
    shown(&fill(person, offer, agent).await)
}

async fn remove(person: &mut Person, agent: &str) -> Reply {
    let path = format!("/account/agents/{agent}/remove");
    person.post_from("/account/agents", &path, &[]).await
}

/// What the API of this name learns about a text.
async fn ask(site: &Site, api: &str, text: &str) -> Reply {
    let request = site.client.post(format!("{}/introspect", site.url));
    let request = request.basic_auth(api, Some(format!("{api}-secret-1")));
    Reply::of(request.form(&[("token", text)])).await
}

async fn is_live(site: &Site, api: &str, text: &str) -> bool {
    ask(site, api, text).await.json()["active"] == true
}

/// Asks as the proxy of the API of this name does about a request with these headers.
async fn forward(site: &Site, api: &str, headers: &[(&str, &str)]) -> Reply {
    let proxy = format!("Basic {}", STANDARD.encode(format!("{api}:{api}-secret-1")));
    let request = site.client.get(format!("{}/forward-auth", site.url));
    let request = request.header("countersign-proxy", proxy);
    Reply::of(headers.iter().fold(request, |all, (name, value)| all.header(*name, *value))).await
}
