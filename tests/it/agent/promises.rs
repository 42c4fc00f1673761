//! Metadata promises neither more nor less than the server does, whatever a request claims
//! about where it came from.

use serde_json::{Value, json};

use crate::support::reply::Reply;
use crate::support::{EVENTS_API, Site};

const SERVER: &str = "/.well-known/oauth-authorization-server";

/// Headers with which proxies say who was asked, and how forgers would say it.
const FORGED: [(&str, &str); 8] = [
    ("host", "evil.example"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-prefix", "/evil"),
    ("x-forwarded-port", "444"),
    ("x-original-url", "/evil"),
    ("forwarded", "host=evil.example;proto=https;for=203.0.113.9"),
    ("x-forwarded-for", "203.0.113.9"),
];

fn forged(request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    FORGED.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// Case 005; RFC 8414 §3.3: every document and challenge comes from the configuration,
/// byte for byte.
#[tokio::test]
async fn forged_host_and_forwarding_headers_change_no_byte_of_discovery() {
    let site = Site::open_with(EVENTS_API).await;
    let paths = [
        SERVER,
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/demo",
        "/.well-known/jwks.json",
        "/auth.md",
        "/demo/notes",
    ];
    for path in paths {
        let url = format!("{}{path}", site.url);
        let plain = site.get(path).await;
        let whole = Reply::of(forged(site.client.get(&url))).await;
        let mut replies = vec![whole];
        for (name, value) in FORGED {
            replies.push(Reply::of(site.client.get(&url).header(name, value)).await);
        }
        for reply in replies {
            assert_eq!((reply.status, &reply.text), (plain.status, &plain.text), "{path}");
            assert_eq!(reply.header("etag"), plain.header("etag"));
            assert_eq!(reply.header("www-authenticate"), plain.header("www-authenticate"));
        }
    }
    site.close().await;
}

/// Case 005: links and endpoints in the answers to a registration and to a started claim
/// come from the configuration too, and so does the issuer of the assertion.
#[tokio::test]
async fn forged_headers_change_no_link_of_a_registration_or_a_claim() {
    let site = Site::open().await;
    let post = |path: &str, body: Value| {
        Reply::of(forged(site.client.post(format!("{}{path}", site.url))).json(&body))
    };
    let body = json!({ "type": "service_auth", "login_hint": "ada@example.com" });
    let registered = post("/agent/identity", body).await.json();
    let token = &registered["claim_token"];
    let body =
        json!({ "type": "service_auth", "claim_token": token, "login_hint": "ada@example.com" });
    let started = post("/agent/identity/claim", body).await.json();
    let anonymous = post("/agent/identity", json!({ "type": "anonymous" })).await.json();
    let assertion = super::text(&anonymous, "/identity/assertion");
    assert_eq!(super::claims_of(&assertion)["iss"], site.url);
    for body in [registered, started, anonymous] {
        assert!(!body.to_string().contains("evil"), "{body}");
        for pointer in [
            "/claim_url",
            "/claim/url",
            "/claim/attempt/verification_uri",
            "/claim/verification_uri",
            "/attempt/verification_uri",
            "/claim_attempt/verification_uri",
        ] {
            if let Some(link) = body.pointer(pointer).and_then(Value::as_str) {
                assert!(link.starts_with(&format!("{}/", site.url)), "{link}");
            }
        }
    }
    site.close().await;
}

fn urls(value: &Value, issuer: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with(&format!("{issuer}/")) => found.push(text.clone()),
        Value::Array(members) => members.iter().for_each(|member| urls(member, issuer, found)),
        Value::Object(members) => members.values().for_each(|member| urls(member, issuer, found)),
        _ => {}
    }
}

/// Case 008; RFC 8414 §2: no advertised URL is a 404, none answers 405 to both methods.
#[tokio::test]
async fn every_advertised_url_answers() {
    let site = Site::open().await;
    let mut advertised = Vec::new();
    for path in [SERVER, "/.well-known/oauth-protected-resource"] {
        urls(&site.get(path).await.json(), &site.url, &mut advertised);
    }
    let document = site.get("/auth.md").await.text;
    let ours = format!("{}/", site.url);
    for (start, _) in document.match_indices(&ours) {
        let rest = &document[start..];
        let end = rest.find(|c: char| c.is_whitespace() || "`\"),;".contains(c));
        advertised.push(rest[..end.expect("an end")].to_owned());
    }
    advertised.push(super::text(&site.agent().register_anonymous().await.body, "/claim/url"));
    advertised.sort();
    advertised.dedup();
    assert!(advertised.len() >= 10, "{advertised:?}");
    for url in advertised {
        // The resource's own URL is an identifier, not an address.
        if url == format!("{}/demo", site.url) {
            continue;
        }
        let got = Reply::of(site.client.get(&url)).await;
        let posted = Reply::of(site.client.post(&url)).await;
        assert!(got.status != 404 && posted.status != 404, "{url}");
        assert!(got.status != 405 || posted.status != 405, "{url}");
    }
    site.close().await;
}

/// Case 008: what is advertised is never `unsupported_grant_type`; eight grants that are
/// not advertised, and near misses of those that are, always are.
#[tokio::test]
async fn exactly_the_advertised_grants_are_supported() {
    let site = Site::open().await;
    let metadata = site.get(SERVER).await.json();
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    // Public clients authenticate by `none`; no algorithm may be called that.
    for (name, member) in metadata.as_object().expect("an object") {
        let methods = name.ends_with("_auth_methods_supported");
        assert!(methods || !member.to_string().contains("\"none\""), "{name}");
    }
    let keys = site.get("/.well-known/jwks.json").await.text;
    assert!(!keys.contains("\"none\""), "{keys}");
    for grant in metadata["grant_types_supported"].as_array().expect("grants") {
        let grant = grant.as_str().expect("a name");
        let reply = site.post_form("/token", &[("grant_type", grant)]).await;
        let error = reply.error();
        // Which of the two depends on what the grant looks at first.
        assert!(matches!(error.as_str(), "invalid_request" | "invalid_client"), "{grant}: {error}");
    }
    for grant in [
        "password",
        "implicit",
        "authorization-code",
        "client_credential",
        "urn:ietf:params:oauth:grant-type:device",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:openid:params:grant-type:ciba",
        "REFRESH_TOKEN",
        " refresh_token",
        "urn:workos:agent-auth:grant-type:claim/",
    ] {
        let reply = site.post_form("/token", &[("grant_type", grant), ("code", "x")]).await;
        reply.assert_error(400, "unsupported_grant_type");
    }
    site.post_form("/token", &[]).await.assert_error(400, "invalid_request");
    assert_eq!(super::rows(&site, "token").await, 0);
    site.close().await;
}

/// Case 008; auth.md section 7 point 1: with typed codes off the claim grant is neither
/// advertised nor served, and the relayed way still completes.
#[tokio::test]
async fn without_typed_codes_the_claim_grant_is_gone_and_relaying_works() {
    let site = Site::open_with("[agents]\ntyped_codes = false\n").await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let claim = &registered.body["claim"];
    assert!(claim.get("user_code").is_none() && claim.get("interval").is_none(), "{claim}");
    agent.poll(&registered.claim_token).await.assert_error(400, "unsupported_grant_type");
    let fields = [("decision", "approve"), ("scope", "demo:read"), ("lifetime", "8h")];
    assert_eq!(ada.answer(&registered.link(), &fields).await.status, 303);
    let code = crate::support::person::relayed_code(&ada.get(&registered.link()).await.text);
    assert_eq!(agent.complete(&registered.claim_token, &code).await.status, 200);
    site.close().await;
}

/// Case 008: each registration type that is switched off is refused by its name in both
/// dialects, and what is not offered yet says so.
#[tokio::test]
async fn identity_types_that_are_not_advertised_are_refused() {
    let site = Site::open_with("[agents]\nanonymous = false\nservice_auth = false\n").await;
    let agent = site.agent();
    let reply = agent.post("/agent/identity", &json!({ "type": "anonymous" })).await;
    reply.assert_error(403, "anonymous_registration_disabled");
    assert_eq!(reply.json()["legacy_error"], "anonymous_not_enabled");
    let body = json!({ "type": "service_auth", "login_hint": "ada@example.com" });
    let reply = agent.post("/agent/identity", &body).await;
    reply.assert_error(403, "service_auth_registration_disabled");
    assert_eq!(reply.json()["legacy_error"], "service_auth_not_enabled");
    let body = json!({
        "type": "identity_assertion", "assertion": "a.b.c",
        "assertion_type": "urn:ietf:params:oauth:token-type:id-jag",
    });
    agent.post("/agent/identity", &body).await.assert_error(403, "issuer_not_enabled");
    assert_eq!(super::rows(&site, "registration").await, 0);
    site.close().await;
}

/// RFC 9110 §15.5.6: a method that is not allowed is answered with those that are.
#[tokio::test]
async fn the_wrong_method_is_told_the_right_ones() {
    let site = Site::open().await;
    for (path, allowed) in [
        ("/token", "POST, OPTIONS"),
        ("/revoke", "POST, OPTIONS"),
        ("/agent/identity", "POST, OPTIONS"),
        ("/agent/identity/claim", "POST, OPTIONS"),
        ("/agent/identity/claim/complete", "POST, OPTIONS"),
        ("/introspect", "POST"),
    ] {
        for reply in
            [site.get(path).await, Reply::of(site.client.put(format!("{}{path}", site.url))).await]
        {
            reply.assert_error(405, "invalid_request");
            assert_eq!(reply.header("allow"), Some(allowed), "{path}");
        }
    }
    let reply = site.post_form(SERVER, &[]).await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
    site.close().await;
}
