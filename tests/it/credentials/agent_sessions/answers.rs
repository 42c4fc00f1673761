//! Polling and trading, in every state (contracts/credentials.md 1.5, 1.6, 1.13).

use countersign::protocol::secret::SecretKind;
use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use super::{Client, Request, VERIFIER, assert_refused, detached, login, site, site_with, text};
use crate::support::person::between;
use crate::support::reply::Reply;

/// Asserts what polling says of a dead request: 410, an error, and every member of a poll.
#[track_caller]
fn assert_dead(reply: &Reply, status: &str) {
    let body = reply.json();
    assert_eq!((reply.status, text(&body, "status")), (410, status), "{}", reply.text);
    assert!(text(&body, "message").contains(status), "clients look for the word: {}", reply.text);
    assert_eq!(body["error"], body["code"]);
    for null in ["exchange_code", "account_id", "approved_email"] {
        assert_eq!(body.get(null), Some(&Value::Null), "{null}");
    }
}

fn another_code(site: &crate::support::Site) -> String {
    site.app.entropy.secret(SecretKind::FinishCode).expect("a code").reveal().to_owned()
}

/// 1.5: any refusal ends a login, so a poll every two seconds is never refused, for as long as
/// anybody waits.
#[tokio::test]
async fn whoever_polls_every_two_seconds_is_never_refused() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let request = client.start(&detached()).await;
    for _ in 0..100 {
        site.advance(Seconds(2));
        let reply = request.poll().await;
        assert_eq!((reply.status, text(&reply.json(), "status")), (200, "pending"));
    }
    for _ in 0..20 {
        assert_eq!(request.poll().await.status, 200, "not even in a burst");
    }
    request.approved_by(&mut ada).await;
    assert!(request.code().await.starts_with("aae_"));
    site.close().await;
}

/// 1.5: the token of another request, a wrong one and an unknown request are one answer.
#[tokio::test]
async fn a_poll_token_opens_its_own_request_alone() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (request, other) = (client.start(&detached()).await, client.start(&detached()).await);
    request.approved_by(&mut ada).await;
    let code = request.code().await;
    let drawn = site.app.entropy.secret(SecretKind::PollToken).expect("a token");
    let wrong = [text(&other.told, "poll_token"), drawn.reveal(), &code, "aap_x", "\u{0}"];
    for token in wrong {
        let reply = request.poll_with(token).await;
        assert_refused(&reply, 401, "INVALID_AUTH_REQUEST");
        assert_eq!(reply.json()["message"], "invalid auth request", "a plugin looks for it");
    }
    for id in ["req_unknown", "apr_x", "req_\u{0}", "' OR 1=1 --"] {
        let body = json!({ "auth_request_id": id, "poll_token": other.told["poll_token"] });
        assert_refused(
            &client.post("/agent-sessions/poll", &body).await,
            401,
            "INVALID_AUTH_REQUEST",
        );
    }
    for body in [json!({}), json!({ "auth_request_id": request.id(), "poll_token": null })] {
        assert_refused(&client.post("/agent-sessions/poll", &body).await, 400, "MISSING_FIELDS");
    }
    site.close().await;
}

/// 1.13: a request that nobody answers expires, and says so wherever it is asked.
#[tokio::test]
async fn a_request_that_nobody_answers_expires_with_that_word() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let request = client.start(&login(&json!({}))).await;
    site.advance(Seconds::MINUTE.times(10));
    assert_dead(&request.poll().await, "expired");
    let code = another_code(&site);
    let late = request.exchange(&code, &json!(VERIFIER)).await;
    assert_refused(&late, 410, "AUTH_REQUEST_EXPIRED");
    let link = crate::support::agent::path_of(text(&request.told, "authorize_url"));
    assert_eq!(ada.get(&link).await.status, 410);
    assert_eq!(site.get(&link).await.status, 410, "signed in or not");
    assert_eq!(site.get("/agent-sessions/authorize/cvt_x").await.status, 404);
    site.close().await;
}

/// 1.13: a finish code is good for minutes after the yes; then the session that waited is over.
#[tokio::test]
async fn a_finish_code_expires_soon_after_the_yes() {
    let site = site_with("finish_code_ttl = \"5m\"").await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (request, code) = client.approved(&mut ada, &detached()).await;
    site.advance(Seconds::MINUTE.times(5));
    assert_dead(&request.poll().await, "expired");
    assert_refused(&request.finish(&code).await, 410, "AUTH_REQUEST_EXPIRED");
    assert_refused(&request.finish(&another_code(&site)).await, 401, "INVALID_EXCHANGE_CODE");
    site.close().await;
}

/// 1.4, 1.13: a no is told to whoever polls, and through the browser to whoever listens.
#[tokio::test]
async fn a_denied_request_is_revoked_everywhere() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let request = client.start(&login(&json!({}))).await;
    let link = request.opened_by(&mut ada).await;
    assert_eq!(ada.deny(&link, "not_now").await.status, 303);
    let result = ada.get(&link).await.text;
    let onward =
        between(&result, "content=\"0; url=", "\"").expect("a way on").replace("&#38;", "&");
    assert_eq!(
        onward,
        format!("{}?request_id={}&error=access_denied", super::CALLBACK, request.id())
    );
    assert_dead(&request.poll().await, "revoked");
    let reply = request.exchange(&another_code(&site), &json!(VERIFIER)).await;
    assert_refused(&reply, 410, "AUTH_REQUEST_REVOKED");
    let authorize = crate::support::agent::path_of(text(&request.told, "authorize_url"));
    assert_eq!(ada.get(&authorize).await.status, 410);
    let again = super::approve(&mut ada, &link, &super::SCOPES).await;
    assert_eq!(again.status, 409, "case 065: what was decided stays decided");
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 0);
    site.close().await;
}

/// 1.6: before anybody has answered there is nothing to trade, and trying spends nothing.
#[tokio::test]
async fn a_request_that_waits_is_not_ready() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let request = client.start(&detached()).await;
    for _ in 0..6 {
        let early = request.finish(&another_code(&site)).await;
        assert_refused(&early, 400, "INVALID_STATE");
        assert_eq!(early.json()["message"], "auth request is not ready");
    }
    request.approved_by(&mut ada).await;
    assert_eq!(request.finish(&request.code().await).await.status, 200);
    site.close().await;
}

/// 1.6: a second trade with the right code says so and harms nothing, however late; a wrong code
/// or verifier learns nothing of it.
#[tokio::test]
async fn a_code_that_was_traded_already_is_a_conflict_without_harm() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (request, code) = client.approved(&mut ada, &login(&json!({}))).await;
    let first = request.exchange(&code, &json!(VERIFIER)).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let session = first.json()["agent_session"].clone();
    for later in [0, 1, 29, 31, 3_000] {
        site.advance(Seconds(later));
        let again = request.exchange(&code, &json!(VERIFIER)).await;
        assert_refused(&again, 409, "AUTH_REQUEST_ALREADY_EXCHANGED");
        assert_eq!(again.json()["message"], "auth request already exchanged");
    }
    let replayed = "SELECT COUNT(*) FROM event WHERE kind = 'finish.replayed'";
    assert_eq!(site.count(replayed).await, 1, "the audit trail has the first of them (case 056)");
    for (code, verifier) in [
        (another_code(&site), json!(VERIFIER)),
        (code.clone(), json!("a".repeat(64))),
        (code, Value::Null),
    ] {
        let reply = request.exchange(&code, &verifier).await;
        assert_refused(&reply, 401, "INVALID_EXCHANGE_CODE");
    }
    let who = client.get_as(text(&session, "access_token"), "/account").await;
    assert_eq!(who.status, 200, "the session is untouched");
    site.close().await;
}

/// Asserts that these wrong trades end the request, and the right one with them.
async fn locked_by(request: &Request<'_>, wrong: &[(&str, Value)], right: (&str, Value)) {
    for (code, verifier) in wrong {
        let reply = request.exchange(code, verifier).await;
        assert_refused(&reply, 401, "INVALID_EXCHANGE_CODE");
    }
    let reply = request.exchange(right.0, &right.1).await;
    assert_refused(&reply, 410, "AUTH_REQUEST_REVOKED");
    assert_dead(&request.poll().await, "revoked");
}

/// 1.6, cases 058 and 112: five wrong codes or verifiers end the request on both sides, and what
/// was approved is nobody's. The code of another request is as wrong as any.
#[tokio::test]
async fn five_wrong_codes_or_verifiers_end_the_request() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (request, other) = (client.start(&detached()).await, client.start(&detached()).await);
    let link = request.approved_by(&mut ada).await;
    other.approved_by(&mut ada).await;
    let (code, others) = (request.code().await, other.code().await);
    let drawn = another_code(&site);
    let wrong = [others.as_str(), &drawn, "aae_x", "nonsense", text(&request.told, "poll_token")];
    let wrong = wrong.map(|code| (code, Value::Null));
    locked_by(&request, &wrong, (&code, Value::Null)).await;
    assert_eq!(ada.get(&link).await.status, 410, "its person is told too");
    assert_eq!(other.finish(&others).await.status, 200, "the other request is unharmed");

    let (request, code) = client.approved(&mut ada, &login(&json!({}))).await;
    let hash = json!(super::challenge(VERIFIER));
    let short = json!(&VERIFIER[..31]);
    let wrong = [Value::Null, hash, json!("0".repeat(64)), short, json!("")];
    let wrong: Vec<(&str, Value)> = wrong.into_iter().map(|one| (code.as_str(), one)).collect();
    locked_by(&request, &wrong, (&code, json!(VERIFIER))).await;
    let live = "SELECT COUNT(*) FROM session WHERE ended_at IS NULL";
    assert_eq!(site.count(live).await, 1);
    site.close().await;
}

/// RFC 9700 §4.8.2: a verifier where no challenge was announced belongs to another flow.
#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (request, code) = client.approved(&mut ada, &detached()).await;
    assert_refused(&request.exchange(&code, &json!(VERIFIER)).await, 401, "INVALID_EXCHANGE_CODE");
    assert_eq!(request.finish(&code).await.status, 200);
    site.close().await;
}

/// 1.5: where finish codes alone count, polling tells of the yes and brings no code, so whoever
/// sent somebody else his link gains nothing; the person's own code works.
#[tokio::test]
async fn where_finish_codes_alone_count_polling_brings_none() {
    let site = site_with("finish_code_only = true").await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let request = client.start(&detached()).await;
    let link = request.approved_by(&mut ada).await;
    let polled = request.poll().await.json();
    assert_eq!((&polled["status"], &polled["exchange_code"]), (&json!("approved"), &Value::Null));
    assert_eq!(polled["approved_email"], "ada@example.com");
    let page = ada.get(&link).await.text;
    let code = between(&page, "<pre", "</pre>").expect("a message");
    assert_eq!(request.finish(code).await.status, 200);
    site.close().await;
}

/// 1.13: whoever disconnects the session before the agent has come has taken the yes back.
#[tokio::test]
async fn a_yes_that_was_taken_back_brings_nothing() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (request, code) = client.approved(&mut ada, &detached()).await;
    let page = ada.get("/account/sessions").await.text;
    let path = between(&page, "action=\"/account/sessions/", "/disconnect\"").expect("a form");
    let path = format!("/account/sessions/{path}/disconnect");
    assert_eq!(ada.post_from("/account/sessions", &path, &[]).await.status, 303);
    assert_dead(&request.poll().await, "revoked");
    assert_refused(&request.finish(&code).await, 410, "AUTH_REQUEST_REVOKED");
    site.close().await;
}
