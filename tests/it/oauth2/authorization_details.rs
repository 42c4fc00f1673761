//! What a request pins down beyond its scopes (RFC 9396).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use super::text;
use crate::support::client::{Callback, Client};
use crate::support::keys::part_of;
use crate::support::person::Person;
use crate::support::reply::Reply;
use crate::support::{FILES_API, Site};

const PAID_API: &str = r#"
[[resource]]
identifier = "https://api.example.com"
name = "Example API"
introspection = [{ client_id = "example-api", client_secret = "example-api-secret" }]
scope = [{ name = "payments", title = "Make payments", default = true }]

[[resource.authorization_detail]]
type = "payment"
sentence = "Pay at most {amount.value} {amount.currency} to {payee}"
optional = ["Reference: {reference}"]

[[resource.authorization_detail]]
type = "refund"
sentence = "Refund {amount.value} {amount.currency}"
risk = "spend"
"#;

const SIGNED_FOLDERS: &str = r#"
access_token = "jwt"

[[resource.authorization_detail]]
type = "folder"
sentence = "Only below {folder}"
"#;

async fn open() -> Site {
    Site::open_with(&format!("{PAID_API}{FILES_API}{SIGNED_FOLDERS}")).await
}

fn payment() -> Value {
    json!([{
        "type": "payment",
        "amount": { "value": "20.00", "currency": "EUR" },
        "payee": "Example Shop",
    }])
}

/// The usual request at the first resource, with these details.
fn with<'a>(details: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut change = vec![("scope", "payments"), ("authorization_details", details)];
    change.extend_from_slice(more);
    change
}

/// Approves what the link asks for with this scope.
async fn approve(person: &mut Person, link: &str, scope: &str) -> Reply {
    let fields = [("decision", "approve"), ("scope", scope), ("lifetime", "8h")];
    person.answer(link, &fields).await
}

/// RFC 9396 §3, §7, §9.2: read by the person, granted with the session, told to the client
/// and to the API, the same through every refresh.
#[tokio::test]
async fn details_are_read_granted_and_told() {
    let site = open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let details = payment().to_string();
    let link = client.send(&mut ada, &with(&details, &[])).await;
    let page = ada.get(&link).await;
    let words = "Pay at most 20.00 EUR to “Example Shop”";
    assert!(page.text.contains(words), "{}", page.text);
    assert_eq!(approve(&mut ada, &link, "payments").await.status, 303);
    let receipt = ada.get(&link).await;
    let code = Callback::of(&receipt).code();
    assert!(receipt.text.contains(words), "{}", receipt.text);

    let tokens = client.redeem(&code, &[]).await.json();
    assert_eq!(tokens["authorization_details"], payment(), "{tokens}");
    let known = site.introspect_as("example-api", text(&tokens, "access_token")).await.json();
    assert_eq!(known["active"], true);
    assert_eq!(known["authorization_details"], payment());
    let path = format!("/account/sessions/{}", text(&known, "session_id"));
    for page in [ada.get("/account/sessions").await, ada.get(&path).await] {
        assert!(page.text.contains(words), "{}", page.text);
    }

    let next = client.refresh(text(&tokens, "refresh_token")).await.json();
    assert_eq!(next["authorization_details"], payment(), "{next}");
    let known = site.introspect_as("example-api", text(&next, "access_token")).await.json();
    assert_eq!(known["authorization_details"], payment());
    site.close().await;
}

/// RFC 9396 §5: unknown types, unknown fields, missing fields and what no person could read
/// are refused, and nobody is asked.
#[tokio::test]
async fn what_the_resource_does_not_take_is_refused() {
    let site = open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let detail = |name: &str, value: Value| {
        let mut details = payment();
        details[0][name] = value;
        details.to_string()
    };
    let refused = [
        "payment".to_owned(),
        payment()[0].to_string(),
        detail("type", json!("wire")),
        detail("type", json!("folder")),
        detail("factor", json!(100)),
        detail("amount", json!({ "value": "20.00" })),
        detail("amount", json!({ "value": "20.00", "currency": "EUR", "factor": 100 })),
        detail("payee", json!(null)),
        detail("payee", json!("Shop\u{202e}pohS")),
        detail("payee", json!("x".repeat(201))),
        detail("locations", json!(["https://files.example.com"])),
        r#"[{"type":"payment","type":"refund"}]"#.to_owned(),
    ];
    for details in &refused {
        let reply = ada.get(&client.request(&with(details, &[]))).await;
        Callback::at(&reply).assert_error(&site, "invalid_authorization_details");
        let path = client.request(&with(details, &[]));
        let (_, body) = path.split_once('?').expect("a query");
        let request = site.client.post(format!("{}/par", site.url)).body(body.to_owned());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        Reply::of(request).await.assert_error(400, "invalid_authorization_details");
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM approval").await, 0);
    for details in [
        "[]".to_owned(),
        detail("reference", json!("R-1")),
        detail("locations", json!(["https://api.example.com/"])),
    ] {
        client.send(&mut ada, &with(&details, &[])).await;
    }
    site.close().await;
}

/// RFC 9396 §6 and §6.1, promise P4: a token request may repeat what was granted, and
/// nothing else; asking for something else spends neither the code nor the refresh token.
#[tokio::test]
async fn no_token_request_changes_what_was_granted() {
    let site = open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let details = payment().to_string();
    let link = client.send(&mut ada, &with(&details, &[])).await;
    approve(&mut ada, &link, "payments").await;
    let code = Callback::of(&ada.get(&link).await).code();
    let mut more = payment();
    more[0]["amount"]["value"] = json!("2000.00");
    let mut both = payment();
    both.as_array_mut().expect("a list").push(more[0].clone());
    let others = [more.to_string(), both.to_string(), "[]".to_owned(), "payment".to_owned()];
    for other in &others {
        let change = [("authorization_details", other.as_str())];
        let reply = client.redeem(&code, &change).await;
        reply.assert_error(400, "invalid_authorization_details");
    }
    let same = [("authorization_details", details.as_str())];
    let tokens = client.redeem(&code, &same).await.json();
    let token = text(&tokens, "refresh_token");
    for other in &others {
        let reply = client.refresh_with(token, &[("authorization_details", other)]).await;
        reply.assert_error(400, "invalid_authorization_details");
    }
    let next = client.refresh_with(token, &same).await;
    assert_eq!(next.status, 200, "{}", next.text);
    assert_eq!(next.json()["authorization_details"], payment());
    site.close().await;
}

/// RFC 9396 §9.1: a signed access token says it too.
#[tokio::test]
async fn a_signed_token_carries_the_details() {
    let site = open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let details = json!([{ "type": "folder", "folder": "/reports" }]);
    let given = details.to_string();
    let change = [
        ("scope", "files:read"),
        ("authorization_details", given.as_str()),
        ("resource", "https://files.example.com"),
    ];
    let link = client.send(&mut ada, &change).await;
    assert!(ada.get(&link).await.text.contains("Only below /reports"));
    approve(&mut ada, &link, "files:read").await;
    let code = Callback::of(&ada.get(&link).await).code();
    let tokens = client.redeem(&code, &[]).await.json();
    let claims = part_of(text(&tokens, "access_token"), 1);
    assert_eq!(claims["authorization_details"], details);
    let plain = client.send(&mut ada, &[change[0], change[2]]).await;
    approve(&mut ada, &plain, "files:read").await;
    let code = Callback::of(&ada.get(&plain).await).code();
    let tokens = client.redeem(&code, &[]).await.json();
    assert!(tokens.get("authorization_details").is_none(), "left out, never empty: {tokens}");
    let claims = part_of(text(&tokens, "access_token"), 1);
    assert!(claims.get("authorization_details").is_none(), "{claims}");
    site.close().await;
}

/// A detail that spends asks for a fresh sign-in, like a scope that does.
#[tokio::test]
async fn a_grave_detail_asks_for_a_fresh_sign_in() {
    let site = open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    site.advance(Seconds::HOUR);
    let details =
        json!([{ "type": "refund", "amount": { "value": 5, "currency": "EUR" } }]).to_string();
    let calm = client.send(&mut ada, &with(&payment().to_string(), &[])).await;
    assert_eq!(ada.get(&calm).await.status, 200);
    let link = client.send(&mut ada, &with(&details, &[])).await;
    let reply = ada.get(&link).await;
    assert_eq!(reply.status, 303);
    let sign_in = reply.header("location").expect("a location").to_owned();
    assert!(sign_in.starts_with("/sign-in"), "{sign_in}");
    assert_eq!(ada.sign_in_again(&sign_in).await.status, 303);
    let page = ada.get(&link).await;
    assert!(page.text.contains("Refund 5 EUR"), "{}", page.text);
    assert_eq!(approve(&mut ada, &link, "payments").await.status, 303);
    site.close().await;
}

/// Promise P5: details open a session of their own; one that is there gains nothing by them.
#[tokio::test]
async fn details_never_widen_a_session_that_is_there() {
    let site = open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let plain = client.send(&mut ada, &[("scope", "payments")]).await;
    approve(&mut ada, &plain, "payments").await;
    let first = client.redeem(&Callback::of(&ada.get(&plain).await).code(), &[]).await.json();
    let details = payment().to_string();
    let link = client.send(&mut ada, &with(&details, &[])).await;
    approve(&mut ada, &link, "payments").await;
    let second = client.redeem(&Callback::of(&ada.get(&link).await).code(), &[]).await.json();
    let (first, second) = (
        site.introspect_as("example-api", text(&first, "access_token")).await.json(),
        site.introspect_as("example-api", text(&second, "access_token")).await.json(),
    );
    assert_ne!(first["session_id"], second["session_id"]);
    assert!(first.get("authorization_details").is_none(), "{first}");
    assert_eq!(second["authorization_details"], payment());
    site.close().await;
}

/// RFC 9396 §9.1, promises P4 and P5: a proxy before an API that does not know of details lets no
/// pinned session pass, and one that accepts them hands them on whole.
#[tokio::test]
async fn a_proxy_passes_a_pinned_session_on_only_where_its_details_are_read() {
    let site = open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let details = payment().to_string();
    let link = client.send(&mut ada, &with(&details, &[])).await;
    approve(&mut ada, &link, "payments").await;
    let tokens = client.redeem(&Callback::of(&ada.get(&link).await).code(), &[]).await.json();
    let proxy = format!("Basic {}", STANDARD.encode("example-api:example-api-secret"));
    let asked = async |question: &str| {
        let request = site.client.get(format!("{}/forward-auth{question}", site.url));
        let request = request.header("countersign-proxy", &proxy);
        Reply::of(request.bearer_auth(text(&tokens, "access_token"))).await
    };
    for blind in ["?scope=payments", "?scope=payments&accept=sandbox"] {
        let refused = asked(blind).await;
        assert_eq!(refused.status, 403, "{blind}");
        assert_eq!(refused.header("countersign-subject"), None);
    }
    assert_eq!(asked("?scope=payments&accept=details").await.status, 400, "no such word");
    let let_in = asked("?scope=payments&accept=authorization_details").await;
    assert_eq!(let_in.status, 200, "{}", let_in.text);
    let told = let_in.header("countersign-authorization-details").expect("details");
    let told = URL_SAFE_NO_PAD.decode(told).expect("base64url");
    assert_eq!(serde_json::from_slice::<Value>(&told).expect("JSON"), payment());
    site.close().await;
}

/// RFC 9396 §10, RFC 9728 §2: the types are found before anybody asks.
#[tokio::test]
async fn the_metadata_names_the_types() {
    let site = open().await;
    for place in ["oauth-authorization-server", "openid-configuration"] {
        let server = site.get(&format!("/.well-known/{place}")).await.json();
        let types = json!(["folder", "payment", "refund"]);
        assert_eq!(server["authorization_details_types_supported"], types);
    }
    let resource = site.get("/.well-known/oauth-protected-resource").await.json();
    assert_eq!(resource["authorization_details_types_supported"], json!(["payment", "refund"]));
    site.close().await;
    let site = Site::open().await;
    let server = site.get("/.well-known/oauth-authorization-server").await.json();
    assert!(server.get("authorization_details_types_supported").is_none());
    site.close().await;
}

/// RFC 8628 §3.1 with RFC 9396 §3: a device may pin down as much as a browser.
#[tokio::test]
async fn a_device_pins_its_request_down_too() {
    let site = open().await;
    let mut ada = site.person("ada@example.com").await;
    let metadata = json!({
        "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"],
        "token_endpoint_auth_method": "none",
    });
    let client = Client::register_as(&site, &metadata).await;
    let ask = async |details: &str| {
        let form = [
            ("client_id", client.id.as_str()),
            ("scope", "payments"),
            ("authorization_details", details),
        ];
        site.post_form("/device_authorization", &form).await
    };
    ask(r#"[{"type":"wire"}]"#).await.assert_error(400, "invalid_authorization_details");
    let begun = ask(&payment().to_string()).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    let told = begun.json();
    let fields = [("user_code", text(&told, "user_code"))];
    let reply = ada.post_from("/device", "/device", &fields).await;
    let link = reply.header("location").expect("a link").to_owned();
    let page = ada.get(&link).await;
    assert!(page.text.contains("Pay at most 20.00 EUR to “Example Shop”"), "{}", page.text);
    site.close().await;
}
