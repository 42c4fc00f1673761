//! Many at once (contracts/credentials.md 1.6, 1.7; promise P1).

use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Client, assert_refused, detached, introspect, session, site, text};
use crate::support::reply::Reply;

/// Splits answers into those that were served and those that were refused, and says how.
fn sorted(replies: &[Reply]) -> (Vec<Value>, Vec<(u16, String)>) {
    let (served, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|one| one.status == 200);
    let refused = refused.iter().map(|reply| (reply.status, reply.error())).collect();
    (served.iter().map(|reply| reply.json()).collect(), refused)
}

/// 1.6, P1: of 64 trades of one code one brings the session, and the others are told that it
/// was; a command line that polls and pastes at once does this.
#[tokio::test]
async fn of_many_trades_at_once_one_brings_the_session() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    for racers in [16, 64] {
        let (request, code) = client.approved(&mut ada, &detached()).await;
        let replies = join_all((0..racers).map(|_| request.finish(&code))).await;
        let (served, refused) = sorted(&replies);
        assert_eq!((served.len(), refused.len()), (1, racers - 1));
        for refusal in refused {
            assert_eq!(refusal, (409, "AUTH_REQUEST_ALREADY_EXCHANGED".to_owned()));
        }
        let access = text(&served[0]["agent_session"], "access_token");
        assert_eq!(introspect(&site, access).await["active"], true, "the race harmed nothing");
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 2);
    assert_eq!(site.count("SELECT COUNT(*) FROM token").await, 4);
    site.close().await;
}

/// Case 058: wrong codes count however many come at once, and the right one among them wins or
/// comes too late, but never brings two sessions.
#[tokio::test]
async fn wrong_codes_count_however_many_come_at_once() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (request, code) = client.approved(&mut ada, &detached()).await;
    let replies = join_all((0..40).map(|_| request.finish("aae_wrong"))).await;
    let (served, refused) = sorted(&replies);
    assert!(served.is_empty());
    let wrong = refused.iter().filter(|(status, _)| *status == 401).count();
    assert!(wrong >= 5 && refused.iter().all(|(status, _)| [401, 410].contains(status)));
    assert_refused(&request.finish(&code).await, 410, "AUTH_REQUEST_REVOKED");
    let counted = "SELECT COUNT(*) FROM event WHERE kind = 'approval.wrong_code'";
    assert_eq!(site.count(counted).await, 5);
    site.close().await;
}

/// 1.7, case 205: `live` asks about several projects at once, and each 401 refreshes with the same
/// token: every one gets the same pair, round after round.
#[tokio::test]
async fn parallel_refreshes_get_one_pair_and_the_session_lives_on() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let mut tokens = session(&client, &mut ada).await;
    for round in 0..3 {
        let refresh = text(&tokens, "refresh_token").to_owned();
        let replies = join_all((0..12).map(|_| client.refresh(&refresh))).await;
        let (served, refused) = sorted(&replies);
        assert_eq!((served.len(), refused.len()), (12, 0), "round {round}");
        let pairs: HashSet<String> =
            served.iter().map(|body| body["agent_session"].to_string()).collect();
        assert_eq!(pairs.len(), 1, "one lineage");
        let next = served[0]["agent_session"].clone();
        assert_eq!((&next["id"], &next["session_id"]), (&tokens["id"], &tokens["id"]));
        tokens = next;
        site.advance(countersign::protocol::timestamp::Seconds(5));
    }
    let who = client.get_as(text(&tokens, "access_token"), "/account").await;
    assert_eq!(who.status, 200, "{}", who.text);
    site.close().await;
}

/// 1.7, case 204: outside the overlap a spent token is a copy, and the session ends.
#[tokio::test]
async fn a_spent_refresh_token_that_comes_back_late_ends_the_session() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let first = session(&client, &mut ada).await;
    let refreshed = client.refresh(text(&first, "refresh_token")).await;
    let next = refreshed.json()["agent_session"].clone();
    site.advance(countersign::protocol::timestamp::Seconds(61));
    assert_refused(&client.refresh(text(&first, "refresh_token")).await, 401, "INVALID_TOKEN");
    assert_refused(&client.refresh(text(&next, "refresh_token")).await, 401, "INVALID_TOKEN");
    assert_eq!(introspect(&site, text(&next, "access_token")).await, json!({ "active": false }));
    for wrong in [json!({}), json!({ "refresh_token": null }), json!({ "refresh_token": "" })] {
        assert_refused(
            &client.post("/agent-sessions/refresh", &wrong).await,
            400,
            "MISSING_FIELDS",
        );
    }
    for wrong in ["aar_x", text(&next, "access_token"), "\u{0}"] {
        assert_refused(&client.refresh(wrong).await, 401, "INVALID_TOKEN");
    }
    site.close().await;
}
