//! What the published reference leaves out or gets wrong (auth.md section 5), each absent
//! here. Tests are named after the flaw; neighbours of each are tested beside its subject.

use countersign::jose::AssertionClaims;
use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use super::{Connected, NO_LIMITS, claims_of, connect, connect_with, disconnect, link_of, text};
use crate::support::agent::{CLAIM_GRANT, JWT_BEARER, member};
use crate::support::person::{Person, another_code};
use crate::support::reply::Reply;
use crate::support::{EVENTS_API, Site};

/// What is changed in an assertion before it is signed.
type Change<'a> = &'a dyn Fn(&mut AssertionClaims);

/// Flaw 1: "everything lives in process memory; a restart voids all".
#[tokio::test]
async fn flaw_01_a_restart_voids_nothing() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let pending = connected.agent.register_for("ada@example.com").await;
    let anonymous = connected.agent.register_anonymous().await;
    let site = site.restart().await;
    let agent = site.agent();
    site.assert_live(&connected.access()).await;
    assert_eq!(site.call(&connected.access()).await.status, 200);
    member(&agent.exchange(&connected.assertion()).await, "access_token");
    member(&agent.exchange(&anonymous.assertion()).await, "access_token");
    member(&agent.refresh(&connected.refresh()).await, "access_token");
    let mut ada = Person::new(&site, "ada@example.com");
    assert_eq!(ada.sign_in().await.status, 303);
    assert_eq!(ada.approve(&pending).await.status, 303);
    member(&agent.poll(&pending.claim_token).await, "access_token");
    site.close().await;
}

/// Flaw 2: "no rate limit, no `slow_down`, no lockout: 301 wrong codes left the attempt open".
#[tokio::test]
async fn flaw_02_wrong_codes_hasty_polls_and_floods_are_stopped() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    agent.poll(&registered.claim_token).await.assert_error(400, "authorization_pending");
    agent.poll(&registered.claim_token).await.assert_error(400, "slow_down");
    let wrong = another_code(&registered.user_code());
    let csrf = crate::support::person::form_token(&ada.get(&registered.link()).await);
    for _ in 0..301 {
        let fields = [
            ("csrf", csrf.as_str()),
            ("decision", "approve"),
            ("user_code", &wrong),
            ("scope", "demo:read"),
            ("lifetime", "8h"),
        ];
        let reply = ada.post_raw(&registered.link(), &fields).await;
        assert!((400..500).contains(&reply.status), "{}", reply.status);
    }
    assert_eq!(super::events(&site, "approval.wrong_code").await, 5);
    agent.poll(&registered.claim_token).await.assert_error(400, "expired_token");
    let mut statuses = Vec::new();
    for _ in 0..200 {
        statuses.push(agent.post("/agent/identity", &json!({ "type": "anonymous" })).await.status);
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 5);
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 195);
    site.close().await;
}

/// Flaw 3: "the old pre-claim assertion, exchanged after the claim, returns the full scope".
#[tokio::test]
async fn flaw_03_the_pre_claim_assertion_is_void_after_the_claim() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let body = json!({ "type": "anonymous", "requested_scopes": ["demo:read", "demo:write"] });
    let registered = agent.register(&body).await;
    let before = member(&agent.exchange(&registered.assertion()).await, "access_token");
    assert_eq!(site.introspect(&before).await.json()["scope"], "demo:read");
    let started = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    let code = text(&started.json(), "/claim_attempt/user_code");
    assert_eq!(ada.approve_code(&link_of(&started), &code).await.status, 303);
    // Case 067: dead at the human's yes, before anything is delivered.
    site.assert_dead(&before).await;
    agent.exchange(&registered.assertion()).await.assert_error(400, "invalid_grant");
    let tokens = agent.poll(&registered.claim_token).await;
    assert_eq!(tokens.json()["scope"], "demo:read demo:write");
    agent.exchange(&registered.assertion()).await.assert_error(400, "invalid_grant");
    let assertion = registered.assertion();
    let fields =
        [("grant_type", JWT_BEARER), ("assertion", assertion.as_str()), ("scope", "demo:read")];
    agent.token(&fields).await.assert_error(400, "invalid_grant");
    site.assert_dead(&before).await;
    site.close().await;
}

/// Flaw 4: "the claim token keeps minting tokens after success and past its own expiry".
#[tokio::test]
async fn flaw_04_the_claim_token_is_spent_at_delivery() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let token = connected.registered.claim_token.as_str();
    site.advance(Seconds(31));
    connected.agent.poll(token).await.assert_error(400, "invalid_grant");
    site.advance(Seconds::DAY);
    connected.agent.poll(token).await.assert_error(400, "invalid_grant");
    let started = connected.agent.start_claim(token, "ada@example.com").await;
    started.assert_error(409, "already_claimed");
    assert_eq!(super::rows(&site, "token").await, 2);
    site.close().await;
}

/// Flaw 5: "`resource` is accepted and ignored; tokens work anywhere; no introspection".
#[tokio::test]
async fn flaw_05_resource_is_neither_ignored_nor_forgotten() {
    let site = Site::open_with(EVENTS_API).await;
    let agent = site.agent();
    let registered = agent.register_anonymous().await;
    let assertion = registered.assertion();
    let demo = format!("{}/demo", site.url);
    let fields = [
        ("grant_type", JWT_BEARER),
        ("assertion", assertion.as_str()),
        ("resource", demo.as_str()),
    ];
    agent.token(&fields).await.assert_error(400, "invalid_target");
    let access = member(&agent.exchange(&assertion).await, "access_token");
    assert_eq!(site.call(&access).await.status, 401);
    assert_eq!(site.introspect(&access).await.text, r#"{"active":false}"#);
    site.close().await;
}

/// Flaw 6: "verifier holes: no `exp`, future `iat`, foreign ids". Providers are not trusted
/// yet; the assertions this server does take are its own, and each claim counts, even under
/// its own signature.
#[tokio::test]
async fn flaw_06_every_claim_of_an_assertion_is_checked_under_a_good_signature_too() {
    let site = Site::open().await;
    let registered = site.agent().register_anonymous().await;
    let sign = |change: &dyn Fn(&mut AssertionClaims)| {
        let claims = claims_of(&registered.assertion());
        let mut claims: AssertionClaims = serde_json::from_value(claims).expect("claims");
        change(&mut claims);
        site.app.keyring.sign_assertion(&claims).expect("signed")
    };
    member(&site.agent().exchange(&sign(&|_| {})).await, "access_token");
    let issuer = site.url.clone();
    let changes: [(&str, Change<'_>); 10] = [
        ("another issuer", &|claims| claims.iss = "https://else.example".to_owned()),
        ("the issuer with a slash", &|claims| claims.iss = format!("{issuer}/")),
        ("another audience", &|claims| claims.aud = format!("{issuer}/demo")),
        ("no subject", &|claims| claims.sub = String::new()),
        ("an unknown subject", &|claims| claims.sub = "reg_unknown".to_owned()),
        ("no id", &|claims| claims.jti = String::new()),
        ("the future", &|claims| claims.iat += 1),
        ("expired now", &|claims| claims.exp = claims.iat),
        ("an older generation", &|claims| claims.generation = 0),
        ("a later generation", &|claims| claims.generation = 2),
    ];
    for (name, change) in changes {
        let reply = site.agent().exchange(&sign(change)).await;
        assert_eq!((reply.status, reply.error().as_str()), (400, "invalid_grant"), "{name}");
    }
    assert_eq!(super::rows(&site, "token").await, 1);
    site.close().await;
}

/// Flaw 7: "a bad `aud`, `iss` or `typ` is reported as `expired`", so an agent mints again
/// for ever: here nothing about an assertion is ever called expired.
#[tokio::test]
async fn flaw_07_a_foreign_assertion_is_never_called_expired() {
    let site = Site::open().await;
    let other = Site::open().await;
    let foreign = other.agent().register_anonymous().await.assertion();
    let agent = site.agent();
    agent.exchange(&foreign).await.assert_error(400, "invalid_grant");
    let body = json!({
        "type": "identity_assertion", "assertion": foreign,
        "assertion_type": "urn:ietf:params:oauth:token-type:id-jag",
    });
    let reply = agent.post("/agent/identity", &body).await;
    reply.assert_error(403, "issuer_not_enabled");
    assert!(!reply.text.contains("expired"));
    // Our own assertion is no provider's either, although both are of one `typ`.
    let own = agent.register_anonymous().await.assertion();
    let body = json!({ "type": "identity_assertion", "assertion": own });
    agent.post("/agent/identity", &body).await.assert_error(403, "issuer_not_enabled");
    other.close().await;
    site.close().await;
}

/// The text between two marks of a document.
fn fenced<'a>(document: &'a str, after: &str) -> &'a str {
    let (_, rest) = document.split_once(after).expect("the passage");
    crate::support::person::between(rest, "```", "```")
        .expect("an example")
        .trim_start_matches("json")
}

/// Flaw 8: "AUTH.md's own advice is refused by its own server": what our document tells
/// an agent to send, it can send.
#[tokio::test]
async fn flaw_08_the_documents_own_advice_works() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let document = site.get("/auth.md").await.text;
    let mut body: Value = serde_json::from_str(fenced(&document, "## 3. Register")).expect("JSON");
    body["login_hint"] = json!("ada@example.com");
    body["requested_scopes"] = json!(["demo:read"]);
    body["resource"] =
        site.get("/.well-known/oauth-protected-resource").await.json()["resource"].clone();
    let agent = site.agent();
    let registered = agent.register(&body).await;
    let lines = |example: &str, token: &str, placeholder: &str| {
        let mut lines = example.trim().lines();
        let url = lines.next().expect("a URL").strip_prefix("POST ").expect("a POST").to_owned();
        let body = lines.next().expect("a body").replace(placeholder, token);
        (url, body)
    };
    let form = |(url, body): (String, String)| {
        let request = site.client.post(url);
        Reply::of(request.header("content-type", "application/x-www-form-urlencoded").body(body))
    };
    let poll = fenced(&document, "Meanwhile poll");
    let (url, asked) = lines(poll, &registered.claim_token, "clm_…");
    form((url.clone(), asked.clone())).await.assert_error(400, "authorization_pending");
    let reply = super::approve(&mut ada, &registered, &["demo:read"], "8h").await;
    assert_eq!(reply.status, 303);
    let tokens = form((url, asked)).await;
    let example = fenced(&document, "## 5. Exchange");
    let assertion = member(&tokens, "identity_assertion");
    let exchanged = form(lines(example, &format!("assertion={assertion}"), "assertion=…")).await;
    assert_eq!(site.call(&member(&exchanged, "access_token")).await.status, 200);

    let relayed = agent.register_for("ada@example.com").await;
    let code = ada.approve_relayed(&relayed.link()).await;
    let example = fenced(&document, "hand it back");
    let (url, body) = lines(example, &relayed.claim_token, "clm_…");
    let request = site.client.post(url).header("content-type", "application/json");
    let reply = Reply::of(request.body(body.replace("BCDF-GHJK", &code))).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    site.close().await;
}

/// Flaw 9: "no JWKS route, no `response_types_supported`: standard clients reject it".
#[tokio::test]
async fn flaw_09_the_metadata_is_what_standard_clients_accept() {
    let site = Site::open().await;
    let metadata = site.get("/.well-known/oauth-authorization-server").await.json();
    for (name, holds) in [
        ("issuer", metadata["issuer"].is_string()),
        ("authorization_endpoint", metadata["authorization_endpoint"].is_string()),
        ("token_endpoint", metadata["token_endpoint"].is_string()),
        ("response_types_supported", metadata["response_types_supported"].is_array()),
        ("grant_types_supported", metadata["grant_types_supported"].is_array()),
        (
            "code_challenge_methods_supported",
            metadata["code_challenge_methods_supported"].is_array(),
        ),
        ("jwks_uri", metadata["jwks_uri"].is_string()),
        ("introspection_endpoint", metadata["introspection_endpoint"].is_string()),
    ] {
        assert!(holds, "{name} in {metadata}");
    }
    assert!(metadata["authorization_endpoint"].is_string());
    let keys = Reply::of(site.client.get(text(&metadata, "/jwks_uri"))).await;
    assert!(!keys.json()["keys"].as_array().expect("keys").is_empty());
    site.close().await;
}

/// Flaw 10: "malformed JSON is a 500; a `token_type_hint` other than `access_token` is a 400".
#[tokio::test]
async fn flaw_10_malformed_json_is_a_400_and_no_hint_is_refused() {
    let site = Site::open().await;
    for path in ["/agent/identity", "/agent/identity/claim", "/agent/identity/claim/complete"] {
        for body in ["{", "{\"type\":", "\u{0}", "{\"type\":\"\\ud800\"}", "[[[["] {
            let request = site.client.post(format!("{}{path}", site.url));
            let request = request.header("content-type", "application/json");
            Reply::of(request.body(body)).await.assert_error(400, "invalid_request");
        }
    }
    let connected = connect(&site).await;
    let refresh = connected.refresh();
    let fields = [("token", refresh.as_str()), ("token_type_hint", "refresh_token")];
    assert_eq!(site.post_form("/revoke", &fields).await.status, 200);
    site.assert_dead(&connected.access()).await;
    site.close().await;
}

/// Flaw 11: "no CSP, no framing or referrer policy, no CSRF token; `return_to=/\evil`
/// becomes an off-site redirect; session id not renewed at sign-in".
#[tokio::test]
async fn flaw_11_the_link_an_agent_hands_over_opens_a_guarded_page() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let page = ada.get(&registered.link()).await;
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert_eq!(page.header("referrer-policy"), Some("same-origin"));
    let code = registered.user_code();
    let fields = [("decision", "approve"), ("user_code", code.as_str()), ("scope", "demo:read")];
    assert_eq!(ada.post_raw(&registered.link(), &fields).await.status, 403);
    for target in ["/\\evil.example", "//evil.example", "https://evil.example", "/\t/evil.example"]
    {
        let mut browser = Person::new(&site, "ada@example.com");
        browser.get("/sign-in").await;
        let planted = browser.cookie.clone().expect("a cookie before anybody signs in");
        let fields = [
            ("email", "ada@example.com"),
            ("password", crate::support::PASSWORD),
            ("return_to", target),
        ];
        let reply = browser.post_from("/sign-in", "/sign-in", &fields).await;
        let location = reply.header("location").expect("a way on");
        assert!(location.starts_with('/') && !location.contains("evil"), "{location}");
        assert_ne!(browser.cookie.as_ref(), Some(&planted), "signing in renews the cookie");
        browser.cookie = Some(planted);
        let who = browser.get("/account/sessions").await;
        assert_eq!(who.status, 303, "the cookie of before is nobody's");
    }
    site.close().await;
}

/// Flaw 12: "a human cannot see or end an agent's access; an agent cannot end its own; no
/// denial".
#[tokio::test]
async fn flaw_12_human_and_agent_can_each_end_it_and_the_human_can_say_no() {
    let site = Site::open().await;
    let mut connected = connect(&site).await;
    assert!(connected.ada.get("/account/sessions").await.text.contains("Test agent"));
    disconnect(&site, &mut connected).await;
    site.assert_dead(&connected.access()).await;

    let agent = site.agent();
    let second = agent.register_for("ada@example.com").await;
    assert_eq!(connected.ada.approve(&second).await.status, 303);
    let tokens = agent.poll(&second.claim_token).await;
    assert_eq!(agent.revoke(&member(&tokens, "refresh_token")).await.status, 200);
    site.assert_dead(&member(&tokens, "access_token")).await;
    let assertion = member(&tokens, "identity_assertion");
    agent.exchange(&assertion).await.assert_error(400, "invalid_grant");

    let third = agent.register_for("ada@example.com").await;
    assert_eq!(connected.ada.deny(&third.link(), "not_me").await.status, 303);
    agent.poll(&third.claim_token).await.assert_error(400, "access_denied");
    site.close().await;
}

/// Flaw 13: "no scope choice by agent or human; the page shows no agent name, no scopes, no
/// origin".
#[tokio::test]
async fn flaw_13_the_agent_asks_for_scopes_and_the_human_grants_fewer() {
    let site = Site::open().await;
    let connected = connect_with(&site, &["demo:read"], "8h").await;
    let asked = &connected.registered.body["scopes"]["post_claim"];
    assert_eq!(*asked, json!(["demo:read", "demo:write"]));
    assert_eq!(connected.tokens.json()["scope"], "demo:read");
    let Connected { mut ada, agent, .. } = connected;
    let second = agent.register_for("ada@example.com").await;
    let page = ada.get(&second.link()).await.text;
    for shown in ["Test agent", "demo:read", "demo:write", "127.0.0.1"] {
        assert!(page.contains(shown), "{shown}");
    }
    site.close().await;
}

/// Flaw 14: "pre-claim access tokens outlive an expired registration".
#[tokio::test]
async fn flaw_14_no_pre_claim_token_outlives_its_registration() {
    let site = Site::open_with("[agents]\nclaim_ttl = \"30m\"\n").await;
    let agent = site.agent();
    let registered = agent.register_anonymous().await;
    site.advance(Seconds(1000));
    let reply = agent.exchange(&registered.assertion()).await;
    assert_eq!(reply.json()["expires_in"], 800);
    let access = member(&reply, "access_token");
    assert_eq!(claims_of(&registered.assertion())["exp"], 1_800_001_800);
    site.advance(Seconds(799));
    site.assert_live(&access).await;
    site.advance(Seconds(1));
    site.assert_dead(&access).await;
    agent.exchange(&registered.assertion()).await.assert_error(400, "invalid_grant");
    site.close().await;
}

/// Flaw 15, case 060: "the wrong-account page prints the hinted e-mail to whoever is signed
/// in".
#[tokio::test]
async fn flaw_15_the_wrong_person_is_refused_and_learns_no_address() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut eve = site.person("eve@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let page = eve.get(&registered.link()).await;
    assert_eq!(page.status, 403);
    for secret in ["ada@example.com", "Test agent", "demo:write"] {
        assert!(!page.text.contains(secret), "{secret}");
    }
    agent.poll(&registered.claim_token).await.assert_error(400, "authorization_pending");
    assert_eq!(ada.approve(&registered).await.status, 303);
    site.close().await;
}

/// Flaw 16: "`no-store` only at the token endpoint, though registration and claim replies
/// carry secrets".
#[tokio::test]
async fn flaw_16_every_reply_with_a_secret_is_never_stored() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let anonymous = site.post_json("/agent/identity", &json!({ "type": "anonymous" })).await;
    let token = text(&anonymous.json(), "/claim_token");
    let started = agent.start_claim(&token, "ada@example.com").await;
    let code = ada.approve_relayed(&link_of(&started)).await;
    let completed = agent.complete(&token, &code).await;
    let refresh = text(&completed.json(), "/identity/refresh_token/value");
    let body = json!({ "type": "refresh", "refresh_token": refresh });
    let refreshed = agent.post("/agent/identity", &body).await;
    for reply in [anonymous, started, completed, refreshed] {
        assert_eq!((reply.status, reply.header("cache-control")), (200, Some("no-store")));
        assert_eq!(reply.header("pragma"), Some("no-cache"));
    }
    site.close().await;
}

/// Flaw 17: "refresh reuse: policy unspecified beyond spent; no family revocation".
#[tokio::test]
async fn flaw_17_a_reused_refresh_token_ends_its_family() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let next = connected.agent.refresh(&connected.refresh()).await;
    site.advance(Seconds(61));
    connected.agent.refresh(&connected.refresh()).await.assert_error(400, "invalid_grant");
    site.assert_dead(&member(&next, "access_token")).await;
    let reply = connected.agent.refresh(&member(&next, "refresh_token")).await;
    reply.assert_error(400, "invalid_grant");
    site.close().await;
}

/// Flaw 18: "two rival 0.7.0s, a client that fails the public service": a D2 and a D3
/// caller, each reading its own names only, both complete on one server.
#[tokio::test]
async fn flaw_18_callers_of_both_dialects_complete_on_one_server() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let body = json!({ "type": "service_auth", "login_hint": "ada@example.com" });

    let typed = agent.post("/agent/identity", &body).await.json();
    let (token, code) = (text(&typed, "/claim_token"), text(&typed, "/claim/user_code"));
    let link = crate::support::agent::path_of(&text(&typed, "/claim/verification_uri"));
    assert_eq!(ada.approve_code(&link, &code).await.status, 303);
    let fields = [("grant_type", CLAIM_GRANT), ("claim_token", token.as_str())];
    let tokens = agent.token(&fields).await;
    assert_eq!(site.call(&member(&tokens, "access_token")).await.status, 200);
    member(&agent.exchange(&member(&tokens, "identity_assertion")).await, "access_token");

    let nested = agent.post("/agent/identity", &body).await.json();
    let link = text(&nested, "/claim/attempt/verification_uri");
    let code = ada.approve_relayed(&crate::support::agent::path_of(&link)).await;
    let complete = format!("{}/complete", text(&nested, "/claim/url"));
    let body = json!({ "claim_token": text(&nested, "/claim/token"), "user_code": code });
    let claimed = Reply::of(site.client.post(complete).json(&body)).await.json();
    assert_eq!(claimed["status"], "claimed");
    let access = agent.exchange(&text(&claimed, "/identity/assertion")).await;
    assert_eq!(site.call(&member(&access, "access_token")).await.status, 200);
    site.close().await;
}
