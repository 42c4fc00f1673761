//! Whole journeys of its clients.

use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use super::{CALLBACK, Client, VERIFIER, detached, introspect, login, session, site, text};
use crate::support::person::between;

const NOW: i64 = 1_800_000_000_000;

/// AA02, AA20, 1.2 to 1.8: `login` opens a browser, hears the finish code on its own port, trades
/// it with its verifier, calls, refreshes and logs out.
#[tokio::test]
async fn a_command_line_logs_in_through_the_browser_on_its_machine() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let request = client.start(&login(&json!({}))).await;
    assert_eq!(request.told["ok"], true);
    assert_eq!(request.told["mode"], "interactive");
    assert_eq!(request.told["expires_at"], NOW + 600_000);
    assert!(text(&request.told, "poll_token").starts_with("aap_"));
    assert!(request.id().starts_with("req_"));
    let url = text(&request.told, "authorize_url");
    assert!(url.starts_with(&format!("{}/agent-sessions/authorize/", site.url)), "{url}");
    assert!(!url.contains(['?', '&', '#']), "a shell gets it unquoted: {url}");

    let link = request.opened_by(&mut ada).await;
    let page = ada.get(&link).await;
    assert_eq!(page.status, 200);
    let code = text(&request.told, "approval_code");
    for shown in ["Agent Analytics CLI", "cli", "pid:4711", "127.0.0.1:49152", CALLBACK, code] {
        assert!(page.text.contains(shown), "{shown}");
    }
    assert_eq!(super::approve(&mut ada, &link, &super::SCOPES).await.status, 303);
    let result = ada.get(&link).await;
    let onward = between(&result.text, "content=\"0; url=", "\"").expect("a way on");
    let onward = url::Url::parse(&onward.replace("&#38;", "&")).expect("a URL");
    assert_eq!(&onward[..url::Position::AfterPath], CALLBACK);
    let sent: Vec<(String, String)> = onward.query_pairs().into_owned().collect();
    assert_eq!(sent[0], ("request_id".to_owned(), request.id().to_owned()));
    assert_eq!((sent.len(), sent[1].0.as_str()), (2, "exchange_code"));

    let exchanged = request.exchange(&sent[1].1, &json!(VERIFIER)).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.text);
    let body = exchanged.json();
    let tokens = &body["agent_session"];
    assert_eq!(body["ok"], true);
    assert_eq!(tokens["id"], tokens["session_id"]);
    assert_eq!(tokens["access_expires_at"], NOW + 3_600_000);
    assert_eq!(tokens["refresh_expires_at"], NOW + 30 * 86_400_000);
    assert_eq!(tokens["scopes"].as_array().map(Vec::len), Some(5));
    assert_eq!(
        (&body["account"]["email"], &body["account"]["tier"]),
        (&json!("ada@example.com"), &json!("free"))
    );

    let access = text(tokens, "access_token");
    let who = client.get_as(access, "/account").await;
    assert_eq!((who.status, &who.json()["email"]), (200, &json!("ada@example.com")));
    let known = introspect(&site, access).await;
    assert_eq!((&known["active"], &known["session_id"]), (&json!(true), &tokens["id"]));

    site.advance(Seconds::HOUR);
    super::assert_refused(&client.get_as(access, "/account").await, 401, "INVALID_TOKEN");
    let refreshed = client.refresh(text(tokens, "refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    let next = refreshed.json();
    assert_eq!(next["agent_session"]["id"], tokens["id"], "the session stays the same one");
    assert_eq!(next["agent_session"]["scopes"], tokens["scopes"]);
    assert_eq!(next["account"]["email"], "ada@example.com");

    let access = text(&next["agent_session"], "access_token");
    let body = json!({ "session_id": tokens["id"] });
    let revoked = client.post_as(access, "/agent-sessions/revoke", &body).await;
    assert_eq!(revoked.json(), json!({ "ok": true, "session_id": tokens["id"] }));
    super::assert_refused(&client.get_as(access, "/account").await, 401, "INVALID_TOKEN");
    assert_eq!(introspect(&site, access).await, json!({ "active": false }));
    site.close().await;
}

/// AA21, 1.4: `login --detached`. The person approves elsewhere and is shown a finish code, which
/// works with text around it, and without a verifier.
#[tokio::test]
async fn a_command_line_without_a_browser_is_handed_a_finish_code() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let request = client.start(&detached()).await;
    assert_eq!(request.told["expires_at"], NOW + 3_600_000);
    let waiting = request.poll().await;
    let nothing = json!({ "status": "pending", "exchange_code": null, "account_id": null, "approved_email": null });
    assert_eq!((waiting.status, waiting.json()), (200, nothing));

    let link = request.approved_by(&mut ada).await;
    let result = ada.get(&link).await;
    assert!(!result.text.contains("http-equiv"), "nowhere to go on to");
    let shown = between(&result.text, "<output", "</output>").expect("an output");
    let shown = shown.split_once('>').expect("its text").1;
    let message = between(&result.text, "<pre", "</pre>").expect("a message");
    let message = message.split_once('>').expect("its text").1;
    assert!(shown.starts_with("aae_") && shown.len() == 42, "{shown}");
    assert_eq!(message, format!("Finish code for Countersign demo:\n\n{shown}"));

    let polled = request.poll().await.json();
    assert_eq!((text(&polled, "status"), text(&polled, "exchange_code")), ("approved", shown));
    assert_eq!(polled["approved_email"], "ada@example.com");
    let exchanged = request.exchange(&format!("  {message}\r\n"), &Value::Null).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.text);
    let polled = request.poll().await.json();
    assert_eq!((&polled["status"], &polled["exchange_code"]), (&json!("exchanged"), &Value::Null));
    assert_eq!(ada.get(&link).await.status, 200);
    site.close().await;
}

/// AA06, AA07, 1.8: a session of this door is like every other. Its owner sees it on the sessions
/// page and disconnects it there, and from then on it opens nothing.
#[tokio::test]
async fn its_owner_disconnects_such_a_session_where_all_sessions_are() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let (first, second) = (session(&client, &mut ada).await, session(&client, &mut ada).await);
    let page = ada.get("/account/sessions").await;
    assert!(page.text.contains("Agent Analytics CLI"));
    let path = format!("/account/sessions/{}/disconnect", text(&first, "id"));
    assert_eq!(ada.post_from("/account/sessions", &path, &[]).await.status, 303);

    let access = text(&first, "access_token");
    super::assert_refused(&client.get_as(access, "/account").await, 401, "INVALID_TOKEN");
    let refreshed = client.refresh(text(&first, "refresh_token")).await;
    super::assert_refused(&refreshed, 401, "INVALID_TOKEN");
    assert_eq!(introspect(&site, access).await, json!({ "active": false }));
    let other = client.get_as(text(&second, "access_token"), "/account").await;
    assert_eq!(other.status, 200, "the other one lives on");
    site.close().await;
}
