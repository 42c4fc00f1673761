//! The habits of its clients (contracts/credentials.md 1.2, 1.12): each is replayed as it was seen.

use serde_json::{Value, json};

use super::{Client, assert_refused, challenge, detached, session, site, text};
use crate::support::person::between;
use crate::support::reply::Reply;

/// 1.12: a base URL with a slash at its end makes `//path`; it is answered there, because a
/// redirect would turn the POST into a GET.
#[tokio::test]
async fn a_trailing_slash_in_the_base_url_changes_nothing() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client { site: &site, base: format!("{}/", site.url) };
    let own = session(&client, &mut ada).await;
    let access = text(&own, "access_token");
    for path in ["/account", "/account//agent-sessions", "///account"] {
        assert_eq!(client.get_as(access, path).await.status, 200, "{path}");
    }
    let refreshed = client.refresh(text(&own, "refresh_token")).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text);
    let body = json!({ "session_id": own["id"] });
    let revoked = client.post_as(access, "//agent-sessions//revoke", &body).await;
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    assert_eq!(site.get("//account/sessions").await.status, 404, "other routes are as they were");
    assert_eq!(site.get("//agent-sessions/").await.status, 404);
    site.close().await;
}

/// 1.7, 1.12: stale bearer tokens arrive everywhere and are looked at nowhere but where a session
/// is needed; neither are cookies, nor two headers at once.
#[tokio::test]
async fn a_stale_authorization_header_is_ignored_where_none_is_needed() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let plain = async |path: &str, body: &Value| {
        let request = site.client.post(format!("{}/agent-sessions/{path}", site.url)).json(body);
        let request = request.header("authorization", "Bearer aas_stale");
        let request =
            request.header("authorization", "Basic eDp5").header("cookie", "countersign=x");
        Reply::of(request).await
    };
    let told = plain("start", &detached()).await;
    assert_eq!(told.status, 201, "{}", told.text);
    let client = Client::of(&site);
    let request = super::Request { client: &client, told: told.json() };
    request.approved_by(&mut ada).await;
    let poll = json!({ "auth_request_id": request.id(), "poll_token": request.told["poll_token"] });
    let polled = plain("poll", &poll).await.json();
    let trade =
        json!({ "auth_request_id": request.id(), "exchange_code": polled["exchange_code"] });
    let exchanged = plain("exchange", &trade).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.text);
    let refresh = json!({ "refresh_token": exchanged.json()["agent_session"]["refresh_token"] });
    assert_eq!(plain("refresh", &refresh).await.status, 200);
    site.close().await;
}

/// Paperclip (1.2): a popup, and a callback on the operator's own host with a query already on it.
#[tokio::test]
async fn a_callback_keeps_the_query_that_it_has() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let callback = "https://paperclip.example.net/plugins/live/callback?company=42&next=%2Fx";
    let verifier = "9".repeat(64);
    let request = client
        .start(&json!({
            "mode": "interactive", "client_type": "paperclip",
            "client_name": "Agent Analytics Live", "client_instance_id": "company-42",
            "label": "Paperclip Company X", "callback_url": callback,
            "code_challenge": challenge(&verifier), "scopes": super::SCOPES,
            "metadata": {
                "platform": "paperclip", "plugin_id": "live", "company_id": "42",
                "requires_existing_account": true, "setup_help_url": "https://example.net/help",
            },
        }))
        .await;
    let link = request.opened_by(&mut ada).await;
    let page = ada.get(&link).await;
    let shown = callback.replace('&', "&#38;");
    for shown in [shown.as_str(), "paperclip.example.net", "company-42", "Paperclip Company X"] {
        assert!(page.text.contains(shown), "1.4, named in full: {shown}");
    }
    assert_eq!(page.header("cross-origin-opener-policy"), Some("unsafe-none"));
    super::approve(&mut ada, &link, &super::SCOPES).await;
    let result = ada.get(&link).await.text;
    let onward =
        between(&result, "content=\"0; url=", "\"").expect("a way on").replace("&#38;", "&");
    let code = onward.rsplit('=').next().expect("a code");
    let wanted = format!("{callback}&request_id={}&exchange_code={code}", request.id());
    assert_eq!(onward, wanted);
    let exchanged = request.exchange(code, &json!(verifier)).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.text);
    let label = "SELECT COUNT(*) FROM session WHERE label = 'Paperclip Company X'";
    assert_eq!(site.count(label).await, 1);
    site.close().await;
}

/// Hermes (1.2, 1.3, 1.5): a verifier of 32 characters, a poll of an interactive request, and
/// `exchange_code` read without asking whether it is there.
#[tokio::test]
async fn a_dashboard_plugin_polls_and_proves_itself_with_a_short_verifier() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let verifier = "0123456789abcdef0123456789abcdef";
    let request = client
        .start(&json!({
            "client_type": "hermes_dashboard", "client_name": "Agent Analytics Hermes Plugin",
            "client_instance_id": "agent-analytics",
            "callback_url": "http://localhost:9119/api/plugins/agent-analytics/auth/callback",
            "code_challenge": challenge(verifier),
            "scopes": ["account:read", "projects:read", "analytics:read"],
            "metadata": { "platform": "hermes", "requires_existing_account": true },
        }))
        .await;
    assert_eq!(request.poll().await.json().get("exchange_code"), Some(&Value::Null));
    request.approved_by(&mut ada).await;
    let code = request.code().await;
    assert_refused(&request.exchange(&code, &Value::Null).await, 401, "INVALID_EXCHANGE_CODE");
    let exchanged = request.exchange(&code, &json!(verifier)).await;
    assert_eq!(exchanged.status, 200, "{}", exchanged.text);
    assert_eq!(exchanged.json()["agent_session"]["scopes"].as_array().map(Vec::len), Some(3));
    site.close().await;
}

/// 1.11: whatever is wrong with a body is said in this dialect, 413 and 415 as well.
#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_in_this_dialect() {
    let site = site().await;
    let send = async |kind: &str, body: Vec<u8>| {
        let request = site.client.post(format!("{}/agent-sessions/start", site.url));
        Reply::of(request.header("content-type", kind).body(body)).await
    };
    let json = "application/json; charset=utf-8";
    assert_refused(&send(json, Vec::new()).await, 400, "MISSING_FIELDS");
    assert_refused(&send(json, b"{\"a\":1,\"a\":2}".to_vec()).await, 400, "INVALID_REQUEST");
    assert_refused(&send("text/plain", b"{}".to_vec()).await, 415, "INVALID_REQUEST");
    assert_refused(&send(json, vec![b' '; 70_000]).await, 413, "INVALID_REQUEST");
    site.close().await;
}
