//! Refresh tokens of OAuth clients: they rotate, overlap for a minute, and their late return
//! ends the family (RFC 9700 §4.14.2).

use std::collections::BTreeSet;

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;
use serde_json::json;

use crate::support::agent::member;
use crate::support::client::{CALLBACK, Client};
use crate::support::person::Person;
use crate::support::reply::Reply;
use crate::support::{Site, rounds};

/// A client that Ada let in, and its first answer.
async fn connected<'a>(site: &'a Site, ada: &mut Person) -> (Client<'a>, Reply) {
    let client = Client::register(site).await;
    let code = client.approved_by(ada).await.code();
    let tokens = client.redeem(&code, &[]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    (client, tokens)
}

/// Case 205, oauth.md trap 24: processes that share one credential refresh at once, and all
/// of them hold one healthy session.
#[tokio::test]
async fn ten_simultaneous_refreshes_leave_one_healthy_session() {
    refreshes_at_once(10, rounds(6)).await;
}

/// Case 205 at its full width.
#[tokio::test]
async fn sixty_four_simultaneous_refreshes_leave_one_healthy_session() {
    refreshes_at_once(64, rounds(3)).await;
}

async fn refreshes_at_once(width: usize, rounds: usize) {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (client, tokens) = connected(&site, &mut ada).await;
    let mut token = member(&tokens, "refresh_token");
    for _ in 0..rounds {
        let replies = join_all((0..width).map(|_| client.refresh(&token))).await;
        let pairs: BTreeSet<(String, String)> = replies
            .iter()
            .map(|reply| (member(reply, "access_token"), member(reply, "refresh_token")))
            .collect();
        assert_eq!(pairs.len(), 1, "two lineages");
        let (access, next) = pairs.into_iter().next().expect("a pair");
        site.assert_live(&access).await;
        assert_eq!(site.call(&access).await.status, 200);
        token = next;
    }
    let unspent = "SELECT COUNT(*) FROM token WHERE kind = 2 AND spent_at IS NULL";
    assert_eq!(site.count(unspent).await, 1);
    assert_eq!(site.count("SELECT COUNT(*) FROM session WHERE ended_at IS NULL").await, 1);
    assert!(ada.get("/account/sessions").await.text.contains("Test client"));
    site.close().await;
}

/// Case 203: the next pair, no wider; a narrower one on request, and the family keeps what
/// was granted (RFC 6749 §6).
#[tokio::test]
async fn a_refresh_narrows_and_never_widens() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (client, tokens) = connected(&site, &mut ada).await;
    let token = member(&tokens, "refresh_token");
    for scope in ["demo:read demo:admin", "demo:delete", "a\"b", "openid"] {
        let reply = client.refresh_with(&token, &[("scope", scope)]).await;
        reply.assert_error(400, "invalid_scope");
    }
    let narrow = client.refresh_with(&token, &[("scope", "demo:read")]).await;
    assert_eq!(narrow.json()["scope"], "demo:read");
    let known = site.introspect(&member(&narrow, "access_token")).await.json();
    assert_eq!(known["scope"], "demo:read");
    let whole = client.refresh(&member(&narrow, "refresh_token")).await;
    assert_eq!(whole.json()["scope"], "demo:read demo:write");
    site.close().await;
}

/// Case 203, once its successor was spent: there is nothing left to overlap with.
#[tokio::test]
async fn a_spent_token_is_refused_once_its_successor_was_used() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (client, tokens) = connected(&site, &mut ada).await;
    let first = member(&tokens, "refresh_token");
    let second = client.refresh(&first).await;
    let third = client.refresh(&member(&second, "refresh_token")).await;
    site.assert_live(&member(&third, "access_token")).await;
    client.refresh(&first).await.assert_error(400, "invalid_grant");
    site.assert_dead(&member(&third, "access_token")).await;
    site.close().await;
}

/// Case 204: after the leeway its return ends the whole family, on the record, and the owner
/// is told where they look at their sessions and in the history of this one.
#[tokio::test]
async fn a_late_return_ends_the_family_and_the_owner_is_told() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (client, tokens) = connected(&site, &mut ada).await;
    let first = member(&tokens, "refresh_token");
    let access = member(&tokens, "access_token");
    let session = site.introspect(&access).await.json()["session_id"].clone();
    let session = session.as_str().expect("a session").to_owned();
    let told = "was used, so the session was ended";
    assert!(!ada.get("/account/sessions").await.text.contains(told));

    let next = client.refresh(&first).await;
    site.advance(Seconds(60));
    client.refresh(&first).await.assert_error(400, "invalid_grant");
    site.assert_dead(&access).await;
    site.assert_dead(&member(&next, "access_token")).await;
    client.refresh(&member(&next, "refresh_token")).await.assert_error(400, "invalid_grant");
    let recorded = "SELECT COUNT(*) FROM event WHERE kind = 'refresh.reuse'";
    assert_eq!(site.count(recorded).await, 1);
    for page in ["/account/sessions".to_owned(), format!("/account/sessions/{session}")] {
        let page = ada.get(&page).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(told), "{}", page.text);
    }
    site.close().await;
}

/// Case 205 with Case 204: sixty-four late returns at once end one family, once.
#[tokio::test]
async fn racing_late_returns_end_the_family_once() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    for round in 1..=3 {
        let (client, tokens) = connected(&site, &mut ada).await;
        let first = member(&tokens, "refresh_token");
        let next = client.refresh(&first).await;
        site.advance(Seconds(61));
        let replies = join_all((0..64).map(|_| client.refresh(&first))).await;
        for reply in &replies {
            reply.assert_error(400, "invalid_grant");
        }
        site.assert_dead(&member(&next, "access_token")).await;
        let ended = "SELECT COUNT(*) FROM session WHERE ended_cause = 'refresh_reuse'";
        assert_eq!(site.count(ended).await, round);
    }
    site.close().await;
}

/// oauth.md row 11 and trap 31: `resource` on a refresh names what was granted, in either
/// spelling, or is refused without spending anything.
#[tokio::test]
async fn a_refresh_names_the_granted_resource_or_none() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (client, tokens) = connected(&site, &mut ada).await;
    let token = member(&tokens, "refresh_token");
    let own = format!("{}/demo", site.app.issuer());
    for resource in ["https://other.example.com", "not a url", site.app.issuer()] {
        let reply = client.refresh_with(&token, &[("resource", resource)]).await;
        reply.assert_error(400, "invalid_target");
    }
    let both = [("resource", own.as_str()), ("resource", "https://other.example.com")];
    client.refresh_with(&token, &both).await.assert_error(400, "invalid_target");
    let twice = [("resource", own.as_str()), ("resource", own.as_str())];
    let reply = client.refresh_with(&token, &twice).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let known = site.introspect(&member(&reply, "access_token")).await.json();
    assert_eq!(known["aud"], json!(own));
    site.close().await;
}

/// RFC 6749 §6: a client with a secret shows it at every refresh; without it nothing is spent.
#[tokio::test]
async fn a_client_with_a_secret_shows_it_at_every_refresh() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let metadata = json!({ "redirect_uris": [CALLBACK] });
    let client = Client::register_as(&site, &metadata).await;
    let code = client.approved_by(&mut ada).await.code();
    let tokens = client.redeem(&code, &[]).await;
    let token = member(&tokens, "refresh_token");
    client.refresh_with(&token, &[("client_secret", "")]).await.assert_error(401, "invalid_client");
    let wrong = [("client_secret", "wrong")];
    client.refresh_with(&token, &wrong).await.assert_error(401, "invalid_client");
    assert_eq!(client.refresh(&token).await.status, 200);
    site.close().await;
}

/// Promise P4: no refresh outlives what the person agreed to.
#[tokio::test]
async fn no_refresh_reaches_beyond_the_sessions_end() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (client, tokens) = connected(&site, &mut ada).await;
    let mut token = member(&tokens, "refresh_token");
    for _ in 0..7 {
        site.advance(Seconds::HOUR);
        token = member(&client.refresh(&token).await, "refresh_token");
    }
    site.advance(Seconds(3_000));
    let last = client.refresh(&token).await;
    assert_eq!(last.json()["expires_in"], 600, "eight hours were agreed to");
    site.advance(Seconds(600));
    let token = member(&last, "refresh_token");
    client.refresh(&token).await.assert_error(400, "invalid_grant");
    site.close().await;
}
