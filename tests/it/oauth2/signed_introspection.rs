//! Introspection answers that can be kept as evidence (RFC 9701).

use countersign::jose::{KeySet, UnverifiedToken};
use serde_json::{Value, json};

use crate::support::Site;
use crate::support::agent::member;
use crate::support::keys::part_of;
use crate::support::reply::Reply;

const SIGNED: &str = "application/token-introspection+jwt";

async fn ask(site: &Site, token: &str, accept: &str) -> Reply {
    let request = site.client.post(format!("{}/introspect", site.url));
    let request = request.basic_auth("demo", Some("demo-secret")).header("accept", accept);
    Reply::of(request.form(&[("token", token)])).await
}

/// The claims of an answer, once its signature holds against the published keys.
async fn verified(site: &Site, jwt: &str) -> Value {
    let keys = site.get("/.well-known/jwks.json").await.text;
    let token = UnverifiedToken::read(jwt).expect("a token");
    token.is_of_type(&["token-introspection+jwt"], false).expect("its own type");
    let keys = KeySet::read(&keys).expect("published keys");
    token.verify_with_set(&keys).expect("our signature");
    part_of(jwt, 1)
}

async fn live_token(site: &Site) -> String {
    let registered = site.agent().register_anonymous().await;
    member(&site.agent().exchange(&registered.assertion()).await, "access_token")
}

/// RFC 9701 §4, §5: signed by the published key, for the caller, saying what the plain answer
/// says; and neither `sub` nor `exp` of its own, so it cannot pass for an access token (§8.1).
#[tokio::test]
async fn a_signed_answer_says_what_the_plain_one_says_to_whoever_asked() {
    let site = Site::open().await;
    let token = live_token(&site).await;
    let plain = site.introspect(&token).await;
    assert_eq!(plain.header("content-type"), Some("application/json"));
    let reply = ask(&site, &token, SIGNED).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, Some(SIGNED)));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let claims = verified(&site, &reply.text).await;
    assert_eq!(
        claims,
        json!({
            "iss": site.app.issuer(), "aud": "demo", "iat": site.clock.now().0,
            "token_introspection": plain.json(),
        })
    );
    site.assert_dead(&reply.text).await;
    site.close().await;
}

/// RFC 9701 §5, case 217: about everything that is not live, the one answer, signed as well.
#[tokio::test]
async fn a_dead_token_gets_the_one_answer_signed() {
    let site = Site::open().await;
    let token = live_token(&site).await;
    site.agent().revoke(&token).await;
    for dead in [token.as_str(), "aas_nonsense", "a.b.c"] {
        let reply = ask(&site, dead, SIGNED).await;
        let claims = verified(&site, &reply.text).await;
        assert_eq!(claims["token_introspection"], json!({ "active": false }), "{dead}");
        assert_eq!(claims["aud"], "demo");
    }
    site.close().await;
}

/// RFC 9701 §4: only who asks for it gets it, in whatever case and company.
#[tokio::test]
async fn only_who_asks_for_a_signature_gets_one() {
    let site = Site::open().await;
    let token = live_token(&site).await;
    let among = format!("application/json;q=0.5, {SIGNED}; q=1");
    for accept in [SIGNED, "Application/Token-Introspection+JWT", among.as_str()] {
        let reply = ask(&site, &token, accept).await;
        assert_eq!(reply.header("content-type"), Some(SIGNED), "{accept}");
    }
    for accept in ["application/json", "*/*", "application/*", "application/jwt", "nonsense"] {
        let reply = ask(&site, &token, accept).await;
        assert_eq!(reply.header("content-type"), Some("application/json"), "{accept}");
    }
    let request = site.client.post(format!("{}/introspect", site.url)).header("accept", SIGNED);
    let reply = Reply::of(request.form(&[("token", token.as_str())])).await;
    reply.assert_error(401, "invalid_client");
    site.close().await;
}

/// Case 008, RFC 9701 §7.
#[tokio::test]
async fn metadata_names_the_algorithm_of_signed_answers() {
    let site = Site::open().await;
    let metadata = site.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["introspection_signing_alg_values_supported"], json!(["ES256"]));
    let reply = ask(&site, "aas_nonsense", SIGNED).await;
    assert_eq!(part_of(&reply.text, 0)["alg"], "ES256");
    site.close().await;
}
