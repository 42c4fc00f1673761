//! Pushed authorization requests (RFC 9126).

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::client::{CALLBACK, Callback, Client, VERIFIER, approve, challenge};
use crate::support::keys::Key;
use crate::support::person::{Person, between};
use crate::support::reply::Reply;
use crate::support::{Site, proof};

/// Pushes the usual request of this client; `change` replaces, adds or (with an empty value)
/// leaves out parameters.
async fn push(client: &Client<'_>, change: &[(&str, &str)]) -> Reply {
    push_with(client, change, None).await
}

/// The same with a proof of possession.
async fn push_with(client: &Client<'_>, change: &[(&str, &str)], proof: Option<&str>) -> Reply {
    let site = client.site;
    let path = client.request(change);
    let (_, body) = path.split_once('?').expect("a query");
    let mut body = body.to_owned();
    if let Some(secret) = &client.secret {
        body.push_str("&client_secret=");
        body.push_str(secret);
    }
    let request = site.client.post(format!("{}/par", site.url)).body(body);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    Reply::of(match proof {
        Some(proof) => request.header("dpop", proof),
        None => request,
    })
    .await
}

fn request_uri(reply: &Reply) -> String {
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()["request_uri"].as_str().expect("a request_uri").to_owned()
}

/// The address that stands for the usual request.
async fn pushed(client: &Client<'_>) -> String {
    let reply = push(client, &[]).await;
    short(&client.id, &request_uri(&reply))
}

/// What the browser is sent to (RFC 9126 §4).
fn short(client: &str, request_uri: &str) -> String {
    let pairs = [("client_id", client), ("request_uri", request_uri)];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/authorize?{query}")
}

async fn questions(site: &Site) -> i64 {
    site.count("SELECT COUNT(*) FROM approval").await
}

/// Asserts a page of ours that says the request is over, and that nothing was asked.
#[track_caller]
fn assert_over(reply: &Reply) {
    assert_eq!((reply.status, reply.header("location")), (410, None), "{}", reply.text);
    assert!(reply.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
}

/// RFC 9126 §2 and §4, start to end: the browser carries two parameters, and the client gets
/// what it pushed for.
#[tokio::test]
async fn a_pushed_request_is_answered_as_if_the_browser_had_brought_it() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let reply = push(&client, &[]).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    let told = reply.json();
    let lifetime = told["expires_in"].as_i64().expect("seconds");
    assert!((60..=90).contains(&lifetime), "{lifetime}");
    let uri = request_uri(&reply);
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"), "{uri}");

    let sent = ada.get(&short(&client.id, &uri)).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let link = sent.header("location").expect("a link").to_owned();
    approve(&mut ada, &link).await;
    let back = Callback::of(&ada.get(&link).await);
    assert_eq!(back.get("state").as_deref(), Some("af0ifjsldkj"));
    assert_eq!(back.get("iss").as_deref(), Some(site.app.issuer()));
    let tokens = client.redeem(&back.code(), &[]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    assert_eq!(tokens.json()["scope"], "demo:read demo:write");
    site.close().await;
}

/// RFC 9126 §2.3: what the browser would have brought back is told to the client, as JSON.
#[tokio::test]
async fn what_is_wrong_with_a_pushed_request_is_told_at_once() {
    let site = Site::open().await;
    let client = Client::register(&site).await;
    for (name, value, status, error) in [
        ("client_id", "", 401, "invalid_client"),
        ("client_id", "nobody", 401, "invalid_client"),
        ("client_secret", "guess", 401, "invalid_client"),
        ("redirect_uri", "https://evil.example/cb", 400, "invalid_request"),
        ("code_challenge", "", 400, "invalid_request"),
        ("code_challenge_method", "plain", 400, "invalid_request"),
        ("response_type", "token", 400, "unsupported_response_type"),
        ("response_type", "", 400, "unsupported_response_type"),
        ("scope", "a\"b", 400, "invalid_scope"),
        ("resource", "https://other.example.com/", 400, "invalid_target"),
        ("prompt", "none", 400, "consent_required"),
        ("request", "eyJhbGciOiJub25lIn0.e30.", 400, "request_not_supported"),
        ("dpop_jkt", "not a thumbprint", 400, "invalid_request"),
        ("request_uri", "urn:ietf:params:oauth:request_uri:x", 400, "invalid_request"),
        ("request_uri", "https://client.example.com/request.jwt", 400, "invalid_request"),
    ] {
        let reply = push(&client, &[(name, value)]).await;
        reply.assert_error(status, error);
        assert!(reply.json()["error_description"].is_string(), "{name}={value}");
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM pushed_request").await, 0);
    site.get("/par").await.assert_error(405, "invalid_request");
    site.close().await;
}

/// Case 147: what is said twice is not understood; only `resource` may repeat.
#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let site = Site::open().await;
    let client = Client::register(&site).await;
    let resource = format!("{}/demo", site.app.issuer());
    let twice = |name: &'static str, value: &str| {
        let path = client.request(&[(name, value)]);
        let (_, query) = path.split_once('?').expect("a query");
        let pair: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
        format!("{query}&{pair}")
    };
    for (name, value, status) in
        [("scope", "demo:read", 400), ("x", "1", 400), ("resource", resource.as_str(), 201)]
    {
        let request = site.client.post(format!("{}/par", site.url)).body(twice(name, value));
        let kind = "application/x-www-form-urlencoded;charset=UTF-8";
        let reply = Reply::of(request.header("content-type", kind)).await;
        assert_eq!(reply.status, status, "{name}: {}", reply.text);
    }
    site.close().await;
}

/// RFC 9126 §2: a client that has a secret shows it here too.
#[tokio::test]
async fn a_client_with_a_secret_proves_itself_before_it_pushes() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let metadata = json!({ "redirect_uris": [CALLBACK] });
    let mut client = Client::register_as(&site, &metadata).await;
    let secret = client.secret.take().expect("a secret");
    push(&client, &[]).await.assert_error(401, "invalid_client");
    client.secret = Some("wrong".to_owned());
    push(&client, &[]).await.assert_error(401, "invalid_client");
    client.secret = Some(secret.clone());
    let path = pushed(&client).await;
    assert_eq!(ada.get(&path).await.status, 303);

    let other = Client::register(&site).await;
    let path = other.request(&[]);
    let (_, body) = path.split_once('?').expect("a query");
    let request = site.client.post(format!("{}/oauth2/par", site.url)).body(body.to_owned());
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let reply = Reply::of(request.basic_auth(&client.id, Some(&secret))).await;
    reply.assert_error(401, "invalid_client");
    assert!(reply.header("www-authenticate").is_some_and(|scheme| scheme.starts_with("Basic")));
    site.close().await;
}

/// Promise P3: what waits for the browser holds no secret, and is not found by what the
/// database knows.
#[tokio::test]
async fn nothing_secret_of_a_pushed_request_is_kept() {
    let site = Site::open().await;
    let metadata = json!({ "redirect_uris": [CALLBACK] });
    let client = Client::register_as(&site, &metadata).await;
    let change = [("password", "hush"), ("code_verifier", VERIFIER)];
    let reply = push(&client, &change).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    for word in ["hush", VERIFIER, "client_secret", client.secret.as_deref().expect("one")] {
        let sql = format!("SELECT COUNT(*) FROM pushed_request WHERE request LIKE '%{word}%'");
        assert_eq!(site.count(&sql).await, 0, "{word}");
    }
    let sound = challenge(VERIFIER);
    let sql = format!("SELECT COUNT(*) FROM pushed_request WHERE request LIKE '%{sound}%'");
    assert_eq!(site.count(&sql).await, 1, "the challenge is no secret, and is needed");

    let key = Key::p256();
    let metadata = json!({
        "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt",
        "jwks": { "keys": [key.jwk()] },
    });
    let client = Client::register_as(&site, &metadata).await;
    let now = site.clock.now().0;
    let claims = json!({
        "iss": client.id, "sub": client.id, "aud": site.url, "jti": "1", "exp": now + 60,
    });
    let assertion = key.sign(&json!({ "alg": key.algorithm() }), &claims);
    let change = [
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion.as_str()),
    ];
    let reply = push(&client, &change).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    for word in [assertion.as_str(), "client_assertion"] {
        let sql = format!("SELECT COUNT(*) FROM pushed_request WHERE request LIKE '%{word}%'");
        assert_eq!(site.count(&sql).await, 0, "{word}");
    }
    site.close().await;
}

/// RFC 9126 §4: what was pushed counts, and nothing that somebody added to the address.
#[tokio::test]
async fn parameters_beside_the_request_uri_are_ignored() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let path = pushed(&client).await;
    let added = "&scope=demo%3Aread&state=forged&redirect_uri=https%3A%2F%2Fevil.example%2Fcb\
                 &code_challenge=x&resource=https%3A%2F%2Fother.example.com";
    let sent = ada.get(&format!("{path}{added}")).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let link = sent.header("location").expect("a link").to_owned();
    approve(&mut ada, &link).await;
    let back = Callback::of(&ada.get(&link).await);
    assert!(back.0.as_str().starts_with(CALLBACK), "{}", back.0);
    assert_eq!(back.get("state").as_deref(), Some("af0ifjsldkj"));
    let tokens = client.redeem(&back.code(), &[]).await.json();
    assert_eq!(tokens["scope"], "demo:read demo:write");
    site.close().await;
}

/// RFC 9126 §7.3, oauth.md section 2, "`request_uri` replay": one question, whoever comes
/// again; a page and never a redirect.
#[tokio::test]
async fn a_request_uri_asks_once() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut mallory = site.person("mallory@example.com").await;
    let client = Client::register(&site).await;
    let path = pushed(&client).await;
    assert_eq!(ada.get(&path).await.status, 303);
    assert_over(&mallory.get(&path).await);
    assert_eq!(questions(&site).await, 1);
    site.close().await;
}

/// RFC 9126 §4: a person may press "reload", in their own browser and until they decided.
#[tokio::test]
async fn the_same_browser_finds_its_question_again_until_it_is_answered() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let path = pushed(&client).await;
    let links: Vec<String> = [ada.get(&path).await, ada.get(&path).await]
        .iter()
        .map(|sent| sent.header("location").expect("a link").to_owned())
        .collect();
    assert_eq!(links[0], links[1]);
    site.advance(Seconds(120));
    assert_eq!(ada.get(&path).await.status, 303, "the question outlives the request_uri");
    assert_eq!(questions(&site).await, 1);
    approve(&mut ada, &links[0]).await;
    assert_over(&ada.get(&path).await);
    assert_eq!(ada.get(&links[0]).await.status, 200, "the page itself moves on");
    site.close().await;
}

/// RFC 9126 §2.2, §4: another client's, another kind of secret, somebody's own address, or
/// one whose time is over.
#[tokio::test]
async fn a_foreign_or_expired_request_uri_is_refused_on_a_page() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let other = Client::register(&site).await;
    let uri = request_uri(&push(&client, &[]).await);
    let last = if uri.ends_with('x') { 'y' } else { 'x' };
    let unknown = format!("{}{last}", uri.get(..uri.len() - 1).expect("a uri"));
    for (id, uri) in [
        (&other.id, uri.as_str()),
        (&"nobody".to_owned(), &uri),
        (&client.id, &unknown),
        (&client.id, "urn:ietf:params:oauth:request_uri:"),
        (&client.id, "https://client.example.com/request.jwt"),
        (&client.id, "http://127.0.0.1:1/request"),
    ] {
        assert_over(&ada.get(&short(id, uri)).await);
    }
    let alone = short("", &uri);
    let reply = ada.get(&alone).await;
    assert_eq!((reply.status, reply.header("location")), (400, None), "{}", reply.text);
    assert_eq!(questions(&site).await, 0, "nothing of it spent the request");
    site.advance(Seconds(89));
    assert_eq!(ada.get(&short(&client.id, &uri)).await.status, 303);

    let path = pushed(&client).await;
    site.advance(Seconds(90));
    assert_over(&ada.get(&path).await);
    site.close().await;
}

/// Promise P1: sixteen browsers bring the same address at the same moment, and one is asked.
#[tokio::test]
async fn of_racing_browsers_one_is_asked() {
    let site = Site::open().await;
    let client = Client::register(&site).await;
    let mut browsers = Vec::new();
    for n in 0..16 {
        browsers.push(Person::new(&site, &format!("person{n}@example.com")));
    }
    for round in 1..=4 {
        let path = pushed(&client).await;
        let replies = join_all(browsers.iter_mut().map(|browser| browser.get(&path))).await;
        let asked = replies.iter().filter(|reply| reply.status == 303).count();
        let refused = replies.iter().filter(|reply| reply.status == 410).count();
        assert_eq!((asked, refused), (1, 15));
        assert_eq!(questions(&site).await, round);
    }
    site.close().await;
}

/// The same browser in two tabs at once: the slower one finds the question of the faster.
#[tokio::test]
async fn two_tabs_of_one_browser_find_one_question() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    ada.get(&pushed(&client).await).await;
    let mark = ada.mark.clone().expect("a mark");
    for _ in 0..4 {
        let url = format!("{}{}", site.url, pushed(&client).await);
        let tab = || Reply::of(site.client.get(&url).header("cookie", &mark));
        let replies = join_all((0..8).map(|_| tab())).await;
        let links: Vec<_> = replies.iter().map(|reply| reply.header("location")).collect();
        assert!(links.iter().all(|link| link.is_some() && *link == links[0]), "{links:?}");
    }
    assert_eq!(questions(&site).await, 5);
    site.close().await;
}

/// RFC 9449 §10 and §10.1: a code that was asked for with a key is redeemed with that key.
#[tokio::test]
async fn a_key_proven_at_the_push_binds_the_code() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let (key, other) = (Key::p256(), Key::p256());
    let made =
        |key: &Key, path: &str| key.sign(&proof::header(key), &proof::claims(&site, "POST", path));
    let contradicted = [("dpop_jkt", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")];
    push_with(&client, &contradicted, Some(&made(&key, "/par")))
        .await
        .assert_error(400, "invalid_request");
    push_with(&client, &[], Some(&made(&key, "/token")))
        .await
        .assert_error(400, "invalid_dpop_proof");
    let reply = push_with(&client, &[], Some(&made(&key, "/par"))).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let path = short(&client.id, &request_uri(&reply));
    let link = ada.get(&path).await.header("location").expect("a link").to_owned();
    approve(&mut ada, &link).await;
    let code = Callback::of(&ada.get(&link).await).code();

    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", client.id.as_str()),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    client.redeem(&code, &[]).await.assert_error(400, "invalid_grant");
    let wrong = made(&other, "/token");
    proof::ask(&site, &form, &[&wrong]).await.assert_error(400, "invalid_grant");
    let right = made(&key, "/token");
    let tokens = proof::ask(&site, &form, &[&right]).await;
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    assert_eq!(tokens.json()["token_type"], "DPoP");
    site.close().await;
}

/// The limit of an address counts pushes apart from browsers, and fails closed.
#[tokio::test]
async fn pushes_of_one_address_are_limited() {
    let limit = "[limits]\nauthorization_requests_per_address_per_hour = 2\n";
    let site = Site::open_with(limit).await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let path = pushed(&client).await;
    pushed(&client).await;
    let reply = push(&client, &[]).await;
    reply.assert_error(429, "rate_limit_exceeded");
    assert!(reply.header("retry-after").is_some());
    assert_eq!(ada.get(&path).await.status, 303);
    site.close().await;
}

/// Upkeep removes what no browser can take up any more.
#[tokio::test]
async fn old_pushed_requests_are_swept() {
    let site = Site::open().await;
    let client = Client::register(&site).await;
    pushed(&client).await;
    site.advance(Seconds::DAY);
    pushed(&client).await;
    site.advance(Seconds(120));
    countersign::flow::upkeep::sweep(&site.app).await.expect("swept");
    assert_eq!(site.count("SELECT COUNT(*) FROM pushed_request").await, 1);
    site.close().await;
}

/// RFC 9126 §5: the endpoint is found, and nobody has to use it.
#[tokio::test]
async fn the_metadata_names_the_endpoint() {
    let site = Site::open().await;
    let metadata: Value = site.get("/.well-known/oauth-authorization-server").await.json();
    let endpoint = metadata["pushed_authorization_request_endpoint"].as_str().expect("a URL");
    assert_eq!(endpoint, format!("{}/par", site.url));
    assert_eq!(metadata["require_pushed_authorization_requests"], false);
    site.close().await;
}

/// A question that came by push shows what a pushed request asks for, and no more.
#[tokio::test]
async fn the_page_shows_what_was_pushed() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let reply = push(&client, &[("scope", "demo:read")]).await;
    let path = short(&client.id, &request_uri(&reply));
    let link = ada.get(&path).await.header("location").expect("a link").to_owned();
    let page = ada.get(&link).await;
    assert!(between(&page.text, "value=\"demo:read\"", ">").is_some(), "{}", page.text);
    assert!(!page.text.contains("demo:write"), "{}", page.text);
    site.close().await;
}
