//! What a protected resource says to whoever comes without a good token.

use countersign::protocol::secret::{ENTROPY, Secret, SecretKind};
use countersign::protocol::timestamp::Seconds;
use reqwest::Method;
use serde_json::json;

use super::{connect, connect_with, disconnect};
use crate::support::Site;
use crate::support::reply::Reply;

/// Every protected URL with what its challenge asks for, by method.
const PROTECTED: [(&str, &str, &str); 8] = [
    ("GET", "/demo/whoami", "demo:read"),
    ("POST", "/demo/whoami", "demo:read"),
    ("GET", "/demo/notes", "demo:read"),
    ("POST", "/demo/notes", "demo:write"),
    ("GET", "/demo/mcp", "demo:read"),
    ("POST", "/demo/mcp", "demo:read"),
    ("DELETE", "/demo/mcp", "demo:read"),
    ("PATCH", "/demo/notes", "demo:read"),
];

async fn ask(site: &Site, method: &str, path: &str, authorization: Option<&str>) -> Reply {
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let request = site.client.request(method, format!("{}{path}", site.url));
    let request = match authorization {
        Some(value) => request.header("authorization", value),
        None => request,
    };
    Reply::of(request).await
}

/// Case 001; RFC 6750 §3.1, RFC 9728 §5.1, oauth.md row 1 and trap 9: authentication comes
/// before the method, so a GET probe of a POST endpoint finds the door too.
#[tokio::test]
async fn a_request_without_a_token_learns_where_to_ask_and_hears_of_no_error() {
    let site = Site::open().await;
    for (method, path, scope) in PROTECTED {
        let reply = ask(&site, method, path, None).await;
        reply.assert_error(401, "unauthorized");
        let challenge = format!(
            r#"Bearer resource_metadata="{}/.well-known/oauth-protected-resource/demo", scope="{scope}""#,
            site.url
        );
        let headers: Vec<_> = reply.headers.get_all("www-authenticate").iter().collect();
        assert_eq!(headers, [challenge.as_str()], "{method} {path}");
        assert!(reply.json()["message"].is_string(), "{}", reply.text);
    }
    site.close().await;
}

/// RFC 9110 §9.3.2: HEAD answers as GET does, without the body.
#[tokio::test]
async fn a_head_request_is_challenged_as_well() {
    let site = Site::open().await;
    let reply = ask(&site, "HEAD", "/demo/notes", None).await;
    assert_eq!((reply.status, reply.text.as_str()), (401, ""));
    assert!(reply.header("www-authenticate").expect("a challenge").starts_with("Bearer "));
    site.close().await;
}

/// Case 002; RFC 6750 §3.1: expired, revoked and garbage are one answer, byte for byte.
#[tokio::test]
async fn expired_revoked_and_garbage_tokens_get_the_same_refusal() {
    let site = Site::open().await;
    let mut connected = connect(&site).await;
    let revoked = connected.access();
    disconnect(&site, &mut connected).await;
    let second = site.agent().register_anonymous().await;
    let expired = site.agent().exchange(&second.assertion()).await.json();
    let expired = expired["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(site.call(&expired).await.status, 200);
    site.advance(Seconds::HOUR);

    let well_formed = Secret::from_entropy(SecretKind::Access, &[7; ENTROPY]);
    let unknown = well_formed.expect("a token").reveal().to_owned();
    let long = "x".repeat(4000);
    let mut bodies = Vec::new();
    for token in [revoked.as_str(), &expired, &unknown, "aas_garbage", "", "a b", &long] {
        let reply = ask(&site, "GET", "/demo/notes", Some(&format!("Bearer {token}"))).await;
        reply.assert_error(401, "invalid_token");
        let challenge = reply.header("www-authenticate").expect("a challenge").to_owned();
        bodies.push((challenge, reply.text));
    }
    let challenge = format!(
        r#"Bearer error="invalid_token", resource_metadata="{}/.well-known/oauth-protected-resource/demo", scope="demo:read""#,
        site.url
    );
    assert!(bodies.iter().all(|body| *body == (challenge.clone(), bodies[0].1.clone())));
    site.close().await;
}

/// Whatever was presented and cannot be used is an invalid token, never a 5xx: the stock
/// engine answers 500 to two headers.
#[tokio::test]
async fn two_authorization_headers_or_another_scheme_are_refused_as_invalid() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let bearer = format!("Bearer {}", connected.access());
    let request = site.client.get(format!("{}/demo/notes", site.url));
    let request = request.header("authorization", &bearer).header("authorization", &bearer);
    Reply::of(request).await.assert_error(401, "invalid_token");
    for value in ["Basic ZGVtbzpkZW1vLXNlY3JldA==", "DPoP", "Bearer", "bearer"] {
        ask(&site, "GET", "/demo/notes", Some(value)).await.assert_error(401, "invalid_token");
    }
    let raw = reqwest::header::HeaderValue::from_bytes(b"Bearer \xff\xfe").expect("bytes");
    let request = site.client.get(format!("{}/demo/notes", site.url));
    Reply::of(request.header("authorization", raw)).await.assert_error(401, "invalid_token");
    site.close().await;
}

/// RFC 9110 §11.1: the scheme's case does not matter.
#[tokio::test]
async fn the_scheme_may_be_written_in_any_case() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let value = format!("{scheme} {}", connected.access());
        assert_eq!(ask(&site, "GET", "/demo/notes", Some(&value)).await.status, 200);
    }
    site.close().await;
}

/// Design decision 10 and RFC 9700 §4.3.2: a token in the address is no token.
#[tokio::test]
async fn a_token_in_the_query_string_or_the_body_is_not_looked_at() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let path = format!("/demo/notes?access_token={}", connected.access());
    site.get(&path).await.assert_error(401, "unauthorized");
    let fields = [("access_token", connected.access())];
    let request = site.client.post(format!("{}/demo/notes", site.url)).form(&fields);
    Reply::of(request).await.assert_error(401, "unauthorized");
    site.close().await;
}

/// oauth.md row 3 and trap 25; RFC 6750 §3.1: 403 names what the operation needs and where
/// to get it, and the token itself stays good.
#[tokio::test]
async fn a_token_that_lacks_a_scope_is_told_which() {
    let site = Site::open().await;
    let connected = connect_with(&site, &["demo:read"], "8h").await;
    let request = site.client.post(format!("{}/demo/notes", site.url));
    let request = request.bearer_auth(connected.access()).json(&json!({ "text": "hello" }));
    let reply = Reply::of(request).await;
    reply.assert_error(403, "insufficient_scope");
    let challenge = format!(
        r#"Bearer error="insufficient_scope", resource_metadata="{}/.well-known/oauth-protected-resource/demo", scope="demo:write""#,
        site.url
    );
    assert_eq!(reply.header("www-authenticate"), Some(challenge.as_str()));
    assert_eq!(site.call(&connected.access()).await.status, 200);
    site.close().await;
}

/// oauth.md row 28 and trap 30; Fetch standard: a preflight never needs a token, and the
/// browser-hosted agent may read the challenge.
#[tokio::test]
async fn a_preflight_passes_without_a_token_and_the_challenge_is_readable() {
    let site = Site::open().await;
    for path in ["/demo/whoami", "/demo/notes", "/demo/mcp"] {
        let reply = ask(&site, "OPTIONS", path, None).await;
        assert_eq!(reply.status, 204, "{path}");
        assert_eq!(reply.header("www-authenticate"), None);
        let allowed = reply.header("access-control-allow-headers").expect("headers");
        for header in [
            "authorization",
            "content-type",
            "dpop",
            "mcp-protocol-version",
            "mcp-method",
            "mcp-name",
        ] {
            assert!(allowed.split(", ").any(|name| name == header), "{header} in {allowed}");
        }
        let refused = ask(&site, "GET", path, None).await;
        assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
        let exposed = refused.header("access-control-expose-headers").expect("exposed");
        assert!(exposed.contains("WWW-Authenticate") && exposed.contains("DPoP-Nonce"));
        assert_eq!(refused.header("access-control-allow-credentials"), None);
    }
    site.close().await;
}

/// operator.md, "The demo resource": whoami needs any live session and says who acts for whom.
#[tokio::test]
async fn whoami_says_who_acts_for_whom_until_when() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let request = site.client.get(format!("{}/demo/whoami", site.url));
    let who = Reply::of(request.bearer_auth(connected.access())).await.json();
    let known = site.introspect(&connected.access()).await.json();
    assert_eq!(
        who,
        json!({
            "account": known["sub"], "agent": "Test agent", "session": known["session_id"],
            "scopes": ["demo:read", "demo:write"], "expires_at": "2027-01-15T09:00:00.000Z",
        })
    );
    site.close().await;
}

/// operator.md: `POST /demo/notes` answers 201 and the note is there.
#[tokio::test]
async fn a_note_is_added_and_read_back() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let request = site.client.post(format!("{}/demo/notes", site.url));
    let request = request.bearer_auth(connected.access()).json(&json!({ "text": "hello" }));
    assert_eq!(Reply::of(request).await.status, 201);
    let notes = site.call(&connected.access()).await.json();
    assert!(notes.as_array().expect("a list").contains(&json!({ "text": "hello" })));
    site.close().await;
}
