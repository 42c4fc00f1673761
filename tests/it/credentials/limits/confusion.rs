//! One credential that would be taken for another, or for two.

use countersign::protocol::secret::SecretKind;
use countersign::protocol::timestamp::Seconds;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use super::{PROFILES, at, at_server, dies, is_live, key, project, site, talkative};
use crate::support::Site;
use crate::support::process::Place;
use crate::support::reply::Reply;

/// AA01: whatever else this server hands out is no credential of an API, wherever it is put.
#[tokio::test]
async fn nothing_else_of_ours_takes_the_place_of_a_credential() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_anonymous().await;
    let (key_id, _) = key(&mut ada, "agent-analytics").await;
    let (project_id, _) = project(&mut ada, "agent-analytics").await;
    let cookie = ada.cookie.clone().expect("a cookie");
    let mut texts = vec![
        registered.claim_token.clone(),
        registered.assertion(),
        key_id,
        project_id,
        cookie.split_once('=').expect("a pair").1.to_owned(),
    ];
    for kind in SecretKind::ALL {
        texts.push(site.app.entropy.secret(kind).expect("a secret").reveal().to_owned());
    }
    for text in &texts {
        let (bearer, api_key) = (format!("Bearer {text}"), format!("ApiKey {text}"));
        let dpop = format!("DPoP {text}");
        for (asked, headers) in [
            ("GET /stats".to_owned(), vec![("authorization", bearer.as_str())]),
            ("GET /stats".to_owned(), vec![("authorization", api_key.as_str())]),
            ("GET /stats".to_owned(), vec![("authorization", dpop.as_str()), ("dpop", text)]),
            ("POST /track".to_owned(), vec![("x-api-key", text.as_str())]),
            (format!("POST /track?token={text}"), vec![]),
            (format!("GET /stats?key={text}"), vec![("cookie", cookie.as_str())]),
        ] {
            let reply = at(&site, &asked, &headers).await;
            assert_eq!(reply.status, 401, "{} at {asked}: {}", &text[..4], reply.text);
            assert!(reply.header("countersign-account").is_none());
        }
    }
    let with_cookie = at(&site, "GET /stats", &[("cookie", &cookie)]).await;
    assert_eq!((with_cookie.status, &with_cookie.json()["code"]), (401, &"AUTH_REQUIRED".into()));
    site.close().await;
}

/// Section 3 of contracts/credentials.md, RFC 9110 §5.3: two lines of a header are two values, and
/// a value with a comma in it is not one of the two.
#[tokio::test]
async fn a_header_that_is_said_twice_is_one_credential_or_none() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (one, two) =
        (key(&mut ada, "agent-analytics").await.1, key(&mut ada, "agent-analytics").await.1);
    let (_, own) = key(&mut ada, "agent-sentinel").await;
    let line = |name: &'static str, value: String| (name, value);
    let basic = "Basic YWRhOnNlY3JldA==".to_owned();
    for (lines, status) in [
        (vec![line("x-api-key", one.clone()), line("X-Api-Key", one.clone())], 200),
        (vec![line("x-api-key", one.clone()), line("x-api-key", two.clone())], 400),
        (vec![line("x-api-key", one.clone()), line("api-key", two.clone())], 400),
        (vec![line("x-api-key", format!("{one}, {two}"))], 401),
        (vec![line("x-api-key", format!("{one},{one}"))], 401),
        (vec![line("x-api-key", format!("{one} {two}"))], 401),
        (vec![line("x-api-key", format!(" {one}\t"))], 200),
        (vec![line("x-api-key", format!("\u{a0}{one}"))], 401),
        (vec![line("x-api-key", String::new()), line("x-api-key", one.clone())], 400),
        (vec![line("authorization", format!("bEARER {own}"))], 200),
        (vec![line("authorization", format!("Bearer\t{own}"))], 401),
        (vec![line("authorization", format!("Bearer{own}"))], 401),
        (vec![line("authorization", own.clone())], 401),
        (vec![line("authorization", format!("Bearer {own}, ApiKey {own}"))], 401),
        (vec![line("authorization", format!("Bearer {own}")), line("authorization", basic)], 400),
    ] {
        let mut headers = HeaderMap::new();
        for (name, value) in &lines {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            headers.append(HeaderName::from_bytes(name.as_bytes()).expect("a name"), value);
        }
        let request = site.client.get(format!("{}/forward-auth", site.url)).headers(headers);
        let request = request.header("countersign-proxy", "Basic YXBpOjAxMjM0NTY3ODlhYmNkZWY=");
        let reply = Reply::of(request).await;
        let shown: Vec<String> = lines
            .iter()
            .map(|(name, value)| {
                format!(
                    "{name}: {}",
                    value.replace(&one, "ONE").replace(&two, "TWO").replace(&own, "OWN")
                )
            })
            .collect();
        assert_eq!(reply.status, status, "{shown:?}: {}", reply.text);
    }
    site.close().await;
}

/// AA12: a public token opens what is named and no other spelling of an address, which the API
/// behind might read as something else.
#[tokio::test]
async fn no_spelling_of_an_address_widens_what_a_public_token_opens() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, token) = project(&mut ada, "agent-analytics").await;
    for path in [
        "/track/.",
        "/./track",
        "/x/../track",
        "/track/..",
        "/track//",
        "//track",
        "/track;a=b",
        "/trac%6B",
        "/track%2F",
        "/track%2Fbatch",
        "/track%00",
        "/track%20",
        "/track\\",
        "/%2e/track",
        "/track/batch/../../stats",
        "/track%3Fx",
        "/TRACK",
        "/track/batch/x",
    ] {
        let reply = at(&site, &format!("POST {path}?token={token}"), &[]).await;
        assert_eq!(reply.status, 401, "{path}: {}", reply.text);
    }
    for (asked, lines) in [
        ("POST track", vec![]),
        ("POST /track#", vec![]),
        ("POST https://api.example.com/track", vec![]),
        ("POST @evil.example/track", vec![]),
        ("POST /track", vec![("x-original-uri", "/stats")]),
        ("POST /track", vec![("x-forwarded-uri", "/stats")]),
        ("POST /track", vec![("x-forwarded-method", "GET")]),
        ("POST /track", vec![("x-original-method", "post")]),
    ] {
        let reply = at(&site, &format!("{asked}?token={token}"), &lines).await;
        assert_eq!(reply.status, 400, "{asked} {lines:?}: {}", reply.text);
    }
    // A method that the proxy never had from its request is none that is named.
    for method in ["POST,GET", "POST ", "PUT", "HEAD"] {
        let lines = [("x-original-method", method)];
        let request = site.client.post(format!("{}/forward-auth", site.url));
        let request = request.header("countersign-proxy", "Basic YXBpOjAxMjM0NTY3ODlhYmNkZWY=");
        let request = request.header("x-original-uri", format!("/track?token={token}"));
        let reply = Reply::of(request.header(lines[0].0, lines[0].1)).await;
        let wanted = if method.trim() == "POST" { 200 } else { 401 };
        assert_eq!(reply.status, wanted, "{method}");
    }
    site.close().await;
}

/// AS16: a report of as many keys as one may name ends all of them in one change, whosever they
/// are, and nothing beside them.
#[tokio::test]
async fn a_hundred_keys_end_in_one_report() {
    let limits = format!("[limits]\napi_keys_per_account_per_hour = 200\n{PROFILES}");
    let site = Site::open_with(&limits).await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let (_, stays) = key(&mut ada, "agent-sentinel").await;
    let mut keys = Vec::new();
    for _ in 0..50 {
        keys.push(key(&mut ada, "agent-analytics").await.1);
        keys.push(key(&mut bob, "agent-sentinel").await.1);
    }
    let other = site.second_node().await;
    for text in keys.iter().take(2) {
        assert!(is_live(&other, text).await);
    }
    let reply = site.post_json("/leaked-keys", &json!({ "keys": keys })).await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "received": 100 })));
    let over = "SELECT COUNT(*) FROM api_key WHERE ended_cause = 'leaked'";
    assert_eq!(site.count(over).await, 100);
    for text in &keys {
        assert!(!is_live(&site, text).await);
    }
    for text in keys.iter().take(2) {
        dies(&other, text).await;
    }
    assert!(is_live(&site, &stays).await);
    site.advance(Seconds::DAY);
    assert!(is_live(&site, &stays).await);
    other.close().await;
    site.close().await;
}

/// Promise P3, AA11, AS16: a key is in no line of the log, wherever it comes, however much the log is
/// told to say, and whether or not it is let in.
#[tokio::test]
async fn a_key_that_is_sent_or_reported_is_in_no_log() {
    let place = Place::new().await;
    let (server, mut ada) = talkative(&place).await;
    let (_, aak) = key(&mut ada, "agent-analytics").await;
    let (_, sentinel) = key(&mut ada, "agent-sentinel").await;
    let at_it = (server.url.as_str(), &server.client);
    for text in [&aak, &sentinel] {
        let (bearer, api_key) = (format!("Bearer {text}"), format!("ApiKey {text}"));
        for (name, value) in [
            ("x-api-key", text),
            ("api-key", text),
            ("authorization", &bearer),
            ("authorization", &api_key),
        ] {
            for origin in [None, Some(("origin", "https://shop.example"))] {
                let headers: Vec<_> =
                    std::iter::once((name, value.as_str())).chain(origin).collect();
                at_server(at_it, "GET /stats", &headers).await;
            }
        }
        for body in [json!({ "keys": [text] }), json!({ "keys": text }), json!([text])] {
            let request = server.client.post(format!("{}/leaked-keys", server.url)).json(&body);
            Reply::of(request).await;
        }
        let asked = server.client.post(format!("{}/introspect", server.url));
        let asked = asked.basic_auth("api", Some("0123456789abcdef")).form(&[("token", text)]);
        assert_eq!(Reply::of(asked).await.json(), json!({ "active": false }));
    }
    let log = format!("{}{}", server.stdout(), server.stderr());
    assert!(log.contains("TRACE"));
    for text in [&aak, &sentinel] {
        assert!(!log.contains(&text[10..]), "{log}");
    }
    server.stop().await;
}
