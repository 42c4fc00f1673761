//! Our own assertion for access tokens (RFC 7523 §2.1; auth.md 2.6).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::protocol::timestamp::Seconds;
use serde_json::json;

use super::{claims_of, connect, connect_with, disconnect, part_of, rows};
use crate::support::agent::{JWT_BEARER, member};
use crate::support::{EVENTS_API, Site};

/// auth.md 2.6: one assertion, many access tokens, none of them with a refresh token.
#[tokio::test]
async fn an_assertion_is_good_for_many_tokens_until_it_expires() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let first = connected.agent.exchange(&connected.assertion()).await;
    let second = connected.agent.exchange(&connected.assertion()).await;
    let (one, two) = (member(&first, "access_token"), member(&second, "access_token"));
    assert_ne!(one, two);
    assert!(first.json().get("refresh_token").is_none());
    assert_eq!(
        (first.json()["expires_in"].clone(), first.json()["token_type"].clone()),
        (json!(3600), json!("Bearer"))
    );
    site.assert_live(&one).await;
    site.assert_live(&two).await;
    site.advance(Seconds(3599));
    assert_eq!(connected.agent.exchange(&connected.assertion()).await.status, 200);
    site.advance(Seconds(1));
    connected.agent.exchange(&connected.assertion()).await.assert_error(400, "invalid_grant");
    site.close().await;
}

/// Promise P4; RFC 6749 §6: a token may reach less than its session, and then it does.
#[tokio::test]
async fn a_narrower_token_reaches_less_and_a_wider_one_is_refused() {
    let site = Site::open().await;
    let connected = connect_with(&site, &["demo:read", "demo:write"], "8h").await;
    let assertion = connected.assertion();
    let ask = |scope: &'static str| {
        let fields =
            [("grant_type", JWT_BEARER), ("assertion", assertion.as_str()), ("scope", scope)]
                .map(|(name, value)| (name, value.to_owned()));
        let agent = site.agent();
        async move {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            agent.token(&fields).await
        }
    };
    let narrow = ask("demo:read").await;
    assert_eq!(narrow.json()["scope"], "demo:read");
    let token = member(&narrow, "access_token");
    assert_eq!(site.introspect(&token).await.json()["scope"], "demo:read");
    let request = site.client.post(format!("{}/demo/notes", site.url));
    let request = request.bearer_auth(&token).json(&json!({ "text": "x" }));
    assert_eq!(crate::support::reply::Reply::of(request).await.status, 403);
    for same in ["demo:write demo:read", "demo:read demo:write demo:read", ""] {
        assert_eq!(ask(same).await.json()["scope"], "demo:read demo:write", "{same:?}");
    }
    for wider in
        ["admin", "demo:read admin", "DEMO:READ", "demo:*", "demo:read\"", "demo:read\tdemo:write"]
    {
        ask(wider).await.assert_error(400, "invalid_scope");
    }
    site.close().await;
}

/// Promise P4: what the human unticked is out of reach, in whatever way it is asked for.
#[tokio::test]
async fn a_scope_the_human_refused_cannot_be_exchanged_for() {
    let site = Site::open().await;
    let connected = connect_with(&site, &["demo:read"], "8h").await;
    assert_eq!(connected.tokens.json()["scope"], "demo:read");
    let assertion = connected.assertion();
    for scope in ["demo:write", "demo:read demo:write"] {
        let fields =
            [("grant_type", JWT_BEARER), ("assertion", assertion.as_str()), ("scope", scope)];
        connected.agent.token(&fields).await.assert_error(400, "invalid_scope");
    }
    let plain = connected.agent.exchange(&assertion).await;
    assert_eq!(plain.json()["scope"], "demo:read");
    site.close().await;
}

/// RFC 8707 §2.2, oauth.md trap 1: an origin with and without its slash is one resource;
/// beyond that, spellings are compared exactly.
#[tokio::test]
async fn the_resource_must_be_the_sessions_own() {
    let site = Site::open_with(EVENTS_API).await;
    let agent = site.agent();
    let registered = agent.register_anonymous().await;
    let assertion = registered.assertion();
    let base = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
    for resources in [
        &["https://api.example.com"][..],
        &["https://api.example.com/"],
        &["https://api.example.com", "https://api.example.com/"],
        &[""],
        &[],
    ] {
        let mut fields = base.to_vec();
        fields.extend(resources.iter().map(|resource| ("resource", *resource)));
        let token = member(&agent.token(&fields).await, "access_token");
        let known = site.introspect_as("example-api", &token).await;
        assert_eq!(known.json()["aud"], "https://api.example.com");
    }
    let issued = rows(&site, "token").await;
    let demo = format!("{}/demo", site.url);
    for resources in [
        &[demo.as_str()][..],
        &["https://api.example.com//"],
        &["https://api.example.com/v1"],
        &["https://api.example.com?x"],
        &["https://api.example.com#x"],
        &["https://API.example.com"],
        &["https://api.example.com:443"],
        &["http://api.example.com"],
        &["api.example.com"],
        &["https://api.example.com", demo.as_str()],
    ] {
        let mut fields = base.to_vec();
        fields.extend(resources.iter().map(|resource| ("resource", *resource)));
        agent.token(&fields).await.assert_error(400, "invalid_target");
    }
    assert_eq!(rows(&site, "token").await, issued);
    site.close().await;
}

/// Case 068: an assertion of an older generation buys nothing, and never what came later.
#[tokio::test]
async fn an_assertion_from_before_the_claim_is_void() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_anonymous().await;
    let old = registered.assertion();
    member(&agent.exchange(&old).await, "access_token");
    let started = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    let link = super::link_of(&started);
    let code = super::text(&started.json(), "/claim_attempt/user_code");
    // Asking alone changes nothing yet.
    member(&agent.exchange(&old).await, "access_token");
    let fields = [
        ("decision", "approve"),
        ("user_code", code.as_str()),
        ("scope", "demo:read"),
        ("lifetime", "8h"),
    ];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    agent.exchange(&old).await.assert_error(400, "invalid_grant");
    let tokens = agent.poll(&registered.claim_token).await;
    agent.exchange(&old).await.assert_error(400, "invalid_grant");
    let new = member(&tokens, "identity_assertion");
    assert_eq!(claims_of(&new)["sub"], claims_of(&old)["sub"], "the id stays");
    member(&agent.exchange(&new).await, "access_token");
    site.close().await;
}

/// Promise P2: a disconnected session's assertion is void before it expires.
#[tokio::test]
async fn an_assertion_ends_with_its_session() {
    let site = Site::open().await;
    let mut connected = connect(&site).await;
    disconnect(&site, &mut connected).await;
    connected.agent.exchange(&connected.assertion()).await.assert_error(400, "invalid_grant");
    site.close().await;
}

/// Case 164 for our own assertions, flaw 6: another algorithm, another type, another
/// signature, another server.
#[tokio::test]
async fn a_forged_or_foreign_assertion_is_an_invalid_grant() {
    let site = Site::open().await;
    let other = Site::open().await;
    let registered = site.agent().register_anonymous().await;
    let assertion = registered.assertion();
    let parts: Vec<&str> = assertion.split('.').collect();
    let encoded = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut wider = claims_of(&assertion);
    wider["generation"] = json!(2);
    let mut header = part_of(&assertion, 0);
    header["alg"] = json!("none");
    let none = encoded(&header);
    header["alg"] = json!("HS256");
    let symmetric = encoded(&header);
    let foreign = other.agent().register_anonymous().await.assertion();
    let foreign_parts: Vec<&str> = foreign.split('.').collect();
    let forged = [
        format!("{}.{}.{}", parts[0], encoded(&wider), parts[2]),
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{symmetric}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], foreign_parts[2]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{assertion}."),
        format!("{}.{}.", parts[0], parts[1]),
        foreign.clone(),
        registered.claim_token.clone(),
        "a.b.c".to_owned(),
        "..".to_owned(),
        "x".repeat(10_000),
    ];
    for forged in &forged {
        site.agent().exchange(forged).await.assert_error(400, "invalid_grant");
    }
    let fields = [("grant_type", JWT_BEARER)];
    site.agent().token(&fields).await.assert_error(400, "invalid_request");
    assert_eq!(rows(&site, "token").await, 0);
    member(&site.agent().exchange(&assertion).await, "access_token");
    other.close().await;
    site.close().await;
}
