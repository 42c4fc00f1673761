//! What is sent to the routes for programs and makes no sense.

use reqwest::Method;
use serde_json::json;

use super::{FIVE, SENTINEL, VISTA, ask, keys, made, post, site, token};
use crate::support::Site;
use crate::support::reply::Reply;

/// AV02, AG18 and pages.md point 12: what is wrong is said with the name of its member, in the
/// dialect of the product, and nothing is made.
#[tokio::test]
async fn a_key_that_cannot_be_is_not_made_and_why_is_said() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let token = token(&mut ada, "agentvista").await;
    let before = keys(&site).await;
    for (body, member) in [
        (json!({}), "scopes"),
        (json!({ "scopes": [] }), "scopes"),
        (json!({ "scopes": ["admin"] }), "scopes"),
        (json!({ "scopes": ["read", "read write"] }), "scopes"),
        (json!({ "scopes": ["read"], "name": "" }), "name"),
        (json!({ "scopes": ["read"], "name": "\u{202e}\u{0}\n" }), "name"),
        (json!({ "scopes": ["read"], "name": "x".repeat(81) }), "name"),
        (json!({ "scopes": ["read"], "environment": "x".repeat(81) }), "environment"),
        (json!({ "scopes": ["read"], "expires_in": 0 }), "expires_in"),
        (json!({ "scopes": ["read"], "expires_in": -1 }), "expires_in"),
        (json!({ "scopes": ["read"], "expires_in": i64::MAX }), "expires_in"),
        (json!({ "scopes": ["read"], "org_slug": "acme" }), "org_slug"),
    ] {
        let reply = post(&site, VISTA, &token, &body).await;
        assert_eq!((reply.status, keys(&site).await), (422, before), "{body}: {}", reply.text);
        let told = reply.json();
        assert_eq!(told["detail"]["reason_code"], "validation_error");
        let message = told["detail"]["message"].as_str().expect("a message");
        assert!(message.contains(member), "{body}: {message}");
    }
    for body in [
        "{\"scopes\":[\"read\"],\"scopes\":[\"write\"]}",
        "[]",
        "{",
        "{\"scopes\":\"read\"}",
        "{\"name\":1}",
    ] {
        let request = site.client.post(format!("{}{VISTA}", site.url)).bearer_auth(&token);
        let request = request.header("content-type", "application/json").body(body);
        let reply = Reply::of(request).await;
        assert_eq!((reply.status, keys(&site).await), (400, before), "{body}: {}", reply.text);
        assert_eq!(reply.json()["detail"]["reason_code"], "invalid_request");
    }
    let request = site.client.post(format!("{}{VISTA}", site.url)).bearer_auth(&token);
    assert_eq!(Reply::of(request.form(&[("scopes", "read")])).await.status, 415);
    let large = json!({ "scopes": ["read"], "name": "x".repeat(200_000) });
    assert_eq!(post(&site, VISTA, &token, &large).await.status, 413);
    assert_eq!(keys(&site).await, before);
    for query in ["?page=0", "?page=x", "?page_size=101", "?page_size=-1"] {
        assert_eq!(ask(&site, Method::GET, &format!("{VISTA}{query}"), &token).await.status, 422);
    }
    site.close().await;
}

/// What is left out is what the settings say, and names are cleaned of what deceives the eye.
#[tokio::test]
async fn what_is_left_out_is_what_the_settings_say() {
    let site =
        Site::open_with(&FIVE.replace("display = 6\n", "display = 6\nexpires = \"30d\"\n")).await;
    let mut ada = site.person("ada@example.com").await;
    let token = token(&mut ada, "agent-sentinel").await;
    let request = site.client.post(format!("{}{SENTINEL}", site.url)).bearer_auth(&token);
    let plain = Reply::of(request).await;
    assert_eq!(plain.status, 201, "{}", plain.text);
    let plain = plain.json();
    assert_eq!((&plain["name"], &plain["mode"]), (&json!("agent-sentinel"), &json!("live")));
    assert_eq!(plain["scopes"], json!(["sentinel:read", "sentinel:write"]));
    assert!(plain["expires_at"].is_string(), "{plain}");
    let named = json!({
        "name": "a\u{202e}b\u{7}", "scopes": ["sentinel:read"], "expires_in": 3_600, "surprise": [1],
    });
    let request = post(&site, SENTINEL, &token, &named).await.json();
    assert_eq!((&request["name"], &request["scopes"]), (&json!("ab"), &json!(["sentinel:read"])));
    let too_long = json!({ "expires_in": 31 * 86_400 });
    assert_eq!(post(&site, SENTINEL, &token, &too_long).await.status, 422);
    site.close().await;
}

/// RFC 9110 §15.5.6 and AS21: other methods hear which ones there are, in the product's dialect,
/// and a page of any origin may ask first.
#[tokio::test]
async fn another_method_hears_which_ones_there_are() {
    let site = site().await;
    for (path, allow) in
        [(SENTINEL, "OPTIONS, POST, GET"), ("/account/revoke-key", "OPTIONS, POST")]
    {
        let reply = ask(&site, Method::PUT, path, "x").await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some(allow)));
        let preflight = site.client.request(Method::OPTIONS, format!("{}{path}", site.url));
        let preflight = Reply::of(preflight).await;
        assert_eq!(
            (preflight.status, preflight.header("access-control-allow-origin")),
            (204, Some("*"))
        );
    }
    site.close().await;
}

/// AG18, AO18: each person makes so many keys within the hour, on pages and by scripts together,
/// and no more.
#[tokio::test]
async fn nobody_makes_keys_without_end() {
    let limits = format!("[limits]\napi_keys_per_account_per_hour = 2\n{FIVE}");
    let site = Site::open_with(&limits).await;
    let mut ada = site.person("ada@example.com").await;
    let token = token(&mut ada, "agent-sentinel").await;
    for _ in 0..2 {
        made(&site, SENTINEL, &token, &json!({})).await;
    }
    let third = post(&site, SENTINEL, &token, &json!({})).await;
    assert_eq!(third.status, 429, "{}", third.text);
    assert_eq!(third.json()["detail"]["reason_code"], "rate_limited");
    assert!(third.header("retry-after").is_some());
    assert_eq!(keys(&site).await[0], 2);
    site.close().await;
}
