//! Dynamic registration ([RFC 7591]).
//!
//! [RFC 7591]: https://www.rfc-editor.org/rfc/rfc7591

use countersign::domain::id::ClientId;
use countersign::flow::upkeep;
use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use super::{CALLBACK, UNLIMITED, clients, register, registered, text};
use crate::support::Site;
use crate::support::client::Client;
use crate::support::reply::Reply;

/// RFC 7591 §3.2.1: the whole answer to the smallest request, with the defaults of §2.
#[tokio::test]
async fn the_answer_repeats_what_is_stored_and_nothing_more() {
    let site = Site::open().await;
    let reply = register(&site, &json!({ "redirect_uris": [CALLBACK] })).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.headers["cache-control"], "no-store");
    assert_eq!(reply.headers["access-control-allow-origin"], "*");
    let answer = reply.json();
    let id = text(&answer, "client_id");
    let url = format!("{}/register/{id}", site.url);
    assert_eq!(
        answer,
        json!({
            "client_id": id,
            "client_id_issued_at": 1_800_000_000,
            "client_secret": text(&answer, "client_secret"),
            "client_secret_expires_at": 0,
            "registration_access_token": text(&answer, "registration_access_token"),
            "registration_client_uri": url,
            "redirect_uris": [CALLBACK],
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "application_type": "web",
        })
    );
    site.close().await;
}

/// oauth.md trap 16: raw and form-encoded Basic spell letters and digits alike.
#[tokio::test]
async fn ids_and_secrets_are_letters_and_digits() {
    let site = Site::open().await;
    let first = registered(&site, "client_secret_basic").await;
    let second = registered(&site, "client_secret_basic").await;
    for name in ["client_id", "client_secret"] {
        let value = text(&first, name);
        assert!(value.len() >= 32, "{value}");
        assert!(value.chars().all(|c| c.is_ascii_alphanumeric()), "{value}");
        assert_ne!(value, text(&second, name));
    }
    site.close().await;
}

/// oauth.md trap 12: the method is echoed, and only a method that is a secret gets one.
#[tokio::test]
async fn a_secret_comes_with_the_methods_that_are_one() {
    let site = Site::open().await;
    for (method, has_secret) in
        [("none", false), ("client_secret_basic", true), ("client_secret_post", true)]
    {
        let answer = registered(&site, method).await;
        assert_eq!(answer["token_endpoint_auth_method"], method);
        assert_eq!(answer.get("client_secret").is_some(), has_secret, "{method}");
        assert_eq!(answer.get("client_secret_expires_at").is_some(), has_secret, "{method}");
    }
    site.close().await;
}

fn contains_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().any(contains_nothing),
        Value::Object(members) => members.values().any(contains_nothing),
        _ => false,
    }
}

/// oauth.md trap 10, case 017: nulls and empty texts vanish, unknown members are ignored, and
/// what only the server may say is not taken from the request.
#[tokio::test]
async fn members_that_say_nothing_or_are_not_the_clients_to_say_are_left_out() {
    let site = Site::open().await;
    let reply = register(
        &site,
        &json!({
            "redirect_uris": [CALLBACK], "client_name": "", "client_uri": null, "logo_uri": "",
            "scope": "", "contacts": null, "software_version": null, "jwks": null,
            "client_id": "chosen", "client_secret": "chosen", "client_id_issued_at": 1,
            "client_secret_expires_at": 5, "registration_access_token": "chosen",
            "user_id": "acc_1", "owner": "acc_1", "sub": "acc_1", "scopes": ["demo:write"],
            "status": "claimed", "trusted": true, "id": "chosen", "ceiling": "demo:write",
            "source": "configured", "used_at": 1, "x_unknown": { "deep": [null] },
        }),
    )
    .await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert!(!contains_nothing(&reply.json()), "{}", reply.text);
    for foreign in ["chosen", "acc_1", "claimed", "trusted", "configured", "x_unknown"] {
        assert!(!reply.text.contains(foreign), "{foreign}: {}", reply.text);
    }
    assert_eq!(reply.json()["client_id_issued_at"], 1_800_000_000);
    assert_eq!(reply.json()["client_secret_expires_at"], 0);
    assert_eq!(site.count("SELECT COUNT(*) FROM client WHERE used_at IS NOT NULL").await, 0);
    site.close().await;
}

/// RFC 7591 §2: everything the clause names comes back as it was accepted.
#[tokio::test]
async fn everything_that_is_accepted_is_echoed() {
    let site = Site::open().await;
    let metadata = json!({
        "redirect_uris": ["http://127.0.0.1/cb"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "client_name": "Test client",
        "client_uri": "https://client.example.com",
        "logo_uri": "https://client.example.com/logo.png",
        "tos_uri": "https://client.example.com/terms",
        "policy_uri": "https://client.example.com/privacy",
        "scope": "demo:write demo:read",
        "contacts": ["ada@example.com"],
        "software_id": "2c7b6a1e",
        "software_version": "1.2",
        "application_type": "native",
    });
    let reply = register(&site, &metadata).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let answer = reply.json();
    for (name, value) in metadata.as_object().expect("an object") {
        assert_eq!(&answer[name], value, "{name}");
    }
    site.close().await;
}

/// RFC 7591 §3.2.2; RFC 8259 §4: each flaw by its name, and nothing is stored.
#[tokio::test]
async fn what_cannot_be_metadata_is_refused_and_leaves_no_client() {
    let site = Site::open_with(UNLIMITED).await;
    for (body, code) in [
        ("{}", "invalid_redirect_uri"),
        (r#"{"redirect_uris":[]}"#, "invalid_redirect_uri"),
        (r#"{"redirect_uris":"https://a.example/"}"#, "invalid_client_metadata"),
        (r#"{"redirect_uris":[1]}"#, "invalid_client_metadata"),
        (
            r#"{"redirect_uris":["https://a.example/"],"redirect_uris":["https://b.example/"]}"#,
            "invalid_request",
        ),
        (
            r#"{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"client_secret_jwt"}"#,
            "invalid_client_metadata",
        ),
        (
            r#"{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"private_key_jwt"}"#,
            "invalid_client_metadata",
        ),
        (
            r#"{"redirect_uris":["https://a.example/"],"grant_types":["client_credentials"]}"#,
            "invalid_client_metadata",
        ),
        (
            r#"{"redirect_uris":["https://a.example/"],"response_types":["token"]}"#,
            "invalid_client_metadata",
        ),
        (r#"{"redirect_uris":["https://a.example/"],"client_name":7}"#, "invalid_client_metadata"),
        (
            r#"{"redirect_uris":["https://a.example/"],"jwks":{"keys":[{"kty":"oct","k":"x"}]}}"#,
            "invalid_client_metadata",
        ),
        ("[]", "invalid_request"),
        ("", "invalid_request"),
        ("{", "invalid_request"),
    ] {
        let request = site.client.post(format!("{}/register", site.url));
        let request = request.header("content-type", "application/json").body(body);
        Reply::of(request).await.assert_error(400, code);
    }
    let form = site.post_form("/register", &[("redirect_uris", CALLBACK)]).await;
    form.assert_error(415, "invalid_request");
    assert_eq!(clients(&site).await, 0);
    site.close().await;
}

/// oauth.md trap 17: registration is a write that anybody may ask for, so it has ceilings.
#[tokio::test]
async fn a_registration_is_bounded() {
    let site = Site::open_with(UNLIMITED).await;
    let many: Vec<String> = (0..21).map(|n| format!("https://a.example/{n}")).collect();
    let reply = register(&site, &json!({ "redirect_uris": many })).await;
    reply.assert_error(400, "invalid_redirect_uri");
    let long = format!("https://a.example/{}", "x".repeat(2_048));
    register(&site, &json!({ "redirect_uris": [long] }))
        .await
        .assert_error(400, "invalid_redirect_uri");
    let wide: Vec<String> =
        (0..20).map(|n| format!("https://a.example/{n}{}", "x".repeat(1_000))).collect();
    register(&site, &json!({ "redirect_uris": wide }))
        .await
        .assert_error(400, "invalid_client_metadata");
    let huge = json!({ "redirect_uris": [CALLBACK], "x": "x".repeat(70_000) });
    assert_eq!(register(&site, &huge).await.status, 413);
    assert_eq!(clients(&site).await, 0);

    let name = format!("Pay\u{202e}Pal\u{0}\r\n{}", "x".repeat(10_000));
    let reply = register(&site, &json!({ "redirect_uris": [CALLBACK], "client_name": name })).await;
    let shown = reply.json()["client_name"].as_str().expect("a name").to_owned();
    assert!(shown.starts_with("PayPal x") && shown.chars().count() == 80, "{shown}");
    site.close().await;
}

/// oauth.md trap 17: too many from one address is 429 with a time, and writes nothing.
#[tokio::test]
async fn registrations_from_one_address_are_limited_and_the_hour_ends_it() {
    let site = Site::open_with("[limits]\nclient_registrations_per_address_per_hour = 2\n").await;
    for _ in 0..2 {
        registered(&site, "none").await;
    }
    site.advance(Seconds(600));
    let refused = register(&site, &json!({ "redirect_uris": [CALLBACK] })).await;
    refused.assert_error(429, "rate_limit_exceeded");
    assert_eq!(refused.headers["retry-after"], "3000");
    assert_eq!(clients(&site).await, 2);
    site.advance(Seconds(3_000));
    registered(&site, "none").await;
    site.close().await;
}

/// design.md, decision 9: the limit of everybody is one for all addresses and all nodes.
#[tokio::test]
async fn registrations_of_everybody_are_limited_across_addresses_and_nodes() {
    let site = Site::open_with(
        "trusted_proxies = [\"127.0.0.1/32\"]\n[limits]\nclient_registrations_per_hour = 3\n",
    )
    .await;
    let other = site.second_node().await;
    for (node, address) in [(&site, "192.0.2.1"), (&other, "192.0.2.2"), (&site, "192.0.2.3")] {
        assert_eq!(register_from(node, address).await.status, 201);
    }
    register_from(&other, "192.0.2.4").await.assert_error(429, "rate_limit_exceeded");
    assert_eq!(clients(&site).await, 3);
    other.close().await;
    site.close().await;
}

async fn register_from(site: &Site, address: &str) -> Reply {
    let request = site.client.post(format!("{}/register", site.url));
    let body = json!({ "redirect_uris": [CALLBACK] });
    Reply::of(request.header("x-forwarded-for", address).json(&body)).await
}

/// oauth.md trap 15: a registration nobody used goes; one that was approved stays, because
/// its client keeps the id and is told nothing.
#[tokio::test]
async fn only_registrations_that_were_never_used_are_forgotten() {
    let site = Site::open_with("[clients]\nunused_ttl = \"2d\"\n").await;
    let mut ada = site.person("ada@example.com").await;
    let used = Client::register(&site).await;
    let unused = registered(&site, "none").await;
    used.approved_by(&mut ada).await;
    let id = ClientId(used.id.clone());

    site.advance(Seconds::DAY.times(2));
    upkeep::sweep(&site.app).await.expect("swept");
    assert_eq!(clients(&site).await, 2, "not a second early");
    site.advance(Seconds(1));
    upkeep::sweep(&site.app).await.expect("swept");
    assert_eq!(clients(&site).await, 1);
    let gone = ClientId(text(&unused, "client_id").to_owned());
    assert!(site.app.store.client(&gone).await.expect("read").is_none());

    site.advance(Seconds::DAY.times(4_000));
    upkeep::sweep(&site.app).await.expect("swept");
    assert!(site.app.store.client(&id).await.expect("read").is_some(), "used rows never go");
    site.close().await;
}

/// Promise P3: neither the secret nor the management token is in the database.
#[tokio::test]
async fn the_database_holds_no_secret_of_a_client() {
    let site = Site::open().await;
    let answer = registered(&site, "client_secret_basic").await;
    for name in ["client_secret", "registration_access_token"] {
        let secret = text(&answer, name);
        let sql = format!("SELECT COUNT(*) FROM client WHERE metadata LIKE '%{secret}%'");
        assert_eq!(site.count(&sql).await, 0, "{name}");
    }
    let sql = "SELECT COUNT(*) FROM client WHERE LENGTH(secret_digest) = 32 \
               AND LENGTH(management_digest) = 32";
    assert_eq!(site.count(sql).await, 1);
    let sql = "SELECT COUNT(*) FROM event WHERE kind = 'client.registered'";
    assert_eq!(site.count(sql).await, 1);
    site.close().await;
}

/// RFC 8414 §2: metadata names the endpoint exactly where it answers.
#[tokio::test]
async fn metadata_and_the_endpoint_agree_whether_clients_may_register() {
    let site = Site::open().await;
    let metadata = site.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["registration_endpoint"], format!("{}/register", site.url));
    site.close().await;

    let closed = Site::open_with("[clients]\nregistration = false\n").await;
    let metadata = closed.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata.get("registration_endpoint"), None);
    let refused = register(&closed, &json!({ "redirect_uris": [CALLBACK] })).await;
    refused.assert_error(404, "not_found");
    assert_eq!(clients(&closed).await, 0);
    closed.close().await;
}

/// oauth.md traps 15 and 19: the program is not told, so the person is: a page, no redirect,
/// and which file or command clears the name it keeps.
#[tokio::test]
async fn a_person_is_told_how_a_forgotten_program_gets_a_new_name() {
    let site = Site::open().await;
    let query = "response_type=code&client_id=client%3Cscript%3Egone\
                 &redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb&state=x";
    let reply = site.get(&format!("/authorize?{query}")).await;
    assert_eq!((reply.status, reply.header("location")), (400, None));
    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    for remedy in [
        "~/.claude/.credentials.json",
        "rm -rf ~/.mcp-auth",
        "codex mcp logout",
        "Authentication: Remove Dynamic Authentication Providers",
        "Any other program",
        "client&#60;script&#62;gone",
    ] {
        assert!(reply.text.contains(remedy), "{remedy}: {}", reply.text);
    }
    site.close().await;
}
