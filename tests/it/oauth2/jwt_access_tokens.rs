//! Access tokens that an API can check by itself (RFC 9068), where its operator asks for them.

use countersign::jose::{KeySet, UnverifiedToken};
use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use crate::support::agent::{CLAIM_GRANT, JWT_BEARER, Registered, member};
use crate::support::keys::{Key, part_of, with};
use crate::support::person::Person;
use crate::support::proof::{ask, for_token};
use crate::support::reply::Reply;
use crate::support::{EVENTS_API, FILES_API, Site};

const API: &str = "https://api.example.com";

/// Two APIs of which the first has signed tokens, and so is the default.
async fn open() -> Site {
    let settings =
        format!("{EVENTS_API}access_token = \"jwt\"\n{FILES_API}access_token = \"opaque\"\n");
    Site::open_with(&settings).await
}

async fn introspect(site: &Site, token: &str, client: &str) -> Value {
    let reply = site.introspect_as(client, token).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

async fn assert_dead(site: &Site, token: &str) {
    assert_eq!(introspect(site, token, "example-api").await, json!({ "active": false }));
}

/// An agent that Ada let in, which has not collected yet.
async fn approved(site: &Site) -> (Person, Registered) {
    let mut ada = site.person("ada@example.com").await;
    let body = json!({
        "type": "service_auth", "login_hint": "ada@example.com", "client_name": "Test agent",
        "requested_scopes": ["events:read", "events:write"],
    });
    let registered = site.agent().register(&body).await;
    let code = registered.user_code();
    let fields = [
        ("decision", "approve"),
        ("user_code", code.as_str()),
        ("scope", "events:read"),
        ("scope", "events:write"),
        ("lifetime", "8h"),
    ];
    let reply = ada.answer(&registered.link(), &fields).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    (ada, registered)
}

/// What an API sees that asks nobody: the type, then the claims under the published key.
async fn verified_offline(site: &Site, token: &str) -> Value {
    let keys = KeySet::read(&site.get("/.well-known/jwks.json").await.text).expect("keys");
    let token_read = UnverifiedToken::read(token).expect("a token");
    token_read.is_of_type(&["at+jwt"], false).expect("an access token");
    token_read.verify_with_set(&keys).expect("our signature");
    part_of(token, 1)
}

/// RFC 9068 §2.1, §2.2; oauth.md section 4, item 21: exactly these claims, which are those of
/// introspection, and the refresh token stays opaque.
#[tokio::test]
async fn a_signed_access_token_says_what_introspection_says() {
    let site = open().await;
    let (_ada, registered) = approved(&site).await;
    let reply = site.agent().poll(&registered.claim_token).await;
    let token = member(&reply, "access_token");
    assert!(member(&reply, "refresh_token").starts_with("aar_"));
    assert_eq!(member(&reply, "token_type"), "Bearer");
    let claims = verified_offline(&site, &token).await;
    let known = introspect(&site, &token, "example-api").await;
    assert_eq!(known["active"], true);
    let jti = claims["jti"].as_str().expect("a name");
    assert!(jti.len() >= 20 && !token.contains("aas_"));
    assert_eq!(
        claims,
        json!({
            "iss": site.app.issuer(), "aud": API, "sub": known["sub"],
            "client_id": registered.id, "iat": 1_800_000_000, "exp": 1_800_003_600, "jti": jti,
            "scope": "events:read events:write", "session_id": known["session_id"],
        })
    );
    for member in ["iss", "aud", "sub", "client_id", "iat", "exp", "scope", "session_id"] {
        assert_eq!(claims[member], known[member], "{member}");
    }
    site.close().await;
}

/// The setting is a resource's own.
#[tokio::test]
async fn another_resource_keeps_its_opaque_tokens() {
    let site = open().await;
    let body = json!({
        "type": "anonymous", "client_name": "Test agent", "resource": "https://files.example.com",
    });
    let registered = site.agent().register(&body).await;
    let token = member(&site.agent().exchange(&registered.assertion()).await, "access_token");
    assert!(token.starts_with("aas_"), "{token}");
    assert_eq!(introspect(&site, &token, "files-api").await["active"], true);
    site.close().await;
}

/// P2, RFC 7009 §2: a signed token is a row of its session, so whoever asks hears at once
/// that it is over.
#[tokio::test]
async fn whoever_asks_hears_at_once_that_a_signed_token_is_over() {
    let site = open().await;
    let (mut ada, registered) = approved(&site).await;
    let reply = site.agent().poll(&registered.claim_token).await;
    let (first, refresh) = (member(&reply, "access_token"), member(&reply, "refresh_token"));
    let second = member(&site.agent().refresh(&refresh).await, "access_token");
    assert_ne!(first, second);
    // Alone, by itself.
    assert_eq!(site.agent().revoke(&first).await.status, 200);
    assert_dead(&site, &first).await;
    assert_eq!(introspect(&site, &second, "example-api").await["active"], true);
    // With its session.
    let session = part_of(&second, 1)["session_id"].as_str().expect("a session").to_owned();
    let path = format!("/account/sessions/{session}");
    let reply = ada.post_from(&path, &format!("{path}/disconnect"), &[]).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    assert_dead(&site, &second).await;
    // RFC 7662 §4: and never at another resource.
    assert_eq!(introspect(&site, &second, "files-api").await, json!({ "active": false }));
    site.close().await;
}

/// RFC 7662 §2.2: at its end.
#[tokio::test]
async fn a_signed_token_ends_when_it_says() {
    let site = open().await;
    let registered = site.agent().register_anonymous().await;
    let token = member(&site.agent().exchange(&registered.assertion()).await, "access_token");
    let exp = part_of(&token, 1)["exp"].as_i64().expect("a time");
    site.advance(Seconds(exp - site.clock.now().0 - 1));
    assert_eq!(introspect(&site, &token, "example-api").await["active"], true);
    site.advance(Seconds(1));
    assert_dead(&site, &token).await;
    site.close().await;
}

/// Case 164 in kind, RFC 9068 §4: what we did not sign as an access token is none.
#[tokio::test]
async fn a_token_that_we_did_not_sign_as_an_access_token_is_worth_nothing() {
    let site = open().await;
    let registered = site.agent().register_anonymous().await;
    let assertion = registered.assertion();
    let token = member(&site.agent().exchange(&assertion).await, "access_token");
    let (head, says) = (part_of(&token, 0), part_of(&token, 1));
    let key = Key::p256();
    let (message, signature) = token.rsplit_once('.').expect("parts");
    let jti = says["jti"].as_str().expect("a name");
    let header = |name: &str, value: Value| with(&head, name, Some(&value));
    for forged in [
        key.sign(&head, &says),
        key.sign(&header("kid", json!("other")), &says),
        key.sign(&header("jwk", key.jwk()), &says),
        key.sign(&header("alg", json!("none")), &says),
        format!("{message}."),
        format!("{message}.{signature}AA"),
        format!("{}.{signature}", key.sign(&head, &json!({})).rsplit_once('.').expect("parts").0),
        jti.to_owned(),
        format!("aas_{jti}"),
        assertion,
    ] {
        assert_dead(&site, &forged).await;
    }
    assert_eq!(introspect(&site, &token, "example-api").await["active"], true);
    site.close().await;
}

/// Design decisions 4 and 5: an identical request yields the same claims again, and there is
/// one row for them.
#[tokio::test]
async fn a_repeated_request_yields_the_same_claims() {
    let site = open().await;
    let (_ada, registered) = approved(&site).await;
    let poll = async || site.agent().poll(&registered.claim_token).await;
    let (one, two) = (poll().await, poll().await);
    let claims = |reply: &Reply| part_of(&member(reply, "access_token"), 1);
    assert_eq!(claims(&one), claims(&two));
    let refresh = member(&one, "refresh_token");
    let (one, two) = (site.agent().refresh(&refresh).await, site.agent().refresh(&refresh).await);
    assert_eq!(claims(&one), claims(&two));
    assert_eq!(site.count("SELECT COUNT(*) FROM token WHERE kind = 1").await, 2);
    site.close().await;
}

/// RFC 9449 §6.1, RFC 9068 §2.2: the binding travels in the token.
#[tokio::test]
async fn a_bound_token_names_its_key() {
    let site = open().await;
    let (_ada, registered) = approved(&site).await;
    let key = Key::p256();
    let fields = [("grant_type", CLAIM_GRANT), ("claim_token", registered.claim_token.as_str())];
    let reply = ask(&site, &fields, &[&for_token(&site, &key)]).await;
    let token = member(&reply, "access_token");
    let cnf = json!({ "jkt": key.thumbprint() });
    assert_eq!(verified_offline(&site, &token).await["cnf"], cnf);
    assert_eq!(introspect(&site, &token, "example-api").await["cnf"], cnf);
    let assertion = member(&reply, "identity_assertion");
    let fields = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
    let reply = ask(&site, &fields, &[&for_token(&site, &key)]).await;
    assert_eq!(verified_offline(&site, &member(&reply, "access_token")).await["cnf"], cnf);
    site.close().await;
}
