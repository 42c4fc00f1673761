//! Refresh tokens rotate, in both spellings (RFC 9700 §4.14.2; auth.md 2.2).

use countersign::protocol::timestamp::Seconds;
use serde_json::json;

use super::{connect, connect_with, disconnect, events, rows, text};
use crate::support::Site;
use crate::support::agent::{Agent, member};
use crate::support::reply::Reply;

async fn refresh_identity(agent: &Agent, token: &str) -> Reply {
    agent.post("/agent/identity", &json!({ "type": "refresh", "refresh_token": token })).await
}

async fn narrowed(agent: &Agent, token: &str, scope: &str) -> Reply {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)];
    agent.token(&fields).await
}

/// Case 203: a new pair, the scopes no wider, the access token as good as the first.
#[tokio::test]
async fn a_refresh_returns_the_next_pair() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let reply = connected.agent.refresh(&connected.refresh()).await;
    let (access, refresh) = (member(&reply, "access_token"), member(&reply, "refresh_token"));
    assert!(access != connected.access() && refresh != connected.refresh());
    assert_eq!(reply.json()["scope"], "demo:read demo:write");
    assert_eq!(reply.json()["expires_in"], 3600);
    site.assert_live(&access).await;
    assert_eq!(site.call(&access).await.status, 200);
    let (one, two) = (site.introspect(&connected.access()).await, site.introspect(&access).await);
    assert_eq!(one.json()["session_id"], two.json()["session_id"]);
    site.close().await;
}

/// A flaw: a session refreshed again and again leaves tokens and events without end. Beyond the
/// limit nothing is written, a repetition counts for nothing, and the session lives on.
#[tokio::test]
async fn refreshing_is_limited_and_costs_no_session() {
    let site = Site::open_with("[limits]\nrefreshes_per_session_per_hour = 2\n").await;
    let connected = connect(&site).await;
    let agent = &connected.agent;
    let second = member(&agent.refresh(&connected.refresh()).await, "refresh_token");
    assert_eq!(member(&agent.refresh(&connected.refresh()).await, "refresh_token"), second);
    let third = member(&agent.refresh(&second).await, "refresh_token");
    let before = (rows(&site, "token").await, rows(&site, "event").await);
    let refused = agent.refresh(&third).await;
    refused.assert_error(429, "rate_limit_exceeded");
    assert!(refused.header("retry-after").is_some());
    let refused = refresh_identity(agent, &third).await;
    refused.assert_error(429, "rate_limit_exceeded");
    assert!(refused.header("retry-after").is_some(), "an agent does not throw it away");
    assert_eq!((rows(&site, "token").await, rows(&site, "event").await), before);
    site.advance(Seconds::HOUR);
    let access = member(&agent.refresh(&third).await, "access_token");
    site.assert_live(&access).await;
    site.close().await;
}

/// auth.md section 3, row "refresh": both spellings turn one family.
#[tokio::test]
async fn both_spellings_rotate_one_family() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let agent = &connected.agent;
    let second = member(&agent.refresh(&connected.refresh()).await, "refresh_token");
    site.advance(Seconds::HOUR);
    let reply = refresh_identity(agent, &second).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let body = reply.json();
    assert_eq!((&body["type"], &body["id"]), (&json!("refresh"), &json!(connected.registered.id)));
    assert_eq!(body["identity"]["assertion"], body["identity_assertion"]);
    assert_eq!(body["identity"]["refresh_token"]["expires_at"], "2027-01-15T16:00:00.000Z");
    let access = member(&agent.exchange(&text(&body, "/identity/assertion")).await, "access_token");
    site.assert_live(&access).await;
    let third = text(&body, "/identity/refresh_token/value");
    member(&agent.refresh(&third).await, "access_token");
    assert_eq!(rows(&site, "session").await, 1);
    site.close().await;
}

/// Design decision 4, oauth.md trap 24: for sixty seconds, while the successor is unspent,
/// the spent token yields the same pair; there is no second lineage.
#[tokio::test]
async fn within_a_minute_a_spent_token_yields_the_same_pair() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let agent = &connected.agent;
    let first = agent.refresh(&connected.refresh()).await;
    for wait in [0, 1, 58] {
        site.advance(Seconds(wait));
        let again = agent.refresh(&connected.refresh()).await;
        for name in ["access_token", "refresh_token", "scope"] {
            assert_eq!(member(&again, name), member(&first, name));
        }
        let nested = refresh_identity(agent, &connected.refresh()).await.json();
        assert_eq!(text(&nested, "/identity/refresh_token/value"), member(&first, "refresh_token"));
    }
    let refresh_tokens = "SELECT COUNT(*) FROM token WHERE kind = 2";
    assert_eq!(site.count(refresh_tokens).await, 2);
    let unspent = "SELECT COUNT(*) FROM token WHERE kind = 2 AND spent_at IS NULL";
    assert_eq!(site.count(unspent).await, 1);
    member(&agent.refresh(&member(&first, "refresh_token")).await, "access_token");
    site.close().await;
}

/// Cases 203 and 204: after the minute its return ends the family, on the record.
#[tokio::test]
async fn a_spent_token_that_returns_late_ends_the_family() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let agent = &connected.agent;
    let next = agent.refresh(&connected.refresh()).await;
    site.advance(Seconds(60));
    site.assert_live(&member(&next, "access_token")).await;
    agent.refresh(&connected.refresh()).await.assert_error(400, "invalid_grant");
    for token in [connected.access(), member(&next, "access_token")] {
        site.assert_dead(&token).await;
    }
    agent.refresh(&member(&next, "refresh_token")).await.assert_error(400, "invalid_grant");
    agent.exchange(&connected.assertion()).await.assert_error(400, "invalid_grant");
    assert_eq!(events(&site, "refresh.reuse").await, 1);
    let ended = "SELECT COUNT(*) FROM session WHERE ended_cause = 'refresh_reuse'";
    assert_eq!(site.count(ended).await, 1);
    site.close().await;
}

/// Case 203: once its successor was spent there is nothing to overlap with, so even within
/// the minute a spent token is a copy in other hands.
#[tokio::test]
async fn a_spent_token_whose_successor_is_spent_ends_the_family_at_once() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let agent = &connected.agent;
    let second = agent.refresh(&connected.refresh()).await;
    let third = agent.refresh(&member(&second, "refresh_token")).await;
    let reply = refresh_identity(agent, &connected.refresh()).await;
    reply.assert_error(400, "invalid_refresh_token");
    site.assert_dead(&member(&third, "access_token")).await;
    agent.refresh(&member(&third, "refresh_token")).await.assert_error(400, "invalid_grant");
    assert_eq!(events(&site, "refresh.reuse").await, 1);
    site.close().await;
}

/// Case 204 across a restart: what was spent is in the database.
#[tokio::test]
async fn a_restart_forgets_no_rotation() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let next = connected.agent.refresh(&connected.refresh()).await;
    let site = site.restart().await;
    let again = site.agent().refresh(&connected.refresh()).await;
    assert_eq!(member(&again, "refresh_token"), member(&next, "refresh_token"));
    site.advance(Seconds(60));
    site.agent().refresh(&connected.refresh()).await.assert_error(400, "invalid_grant");
    site.assert_dead(&member(&next, "access_token")).await;
    site.close().await;
}

/// RFC 6749 §6, oauth.md row 20: narrower for one access token, never wider; the family
/// keeps what the human granted.
#[tokio::test]
async fn a_refresh_may_narrow_and_never_widens() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let agent = &connected.agent;
    let narrow = narrowed(agent, &connected.refresh(), "demo:read").await;
    assert_eq!(narrow.json()["scope"], "demo:read");
    let known = site.introspect(&member(&narrow, "access_token")).await.json();
    assert_eq!(known["scope"], "demo:read");
    let next = member(&narrow, "refresh_token");
    for wider in ["admin", "demo:read demo:write admin"] {
        narrowed(agent, &next, wider).await.assert_error(400, "invalid_scope");
    }
    // The refusals spent nothing.
    let whole = agent.refresh(&next).await;
    assert_eq!(whole.json()["scope"], "demo:read demo:write");
    site.close().await;
}

/// oauth.md trap 31; RFC 8707 §2.2: clients repeat the resource on refresh; only another
/// one is refused, and that spends nothing.
#[tokio::test]
async fn the_resource_may_be_repeated_on_refresh_but_not_changed() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let demo = format!("{}/demo", site.url);
    let fields = |resource: &str| {
        [
            ("grant_type", "refresh_token".to_owned()),
            ("refresh_token", connected.refresh()),
            ("resource", resource.to_owned()),
        ]
    };
    for resource in [site.url.clone(), format!("{demo}/"), "https://else.example".to_owned()] {
        let request = site.client.post(format!("{}/token", site.url)).form(&fields(&resource));
        Reply::of(request).await.assert_error(400, "invalid_target");
    }
    let request = site.client.post(format!("{}/token", site.url)).form(&fields(&demo));
    assert_eq!(Reply::of(request).await.status, 200);
    site.close().await;
}

/// Promise P4, design decision 4: nothing outlives the end the human chose.
#[tokio::test]
async fn no_refresh_reaches_beyond_the_end_of_the_session() {
    let site = Site::open().await;
    let connected = connect_with(&site, &["demo:read"], "1h").await;
    let agent = &connected.agent;
    site.advance(Seconds(3000));
    let next = agent.refresh(&connected.refresh()).await;
    assert_eq!(next.json()["expires_in"], 600);
    let known = site.introspect(&member(&next, "access_token")).await.json();
    assert_eq!(known["exp"], 1_800_003_600);
    let identity = refresh_identity(agent, &member(&next, "refresh_token")).await.json();
    assert_eq!(identity["identity"]["expires_at"], "2027-01-15T09:00:00.000Z");
    assert_eq!(identity["identity"]["refresh_token"]["expires_at"], "2027-01-15T09:00:00.000Z");
    let last = text(&identity, "/identity/refresh_token/value");
    site.advance(Seconds(600));
    agent.refresh(&last).await.assert_error(400, "invalid_grant");
    refresh_identity(agent, &last).await.assert_error(400, "invalid_refresh_token");
    site.assert_dead(&member(&next, "access_token")).await;
    site.close().await;
}

/// operator.md, `refresh_ttl`: a refresh token that lies unused ends by itself.
#[tokio::test]
async fn an_unused_refresh_token_expires() {
    let site = Site::open_with("[sessions]\nrefresh_ttl = \"2h\"\n").await;
    let connected = connect(&site).await;
    site.advance(Seconds(2 * 3600));
    connected.agent.refresh(&connected.refresh()).await.assert_error(400, "invalid_grant");
    assert_eq!(events(&site, "refresh.reuse").await, 0);
    site.close().await;
}

/// auth.md 2.2: whatever is wrong with a refresh token, the answer is one.
#[tokio::test]
async fn anything_but_a_live_refresh_token_is_refused_alike() {
    let site = Site::open().await;
    let mut connected = connect(&site).await;
    let (access, refresh) = (connected.access(), connected.refresh());
    let claim = connected.registered.claim_token.clone();
    let mut bodies = Vec::new();
    for token in ["aar_unknown", "", "x", access.as_str(), &claim] {
        let reply = refresh_identity(&connected.agent, token).await;
        reply.assert_error(400, "invalid_refresh_token");
        bodies.push(reply.text);
        if !token.is_empty() {
            connected.agent.refresh(token).await.assert_error(400, "invalid_grant");
        }
    }
    disconnect(&site, &mut connected).await;
    let reply = refresh_identity(&connected.agent, &refresh).await;
    reply.assert_error(400, "invalid_refresh_token");
    bodies.push(reply.text);
    connected.agent.refresh(&refresh).await.assert_error(400, "invalid_grant");
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    let fields = [("grant_type", "refresh_token")];
    connected.agent.token(&fields).await.assert_error(400, "invalid_request");
    site.close().await;
}
