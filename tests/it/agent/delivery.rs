//! Delivery: once, and for thirty seconds the same again to the same request (design
//! decision 5).

use countersign::protocol::timestamp::Seconds;

use super::{claims_of, connect, connect_with, disconnect, events, rows, text};
use crate::support::Site;
use crate::support::agent::member;
use crate::support::person::another_code;

/// Case 056: an identical request within the grace gets the identical tokens; the
/// assertion says the same, though its signature may differ.
#[tokio::test]
async fn an_identical_poll_within_thirty_seconds_gets_the_identical_answer() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let first = connected.tokens.json();
    for wait in [0, 1, 28] {
        site.advance(Seconds(wait));
        let again = connected.agent.poll(&connected.registered.claim_token).await.json();
        for name in [
            "access_token",
            "refresh_token",
            "expires_in",
            "scope",
            "token_type",
            "assertion_expires",
        ] {
            assert_eq!(again[name], first[name], "{name} after {wait} s more");
        }
        assert_eq!(
            claims_of(&text(&again, "/identity_assertion")),
            claims_of(&connected.assertion())
        );
        assert_eq!(again["identity"]["refresh_token"], first["identity"]["refresh_token"]);
    }
    assert_eq!((rows(&site, "session").await, rows(&site, "token").await), (1, 2));
    site.assert_live(&connected.access()).await;
    site.close().await;
}

/// Case 056: "audit `claim.replayed`", the first that is answered and the first that is refused:
/// whoever holds a claim token could otherwise fill the trail, which is never emptied.
#[tokio::test]
async fn the_first_replays_of_a_claim_leave_events_and_repeating_them_leaves_no_more() {
    let site = Site::open().await;
    let mut connected = connect(&site).await;
    let token = connected.registered.claim_token.clone();
    let ended = async |how: &str| {
        let detail = format!("kind = 'claim.replayed' AND detail = '{how}'");
        site.count(&format!("SELECT COUNT(*) FROM event WHERE {detail}")).await
    };
    assert_eq!((ended("answered again").await, ended("refused").await), (0, 0));
    for _round in 0..3 {
        assert_eq!(connected.agent.poll(&token).await.status, 200);
        assert_eq!((ended("answered again").await, ended("refused").await), (1, 0));
    }
    disconnect(&site, &mut connected).await;
    connected.agent.poll(&token).await.assert_error(400, "invalid_grant");
    site.advance(Seconds(30));
    connected.agent.poll(&token).await.assert_error(400, "invalid_grant");
    assert_eq!((ended("answered again").await, ended("refused").await), (1, 1));
    assert_eq!(events(&site, "claim.replayed").await, 2);
    site.close().await;
}

/// Case 056: outside the grace the claim token is spent, for good; the trail says that
/// somebody tried.
#[tokio::test]
async fn after_thirty_seconds_the_claim_token_is_spent() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let token = connected.registered.claim_token.as_str();
    site.advance(Seconds(30));
    assert_eq!(events(&site, "claim.replayed").await, 0);
    for _round in 0..3 {
        connected.agent.poll(token).await.assert_error(400, "invalid_grant");
        assert_eq!(events(&site, "claim.replayed").await, 1);
    }
    let code = connected.registered.user_code();
    let reply = connected.agent.complete(token, &code).await;
    reply.assert_error(409, "already_claimed");
    site.advance(Seconds::DAY);
    connected.agent.poll(token).await.assert_error(400, "invalid_grant");
    assert_eq!((rows(&site, "session").await, rows(&site, "token").await), (1, 2));
    assert_eq!(events(&site, "claim.collected").await, 1);
    site.close().await;
}

/// Design decision 5: the grace is for a lost answer, so another request, even with the
/// right code, is refused within it.
#[tokio::test]
async fn another_request_within_the_grace_is_refused() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let (token, code) =
        (connected.registered.claim_token.as_str(), connected.registered.user_code());
    connected.agent.complete(token, &code).await.assert_error(409, "already_claimed");
    connected.agent.complete(token, "BBBB-BBBB").await.assert_error(409, "already_claimed");
    assert_eq!(events(&site, "claim.replayed").await, 1);
    assert_eq!(connected.agent.poll(token).await.status, 200);
    assert_eq!((rows(&site, "session").await, rows(&site, "token").await), (1, 2));
    site.close().await;
}

/// The same at `/complete`: the code again gives the same refresh token, a poll nothing.
#[tokio::test]
async fn a_completion_is_redelivered_to_the_same_code_only() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let token = registered.claim_token.as_str();
    let code = ada.approve_relayed(&registered.link()).await;
    let first = agent.complete(token, &code).await.json();
    site.advance(Seconds(29));
    let again = agent.complete(token, &code.to_lowercase().replace('-', "")).await.json();
    assert_eq!(again["identity"]["refresh_token"], first["identity"]["refresh_token"]);
    agent.poll(token).await.assert_error(400, "invalid_grant");
    let wrong = another_code(&code);
    agent.complete(token, &wrong).await.assert_error(409, "already_claimed");
    site.advance(Seconds(1));
    agent.complete(token, &code).await.assert_error(409, "already_claimed");
    assert_eq!((rows(&site, "session").await, rows(&site, "token").await), (1, 2));
    site.close().await;
}

/// A lost answer survives a restart, because it is derived and not remembered.
#[tokio::test]
async fn the_identical_answer_survives_a_restart() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let site = site.restart().await;
    let again = site.agent().poll(&connected.registered.claim_token).await;
    assert_eq!(member(&again, "access_token"), connected.access());
    assert_eq!(member(&again, "refresh_token"), connected.refresh());
    site.close().await;
}

/// Promise P2: a session that was disconnected in the meantime is not handed out again.
#[tokio::test]
async fn the_grace_ends_with_the_session() {
    let site = Site::open().await;
    let mut connected = connect(&site).await;
    let access = connected.access();
    disconnect(&site, &mut connected).await;
    let reply = connected.agent.poll(&connected.registered.claim_token).await;
    reply.assert_error(400, "invalid_grant");
    site.assert_dead(&access).await;
    site.close().await;
}

/// Promise P3: what was delivered is nowhere in the database; a digest of it is.
#[tokio::test]
async fn derived_tokens_are_not_stored() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let secrets = [
        connected.access(),
        connected.refresh(),
        connected.assertion(),
        connected.registered.claim_token.clone(),
        connected.registered.user_code(),
        connected.registered.user_code().replace('-', ""),
        connected.registered.link().rsplit('/').next().expect("a secret").to_owned(),
    ];
    let columns = [
        ("registration", "COALESCE(client_name, '') || scopes || COALESCE(reason, '') || id"),
        ("approval", "state || ask || id"),
        ("session", "label || scopes || id || COALESCE(user_agent, '')"),
        ("event", "COALESCE(detail, '') || id || kind || address"),
        ("counter", "name"),
        ("token", "session_id || scopes"),
    ];
    for (table, expression) in columns {
        for secret in &secrets {
            let sql = format!("SELECT COUNT(*) FROM {table} WHERE {expression} LIKE '%{secret}%'");
            assert_eq!(site.count(&sql).await, 0, "{table} holds a secret");
        }
    }
    let digests = "SELECT COUNT(*) FROM token WHERE length(digest) = 32";
    assert_eq!(site.count(digests).await, 2);
    site.close().await;
}

/// auth.md 2.9: after the claim the assertion names the person, and the generation has
/// moved on.
#[tokio::test]
async fn the_delivered_assertion_names_the_person_who_approved() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let claims = claims_of(&connected.assertion());
    assert_eq!(claims["email"], "ada@example.com");
    assert_eq!(claims["email_verified"], true);
    assert_eq!(claims["sub"], connected.registered.id);
    assert_eq!(claims["generation"], 2);
    site.close().await;
}

/// operator.md, `lifetime = once`: one access token, no refresh token, in both dialects.
#[tokio::test]
async fn a_session_for_once_has_no_refresh_token() {
    let site = Site::open().await;
    let connected = connect_with(&site, &["demo:read"], "once").await;
    let body = connected.tokens.json();
    assert!(body.get("refresh_token").is_none());
    assert!(body["identity"].get("refresh_token").is_none());
    assert_eq!(rows(&site, "token").await, 1);
    site.advance(Seconds::HOUR);
    site.assert_dead(&connected.access()).await;
    connected.agent.exchange(&connected.assertion()).await.assert_error(400, "invalid_grant");
    site.close().await;
}
