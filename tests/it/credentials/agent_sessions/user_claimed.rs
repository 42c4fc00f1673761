//! The same door in the words of an earlier auth.md (contracts/credentials.md 1.14).

use countersign::protocol::secret::SecretKind;
use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Client, SCOPES, approve, assert_refused, introspect, site_with, text};
use crate::support::Site;
use crate::support::agent::path_of;
use crate::support::person::Person;
use crate::support::reply::Reply;

const ON: &str = "user_claimed = true\n";
const SERVER: &str = "/.well-known/oauth-authorization-server";

/// The request as the product publishes it.
fn published() -> Value {
    json!({
        "type": "user_claimed",
        "claim_method": "google_oauth",
        "requested_credential_type": "access_token",
        "requested_scopes": ["account:read", "projects:read", "made:up"],
        "client_name": "Example agent",
    })
}

async fn asked(client: &Client<'_>) -> Value {
    let reply = client.post("/agent/auth", &published()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// The page that a claim leads its person to.
async fn opened(person: &mut Person, told: &Value) -> String {
    let reply = person.get(&path_of(text(told, "claim_url"))).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    reply.header("location").expect("a location").to_owned()
}

async fn complete(client: &Client<'_>, told: &Value, code: Option<&str>) -> Reply {
    let mut body = json!({ "claim_token": told["claim_token"] });
    if let Some(code) = code {
        body["user_code"] = json!(code);
    }
    client.post("/agent/auth/claim/complete", &body).await
}

async fn standing(client: &Client<'_>, told: &Value) -> Reply {
    client.post("/agent/auth/claim", &json!({ "claim_token": told["claim_token"] })).await
}

async fn give_back(client: &Client<'_>, access: &str) -> Reply {
    let body = json!({ "credential_type": "access_token" });
    client.post_as(access, "/agent/auth/revoke", &body).await
}

/// AA18: asked, approved in the browser with less than was asked, completed, used, and given back
/// by its own token.
#[tokio::test]
async fn an_agent_claims_its_session_in_the_words_of_the_products_own_auth_md() {
    let site = site_with(ON).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let told = asked(&client).await;
    assert_eq!(told["post_claim_scopes"], json!(["account:read", "projects:read"]));
    assert_eq!(told["claim_token_expires"], "2027-01-15T09:00:00.000Z");
    assert_refused(&complete(&client, &told, None).await, 400, "INVALID_STATE");
    assert_eq!(standing(&client, &told).await.json()["status"], "pending");

    let link = opened(&mut ada, &told).await;
    assert!(ada.get(&link).await.text.contains("Example agent"));
    assert_eq!(approve(&mut ada, &link, &["account:read"]).await.status, 303);
    assert_eq!(standing(&client, &told).await.json()["status"], "approved");
    let claimed = complete(&client, &told, None).await;
    assert_eq!(claimed.status, 200, "{}", claimed.text);
    let claimed = claimed.json();
    assert_eq!(
        (&claimed["status"], &claimed["credential_type"], &claimed["scopes"]),
        (&json!("claimed"), &json!("access_token"), &json!(["account:read"]))
    );
    assert_eq!(claimed["registration_id"], told["registration_id"]);
    let access = text(&claimed, "credential");
    assert!(access.starts_with("aas_"), "{access}");
    assert_eq!(introspect(&site, access).await["active"], true);
    assert_eq!(client.get_as(access, "/account").await.status, 200);
    assert_eq!(client.refresh(text(&claimed, "refresh_token")).await.status, 200);
    assert_eq!(standing(&client, &told).await.json()["status"], "claimed");

    let reply = give_back(&client, access).await;
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("revoked")));
    assert_eq!(introspect(&site, access).await, json!({ "active": false }));
    assert_eq!(client.refresh(text(&claimed, "refresh_token")).await.status, 401);
    site.close().await;
}

/// Promise P1, AA18: of many that complete one claim at once, together one session comes; whoever
/// comes again later harms nothing.
#[tokio::test]
async fn one_claim_is_one_session_however_often_it_is_completed() {
    let site = site_with(ON).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let told = asked(&client).await;
    let link = opened(&mut ada, &told).await;
    approve(&mut ada, &link, &SCOPES[..2]).await;
    let replies = join_all((0..12).map(|_| complete(&client, &told, None))).await;
    let mut held: Vec<String> = Vec::new();
    for reply in &replies {
        match reply.status {
            200 => held.push(text(&reply.json(), "credential").to_owned()),
            _ => assert_refused(reply, 409, "AUTH_REQUEST_ALREADY_EXCHANGED"),
        }
    }
    held.dedup();
    assert_eq!(held.len(), 1, "one session");
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 1);
    assert_refused(&complete(&client, &told, None).await, 409, "AUTH_REQUEST_ALREADY_EXCHANGED");
    assert_eq!(introspect(&site, &held[0]).await["active"], true, "it lives on");
    site.close().await;
}

/// 1.5: where the finish code is left to the person, whoever holds the claim token alone gets
/// nothing, and five wrong codes end the claim.
#[tokio::test]
async fn the_claim_token_alone_brings_nothing_where_the_person_hands_over_the_code() {
    let site = site_with(&format!("{ON}finish_code_only = true\n")).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (told, guessed) = (asked(&client).await, asked(&client).await);
    let link = opened(&mut ada, &told).await;
    approve(&mut ada, &link, &["account:read"]).await;
    assert_refused(&complete(&client, &told, None).await, 400, "MISSING_FIELDS");
    let page = ada.get(&link).await.text;
    let start = page.find("aae_").expect("a code");
    let code =
        page[start..].chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_');
    let code: String = code.collect();
    assert_refused(&complete(&client, &guessed, Some(&code)).await, 400, "INVALID_STATE");
    assert_eq!(complete(&client, &told, Some(&code)).await.status, 200);

    let link = opened(&mut ada, &guessed).await;
    approve(&mut ada, &link, &["account:read"]).await;
    for _ in 0..5 {
        let wrong = site.app.entropy.secret(SecretKind::FinishCode).expect("a code");
        let reply = complete(&client, &guessed, Some(wrong.reveal())).await;
        assert_refused(&reply, 401, "INVALID_EXCHANGE_CODE");
    }
    assert_eq!(standing(&client, &guessed).await.status, 410);
    site.close().await;
}

/// 1.3, 1.6: a request that was begun with a challenge is finished with its verifier, which these
/// words have none for: whoever stole its poll token gets nothing, and does it no harm.
#[tokio::test]
async fn a_request_with_a_challenge_is_not_completed_without_its_verifier() {
    let site = site_with(ON).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (request, code) = client.approved(&mut ada, &super::login(&json!({}))).await;
    let told = json!({ "claim_token": request.told["poll_token"] });
    for given in [None, Some(code.as_str()), None, Some(&code), None, Some(&code)] {
        assert_refused(&complete(&client, &told, given).await, 401, "INVALID_AUTH_REQUEST");
    }
    assert_refused(&standing(&client, &told).await, 401, "INVALID_AUTH_REQUEST");
    assert_eq!(site.count("SELECT COUNT(*) FROM token").await, 0);
    let finished = request.exchange(&code, &json!(super::VERIFIER)).await;
    assert_eq!(finished.status, 200, "{}", finished.text);
    site.close().await;
}

async fn nothing_was_stored(site: &Site) -> bool {
    site.count("SELECT (SELECT COUNT(*) FROM approval) + (SELECT COUNT(*) FROM session)").await == 0
}

/// 1.14: what is not offered is refused, and a request that makes no sense stores nothing.
#[tokio::test]
async fn another_type_of_agent_or_of_credential_is_refused() {
    let site = site_with(ON).await;
    let client = Client::of(&site);
    for (change, code) in [
        (json!({ "type": "anonymous" }), "INVALID_REQUEST"),
        (json!({ "type": "identity_assertion" }), "INVALID_REQUEST"),
        (json!({ "type": null }), "MISSING_FIELDS"),
        (json!({ "requested_credential_type": "api_key" }), "INVALID_REQUEST"),
        (json!({ "requested_scopes": [] }), "INVALID_SCOPES"),
        (json!({ "requested_scopes": ["made:up"] }), "INVALID_SCOPES"),
        (json!({ "requested_scopes": "account:read" }), "INVALID_REQUEST"),
    ] {
        let mut body = published();
        super::lay(&mut body, &change);
        assert_refused(&client.post("/agent/auth", &body).await, 400, code);
    }
    let twice = r#"{"type":"anonymous","type":"user_claimed"}"#;
    let request = site.client.post(format!("{}/agent/auth", site.url));
    let reply = Reply::of(request.header("content-type", "application/json").body(twice)).await;
    assert_refused(&reply, 400, "INVALID_REQUEST");
    assert!(nothing_was_stored(&site).await);
    for path in ["/agent/auth/claim", "/agent/auth/claim/complete"] {
        assert_refused(&client.post(path, &json!({})).await, 400, "MISSING_FIELDS");
        for token in ["aap_x", "aas_stale", "\u{0}"] {
            let reply = client.post(path, &json!({ "claim_token": token })).await;
            assert_refused(&reply, 401, "INVALID_AUTH_REQUEST");
        }
    }
    site.close().await;
}

/// 1.13: a claim that nobody answered in time, and one that its person denied, are dead on both
/// routes and stay so.
#[tokio::test]
async fn a_claim_that_is_over_brings_no_session() {
    let site = site_with(ON).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (denied, late) = (asked(&client).await, asked(&client).await);
    let link = opened(&mut ada, &denied).await;
    assert_eq!(ada.deny(&link, "not_now").await.status, 303);
    site.advance(Seconds::HOUR);
    for (told, code) in [(&denied, "AUTH_REQUEST_REVOKED"), (&late, "AUTH_REQUEST_EXPIRED")] {
        assert_refused(&standing(&client, told).await, 410, code);
        assert_refused(&complete(&client, told, None).await, 410, code);
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 0);
    site.close().await;
}

/// AA18, AA16: the words are in the metadata and in `/auth.md`, and answered, only when they are
/// switched on.
#[tokio::test]
async fn the_other_words_are_advertised_only_when_they_are_answered() {
    let site = site_with(ON).await;
    let url = &site.url;
    let told = site.get(SERVER).await.json()["agent_auth"].clone();
    for (name, path) in [
        ("register_uri", "/agent/auth"),
        ("claim_uri", "/agent/auth/claim"),
        ("revocation_uri", "/agent/auth/revoke"),
    ] {
        assert_eq!(told[name], format!("{url}{path}"));
    }
    assert_eq!(told["user_claimed"], json!({ "credential_types_supported": ["access_token"] }));
    let document = site.get("/auth.md").await.text;
    assert!(document.contains(&format!("{url}/agent/auth/claim/complete")), "{document}");
    site.close().await;

    let off = super::site().await;
    assert!(off.get(SERVER).await.json()["agent_auth"].get("register_uri").is_none());
    assert!(!off.get("/auth.md").await.text.contains("/agent/auth"));
    let client = Client::of(&off);
    assert_refused(&client.post("/agent/auth", &published()).await, 404, "NOT_FOUND");
    let body = json!({ "claim_token": "aap_x" });
    for path in ["/agent/auth/claim", "/agent/auth/claim/complete", "/agent/auth/revoke"] {
        assert_refused(&client.post(path, &body).await, 404, "NOT_FOUND");
    }
    assert!(nothing_was_stored(&off).await);
    off.close().await;
}

/// AA19, 1.8: giving back ends the session of the token that was sent, and nobody else's.
#[tokio::test]
async fn only_the_session_of_the_bearer_is_given_back() {
    let site = site_with(ON).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (own, other) =
        (super::session(&client, &mut ada).await, super::session(&client, &mut ada).await);
    let (own, other) = (text(&own, "access_token"), text(&other, "access_token"));
    let body = json!({ "credential_type": "api_key" });
    assert_refused(&client.post_as(own, "/agent/auth/revoke", &body).await, 400, "INVALID_REQUEST");
    let nothing = client.post_as(own, "/agent/auth/revoke", &json!({})).await;
    assert_refused(&nothing, 400, "MISSING_FIELDS");
    assert_refused(&client.post("/agent/auth/revoke", &body).await, 401, "INVALID_TOKEN");
    assert_eq!(introspect(&site, own).await["active"], true);
    assert_eq!(give_back(&client, own).await.status, 200);
    assert_eq!(introspect(&site, own).await["active"], false);
    assert_eq!(introspect(&site, other).await["active"], true);
    site.close().await;
}
