//! What may be asked, and what is refused (contracts/credentials.md 1.2 to 1.4, 1.10).

use serde_json::{Value, json};

use super::{Client, SCOPES, assert_refused, detached, login, site, site_with, text};
use crate::support::Site;

async fn approvals(site: &Site) -> i64 {
    site.count("SELECT COUNT(*) FROM approval").await
}

/// Asserts that a start request is refused with this code, and leaves nothing behind.
async fn refused(client: &Client<'_>, body: &Value, code: &str) {
    let before = approvals(client.site).await;
    let reply = client.post("/agent-sessions/start", body).await;
    assert_refused(&reply, 400, code);
    assert_eq!(approvals(client.site).await, before, "{body}");
}

/// 1.2: `client_type` alone is required; whatever else is null or absent is as good as the other.
#[tokio::test]
async fn a_request_needs_no_more_than_the_type_of_its_client() {
    let site = site().await;
    let client = Client::of(&site);
    let empty = json!({
        "client_type": "mac_live", "mode": null, "client_name": null, "client_instance_id": null,
        "label": null, "callback_url": null, "scopes": null, "code_challenge": null,
        "metadata": null,
    });
    for body in [json!({ "client_type": "mac_live" }), empty] {
        let request = client.start(&body).await;
        assert_eq!(request.told["mode"], "interactive");
        assert_eq!(
            request.told["scopes"],
            json!(["account:read", "projects:read"]),
            "the defaults"
        );
        assert_eq!(request.poll().await.json()["status"], "pending");
    }
    for body in [json!({}), json!({ "client_type": null }), json!({ "client_type": " \u{200b}\n" })]
    {
        refused(&client, &body, "MISSING_FIELDS").await;
    }
    site.close().await;
}

/// 1.10: unknown scopes are dropped and never granted; when none is left, nobody is asked.
#[tokio::test]
async fn unknown_scopes_are_dropped_and_a_request_for_nothing_is_refused() {
    let site = site().await;
    let client = Client::of(&site);
    let mixed = json!({ "scopes": ["projects:read", "admin:all", "account read", "", "aak_x"] });
    let mut body = detached();
    super::lay(&mut body, &mixed);
    let request = client.start(&body).await;
    assert_eq!(request.told["scopes"], json!(["projects:read"]));
    for scopes in [json!([]), json!(["admin:all"]), json!(["projects:read account:read"])] {
        refused(&client, &login(&json!({ "scopes": scopes })), "INVALID_SCOPES").await;
    }
    for scopes in [json!("projects:read"), json!([null]), json!([1]), json!({})] {
        refused(&client, &login(&json!({ "scopes": scopes })), "INVALID_REQUEST").await;
    }
    site.close().await;
}

/// 1.3, RFC 7636 §4.2: the SHA-256 of the verifier in hexadecimal or base64url; `plain` and
/// everything else is refused, and whatever a browser carries needs one.
#[tokio::test]
async fn a_challenge_is_a_hash_or_the_request_is_refused() {
    let site = site().await;
    let client = Client::of(&site);
    let base64url = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    client.start(&login(&json!({ "code_challenge": base64url }))).await;
    let hexadecimal = super::challenge(super::VERIFIER);
    for wrong in ["", "plain", "x", &hexadecimal[1..], &format!("{hexadecimal}0"), &"g".repeat(64)]
    {
        refused(&client, &login(&json!({ "code_challenge": wrong })), "INVALID_CODE_CHALLENGE")
            .await;
    }
    let none = json!({ "code_challenge": null });
    refused(&client, &login(&none), "INVALID_CODE_CHALLENGE").await;
    site.close().await;
}

/// 1.4, cases 030, 031 and 109: a callback that runs code, hides its host or is not what it looks
/// like is refused, and nobody is asked.
#[tokio::test]
async fn a_callback_that_is_not_a_plain_place_is_refused() {
    let site = site().await;
    let client = Client::of(&site);
    for good in [
        "http://127.0.0.1:1/callback",
        "http://[::1]:65535/cb?a=b",
        "http://localhost/callback",
        "https://dashboard.example.net/plugins/aa/callback?tenant=1&x=y",
    ] {
        client.start(&login(&json!({ "callback_url": good }))).await;
    }
    for wrong in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        " https://dashboard.example.net/cb",
        "data:text/html,x",
        "file:///etc/passwd",
        "cursor://anysphere/cb",
        "com.example.app:/cb",
        "/callback",
        "//dashboard.example.net/cb",
        "",
        "http://dashboard.example.net/cb",
        "http://127.0.0.1.example.net/cb",
        "http://127.0.0.1@example.net/cb",
        "http://127.1:1/cb",
        "http://0x7f.0.0.1/cb",
        "http://2130706433/cb",
        "http://localhost.example.net/cb",
        "https://ada@dashboard.example.net/cb",
        "https://dashboard.example.net/cb#fragment",
        "https://dashboard.example.net\\@example.com/cb",
        "https://*.example.net/cb",
        "https:dashboard.example.net/cb",
    ] {
        let body = login(&json!({ "callback_url": wrong }));
        refused(&client, &body, "INVALID_CALLBACK_URL").await;
    }
    let long = format!("https://dashboard.example.net/{}", "a".repeat(2_100));
    refused(&client, &login(&json!({ "callback_url": long })), "INVALID_CALLBACK_URL").await;
    site.close().await;
}

/// 1.4: an operator may say which hosts are answered over https; this computer always is.
#[tokio::test]
async fn only_the_hosts_that_the_operator_names_are_answered_over_https() {
    let site = site_with("callback_hosts = [\"dashboard.example.net\"]").await;
    let client = Client::of(&site);
    for good in [super::CALLBACK, "https://dashboard.example.net:8443/cb"] {
        client.start(&login(&json!({ "callback_url": good }))).await;
    }
    for other in [
        "https://example.net/cb",
        "https://evil.example/dashboard.example.net",
        "https://dashboard.example.net.evil.example/cb",
        "https://dashboard.example.net./cb",
    ] {
        let body = login(&json!({ "callback_url": other }));
        refused(&client, &body, "INVALID_CALLBACK_URL").await;
    }
    site.close().await;
}

/// contracts/pages.md point 4: what the agent tells is one clean line of bounded length.
#[tokio::test]
async fn what_the_agent_tells_is_cleaned_before_anybody_reads_it() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::of(&site);
    let request = client
        .start(&json!({
            "mode": "detached",
            "client_type": "cli\u{202e}\u{0}<b>",
            "client_name": "Your bank\u{200b}\n<script>alert(1)</script>",
            "client_instance_id": format!("pid:{}", "9".repeat(5_000)),
            "label": "\u{2066}Company\u{2069}\u{7}X",
        }))
        .await;
    let link = request.opened_by(&mut ada).await;
    let page = ada.get(&link).await.text;
    assert!(page.contains("Your bank &#60;script&#62;alert(1)&#60;/script&#62;"), "{page}");
    for shown in ["cli &#60;b&#62;", "Company X", &format!("pid:{}<", "9".repeat(76))] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains(['\u{202e}', '\u{200b}', '\u{2066}', '\u{0}']));
    site.close().await;
}

/// 1.2: another mode, a member of the wrong type, a body that is no object: refused in this
/// dialect.
#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_in_this_dialect() {
    let site = site().await;
    let client = Client::of(&site);
    refused(&client, &login(&json!({ "mode": "popup" })), "INVALID_MODE").await;
    for (name, value) in [
        ("mode", json!(1)),
        ("client_type", json!(["cli"])),
        ("callback_url", json!({})),
        ("code_challenge", json!(true)),
        ("label", json!(7)),
    ] {
        let mut change = json!({});
        change[name] = value;
        refused(&client, &login(&change), "INVALID_REQUEST").await;
    }
    for body in [json!([]), json!("cli"), json!(null)] {
        refused(&client, &body, "INVALID_REQUEST").await;
    }
    let odd = login(
        &json!({ "metadata": ["requires_existing_account"], "unknown": 1, "id": "req_1", "status": "approved" }),
    );
    let request = client.start(&odd).await;
    assert_eq!(request.poll().await.json()["status"], "pending", "case 017");
    assert_eq!(request.told["scopes"].as_array().map(Vec::len), Some(SCOPES.len()));
    site.close().await;
}

/// Case 277: an address that keeps asking is told to wait, with the dialect's word for it.
#[tokio::test]
async fn an_address_that_asks_too_often_is_told_to_wait() {
    let site = Site::open_with(&format!(
        "[limits]\nauthorization_requests_per_address_per_hour = 2\n{}",
        super::PROFILE
    ))
    .await;
    let client = Client::of(&site);
    let request = client.start(&detached()).await;
    client.start(&detached()).await;
    let limited = client.post("/agent-sessions/start", &detached()).await;
    assert_refused(&limited, 429, "RATE_LIMITED");
    assert_eq!(limited.header("retry-after"), Some("3600"));
    assert!(!text(&limited.json(), "message").to_lowercase().contains("upgrade"), "1.9");
    assert_eq!(approvals(&site).await, 2);
    assert_eq!(request.poll().await.status, 200, "whoever waits is not refused");
    site.close().await;
}

/// Case 008: without a profile there is no such door, and nothing says that there is one.
#[tokio::test]
async fn the_door_is_there_and_advertised_only_when_it_is_switched_on() {
    let closed = Site::open().await;
    for path in ["start", "poll", "exchange", "refresh", "revoke"] {
        let reply = closed.post_json(&format!("/agent-sessions/{path}"), &detached()).await;
        assert_eq!(reply.status, 404, "{path}");
    }
    for path in ["/account", "/account/agent-sessions", "/agent-sessions/authorize/cvt_x"] {
        assert_eq!(closed.get(path).await.status, 404, "{path}");
    }
    assert!(!closed.get("/auth.md").await.text.contains("agent-sessions"));
    closed.close().await;

    let open = site().await;
    let document = open.get("/auth.md").await.text;
    assert!(document.contains(&format!("{}/agent-sessions/start", open.url)), "{document}");
    open.close().await;
}
