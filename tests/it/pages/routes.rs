//! Every route, and who may pass: a table, compared with the routes themselves.

use std::collections::BTreeSet;

use countersign::flow::account::{self, NewPerson};
use serde_json::json;

use super::{PROFILE, SOURCE, agent_of, key_of, project_of, session_of, state};
use crate::support::Site;
use crate::support::agent::member;
use crate::support::mail::Mailbox;
use crate::support::person::{Person, form_token};
use crate::support::reply::Reply;

/// One way of asking one route, and the status each principal gets.
pub(super) struct Row {
    pub path: &'static str,
    pub method: &'static str,
    pub body: Body,
    pub passes: Passes,
}

/// What is sent along; forms get the asking browser's own token.
#[derive(Clone, Copy)]
pub(super) enum Body {
    None,
    Form(&'static [(&'static str, &'static str)]),
    Json(&'static str),
}

/// Who is let in: everybody else gets the refusal named here.
#[derive(Clone, Copy)]
pub(super) enum Passes {
    /// Nobody has to prove anything; the status for all.
    Everybody(u16),
    /// Any signed-in person; the others are sent to sign in, or refused.
    AnyPerson {
        passed: u16,
        refused: u16,
    },
    /// The person it belongs to; others, and everybody else.
    Owner {
        passed: u16,
        other: u16,
        refused: u16,
    },
    /// Signed-in people are sent elsewhere; everybody else passes.
    NotSignedIn {
        passed: u16,
        signed_in: u16,
    },
    Agent(u16),
    ResourceServer(u16),
    /// The proxy before an API is told of the agent's session; whoever is no proxy is nobody.
    Proxy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Principal {
    Anonymous,
    Other,
    Agent,
    ResourceServer,
    Owner,
}

/// The owner asks last, because only the owner's request changes anything.
const PRINCIPALS: [Principal; 5] = [
    Principal::Anonymous,
    Principal::Other,
    Principal::Agent,
    Principal::ResourceServer,
    Principal::Owner,
];

impl Passes {
    fn status(self, principal: Principal) -> u16 {
        let person = matches!(principal, Principal::Owner | Principal::Other);
        match self {
            Self::Everybody(passed) => passed,
            Self::AnyPerson { passed, refused } => {
                if person {
                    passed
                } else {
                    refused
                }
            }
            Self::NotSignedIn { passed, signed_in } => {
                if person {
                    signed_in
                } else {
                    passed
                }
            }
            Self::Owner { passed, other, refused } => match principal {
                Principal::Owner => passed,
                Principal::Other => other,
                _ => refused,
            },
            Self::Agent(passed) => {
                if principal == Principal::Agent {
                    passed
                } else {
                    401
                }
            }
            Self::Proxy => {
                if principal == Principal::ResourceServer {
                    200
                } else {
                    401
                }
            }
            Self::ResourceServer(passed) => {
                if principal == Principal::ResourceServer {
                    passed
                } else {
                    401
                }
            }
        }
    }
}

const fn get(path: &'static str, passes: Passes) -> Row {
    Row { path, method: "GET", body: Body::None, passes }
}

const fn post(path: &'static str, body: Body, passes: Passes) -> Row {
    Row { path, method: "POST", body, passes }
}

const ALL: Passes = Passes::Everybody(200);
const REFUSED: Passes = Passes::Everybody(400);

/// Case 251: every route has at least one row. `{id}` and `{link}` stand for things of the
/// owner's. Signing out comes last, since it ends the browsers the rows are asked with.
pub(super) const ROWS: &[Row] = &[
    get("/.well-known/oauth-authorization-server", ALL),
    get("/.well-known/openid-configuration", ALL),
    // Other places than the issuer's own.
    get("/.well-known/oauth-authorization-server/{path:.*}", Passes::Everybody(404)),
    get("/.well-known/openid-configuration/{path:.*}", Passes::Everybody(404)),
    get("/{path:.*}/.well-known/oauth-authorization-server", Passes::Everybody(404)),
    get("/{path:.*}/.well-known/openid-configuration", Passes::Everybody(404)),
    get("/.well-known/oauth-protected-resource", ALL),
    get("/.well-known/oauth-protected-resource/{path:.*}", ALL),
    get("/.well-known/jwks.json", ALL),
    get("/auth.md", ALL),
    // What agents send proves itself: a claim token, an assertion, a refresh token.
    post("/agent/identity", Body::Json("{}"), REFUSED),
    post("/agent/identity/claim", Body::Json(r#"{"claim_token":"clm_x"}"#), Passes::Everybody(401)),
    post(
        "/agent/identity/claim/complete",
        Body::Json(r#"{"claim_token":"clm_x","user_code":"BCDF-GHJK"}"#),
        REFUSED,
    ),
    post("/token", Body::Form(&[("grant_type", "refresh_token")]), REFUSED),
    post("/oauth2/token", Body::Form(&[("grant_type", "password")]), REFUSED),
    post("/par", Body::Form(&[("client_id", "nobody")]), Passes::Everybody(401)),
    post("/oauth2/par", Body::Form(&[("client_id", "nobody")]), Passes::Everybody(401)),
    post("/revoke", Body::Form(&[("token", "unknown")]), ALL),
    post("/oauth2/revoke", Body::Form(&[("token", "unknown")]), ALL),
    post("/introspect", Body::Form(&[("token", "unknown")]), Passes::ResourceServer(200)),
    post("/oauth2/introspect", Body::Form(&[("token", "unknown")]), Passes::ResourceServer(200)),
    post("/introspect/batch", Body::Json(r#"{"tokens":["unknown"]}"#), Passes::ResourceServer(200)),
    // The proxy of a resource server, which says nothing of anybody here.
    get("/forward-auth", Passes::Proxy),
    post("/forward-auth", Body::None, Passes::Proxy),
    get("/forward-auth/{path:.*}", Passes::Proxy),
    post("/forward-auth/{path:.*}", Body::None, Passes::Proxy),
    // Nobody is asked who they are before a browser is sent on, or a client is registered.
    get("/authorize", REFUSED),
    post("/register", Body::Json("{}"), REFUSED),
    post("/oauth2/register", Body::Json("{}"), REFUSED),
    // The registration access token alone opens it.
    get("/register/{client_id}", Passes::Everybody(401)),
    Row {
        path: "/register/{client_id}",
        method: "PUT",
        body: Body::Json("{}"),
        passes: Passes::Everybody(401),
    },
    Row {
        path: "/register/{client_id}",
        method: "DELETE",
        body: Body::None,
        passes: Passes::Everybody(401),
    },
    // A client proves itself.
    post("/device_authorization", Body::Form(&[("x", "y")]), Passes::Everybody(401)),
    post("/oauth2/device_authorization", Body::Form(&[("x", "y")]), Passes::Everybody(401)),
    get("/", ALL),
    get("/sign-in", Passes::NotSignedIn { passed: 200, signed_in: 303 }),
    post(
        "/sign-in",
        Body::Form(&[("email", "nobody@example.com"), ("password", "not the password")]),
        Passes::Everybody(401),
    ),
    post("/sign-in/passkey", Body::Form(&[("answer", "{}")]), Passes::Everybody(401)),
    get("/sign-up", ALL),
    post(
        "/sign-up",
        Body::Form(&[("email", "nobody"), ("password", "short")]),
        Passes::Everybody(422),
    ),
    get("/forgot-password", ALL),
    post("/forgot-password", Body::Form(&[("email", "nobody")]), Passes::Everybody(422)),
    get("/account/address", Passes::AnyPerson { passed: 200, refused: 303 }),
    // It is verified already.
    post("/account/address", Body::Form(&[]), Passes::AnyPerson { passed: 200, refused: 403 }),
    // A link for something else.
    get("/account/address/{link}", Passes::AnyPerson { passed: 410, refused: 303 }),
    post(
        "/account/address/{link}",
        Body::Form(&[]),
        Passes::AnyPerson { passed: 410, refused: 403 },
    ),
    get("/welcome/{link}", ALL),
    post("/welcome/{link}", Body::Form(&[("password", "short")]), Passes::Everybody(422)),
    get("/approve/{id}", Passes::Owner { passed: 200, other: 403, refused: 303 }),
    post(
        "/approve/{id}",
        Body::Form(&[("decision", "deny"), ("denial_reason", "not_now")]),
        Passes::Owner { passed: 303, other: 403, refused: 403 },
    ),
    get("/device", Passes::AnyPerson { passed: 200, refused: 303 }),
    post(
        "/device",
        Body::Form(&[("user_code", "BBBB-BBBB")]),
        Passes::AnyPerson { passed: 422, refused: 403 },
    ),
    get("/account/history", Passes::AnyPerson { passed: 200, refused: 303 }),
    get("/account/history/export.csv", Passes::AnyPerson { passed: 200, refused: 303 }),
    get("/account/history/export.jsonl", Passes::AnyPerson { passed: 200, refused: 303 }),
    get("/account/browsers", Passes::AnyPerson { passed: 200, refused: 303 }),
    post(
        "/account/browsers",
        Body::Form(&[("others", "yes")]),
        Passes::AnyPerson { passed: 303, refused: 403 },
    ),
    // The servers of these tests have no name, so there are no passkeys.
    get("/account/passkeys", Passes::AnyPerson { passed: 404, refused: 303 }),
    get("/account/passkeys/new", Passes::AnyPerson { passed: 404, refused: 303 }),
    post(
        "/account/passkeys/new",
        Body::Form(&[("name", "Mine")]),
        Passes::AnyPerson { passed: 404, refused: 403 },
    ),
    post(
        "/account/passkeys/{id}/remove",
        Body::Form(&[]),
        Passes::AnyPerson { passed: 404, refused: 403 },
    ),
    get("/account/inbox", Passes::AnyPerson { passed: 200, refused: 303 }),
    get("/account/sessions", Passes::AnyPerson { passed: 200, refused: 303 }),
    get("/account/sessions/{id}", Passes::Owner { passed: 200, other: 404, refused: 303 }),
    post(
        "/account/sessions/{id}/rename",
        Body::Form(&[("label", "renamed")]),
        Passes::Owner { passed: 303, other: 404, refused: 403 },
    ),
    post(
        "/account/sessions/{id}/disconnect",
        Body::Form(&[]),
        Passes::Owner { passed: 303, other: 404, refused: 403 },
    ),
    post(
        "/account/sessions",
        Body::Form(&[("agent", "n:Somebody else")]),
        Passes::AnyPerson { passed: 303, refused: 403 },
    ),
    post(
        "/account/sessions/{id}/lower",
        Body::Form(&[("scope", "demo:read")]),
        Passes::Owner { passed: 303, other: 404, refused: 403 },
    ),
    post(
        "/account/sessions/{id}/pause",
        Body::Form(&[]),
        Passes::Owner { passed: 303, other: 404, refused: 403 },
    ),
    post(
        "/account/sessions/{id}/resume",
        Body::Form(&[]),
        Passes::Owner { passed: 303, other: 404, refused: 403 },
    ),
    get("/account/keys", Passes::AnyPerson { passed: 200, refused: 303 }),
    get("/account/keys/new/{profile}", Passes::AnyPerson { passed: 200, refused: 303 }),
    post(
        "/account/keys/new/{profile}",
        Body::Form(&[("name", "no scope"), ("lifetime", "until_revoked")]),
        Passes::AnyPerson { passed: 422, refused: 403 },
    ),
    get("/account/keys/{id}", Passes::Owner { passed: 200, other: 404, refused: 303 }),
    get("/account/keys/{id}/revoke", Passes::Owner { passed: 200, other: 404, refused: 303 }),
    post(
        "/account/keys/{id}/rotate",
        Body::Form(&[]),
        Passes::Owner { passed: 200, other: 404, refused: 403 },
    ),
    post(
        "/account/keys/{id}/revoke",
        Body::Form(&[]),
        Passes::Owner { passed: 303, other: 404, refused: 403 },
    ),
    get("/account/projects", Passes::AnyPerson { passed: 200, refused: 303 }),
    post(
        "/account/projects",
        Body::Form(&[("profile", "test")]),
        Passes::AnyPerson { passed: 422, refused: 403 },
    ),
    post(
        "/account/projects/{id}/revoke",
        Body::Form(&[]),
        Passes::Owner { passed: 303, other: 404, refused: 403 },
    ),
    get("/account/agents", Passes::AnyPerson { passed: 200, refused: 303 }),
    post("/account/agents", Body::Form(&[]), Passes::AnyPerson { passed: 422, refused: 403 }),
    post(
        "/account/agents/{id}/remove",
        Body::Form(&[]),
        Passes::Owner { passed: 303, other: 404, refused: 403 },
    ),
    get("/account/organizations", Passes::AnyPerson { passed: 200, refused: 303 }),
    post(
        "/account/organizations",
        Body::Form(&[]),
        Passes::AnyPerson { passed: 422, refused: 403 },
    ),
    get("/account/organizations/{slug}", Passes::Owner { passed: 200, other: 404, refused: 303 }),
    post(
        "/account/organizations/{slug}/invite",
        Body::Form(&[("role", "member"), ("email", "none")]),
        Passes::Owner { passed: 422, other: 404, refused: 403 },
    ),
    post(
        "/account/organizations/{slug}/invitations/{id}/withdraw",
        Body::Form(&[]),
        Passes::Owner { passed: 303, other: 404, refused: 403 },
    ),
    // Nobody of that name belongs.
    post(
        "/account/organizations/{slug}/members/{account}/role",
        Body::Form(&[("role", "owner")]),
        Passes::Owner { passed: 422, other: 404, refused: 403 },
    ),
    post(
        "/account/organizations/{slug}/members/{account}/remove",
        Body::Form(&[]),
        Passes::Owner { passed: 422, other: 404, refused: 403 },
    ),
    get("/account/join/{link}", Passes::AnyPerson { passed: 410, refused: 303 }),
    post("/account/join/{link}", Body::Form(&[]), Passes::AnyPerson { passed: 410, refused: 403 }),
    post(
        "/account/organizations/{slug}/dissolve",
        Body::Form(&[]),
        Passes::Owner { passed: 303, other: 404, refused: 403 },
    ),
    get("/account/tokens", Passes::AnyPerson { passed: 200, refused: 303 }),
    post(
        "/account/tokens",
        Body::Form(&[("profile", "test")]),
        Passes::AnyPerson { passed: 200, refused: 403 },
    ),
    get("/account/usage", Passes::AnyPerson { passed: 200, refused: 303 }),
    // The owner administers this server; to everybody else there is nothing.
    get("/admin", Passes::Owner { passed: 200, other: 404, refused: 303 }),
    get("/admin/accounts", Passes::Owner { passed: 200, other: 404, refused: 303 }),
    post(
        "/admin/accounts",
        Body::Form(&[("email", "no address")]),
        Passes::Owner { passed: 422, other: 404, refused: 403 },
    ),
    get("/admin/accounts/{id}", Passes::Owner { passed: 200, other: 404, refused: 303 }),
    post(
        "/admin/accounts/{id}",
        Body::Form(&[("act", "none")]),
        Passes::Owner { passed: 400, other: 404, refused: 403 },
    ),
    // Whoever has a key may say that it leaked.
    post("/leaked-keys", Body::Json(r#"{"keys":["unknown"]}"#), ALL),
    // What agents that ask for a session send proves itself: a poll token, a finish code, a
    // refresh token. Only their own session opens the rest.
    post("/agent-sessions/start", Body::Json("{}"), REFUSED),
    get("/agent-sessions/authorize/{id}", Passes::Everybody(404)),
    post("/agent-sessions/poll", Body::Json("{}"), REFUSED),
    post("/agent-sessions/exchange", Body::Json("{}"), REFUSED),
    post("/agent-sessions/refresh", Body::Json("{}"), REFUSED),
    post("/agent-sessions/revoke", Body::Json("{}"), Passes::Agent(400)),
    // Off while no scope is named for it.
    post("/demo/session", Body::None, Passes::Everybody(404)),
    get("/account", Passes::Agent(200)),
    get("/account/agent-sessions", Passes::Agent(200)),
    // The same in other words.
    post("/agent/auth", Body::Json("{}"), REFUSED),
    post("/agent/auth/claim", Body::Json("{}"), REFUSED),
    post("/agent/auth/claim/complete", Body::Json("{}"), REFUSED),
    post("/agent/auth/revoke", Body::Json(r#"{"credential_type":"api_key"}"#), Passes::Agent(400)),
    // It names no account.
    get("/account/billing/agent-upgrade", Passes::AnyPerson { passed: 400, refused: 303 }),
    get("/static/{name}", ALL),
    get("/demo/whoami", Passes::Agent(200)),
    post("/demo/whoami", Body::None, Passes::Agent(405)),
    get("/demo/notes", Passes::Agent(200)),
    post("/demo/notes", Body::Json(r#"{"text":"a note"}"#), Passes::Agent(201)),
    get("/demo/mcp", Passes::Agent(405)),
    post(
        "/demo/mcp",
        Body::Json(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#),
        Passes::Agent(200),
    ),
    get("/healthz", ALL),
    get("/readyz", ALL),
    // On its own listener, so not here at all.
    get("/metrics", Passes::Everybody(404)),
    post("/sign-out", Body::Form(&[]), Passes::Everybody(303)),
];

/// The people, the agent and the things the rows are about.
pub(super) struct World {
    pub site: Site,
    /// There while the server is.
    _mailbox: Mailbox,
    ada: Person,
    bob: Person,
    stranger: Person,
    pub agent: String,
    session: String,
    key: String,
    project: String,
    account: String,
    account_agent: String,
    approval: String,
    welcome: String,
}

pub(super) async fn world() -> World {
    let mailbox = Mailbox::new();
    let site = Site::open_with(&format!("{PROFILE}{}", mailbox.settings())).await;
    let mut ada = site.administrator("ada@example.com").await;
    let own =
        site.app.store.account_by_email(&"ada@example.com".parse().expect("an address")).await;
    let account = own.expect("read").expect("an account").id.to_string();
    let bob = site.person("bob@example.com").await;
    let mut stranger = Person::new(&site, "eve@example.com");
    stranger.get("/sign-in").await;
    let agent = site.agent();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let registered = agent.register_for("ada@example.com").await;
        assert_eq!(ada.approve(&registered).await.status, 303);
        tokens.push(member(&agent.poll(&registered.claim_token).await, "access_token"));
    }
    let session = session_of(&site, &tokens[1]).await;
    let approval = agent.register_for("ada@example.com").await.link().replace("/approve/", "");
    let linked = NewPerson { name: "", email: "carol@example.com", password: "" };
    let link = account::add(&site.app, &linked, false, site.clock.now()).await.expect("added");
    let welcome = link.expect("a link").reveal().to_owned();
    let (key, project) = (key_of(&mut ada).await, project_of(&mut ada).await);
    let account_agent = agent_of(&mut ada).await;
    let name = [("name", "Example")];
    let page = "/account/organizations";
    assert_eq!(ada.post_from(page, page, &name).await.status, 303);
    let agent = tokens.remove(0);
    World {
        site,
        _mailbox: mailbox,
        ada,
        bob,
        stranger,
        agent,
        session,
        key,
        project,
        account,
        account_agent,
        approval,
        welcome,
    }
}

impl World {
    pub fn path(&self, row: &Row) -> String {
        let id = match row.path {
            path if path.starts_with("/approve") => &self.approval,
            path if path.starts_with("/admin") => &self.account,
            path if path.starts_with("/account/keys") => &self.key,
            path if path.starts_with("/account/agents") => &self.account_agent,
            path if path.starts_with("/account/projects") => &self.project,
            _ => &self.session,
        };
        row.path
            .replace("{id}", id)
            .replace("{slug}", "example")
            .replace("{account}", "acc_none")
            .replace("{link}", &self.welcome)
            .replace("{client_id}", "client1")
            .replace("{profile}", "test")
            .replace("{name}", "countersign.css")
            .replace("{path:.*}", "demo")
    }

    async fn ask(&mut self, row: &Row, principal: Principal) -> Reply {
        let url = format!("{}{}", self.site.url, self.path(row));
        let client = self.site.client.clone();
        let request = client.request(row.method.parse().expect("a method"), &url);
        let person = match principal {
            Principal::Owner => &mut self.ada,
            Principal::Other => &mut self.bob,
            _ => &mut self.stranger,
        };
        let page = person.get("/sign-up").await;
        let mut request = request.header("cookie", person.cookie.clone().expect("a cookie"));
        request = match principal {
            Principal::Agent => request.bearer_auth(&self.agent),
            Principal::ResourceServer if row.path.starts_with("/forward-auth") => request
                .header("countersign-proxy", "Basic ZGVtbzpkZW1vLXNlY3JldA==")
                .bearer_auth(&self.agent),
            Principal::ResourceServer => request.basic_auth("demo", Some("demo-secret")),
            _ => request,
        };
        request = match row.body {
            Body::None => request,
            Body::Json(text) => request.header("content-type", "application/json").body(text),
            Body::Form(fields) => {
                let token = form_token(&page);
                let mut fields = fields.to_vec();
                if !row.path.contains("introspect") {
                    fields.push(("csrf", &token));
                }
                request.form(&fields)
            }
        };
        Reply::of(request).await
    }
}

/// Case 251, promise P7: on every route exactly the declared principal passes. The agent holds
/// every scope there is, and is nobody to a page.
#[tokio::test]
async fn on_every_route_only_the_declared_principal_passes() {
    let mut world = world().await;
    let mut asked = 0;
    for row in ROWS {
        for principal in PRINCIPALS {
            let wanted = row.passes.status(principal);
            let before = state(&world.site).await;
            let reply = world.ask(row, principal).await;
            let Row { method, path, .. } = row;
            assert_eq!(reply.status, wanted, "{method} {path} as {principal:?}: {}", reply.text);
            if principal != Principal::Owner && *path != "/sign-out" {
                assert_eq!(state(&world.site).await, before, "{method} {path} as {principal:?}");
            }
            let may_see = matches!(principal, Principal::Owner | Principal::Agent);
            if reply.status == 200 && !may_see && path.starts_with("/account") {
                let seen = ["Test agent", "Test key", "Test project"]
                    .iter()
                    .any(|word| reply.text.contains(word));
                assert!(!seen, "{principal:?} sees the owner's");
            }
            asked += 1;
        }
    }
    println!("{} rows, {asked} requests", ROWS.len());
    world.site.close().await;
}

/// RFC 9110 §9.2.1, case 063: no route that is read changes anything, whoever reads it. One does
/// by design: a browser at the authorization endpoint begins a question, and only looking
/// (`HEAD`) begins none, as tests/it/oauth2/code has it.
#[tokio::test]
async fn reading_changes_nothing_whoever_reads() {
    let mut world = world().await;
    let mut asked = 0;
    for row in ROWS.iter().filter(|row| row.method == "GET") {
        for (method, principal) in
            ["HEAD", "GET"].into_iter().flat_map(|method| PRINCIPALS.map(|one| (method, one)))
        {
            let before = (state(&world.site).await, events(&world.site).await);
            let row = Row { path: row.path, method, body: row.body, passes: row.passes };
            let reply = world.ask(&row, principal).await;
            assert_eq!(reply.status, row.passes.status(principal), "{method} {}", row.path);
            let after = (state(&world.site).await, events(&world.site).await);
            assert_eq!(after, before, "{method} {} as {principal:?}", row.path);
            asked += 1;
        }
    }
    assert!(asked > 200, "{asked}");
    world.site.close().await;
}

async fn events(site: &Site) -> i64 {
    site.count("SELECT COUNT(*) FROM event").await
}

/// Case 251: an agent's token in the cookie, or a cookie's value as the token, is nobody too.
#[tokio::test]
async fn credentials_in_each_others_place_are_nobody() {
    let mut world = world().await;
    let site = &world.site;
    let cookie = world.ada.cookie.clone().expect("a cookie");
    let cookie = cookie.split_once('=').expect("a pair").1;
    for (name, value) in [
        ("cookie", format!("countersign={}", world.agent)),
        ("authorization", format!("Bearer {cookie}")),
    ] {
        let request = site.client.get(format!("{}/account/sessions", site.url));
        let reply = Reply::of(request.header(name, value)).await;
        assert_eq!(reply.status, 303, "{name}");
    }
    for wrong in [cookie, &world.approval, &world.welcome, "demo-secret"] {
        assert_eq!(site.call(wrong).await.status, 401, "{wrong}");
        let body = json!({ "text": "x" });
        let request = site.client.post(format!("{}/demo/notes", site.url)).json(&body);
        assert_eq!(Reply::of(request.bearer_auth(wrong)).await.status, 401);
    }
    for secret in [world.agent.as_str(), cookie, "", "Demo-secret"] {
        let request = site.client.post(format!("{}/introspect", site.url));
        let request = request.basic_auth("demo", Some(secret)).form(&[("token", &world.agent)]);
        Reply::of(request).await.assert_error(401, "invalid_client");
    }
    let wrong_kind = world.ada.get(&format!("/approve/{}", world.welcome)).await;
    assert_eq!(wrong_kind.status, 404);
    world.site.close().await;
}

/// Case 251: a route without a row, and a row without a route, fail here.
#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let routes = routes_of(SOURCE);
    assert!(routes.len() > 30, "the source is not read as it is written any more: {routes:?}");
    let rows: BTreeSet<(String, String)> =
        ROWS.iter().map(|row| (row.path.to_owned(), row.method.to_owned())).collect();
    let missing: Vec<_> = routes.difference(&rows).collect();
    assert!(missing.is_empty(), "say who may pass, in ROWS: {missing:?}");
    let paths: BTreeSet<_> = routes.iter().map(|(path, _)| path.clone()).collect();
    let gone: Vec<_> = rows.iter().filter(|(path, _)| !paths.contains(path)).collect();
    assert!(gone.is_empty(), "rows of routes that are gone: {gone:?}");
}

/// Path and method of every service in the route list. One for every method counts as `GET`
/// and `POST`.
fn routes_of(source: &str) -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for service in source.split(".service(").skip(1) {
        let service = service.split("\n}").next().expect("an end");
        let path = service.split('"').nth(1).expect("a path").to_owned();
        let one = |method: &str| (path.clone(), method.to_owned());
        let before = routes.len();
        if service.starts_with("document(") || service.contains(".route(get()") {
            routes.insert(one("GET"));
        }
        if service.contains(".route(web::post()") {
            routes.insert(one("POST"));
        }
        for (route, method) in [(".route(web::put()", "PUT"), (".route(web::delete()", "DELETE")] {
            routes.extend(service.contains(route).then(|| one(method)));
        }
        if service.contains(".route(web::route()") {
            routes.extend([one("GET"), one("POST")]);
        }
        assert!(routes.len() > before, "what does this service answer? {service}");
    }
    assert!(!source.contains("\"/\").route("), "routes are services");
    routes
}

/// The reader of routes sees a new one, whichever way it is written.
#[test]
fn a_new_route_is_seen() {
    let source = r#"
        .service(at("/a", "GET").route(get().to(x)).route(web::post().to(y)))
        .service(document(
            "/b",
            z,
        ))
        .service(open("/c").route(web::route().to(q)));
}
"#;
    let routes: Vec<_> =
        routes_of(source).into_iter().map(|(path, method)| format!("{method} {path}")).collect();
    assert_eq!(routes, ["GET /a", "POST /a", "GET /b", "GET /c", "POST /c"]);
}
