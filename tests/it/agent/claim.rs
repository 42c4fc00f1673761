//! `/agent/identity/claim` and `/complete`: attempts start, are renewed, and are completed.

use countersign::protocol::timestamp::Seconds;
use serde_json::json;

use super::{NO_LIMITS, connect, events, link_of, text};
use crate::support::Site;
use crate::support::agent::{Agent, member};
use crate::support::person::another_code;
use crate::support::reply::Reply;

const START: &str = "/agent/identity/claim";
const COMPLETE: &str = "/agent/identity/claim/complete";

/// auth.md section 3, row "`/claim` body": all three spellings start an attempt, and the
/// answer serves both dialects.
#[tokio::test]
async fn every_spelling_of_the_start_body_starts_an_attempt() {
    let site = Site::open_with(NO_LIMITS).await;
    let agent = site.agent();
    let spellings = |token: &str| {
        [
            json!({ "type": "service_auth", "claim_token": token, "login_hint": "ada@example.com" }),
            json!({ "type": "login_hint", "claim_token": token, "login_hint": "ada@example.com" }),
            json!({ "claim_token": token, "login_hint": "ada@example.com" }),
            json!({ "claim_token": token, "email": "ada@example.com" }),
        ]
    };
    for index in 0..4 {
        let registered = agent.register_anonymous().await;
        let reply = agent.post(START, &spellings(&registered.claim_token)[index]).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        let body = reply.json();
        assert_eq!((&body["id"], &body["registration_id"]), (&json!(registered.id), &body["id"]));
        assert_eq!((&body["type"], &body["status"]), (&json!("service_auth"), &json!("initiated")));
        assert_eq!(body["claim_attempt_id"], body["attempt"]["id"]);
        assert_eq!(body["expires_at"], body["attempt"]["expires_at"]);
        let (newer, older) = (&body["attempt"], &body["claim_attempt"]);
        assert_eq!(newer["verification_uri"], older["verification_uri"]);
        assert_eq!((&older["expires_in"], &older["interval"]), (&json!(600), &json!(5)));
        assert!(older["user_code"].is_string());
    }
    site.close().await;
}

/// auth.md D2b: an assertion as the claim method plugs in where providers will.
#[tokio::test]
async fn claiming_by_a_providers_assertion_says_that_no_issuer_is_trusted() {
    let site = Site::open().await;
    let registered = site.agent().register_anonymous().await;
    let body = json!({
        "type": "identity_assertion", "claim_token": registered.claim_token, "assertion": "a.b.c",
    });
    site.agent().post(START, &body).await.assert_error(403, "issuer_not_enabled");
    site.close().await;
}

/// auth.md 2.3: renewing keeps the hint unless it is corrected.
#[tokio::test]
async fn a_renewal_may_leave_the_hint_out_or_correct_it() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bea = site.person("bea@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let token = registered.claim_token.as_str();
    let renewed = agent.post(START, &json!({ "claim_token": token })).await;
    assert_eq!(ada.get(&link_of(&renewed)).await.status, 200);
    let corrected = agent.start_claim(token, "bea@example.com").await;
    assert_eq!(ada.get(&link_of(&corrected)).await.status, 403);
    assert_eq!(bea.get(&link_of(&corrected)).await.status, 200);

    let anonymous = agent.register_anonymous().await;
    let body = json!({ "claim_token": anonymous.claim_token });
    agent.post(START, &body).await.assert_error(400, "invalid_login_hint");
    site.close().await;
}

/// Case 055; auth.md 2.3: after a renewal the old link and the old code are worth nothing,
/// and no owner is set by them.
#[tokio::test]
async fn a_renewal_ends_the_earlier_link_and_code() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let (old_link, old_code) = (registered.link(), registered.user_code());
    // A page opened before the renewal is no way around it either.
    let page = ada.get(&old_link).await;
    let csrf = crate::support::person::form_token(&page);
    site.advance(Seconds(601));
    agent.poll(&registered.claim_token).await.assert_error(400, "expired_token");
    let renewed = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    let (link, code) = (link_of(&renewed), text(&renewed.json(), "/claim_attempt/user_code"));
    assert!(link != old_link && code != old_code);

    let fields = [
        ("csrf", csrf.as_str()),
        ("decision", "approve"),
        ("user_code", &old_code),
        ("scope", "demo:read"),
        ("lifetime", "8h"),
    ];
    let reply = ada.post_raw(&old_link, &fields).await;
    assert!([404, 409, 410].contains(&reply.status), "{}", reply.status);
    assert!([404, 410].contains(&ada.get(&old_link).await.status));
    let reply = ada.approve_code(&link, &old_code).await;
    assert!((400..500).contains(&reply.status), "{}", reply.status);
    let owned = "SELECT COUNT(*) FROM registration WHERE account_id IS NOT NULL";
    assert_eq!(site.count(owned).await, 0);
    agent.poll(&registered.claim_token).await.assert_error(400, "authorization_pending");

    assert_eq!(ada.approve_code(&link, &code).await.status, 303);
    member(&agent.poll(&registered.claim_token).await, "access_token");
    site.close().await;
}

/// auth.md 2.3: the page of an approved attempt is not undone by a renewal, and neither is
/// a claim that was delivered.
#[tokio::test]
async fn a_claimed_registration_cannot_be_claimed_again() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    for delivered in [false, true] {
        if delivered {
            member(&agent.poll(&registered.claim_token).await, "access_token");
        }
        let reply = agent.start_claim(&registered.claim_token, "eve@example.com").await;
        reply.assert_error(409, "already_claimed");
        assert_eq!(reply.json()["legacy_error"], "claimed_or_in_flight");
    }
    site.close().await;
}

/// auth.md section 3, row "error code on shared routes": without `type` the older names,
/// with it the newest and `legacy_error` beside it.
#[tokio::test]
async fn a_body_without_type_gets_the_older_error_names() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let agent = &connected.agent;
    let body =
        json!({ "claim_token": connected.registered.claim_token, "email": "ada@example.com" });
    let reply = agent.post(START, &body).await;
    reply.assert_error(409, "claimed_or_in_flight");
    assert_eq!(reply.json().get("legacy_error"), None);
    let body = json!({ "claim_token": "clm_unknown", "email": "ada@example.com" });
    agent.post(START, &body).await.assert_error(401, "invalid_claim_token");
    site.close().await;
}

/// auth.md 2.3: what names no living claim is refused by its own word.
#[tokio::test]
async fn starting_with_a_bad_token_or_type_is_refused() {
    let site = Site::open().await;
    let agent = site.agent();
    let registered = agent.register_anonymous().await;
    for body in [json!({}), json!({ "type": "service_auth" }), json!({ "claim_token": 7 })] {
        agent.post(START, &body).await.assert_error(400, "invalid_request");
    }
    let body = json!({ "type": "other", "claim_token": registered.claim_token });
    agent.post(START, &body).await.assert_error(400, "invalid_request");
    let mut near_miss = registered.claim_token.clone();
    near_miss.pop();
    near_miss.push('!');
    for token in ["", "clm_", near_miss.as_str(), "aas_x"] {
        let reply = agent.start_claim(token, "ada@example.com").await;
        reply.assert_error(401, "invalid_claim_token");
    }
    site.close().await;
}

/// auth.md 2.4: what each moment of a claim answers to a code.
#[tokio::test]
async fn completing_too_early_wrongly_and_late_says_which() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    agent.complete("clm_unknown", "BCDF-GHJK").await.assert_error(400, "invalid_claim");
    let body = json!({ "claim_token": "clm_unknown" });
    agent.post(COMPLETE, &body).await.assert_error(400, "invalid_request");
    agent.post(COMPLETE, &json!({ "user_code": "X" })).await.assert_error(400, "invalid_request");
    let registered = agent.register_anonymous().await;
    let token = registered.claim_token.as_str();
    agent.complete(token, "BCDF-GHJK").await.assert_error(409, "claim_not_confirmed");
    let link = link_of(&agent.start_claim(token, "ada@example.com").await);
    let early = agent.complete(token, "BCDF-GHJK").await;
    early.assert_error(409, "claim_not_confirmed");
    assert_eq!(early.json()["legacy_error"], "authorization_pending");
    let code = ada.approve_relayed(&link).await;
    for wrong in ["BBBB-BBBB", "123456", ""] {
        let wrong = if wrong == code { "CCCC-CCCC" } else { wrong };
        agent.complete(token, wrong).await.assert_error(401, "invalid_user_code");
    }
    assert_eq!(events(&site, "approval.wrong_code").await, 3);
    site.advance(Seconds(600));
    agent.complete(token, &code).await.assert_error(410, "user_code_expired");
    let renewed = agent.start_claim(token, "ada@example.com").await;
    let code = ada.approve_relayed(&link_of(&renewed)).await;
    assert_eq!(agent.complete(token, &code).await.status, 200);
    site.close().await;
}

/// A claim token and the code that Ada was shown for it.
async fn relayed(site: &Site, agent: &Agent) -> (String, String) {
    let mut ada = site.person("ada@example.com").await;
    let registered = agent.register_for("ada@example.com").await;
    let code = ada.approve_relayed(&registered.link()).await;
    (registered.claim_token, code)
}

/// auth.md section 3: D0 called the code `otp`; codes are read back whatever their case and
/// separators (design decision 2).
#[tokio::test]
async fn a_code_may_be_called_otp_and_written_in_any_way() {
    let site = Site::open_with(NO_LIMITS).await;
    let agent = site.agent();
    let (token, code) = relayed(&site, &agent).await;
    let spellings = [
        code.to_lowercase(),
        code.replace('-', ""),
        code.replace('-', " "),
        format!(" {} ", code.to_lowercase().replace('-', " - ")),
    ];
    let mut answers = Vec::new();
    for spelling in &spellings {
        for name in ["otp", "user_code"] {
            let mut body = json!({ "claim_token": token });
            body[name] = json!(spelling);
            let reply: Reply = agent.post(COMPLETE, &body).await;
            assert_eq!(reply.status, 200, "{spelling}: {}", reply.text);
            answers.push(text(&reply.json(), "/identity/refresh_token/value"));
        }
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "one code, however written, is one request");
    site.close().await;
}

/// auth.md 2.4: no access token here; the identity, its refresh token, and what was granted.
#[tokio::test]
async fn a_completion_answers_in_both_dialects() {
    let site = Site::open().await;
    let agent = site.agent();
    let (token, code) = relayed(&site, &agent).await;
    let reply = agent.complete(&token, &code).await;
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let body = reply.json();
    assert_eq!(body["status"], "claimed");
    assert_eq!(body["id"], body["registration_id"]);
    assert_eq!(body["scopes"], json!(["demo:read", "demo:write"]));
    assert_eq!(body["identity"]["assertion"], body["identity_assertion"]);
    assert_eq!(body["identity"]["expires_at"], body["assertion_expires"]);
    assert!(text(&body, "/identity/refresh_token/value").starts_with("aar_"));
    assert_eq!(body["identity"]["refresh_token"]["expires_at"], "2027-01-15T16:00:00.000Z");
    assert!(body.get("access_token").is_none());
    let claims = super::claims_of(&text(&body, "/identity/assertion"));
    assert_eq!(
        (&claims["email"], &claims["email_verified"]),
        (&json!("ada@example.com"), &json!(true))
    );
    site.close().await;
}

/// auth.md section 3, "one state machine": an agent that showed a code and cannot poll may
/// hand the same code in once its human has typed it.
#[tokio::test]
async fn a_typed_code_completes_too_once_the_human_has_typed_it() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let code = registered.user_code();
    let early = agent.complete(&registered.claim_token, &code).await;
    early.assert_error(409, "claim_not_confirmed");
    assert_eq!(ada.approve(&registered).await.status, 303);
    assert_eq!(agent.complete(&registered.claim_token, &code).await.status, 200);
    site.close().await;
}

/// auth.md section 3, row "the code": two different codes per attempt; a typed code never
/// completes what is to be relayed, nor the other way round.
#[tokio::test]
async fn the_agents_code_does_not_stand_for_the_relayed_one() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let code = ada.approve_relayed(&registered.link()).await;
    assert_ne!(code, registered.user_code());
    let reply = agent.complete(&registered.claim_token, &registered.user_code()).await;
    reply.assert_error(401, "invalid_user_code");
    agent.poll(&registered.claim_token).await.assert_error(400, "authorization_pending");
    assert_eq!(agent.complete(&registered.claim_token, &code).await.status, 200);
    site.close().await;
}

/// Design decision 2: five wrong codes end the attempt, and its session with it, also for
/// the agent that hands them in; a new attempt starts afresh.
#[tokio::test]
async fn five_wrong_relayed_codes_end_the_attempt() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let token = registered.claim_token.as_str();
    let code = ada.approve_relayed(&registered.link()).await;
    let wrong = another_code(&code);
    for _ in 0..5 {
        agent.complete(token, &wrong).await.assert_error(401, "invalid_user_code");
    }
    agent.complete(token, &code).await.assert_error(410, "user_code_expired");
    agent.poll(token).await.assert_error(400, "expired_token");
    assert_eq!(events(&site, "approval.locked").await, 1);
    let live = "SELECT COUNT(*) FROM session WHERE ended_at IS NULL";
    assert_eq!(site.count(live).await, 0);

    let renewed = agent.start_claim(token, "ada@example.com").await;
    let code = ada.approve_relayed(&link_of(&renewed)).await;
    assert_eq!(agent.complete(token, &code).await.status, 200);
    site.close().await;
}
