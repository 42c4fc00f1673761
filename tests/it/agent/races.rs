//! Many at once: one artefact, one success (promise P1).
//!
//! The security cases ask for 1,000 rounds; every run has time for [`ROUNDS`] of each race,
//! and `COUNTERSIGN_TEST_ROUNDS=1000` asks for as many. The clock stands still within a round,
//! so every answer falls into its grace.

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;

use super::{Connected, NO_LIMITS, connect, rows, text};
use crate::support::agent::member;
use crate::support::person::{another_code, form_token};
use crate::support::reply::Reply;
use crate::support::{Site, rounds};

/// Rounds of each race, unless more are asked for: 1,000 take minutes in a debug build.
const ROUNDS: usize = 24;
/// Rounds of races sixty-four wide.
const WIDE_ROUNDS: usize = 8;

/// Every 200 carries the same pair; the others one of these errors.
#[track_caller]
fn assert_one_pair(replies: &[Reply], losers: &[&str]) -> Option<(String, String)> {
    let mut pair = None;
    for reply in replies {
        if reply.status != 200 {
            assert!(losers.contains(&reply.error().as_str()), "{}", reply.text);
            continue;
        }
        let this = (member(reply, "access_token"), member(reply, "refresh_token"));
        assert!(pair.as_ref().is_none_or(|pair| *pair == this), "two lineages");
        pair = Some(this);
    }
    pair
}

/// What a registration has led to: sessions, tokens.
async fn outcome(site: &Site, registration: &str) -> (i64, i64) {
    let sessions = format!(
        "SELECT COUNT(*) FROM session WHERE registration_id = '{registration}' AND ended_at IS NULL"
    );
    let tokens = format!(
        "SELECT COUNT(*) FROM token t JOIN session s ON s.id = t.session_id \
         WHERE s.registration_id = '{registration}'"
    );
    (site.count(&sessions).await, site.count(&tokens).await)
}

/// The sessions and tokens that each round led to.
async fn race_polls(width: usize, rounds: usize) -> Vec<(i64, i64)> {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let mut outcomes = Vec::new();
    for _ in 0..rounds {
        let registered = agent.register_for("ada@example.com").await;
        let (link, code) = (registered.link(), registered.user_code());
        let csrf = form_token(&ada.get(&link).await);
        let fields = [
            ("csrf", csrf.as_str()),
            ("decision", "approve"),
            ("user_code", &code),
            ("scope", "demo:read"),
            ("lifetime", "8h"),
        ];
        let polls = join_all((0..width).map(|_| agent.poll(&registered.claim_token)));
        let (approved, mut replies) = tokio::join!(ada.post_raw(&link, &fields), polls);
        assert_eq!(approved.status, 303, "{}", approved.text);
        replies.push(agent.poll(&registered.claim_token).await);
        let losers = ["authorization_pending", "slow_down", "invalid_grant"];
        let (access, _) = assert_one_pair(&replies, &losers).expect("the last poll delivers");
        site.assert_live(&access).await;
        outcomes.push(outcome(&site, &registered.id).await);
    }
    let collected = super::events(&site, "claim.collected").await;
    assert_eq!(usize::try_from(collected), Ok(rounds));
    site.close().await;
    outcomes
}

/// Case 057: polls at the instant of approval end in one session and one lineage, sixteen of
/// them and as many as the case asks for.
#[tokio::test]
async fn polls_at_the_approval_make_one_session() {
    for (width, rounds) in [(16, rounds(ROUNDS)), (64, rounds(WIDE_ROUNDS))] {
        assert_eq!(race_polls(width, rounds).await, vec![(1, 2); rounds], "{width} at once");
    }
}

/// Case 057's kind at `/complete`: sixteen agents with the right code are one.
#[tokio::test]
async fn sixteen_completions_make_one_session() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    for _ in 0..rounds(ROUNDS) {
        let registered = agent.register_for("ada@example.com").await;
        let code = ada.approve_relayed(&registered.link()).await;
        let asks = (0..16).map(|_| agent.complete(&registered.claim_token, &code));
        let mut refresh_tokens: Vec<String> = Vec::new();
        for reply in join_all(asks).await {
            assert_eq!(reply.status, 200, "{}", reply.text);
            refresh_tokens.push(text(&reply.json(), "/identity/refresh_token/value"));
        }
        refresh_tokens.dedup();
        assert_eq!(refresh_tokens.len(), 1, "one lineage");
        assert_eq!(outcome(&site, &registered.id).await, (1, 2));
        member(&agent.refresh(&refresh_tokens[0]).await, "access_token");
    }
    site.close().await;
}

/// auth.md section 3, "whichever delivers first spends the claim token": a poll and a
/// completion are two requests, and only one of the two kinds is answered.
#[tokio::test]
async fn a_poll_and_a_completion_race_for_one_delivery() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    for _ in 0..rounds(ROUNDS) {
        let registered = agent.register_for("ada@example.com").await;
        assert_eq!(ada.approve(&registered).await.status, 303);
        let (token, code) = (registered.claim_token.as_str(), registered.user_code());
        let polls = join_all((0..8).map(|_| agent.poll(token)));
        let completions = join_all((0..8).map(|_| agent.complete(token, &code)));
        let (polls, completions) = tokio::join!(polls, completions);
        let delivered =
            |replies: &[Reply]| replies.iter().filter(|reply| reply.status == 200).count();
        let counts = (delivered(&polls), delivered(&completions));
        assert!(counts == (8, 0) || counts == (0, 8), "{counts:?}");
        for reply in polls.iter().chain(&completions).filter(|reply| reply.status != 200) {
            assert!(["invalid_grant", "already_claimed"].contains(&reply.error().as_str()));
        }
        assert_eq!(outcome(&site, &registered.id).await, (1, 2));
    }
    site.close().await;
}

/// Case 058's kind at `/complete`: every parallel guess is counted, none slips past the
/// fifth, and the right code comes too late.
#[tokio::test]
async fn a_hundred_parallel_guesses_are_five() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let code = ada.approve_relayed(&registered.link()).await;
    let wrong = another_code(&code);
    let guesses = (0..100).map(|_| agent.complete(&registered.claim_token, &wrong));
    let mut counted = 0;
    for reply in join_all(guesses).await {
        counted += i64::from(reply.error() == "invalid_user_code");
        let known = ["invalid_user_code", "user_code_expired"];
        assert!(known.contains(&reply.error().as_str()), "{}", reply.text);
    }
    assert_eq!((counted, super::events(&site, "approval.wrong_code").await), (5, 5));
    let late = agent.complete(&registered.claim_token, &code).await;
    late.assert_error(410, "user_code_expired");
    let live = "SELECT COUNT(*) FROM session WHERE ended_at IS NULL";
    assert_eq!((site.count(live).await, rows(&site, "token").await), (0, 0));
    site.close().await;
}

/// The refresh tokens that are left to spend after each round.
async fn race_refreshes(width: usize, rounds: usize) -> Vec<i64> {
    let site = Site::open_with(NO_LIMITS).await;
    let Connected { agent, tokens, .. } = connect(&site).await;
    let mut refresh = member(&tokens, "refresh_token");
    let mut unspent = Vec::new();
    for _ in 0..rounds {
        let replies = join_all((0..width).map(|_| agent.refresh(&refresh))).await;
        assert!(replies.iter().all(|reply| reply.status == 200), "nobody is logged out");
        let (access, next) = assert_one_pair(&replies, &[]).expect("a pair");
        assert_ne!(next, refresh);
        site.assert_live(&access).await;
        let left = "SELECT COUNT(*) FROM token WHERE kind = 2 AND spent_at IS NULL";
        unspent.push(site.count(left).await);
        refresh = next;
        site.advance(Seconds(1));
    }
    assert_eq!(super::events(&site, "refresh.reuse").await, 0);
    site.close().await;
    unspent
}

/// oauth.md trap 24: ten processes that share one credential stay logged in. Case 205:
/// sixty-four at once carry the same pair, and the child works.
#[tokio::test]
async fn simultaneous_refreshes_leave_one_living_descendant() {
    for (width, rounds) in [(10, rounds(ROUNDS)), (64, rounds(WIDE_ROUNDS))] {
        assert_eq!(race_refreshes(width, rounds).await, vec![1; rounds], "{width} at once");
    }
}

/// Case 205 in both spellings at once: still one lineage.
#[tokio::test]
async fn both_spellings_of_refresh_race_for_one_successor() {
    let site = Site::open_with(NO_LIMITS).await;
    let Connected { agent, tokens, .. } = connect(&site).await;
    let mut refresh = member(&tokens, "refresh_token");
    for _ in 0..rounds(ROUNDS) {
        let body = serde_json::json!({ "type": "refresh", "refresh_token": refresh });
        let nested = join_all((0..8).map(|_| agent.post("/agent/identity", &body)));
        let standard = join_all((0..8).map(|_| agent.refresh(&refresh)));
        let (nested, standard) = tokio::join!(nested, standard);
        let (_, next) = assert_one_pair(&standard, &[]).expect("a pair");
        for reply in nested {
            assert_eq!(reply.status, 200, "{}", reply.text);
            assert_eq!(text(&reply.json(), "/identity/refresh_token/value"), next);
        }
        refresh = next;
        site.advance(Seconds(1));
    }
    site.close().await;
}

/// Promise P2: whatever an exchange that races a disconnection hands out is dead once the
/// disconnection is answered, on the node that answered both.
#[tokio::test]
async fn no_token_of_a_racing_exchange_outlives_the_disconnection() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    for _ in 0..rounds(ROUNDS) {
        let registered = agent.register_for("ada@example.com").await;
        assert_eq!(ada.approve(&registered).await.status, 303);
        let tokens = agent.poll(&registered.claim_token).await;
        let assertion = member(&tokens, "identity_assertion");
        let access = member(&tokens, "access_token");
        let session = text(&site.introspect(&access).await.json(), "/session_id");
        let csrf = form_token(&ada.get("/account/sessions").await);
        let path = format!("/account/sessions/{session}/disconnect");
        let exchanges = join_all((0..16).map(|_| async {
            let reply = agent.exchange(&assertion).await;
            if reply.status == 200 {
                // Fills the cache while the session is being ended.
                site.introspect(&member(&reply, "access_token")).await;
            }
            reply
        }));
        let fields = [("csrf", csrf.as_str())];
        let (ended, replies) = tokio::join!(ada.post_raw(&path, &fields), exchanges);
        assert_eq!(ended.status, 303, "{}", ended.text);
        site.assert_dead(&access).await;
        for reply in replies {
            if reply.status == 200 {
                site.assert_dead(&member(&reply, "access_token")).await;
            } else {
                reply.assert_error(400, "invalid_grant");
            }
        }
        agent.exchange(&assertion).await.assert_error(400, "invalid_grant");
    }
    site.close().await;
}

/// auth.md 2.3: racing renewals are counted exactly, none is a 5xx, and one attempt is left
/// that can be answered.
#[tokio::test]
async fn racing_renewals_leave_one_living_attempt() {
    let site = Site::open_with(NO_LIMITS).await;
    let agent = site.agent();
    for _ in 0..ROUNDS / 4 {
        let registered = agent.register_for("ada@example.com").await;
        let starts = (0..16).map(|_| agent.start_claim(&registered.claim_token, "ada@example.com"));
        let mut started = 0;
        for reply in join_all(starts).await {
            started += i64::from(reply.status == 200);
            assert!(reply.status == 200 || reply.error() == "too_many_attempts", "{}", reply.text);
        }
        assert_eq!(started, 10, "the limit of the settings");
        let waiting = format!(
            "SELECT COUNT(*) FROM approval WHERE registration_id = '{}' AND state_name = 'waiting'",
            registered.id
        );
        assert_eq!(site.count(&waiting).await, 1);
    }
    site.close().await;
}
