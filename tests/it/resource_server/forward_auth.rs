//! May this request pass? What a proxy in front of an API is told (docs/proxies.md).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use super::Heard;
use crate::support::agent::{JWT_BEARER, member};
use crate::support::keys::Key;
use crate::support::person::Person;
use crate::support::proof::{ask, for_token, with_token};
use crate::support::{EVENTS_API, Site};

/// Every header that says who it is.
const IDENTITY: [&str; 16] = [
    "countersign-subject",
    "countersign-account",
    "countersign-client",
    "countersign-session",
    "countersign-credential",
    "countersign-credential-type",
    "countersign-profile",
    "countersign-mode",
    "countersign-agent",
    "countersign-agent-id",
    "countersign-limited-to",
    "countersign-scope",
    "countersign-authorization-details",
    "countersign-resource",
    "countersign-approved",
    "countersign-expires",
];

/// What the proxy of this resource server proves itself with.
fn proxy(client: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client}:{client}-secret")))
}

/// Asks as a proxy does, with these headers besides its own.
async fn forward(site: &Site, path: &str, headers: &[(&str, &str)]) -> Heard {
    forward_as(site, Method::GET, path, headers).await
}

async fn forward_as(site: &Site, method: Method, path: &str, headers: &[(&str, &str)]) -> Heard {
    let request = site.client.request(method, format!("{}{path}", site.url));
    let request = request.header("countersign-proxy", proxy("demo"));
    Heard::from(headers.iter().fold(request, |all, (name, value)| all.header(*name, *value))).await
}

/// Ada, and the token of an agent of hers that may read and write.
async fn connected(site: &Site) -> (Person, String) {
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    (ada, member(&site.agent().poll(&registered.claim_token).await, "access_token"))
}

/// A token that may read, of an agent that nobody has claimed.
async fn unclaimed(site: &Site) -> String {
    let registered = site.agent().register_anonymous().await;
    member(&site.agent().exchange(&registered.assertion()).await, "access_token")
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

#[track_caller]
fn assert_nobody(heard: &Heard, status: u16) {
    assert_eq!(heard.status, status, "{}", heard.text);
    let said: Vec<_> = IDENTITY.iter().filter(|name| heard.header(name).is_some()).collect();
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(heard.header("cache-control"), Some("no-store"));
    assert_eq!(heard.header("content-type"), Some("application/json"));
}

/// docs/proxies.md: 200 without a body, and the same facts that introspection tells, whatever the
/// method of the question.
#[tokio::test]
async fn a_live_session_passes_and_the_proxy_learns_who_it_is() {
    let site = Site::open().await;
    let (_, access) = connected(&site).await;
    let known = site.introspect(&access).await.json();
    let text = |name: &str| known[name].as_str().expect(name).to_owned();
    for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT] {
        let headers = [("authorization", bearer(&access))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let heard = forward_as(&site, method, "/forward-auth?scope=demo:read", &headers).await;
        assert_eq!((heard.status, heard.text.as_str()), (200, ""));
        assert_eq!(heard.header("cache-control"), Some("no-store"));
        let said = IDENTITY.map(|name| heard.header(name).expect(name).to_owned());
        let expected = [
            text("sub"),
            text("sub"),
            text("client_id"),
            text("session_id"),
            text("credential_id"),
            "session".to_owned(),
            String::new(),
            "live".to_owned(),
            "Test%20agent".to_owned(),
            String::new(),
            String::new(),
            "demo:read demo:write".to_owned(),
            String::new(),
            format!("{}/demo", site.url),
            "1800000000".to_owned(),
            "1800003600".to_owned(),
        ];
        assert_eq!(said, expected);
    }
    site.close().await;
}

/// docs/proxies.md: a header about which nothing is known is there and empty, so that a proxy
/// overwrites what the request brought under its name.
#[tokio::test]
async fn what_is_not_known_is_said_to_be_empty() {
    let site = Site::open().await;
    let access = unclaimed(&site).await;
    let forged = [
        ("authorization", bearer(&access)),
        ("countersign-account", "acc_of_somebody_else".to_owned()),
        ("countersign-subject", "acc_of_somebody_else".to_owned()),
    ];
    let forged = forged.each_ref().map(|(name, value)| (*name, value.as_str()));
    let heard = forward(&site, "/forward-auth", &forged).await;
    assert_eq!(heard.status, 200);
    assert!(IDENTITY.iter().all(|name| heard.header(name).is_some()));
    assert_eq!(heard.header("countersign-account"), Some(""));
    assert_eq!(heard.header("countersign-approved"), Some(""));
    assert_eq!(heard.header("countersign-subject"), heard.header("countersign-client"));
    site.close().await;
}

/// RFC 6750 §3, RFC 9728 §5.1: the challenge is the one that the protected resource itself gives.
#[tokio::test]
async fn a_refusal_leads_on_as_the_resource_itself_does() {
    let site = Site::open().await;
    let access = unclaimed(&site).await;
    let dead = format!("{access}x");
    for (scope, method, token, status) in [
        ("demo:read", Method::GET, None, 401),
        ("demo:read", Method::GET, Some(&dead), 401),
        ("demo:write", Method::POST, Some(&access), 403),
        ("", Method::GET, None, 401),
    ] {
        let path = if scope.is_empty() { "/demo/whoami" } else { "/demo/notes" };
        let own = site.client.request(method, format!("{}{path}", site.url));
        let own = match token {
            Some(token) => own.bearer_auth(token),
            None => own,
        };
        let own = Heard::from(own.body("{}")).await;
        let authorization = token.map(|token| bearer(token));
        let headers: Vec<_> =
            authorization.iter().map(|value| ("authorization", value.as_str())).collect();
        let heard = forward(&site, &format!("/forward-auth?scope={scope}"), &headers).await;
        assert_nobody(&heard, status);
        assert_eq!((own.status, own.challenge()), (status, heard.challenge()), "{scope}");
        let error = |heard: &Heard| serde_json::from_str::<Value>(&heard.text).expect("JSON");
        assert_eq!(error(&own)["error"], error(&heard)["error"], "{scope}");
        assert_eq!(heard.header("access-control-allow-origin"), Some("*"));
    }
    site.close().await;
}

/// docs/proxies.md: who asks proves itself as the resource server, by one header of its own, and
/// by nothing that the request brings.
#[tokio::test]
async fn whoever_is_not_the_proxy_is_told_nothing() {
    let site = Site::open_with(EVENTS_API).await;
    let access = unclaimed_at_demo(&site).await;
    let url = format!("{}/forward-auth", site.url);
    let good = proxy("demo");
    let wrong = format!("Basic {}", STANDARD.encode("demo:wrong"));
    let forwarded = [("x-forwarded-for", "127.0.0.1"), ("forwarded", "for=127.0.0.1")];
    for headers in [
        vec![],
        forwarded.to_vec(),
        vec![("countersign-proxy", wrong.as_str())],
        vec![("countersign-proxy", "demo:demo-secret")],
        vec![("countersign-proxy", "")],
        vec![("proxy-authorization", good.as_str())],
        vec![("countersign-proxy", good.as_str()), ("countersign-proxy", wrong.as_str())],
    ] {
        let request = site.client.get(&url).bearer_auth(&access);
        let request = headers.iter().fold(request, |all, (name, value)| all.header(*name, *value));
        let heard = Heard::from(request).await;
        assert_nobody(&heard, 401);
        assert!(heard.text.contains("invalid_client"), "{headers:?}: {}", heard.text);
        assert_eq!(heard.header("www-authenticate"), None);
    }
    let basic = Heard::from(site.client.get(&url).basic_auth("demo", Some("demo-secret"))).await;
    assert_nobody(&basic, 401);
    // The proxy of another API learns nothing about this token (RFC 7662 §4).
    let other = site.client.get(&url).header("countersign-proxy", proxy("example-api"));
    let other = Heard::from(other.bearer_auth(&access)).await;
    assert_nobody(&other, 401);
    let metadata = "https://api.example.com/.well-known/oauth-protected-resource";
    assert!(other.challenge().contains(metadata), "{}", other.challenge());
    site.close().await;
}

async fn unclaimed_at_demo(site: &Site) -> String {
    let body = json!({ "type": "anonymous", "resource": format!("{}/demo", site.url) });
    let registered = site.agent().register(&body).await;
    member(&site.agent().exchange(&registered.assertion()).await, "access_token")
}

/// contracts/credentials.md section 3, AG03: two equal credentials are one, and of two others
/// neither is picked.
#[tokio::test]
async fn two_equal_credentials_are_one_and_two_others_are_refused() {
    let site = Site::open().await;
    let (one, other) = (unclaimed(&site).await, unclaimed(&site).await);
    let (held, key, basic) = (bearer(&one), format!("ApiKey {one}"), "Basic ZGVtbzpkZW1v");
    let proven = format!("DPoP {one}");
    let (authorization, one_key) = (("authorization", held.as_str()), ("x-api-key", one.as_str()));
    for (headers, status) in [
        (vec![authorization], 200),
        (vec![authorization, authorization], 200),
        (vec![authorization, one_key], 200),
        (vec![one_key, ("api-key", one.as_str())], 200),
        (vec![("authorization", key.as_str())], 200),
        (vec![authorization, ("x-api-key", other.as_str())], 400),
        (vec![("x-api-key", one.as_str()), ("api-key", other.as_str())], 400),
        (vec![("x-api-key", other.as_str()), one_key], 400),
        (vec![authorization, ("authorization", basic)], 400),
        (vec![authorization, ("authorization", proven.as_str())], 400),
        (vec![("authorization", basic)], 401),
        (vec![("x-api-key", "")], 401),
        (vec![("authorization", "Bearer")], 401),
    ] {
        let heard = forward(&site, "/forward-auth", &headers).await;
        assert_eq!(heard.status, status, "{headers:?}: {}", heard.text);
        assert_eq!(heard.header("www-authenticate").is_some(), status == 401, "{headers:?}");
    }
    site.close().await;
}

/// docs/proxies.md: what the location asks for comes in its query or in its header, and more of
/// it asks for more, so that a request that brings the header itself gains nothing.
#[tokio::test]
async fn a_location_asks_for_scopes_in_its_query_or_in_its_header() {
    let site = Site::open().await;
    let access = bearer(&unclaimed(&site).await);
    let required = "countersign-required-scope";
    for (query, headers, status) in [
        ("", vec![], 200),
        ("?scope=", vec![], 200),
        ("?scope=demo:read", vec![], 200),
        ("?scope=demo:write", vec![], 403),
        ("?scope=demo:read+demo:write", vec![], 403),
        ("?scope=demo:read&scope=demo:write", vec![], 403),
        ("", vec!["demo:read"], 200),
        ("", vec!["demo:write"], 403),
        ("?scope=demo:write", vec!["demo:read"], 403),
        ("?scope=demo:read", vec!["demo:read", "demo:write"], 403),
        ("?scope=demo:unknown", vec![], 400),
        ("?scope=%22", vec![], 400),
        ("?scope=%ff", vec![], 400),
        ("", vec!["\""], 400),
    ] {
        let mut all: Vec<_> = headers.iter().map(|value| (required, *value)).collect();
        all.push(("authorization", &access));
        let heard = forward(&site, &format!("/forward-auth{query}"), &all).await;
        assert_eq!(heard.status, status, "{query} {headers:?}: {}", heard.text);
        if status == 403 {
            assert!(heard.challenge().contains("demo:write"), "{}", heard.challenge());
        }
    }
    site.close().await;
}

/// docs/proxies.md, Envoy: where the path goes on it is the request's own, and so is its query,
/// which therefore cannot ask for less.
#[tokio::test]
async fn where_the_path_is_the_requests_own_its_query_says_nothing() {
    let site = Site::open().await;
    let access = bearer(&unclaimed(&site).await);
    let needs = |scope| [("authorization", access.as_str()), ("countersign-required-scope", scope)];
    for (path, scope, status) in [
        ("/forward-auth/", "demo:read", 200),
        ("/forward-auth/demo/notes?scope=demo:write", "demo:read", 200),
        ("/forward-auth/demo/notes?scope=demo:read", "demo:write", 403),
        ("/forward-auth/?scope=%ff&answer=refusal", "demo:read", 200),
        ("/forward-auth//a/../b%2f?x", "demo:read", 200),
    ] {
        let heard = forward_as(&site, Method::POST, path, &needs(scope)).await;
        assert_eq!(heard.status, status, "{path}: {}", heard.text);
    }
    site.close().await;
}

/// AO11: a session that was disconnected opens nothing at the next request.
#[tokio::test]
async fn a_disconnected_session_is_refused_at_once() {
    let site = Site::open().await;
    let (mut ada, access) = connected(&site).await;
    let access = bearer(&access);
    let headers = [("authorization", access.as_str())];
    let heard = forward(&site, "/forward-auth", &headers).await;
    let session = heard.header("countersign-session").expect("a session");
    let path = format!("/account/sessions/{session}/disconnect");
    assert_eq!(ada.post_from("/account/sessions", &path, &[]).await.status, 303);
    let heard = forward(&site, "/forward-auth", &headers).await;
    assert_nobody(&heard, 401);
    assert!(heard.challenge().contains(r#"error="invalid_token""#));
    site.close().await;
}

/// docs/proxies.md, nginx: whoever asks for the words of a refusal never learns of a success,
/// because the request itself was not passed on.
#[tokio::test]
async fn asking_for_the_words_of_a_refusal_never_lets_anybody_in() {
    let site = Site::open().await;
    let access = bearer(&unclaimed(&site).await);
    let words = "/forward-auth?answer=refusal";
    let heard = forward(&site, words, &[("authorization", &access)]).await;
    assert_nobody(&heard, 503);
    assert_eq!(heard.header("retry-after"), Some("1"));
    assert_nobody(&forward(&site, words, &[]).await, 401);
    let more = format!("{words}&scope=demo:write");
    assert_nobody(&forward(&site, &more, &[("authorization", &access)]).await, 403);
    site.close().await;
}

/// RFC 9449 §7.1, §7.2, §11.1: a token that is bound to a key passes with a proof of that key for
/// the request that the proxy tells of, at the resource's own address, and once.
#[tokio::test]
async fn a_bound_token_passes_with_a_proof_for_its_request_and_once() {
    let site = Site::open().await;
    let key = Key::p256();
    let assertion = site.agent().register_anonymous().await.assertion();
    let fields = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
    let access = member(&ask(&site, &fields, &[&for_token(&site, &key)]).await, "access_token");
    let proven = format!("DPoP {access}");
    let proof_of = |key: &Key, method, path| with_token(&site, key, (method, path), &access);
    let at = async |scope: &str, proof: Option<&str>, method, uri| {
        let mut headers = vec![
            ("authorization", proven.as_str()),
            ("x-forwarded-method", method),
            ("x-forwarded-uri", uri),
            ("x-forwarded-host", "elsewhere.example"),
        ];
        headers.extend(proof.map(|proof| ("dpop", proof)));
        forward(&site, &format!("/forward-auth?scope={scope}"), &headers).await
    };
    let sound = proof_of(&key, "POST", "/demo/notes");
    assert_nobody(&at("demo:write", Some(&sound), "POST", "/demo/notes?x").await, 403);
    assert_nobody(&at("demo:read", Some(&sound), "GET", "/demo/notes").await, 401);
    assert_nobody(&at("demo:read", Some(&sound), "POST", "/demo/other").await, 401);
    let let_in = at("demo:read", Some(&sound), "POST", "/demo/notes?x").await;
    assert_eq!(let_in.status, 200, "a refusal used no proof up: {}", let_in.text);
    let again = at("demo:read", Some(&sound), "POST", "/demo/notes?x").await;
    assert_nobody(&again, 401);
    assert!(again.challenge().contains(r#"DPoP error="invalid_dpop_proof""#));
    let thief = proof_of(&Key::p256(), "POST", "/demo/notes");
    assert_nobody(&at("demo:read", Some(&thief), "POST", "/demo/notes").await, 401);
    assert_nobody(&at("demo:read", None, "POST", "/demo/notes").await, 401);
    let bare = forward(&site, "/forward-auth", &[("authorization", &bearer(&access))]).await;
    assert_nobody(&bare, 401);
    assert!(bare.challenge().contains(", DPoP algs="), "{}", bare.challenge());
    let contradiction = [
        ("authorization", proven.as_str()),
        ("x-forwarded-uri", "/demo/notes"),
        ("x-original-uri", "/demo/other"),
    ];
    assert_nobody(&forward(&site, "/forward-auth", &contradiction).await, 400);
    site.close().await;
}

/// T9: an agent that nobody let in proves itself as often as the limit says, since each proof
/// leaves a row; whoever a person let in is not counted.
#[tokio::test]
async fn proofs_of_an_unclaimed_agent_are_limited() {
    let site = Site::open_with("[limits]\nproofs_per_unclaimed_session_per_hour = 1\n").await;
    let key = Key::p256();
    let assertion = site.agent().register_anonymous().await.assertion();
    let fields = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
    let access = member(&ask(&site, &fields, &[&for_token(&site, &key)]).await, "access_token");
    let proven = format!("DPoP {access}");
    let once = async || {
        let proof = with_token(&site, &key, ("GET", "/demo/notes"), &access);
        let headers = [
            ("authorization", proven.as_str()),
            ("x-forwarded-uri", "/demo/notes"),
            ("dpop", &proof),
        ];
        forward(&site, "/forward-auth", &headers).await
    };
    assert_eq!(once().await.status, 200);
    let before = site.count("SELECT COUNT(*) FROM replay").await;
    let refused = once().await;
    assert_nobody(&refused, 429);
    assert!(refused.header("retry-after").is_some());
    assert_eq!(site.count("SELECT COUNT(*) FROM replay").await, before);
    site.close().await;
}

/// A flaw: what a path begins with, if it is no slash, would become part of the host that a proof
/// is checked against.
#[tokio::test]
async fn a_path_that_is_none_is_refused() {
    let site = Site::open().await;
    let access = bearer(&unclaimed(&site).await);
    for path in ["@evil.example/x", "evil", "?x", ""] {
        let headers = [("authorization", access.as_str()), ("x-forwarded-uri", path)];
        assert_nobody(&forward(&site, "/forward-auth", &headers).await, 400);
    }
    site.close().await;
}

/// AA32, AO16, AG17, AS21; docs/proxies.md, "Error dialects": the profile of the resource says
/// how its refusals are written, and statuses and challenges stay.
#[tokio::test]
async fn refusals_are_written_in_the_dialect_of_the_profile() {
    for (dialect, code) in [
        ("oauth", "/error"),
        ("code-message", "/code"),
        ("text-code", "/code"),
        ("envelope", "/errors/0/code"),
        ("detail", "/detail/reason_code"),
    ] {
        let settings = format!("[[profile]]\nname = 'x'\nerror_dialect = '{dialect}'\n");
        let site = Site::open_with(&settings).await;
        let access = bearer(&unclaimed(&site).await);
        let mut codes = Vec::new();
        for (query, authorization, status) in [
            ("", None, 401),
            ("", Some("Bearer garbage"), 401),
            ("?scope=demo:write", Some(access.as_str()), 403),
            ("?scope=unknown", Some(access.as_str()), 400),
        ] {
            let headers: Vec<_> =
                authorization.iter().map(|value| ("authorization", *value)).collect();
            let heard = forward(&site, &format!("/forward-auth{query}"), &headers).await;
            assert_nobody(&heard, status);
            assert_eq!(heard.header("www-authenticate").is_some(), status != 400);
            let body: Value = serde_json::from_str(&heard.text).expect("JSON");
            let code = body.pointer(code).and_then(Value::as_str);
            codes.push(code.unwrap_or_else(|| panic!("{dialect}: {body}")).to_owned());
        }
        assert!(codes[0] != codes[2] && codes[1] != codes[2] && codes[2] != codes[3], "{codes:?}");
        site.close().await;
    }
}
