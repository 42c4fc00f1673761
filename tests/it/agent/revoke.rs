//! Agents give tokens back (RFC 7009; auth.md 2.7).

use super::{connect, events, rows, text};
use crate::support::Site;
use crate::support::agent::member;
use crate::support::reply::Reply;

/// Case 226; RFC 7009 §2.2: 200 both times, that token dead, its siblings live.
#[tokio::test]
async fn an_access_token_dies_alone_and_twice_is_no_error() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let agent = &connected.agent;
    let sibling = member(&agent.exchange(&connected.assertion()).await, "access_token");
    // Known to the cache before it is revoked.
    site.assert_live(&connected.access()).await;
    for _ in 0..2 {
        let reply = agent.revoke(&connected.access()).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, ""));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        site.assert_dead(&connected.access()).await;
    }
    site.assert_live(&sibling).await;
    member(&agent.exchange(&connected.assertion()).await, "access_token");
    member(&agent.refresh(&connected.refresh()).await, "access_token");
    assert_eq!(events(&site, "token.revoked").await, 1);
    site.close().await;
}

/// oauth.md row 25; RFC 7009 §2.1: a refresh token takes its access tokens along, and with
/// them the assertion: this is how an agent ends its own session.
#[tokio::test]
async fn a_refresh_token_takes_its_session_along() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let agent = &connected.agent;
    let sibling = member(&agent.exchange(&connected.assertion()).await, "access_token");
    for _ in 0..3 {
        assert_eq!(agent.revoke(&connected.refresh()).await.status, 200);
    }
    assert_eq!(events(&site, "token.revoked").await, 1, "repeating it fills no trail");
    assert_eq!(events(&site, "session.ended").await, 1);
    site.assert_dead(&connected.access()).await;
    site.assert_dead(&sibling).await;
    agent.refresh(&connected.refresh()).await.assert_error(400, "invalid_grant");
    agent.exchange(&connected.assertion()).await.assert_error(400, "invalid_grant");
    let ended = "SELECT COUNT(*) FROM session WHERE ended_cause = 'revoked'";
    assert_eq!(site.count(ended).await, 1);
    site.close().await;
}

/// RFC 7009 §2.2, actor T9: the audit trail says once that a session ended, and a token that
/// is dead adds no line to it, however often it is given back.
#[tokio::test]
async fn a_session_that_is_over_is_given_back_without_a_trace() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    assert_eq!(connected.agent.revoke(&connected.refresh()).await.status, 200);
    let before = rows(&site, "event").await;
    for token in [connected.refresh(), connected.access(), connected.refresh()] {
        let reply = connected.agent.revoke(&token).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, ""));
    }
    assert_eq!(rows(&site, "event").await, before);
    assert_eq!(
        (events(&site, "token.revoked").await, events(&site, "session.ended").await),
        (1, 1)
    );
    site.close().await;
}

/// RFC 7009 §2.1: a hint that is wrong or unknown only widens the search.
#[tokio::test]
async fn the_hint_does_not_matter() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    for hint in ["access_token", "refresh_token", "id_token", "", "nonsense"] {
        let token = member(&connected.agent.exchange(&connected.assertion()).await, "access_token");
        let fields = [("token", token.as_str()), ("token_type_hint", hint)];
        assert_eq!(site.post_form("/revoke", &fields).await.status, 200);
        site.assert_dead(&token).await;
    }
    site.close().await;
}

/// RFC 7009 §2.2: an unknown token is no error, or the endpoint would tell which exist.
#[tokio::test]
async fn unknown_and_malformed_tokens_are_no_error() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let mut changed = connected.access();
    let last = changed.pop().expect("a character");
    changed.push(if last == 'A' { 'B' } else { 'A' });
    for token in ["aas_unknown", "x", changed.as_str(), "💥", " "] {
        let reply = connected.agent.revoke(token).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, ""), "{token:?}");
    }
    site.assert_live(&connected.access()).await;
    assert_eq!(events(&site, "token.revoked").await, 0);
    site.close().await;
}

/// RFC 7009 §2.1: only a malformed request is an error, and it revokes nothing.
#[tokio::test]
async fn a_malformed_request_is_refused_and_revokes_nothing() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let access = connected.access();
    site.post_form("/revoke", &[]).await.assert_error(400, "invalid_request");
    site.post_form("/revoke", &[("token", "")]).await.assert_error(400, "invalid_request");
    let twice = [("token", access.as_str()), ("token", access.as_str())];
    site.post_form("/revoke", &twice).await.assert_error(400, "invalid_request");
    let body = serde_json::json!({ "token": access });
    site.post_json("/revoke", &body).await.assert_error(415, "invalid_request");
    site.get(&format!("/revoke?token={access}")).await.assert_error(405, "invalid_request");
    let request = site.client.post(format!("{}/revoke?token={access}", site.url));
    Reply::of(request.form(&[("x", "y")])).await.assert_error(400, "invalid_request");
    site.assert_live(&access).await;
    site.close().await;
}

/// Case 228: holding a token is the proof; whoever knows only names of another's session
/// ends nothing with them.
#[tokio::test]
async fn another_agents_names_and_credentials_end_nothing_of_ours() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let stranger = site.agent().register_anonymous().await;
    let known = site.introspect(&connected.access()).await.json();
    for name in [
        text(&known, "/session_id"),
        text(&known, "/client_id"),
        text(&known, "/sub"),
        connected.registered.claim_token.clone(),
        stranger.claim_token.clone(),
        stranger.assertion(),
        connected.registered.user_code(),
    ] {
        assert_eq!(site.agent().revoke(&name).await.status, 200);
    }
    let request = site.client.post(format!("{}/revoke", site.url));
    let request = request.basic_auth("demo", Some("demo-secret"));
    assert_eq!(Reply::of(request.form(&[("token", "aas_unknown")])).await.status, 200);
    site.assert_live(&connected.access()).await;
    member(&connected.agent.refresh(&connected.refresh()).await, "access_token");
    assert_eq!(rows(&site, "session").await, 2);
    site.close().await;
}
