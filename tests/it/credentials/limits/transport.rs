//! `via`: a credential counts where its profile expects it, and nowhere else.

use super::{at, at_server, key, site, talkative};
use crate::support::process::Place;

const HERE: &str = "GET /stats?page=2";

/// AA08, AA09, AS18: each key comes in by the ways of its profile; in any other it is refused as
/// an unknown one is, in the dialect, and so it is in two of which one is not its own.
#[tokio::test]
async fn a_key_counts_where_its_profile_names_and_nowhere_else() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, aak) = key(&mut ada, "agent-analytics").await;
    let (_, sentinel) = key(&mut ada, "agent-sentinel").await;
    let ways = |text: &str| {
        [
            (HERE.to_owned(), "authorization", format!("Bearer {text}")),
            (HERE.to_owned(), "authorization", format!("apikey {text}")),
            (HERE.to_owned(), "X-API-KEY", text.to_owned()),
            (HERE.to_owned(), "api-key", text.to_owned()),
            (format!("GET /stats?page=2&key={text}"), "x-other", String::new()),
            (format!("GET /stats?token={text}"), "x-other", String::new()),
        ]
    };
    for (text, good) in [(&aak, [2, 4]), (&sentinel, [0, 1])] {
        for (index, (asked, name, value)) in ways(text).iter().enumerate() {
            let reply = at(&site, asked, &[(name, value)]).await;
            let wanted = if good.contains(&index) { 200 } else { 401 };
            assert_eq!(reply.status, wanted, "{index} {}: {}", &text[..4], reply.text);
            if wanted == 401 {
                assert_eq!(reply.json()["code"], "INVALID_TOKEN", "{index}");
                assert!(reply.header("countersign-account").is_none());
            }
        }
    }
    let bearer = format!("Bearer {aak}");
    let both = [("x-api-key", aak.as_str()), ("authorization", bearer.as_str())];
    assert_eq!(at(&site, HERE, &both).await.status, 401);
    site.close().await;
}

/// AA09, RFC 9745 §2: a key in the address passes, and every such answer says that this is on its
/// way out.
#[tokio::test]
async fn a_key_in_the_address_is_let_in_and_called_deprecated() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, aak) = key(&mut ada, "agent-analytics").await;
    let old = at(&site, &format!("GET /stats?key={aak}&page=2"), &[]).await;
    assert_eq!((old.status, old.header("deprecation")), (200, Some("@1735689600")));
    let new = at(&site, HERE, &[("x-api-key", &aak)]).await;
    assert_eq!((new.status, new.header("deprecation")), (200, None));
    let both = at(&site, &format!("GET /stats?key={aak}"), &[("x-api-key", &aak)]).await;
    assert_eq!((both.status, both.header("deprecation")), (200, Some("@1735689600")));
    // As Envoy asks, with method and address of its own.
    let url = format!("{}/forward-auth/stats?key={aak}", site.url);
    let request = site.client.get(url).basic_auth("nobody", Some("nothing"));
    let request = request.header("countersign-proxy", "Basic YXBpOjAxMjM0NTY3ODlhYmNkZWY=");
    let envoy = request.send().await.expect("an answer");
    assert_eq!(envoy.status(), 400, "two credentials: the other is in Authorization");
    site.close().await;
}

/// Section 3 of contracts/credentials.md: two different credentials in one request are refused,
/// wherever they are; equal ones are one.
#[tokio::test]
async fn two_credentials_in_one_request_must_be_equal() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, one) = key(&mut ada, "agent-analytics").await;
    let (_, two) = key(&mut ada, "agent-analytics").await;
    let (_, sentinel) = key(&mut ada, "agent-sentinel").await;
    let bearer = format!("Bearer {sentinel}");
    for (asked, headers) in [
        (format!("GET /?key={one}"), vec![("x-api-key", two.as_str())]),
        (format!("GET /?key={one}&key={two}"), vec![]),
        (format!("GET /?key={one}"), vec![("authorization", bearer.as_str())]),
        ("GET /".to_owned(), vec![("x-api-key", one.as_str()), ("authorization", &bearer)]),
        (format!("GET /?key={one}&key=%61ak_"), vec![]),
        (format!("GET /?key={one}"), vec![("x-api-key", "garbage")]),
    ] {
        let reply = at(&site, &asked, &headers).await;
        assert_eq!(reply.status, 400, "{asked}: {}", reply.text);
        assert_eq!(reply.json()["code"], "INVALID_REQUEST");
    }
    let twice = format!("GET /?key={one}&key={one}&key=");
    assert_eq!(at(&site, &twice, &[("x-api-key", &one)]).await.status, 200);
    site.close().await;
}

/// RFC 9700 §4.3.2, AA09: an agent's token never counts in an address, which the operator never
/// said of it.
#[tokio::test]
async fn a_session_never_counts_in_an_address() {
    let site = site().await;
    let registered = site.agent().register_anonymous().await;
    let exchanged = site.agent().exchange(&registered.assertion()).await;
    let access = crate::support::agent::member(&exchanged, "access_token");
    let reply = at(&site, &format!("GET /?key={access}"), &[]).await;
    assert_eq!((reply.status, &reply.json()["code"]), (401, &"INVALID_TOKEN".into()));
    let bearer = format!("Bearer {access}");
    assert_eq!(at(&site, "GET /", &[("authorization", &bearer)]).await.status, 200);
    site.close().await;
}

/// Promise P3, AA09: an address that carries a key is written nowhere, neither to the log at its
/// most talkative nor to the database.
#[tokio::test]
async fn an_address_with_a_key_is_in_no_log_and_in_no_row() {
    let place = Place::new().await;
    let (server, mut ada) = talkative(&place).await;
    let (_, aak) = key(&mut ada, "agent-analytics").await;
    let at_it = (server.url.as_str(), &server.client);
    for (asked, status) in [("GET /?key=", 200), ("POST /track?key=", 403)] {
        let reply = at_server(at_it, &format!("{asked}{aak}"), &[]).await;
        assert_eq!(reply.status, status, "{}", reply.text);
    }
    let url = format!("{}/forward-auth/stats?key={aak}", server.url);
    assert_eq!(server.client.get(url).send().await.expect("an answer").status(), 401);
    let random = &aak[10..];
    let log = format!("{}{}", server.stdout(), server.stderr());
    assert!(log.contains("TRACE") && !log.contains(random), "{log}");
    let rows = format!("SELECT COUNT(*) FROM event WHERE detail LIKE '%{random}%'");
    assert_eq!(place.database.count(&rows).await, 0);
    server.stop().await;
}

/// Nothing behind a `#` counts where a request goes on to, so that nothing there may let it in
/// (AO09): such an address is refused for everybody.
#[tokio::test]
async fn what_stands_behind_a_hash_lets_nobody_in() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, key) = key(&mut ada, "agent-analytics").await;
    let headers: [(&str, &str); 1] = [("x-api-key", &key)];
    assert_eq!(at(&site, "GET /stats?x=1", &headers).await.status, 200);
    for path in ["/stats#", "/stats#?siteId=own", "/stats?x=1#&siteId=own", "#/stats"] {
        assert_eq!(at(&site, &format!("GET {path}"), &headers).await.status, 400, "{path}");
    }
    site.close().await;
}
