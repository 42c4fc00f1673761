//! A human says no, and the agent learns as much of why as the human wants it to.

use serde_json::json;

use super::{events, link_of, rows, text};
use crate::support::Site;
use crate::support::agent::member;

/// operator.md, "Names on the wire"; RFC 8628 §3.5, case 136: `access_denied` with the
/// reason at the token endpoint, `claim_denied` 403 at `/complete`; for good.
#[tokio::test]
async fn each_reason_reaches_the_agent_at_both_endpoints() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    for reason in ["not_me", "not_now"] {
        let registered = agent.register_for("ada@example.com").await;
        assert_eq!(ada.deny(&registered.link(), reason).await.status, 303);
        for _ in 0..3 {
            let reply = agent.poll(&registered.claim_token).await;
            reply.assert_error(400, "access_denied");
            assert_eq!(reply.json()["denial_reason"], reason);
            assert!(reply.json().get("acceptable_scope").is_none());
            let reply = agent.complete(&registered.claim_token, "BCDF-GHJK").await;
            reply.assert_error(403, "claim_denied");
            assert_eq!(reply.json()["legacy_error"], "access_denied");
            assert_eq!(reply.json()["denial_reason"], reason);
        }
    }
    assert_eq!((rows(&site, "session").await, rows(&site, "token").await), (0, 0));
    assert_eq!(events(&site, "approval.denied").await, 2);
    site.close().await;
}

/// operator.md: "too much" says what would be accepted, so the agent can ask again for less.
#[tokio::test]
async fn too_much_says_which_scopes_would_be_accepted() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let fields = [
        ("decision", "deny"),
        ("denial_reason", "too_much"),
        ("scope", "demo:read"),
        ("note", "reading is fine"),
    ];
    assert_eq!(ada.answer(&registered.link(), &fields).await.status, 303);
    let denied = agent.poll(&registered.claim_token).await;
    denied.assert_error(400, "access_denied");
    let denied = denied.json();
    assert_eq!(denied["denial_reason"], "too_much");
    assert_eq!(denied["acceptable_scope"], "demo:read");
    assert_eq!(denied["denial_note"], "reading is fine");
    let refused = agent.complete(&registered.claim_token, "BCDF-GHJK").await;
    refused.assert_error(403, "claim_denied");
    assert_eq!(refused.json()["acceptable_scope"], "demo:read");

    let body = json!({
        "type": "service_auth", "login_hint": "ada@example.com",
        "requested_scopes": denied["acceptable_scope"],
    });
    let second = agent.register(&body).await;
    assert_eq!(second.body["post_claim_scopes"], json!(["demo:read"]));
    let reply = super::approve(&mut ada, &second, &["demo:read"], "8h").await;
    assert_eq!(reply.status, 303);
    assert_eq!(agent.poll(&second.claim_token).await.json()["scope"], "demo:read");
    site.close().await;
}

/// Case 065: a no is terminal for its attempt, whatever its human does with the page later.
#[tokio::test]
async fn a_denied_attempt_cannot_be_approved_later() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let csrf = crate::support::person::form_token(&ada.get(&registered.link()).await);
    assert_eq!(ada.deny(&registered.link(), "not_now").await.status, 303);
    let code = registered.user_code();
    let fields = [
        ("csrf", csrf.as_str()),
        ("decision", "approve"),
        ("user_code", &code),
        ("scope", "demo:read"),
        ("lifetime", "8h"),
    ];
    let reply = ada.post_raw(&registered.link(), &fields).await;
    assert!([409, 410].contains(&reply.status), "{}", reply.status);
    agent.poll(&registered.claim_token).await.assert_error(400, "access_denied");
    assert_eq!(rows(&site, "session").await, 0);
    site.close().await;
}

/// auth.md 2.3: asking again is a new attempt with a link and a code of its own; the
/// operator's limit says how often.
#[tokio::test]
async fn a_new_attempt_after_a_denial_is_a_new_question() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    assert_eq!(ada.deny(&registered.link(), "not_now").await.status, 303);
    let renewed = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    agent.poll(&registered.claim_token).await.assert_error(400, "authorization_pending");
    let code = text(&renewed.json(), "/claim_attempt/user_code");
    assert_eq!(ada.approve_code(&link_of(&renewed), &code).await.status, 303);
    member(&agent.poll(&registered.claim_token).await, "access_token");
    site.close().await;
}

/// Contracts of the approval page: "this is not mine" stops the agent altogether, and it
/// hears no more than that it was reported.
#[tokio::test]
async fn a_reported_agent_can_neither_poll_nor_start_again() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_anonymous().await;
    let before = member(&agent.exchange(&registered.assertion()).await, "access_token");
    let started = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    let reply = ada.answer(&link_of(&started), &[("decision", "report")]).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let again = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    again.assert_error(410, "claim_revoked");
    agent.poll(&registered.claim_token).await.assert_error(400, "invalid_grant");
    let reply = agent.complete(&registered.claim_token, "BCDF-GHJK").await;
    reply.assert_error(410, "claim_revoked");
    agent.exchange(&registered.assertion()).await.assert_error(400, "invalid_grant");
    site.assert_dead(&before).await;
    site.close().await;
}
