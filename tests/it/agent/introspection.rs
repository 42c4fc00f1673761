//! Is this token good? What a resource server is told (RFC 7662).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::protocol::timestamp::Seconds;
use serde_json::json;

use super::{connect, disconnect, text};
use crate::support::agent::member;
use crate::support::reply::Reply;
use crate::support::{EVENTS_API, Site};

/// operator.md, "Names on the wire"; RFC 7662 §2.2, oauth.md row 23, and what every credential
/// says of itself (contracts/credentials.md section 3): exactly these members,
/// times as whole seconds.
#[tokio::test]
async fn a_live_token_is_described_by_exactly_these_members() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let reply = site.introspect(&connected.access()).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let known = reply.json();
    let (sub, session) = (text(&known, "/sub"), text(&known, "/session_id"));
    assert_eq!(
        known,
        json!({
            "active": true, "scope": "demo:read demo:write", "client_id": connected.registered.id,
            "sub": sub, "aud": format!("{}/demo", site.url), "iss": site.url,
            "exp": 1_800_003_600, "iat": 1_800_000_000, "token_type": "Bearer",
            "session_id": session, "agent": "Test agent", "approved_at": 1_800_000_000,
            "credential_type": "session", "credential_id": session, "mode": "live", "owner": sub,
        })
    );
    // From the cache the same.
    assert_eq!(site.introspect(&connected.access()).await.text, reply.text);
    site.close().await;
}

/// operator.md: for an unclaimed agent `sub` is the registration, and nobody approved.
#[tokio::test]
async fn an_unclaimed_agents_token_names_the_registration_and_no_approval() {
    let site = Site::open().await;
    let registered = site.agent().register_anonymous().await;
    let access = member(&site.agent().exchange(&registered.assertion()).await, "access_token");
    let known = site.introspect(&access).await.json();
    assert_eq!(
        (&known["sub"], &known["client_id"]),
        (&json!(registered.id), &json!(registered.id))
    );
    assert!(known.get("approved_at").is_none());
    assert!(known.get("owner").is_none(), "nobody answers for it yet");
    assert_eq!(known["scope"], "demo:read");
    site.close().await;
}

/// operator.md: `sub` is the account, so two agents of one person share it and two persons
/// do not.
#[tokio::test]
async fn sub_is_the_account() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bea = site.person("bea@example.com").await;
    let agent = site.agent();
    let mut subjects = Vec::new();
    for (person, email) in [(&mut ada, "ada@example.com"), (&mut bea, "bea@example.com")] {
        for _ in 0..2 {
            let registered = agent.register_for(email).await;
            assert_eq!(person.approve(&registered).await.status, 303);
            let access = member(&agent.poll(&registered.claim_token).await, "access_token");
            subjects.push(text(&site.introspect(&access).await.json(), "/sub"));
        }
    }
    assert_eq!(subjects[0], subjects[1]);
    assert_eq!(subjects[2], subjects[3]);
    assert_ne!(subjects[0], subjects[2]);
    site.close().await;
}

/// Case 217; RFC 7662 §2.2: unknown, expired, revoked, malformed and not an access token
/// are one answer, byte for byte.
#[tokio::test]
async fn anything_but_a_live_access_token_is_exactly_inactive() {
    let site = Site::open().await;
    let mut connected = connect(&site).await;
    let registered = connected.agent.register_anonymous().await;
    let expired = member(&connected.agent.exchange(&registered.assertion()).await, "access_token");
    site.assert_live(&expired).await;
    site.advance(Seconds::HOUR);
    let fresh = connected.agent.refresh(&connected.refresh()).await;
    let revoked = member(&fresh, "access_token");
    site.assert_live(&revoked).await;
    let tokens = [
        expired,
        connected.refresh(),
        member(&fresh, "refresh_token"),
        connected.assertion(),
        connected.registered.claim_token.clone(),
        "aas_unknown".to_owned(),
        "x".to_owned(),
        " ".to_owned(),
        "\u{1f4a5}".to_owned(),
        "a".repeat(20_000),
        revoked.to_lowercase(),
        format!("{revoked} "),
        format!(" {revoked}"),
        format!("Bearer {revoked}"),
    ];
    let session = text(&site.introspect(&revoked).await.json(), "/session_id");
    let path = format!("/account/sessions/{session}/disconnect");
    let reply = connected.ada.post_from("/account/sessions", &path, &[]).await;
    assert_eq!(reply.status, 303);
    for token in tokens.iter().chain([&revoked, &session]) {
        let reply = site.introspect(token).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, r#"{"active":false}"#), "{token}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("content-type"), Some("application/json"));
    }
    site.close().await;
}

/// RFC 7662 §2.2: expiry is to the second.
#[tokio::test]
async fn a_token_goes_quiet_the_second_it_expires() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    site.advance(Seconds(3599));
    site.assert_live(&connected.access()).await;
    assert_eq!(site.call(&connected.access()).await.status, 200);
    site.advance(Seconds(1));
    site.assert_dead(&connected.access()).await;
    site.close().await;
}

/// Case 218; RFC 7662 §4: a resource server sees tokens of its own resource only, asked
/// first or second, cached or not.
#[tokio::test]
async fn a_resource_server_is_told_nothing_about_anothers_tokens() {
    let site = Site::open_with(EVENTS_API).await;
    let agent = site.agent();
    let demo = agent
        .register(&json!({ "type": "anonymous", "resource": format!("{}/demo", site.url) }))
        .await;
    let demo = member(&agent.exchange(&demo.assertion()).await, "access_token");
    let api = agent.register_anonymous().await;
    let api = member(&agent.exchange(&api.assertion()).await, "access_token");
    for _ in 0..2 {
        let other = site.introspect_as("example-api", &demo).await;
        assert_eq!((other.status, other.text.as_str()), (200, r#"{"active":false}"#));
        let other = site.introspect(&api).await;
        assert_eq!((other.status, other.text.as_str()), (200, r#"{"active":false}"#));
        let own = site.introspect(&demo).await.json();
        assert_eq!(
            (&own["active"], &own["aud"]),
            (&json!(true), &json!(format!("{}/demo", site.url)))
        );
        let own = site.introspect_as("example-api", &api).await.json();
        assert_eq!(
            (&own["active"], &own["aud"]),
            (&json!(true), &json!("https://api.example.com"))
        );
    }
    // The demo resource itself refuses a token of the other API.
    assert_eq!(site.call(&api).await.status, 401);
    site.close().await;
}

/// oauth.md trap 16; RFC 6749 §2.3.1: raw and form-encoded Basic, or both parameters in
/// the body, with the client id repeated beside Basic.
#[tokio::test]
async fn a_resource_server_may_prove_itself_in_every_documented_way() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let access = connected.access();
    let url = format!("{}/introspect", site.url);
    let basic = |credentials: &str| format!("Basic {}", STANDARD.encode(credentials));
    let token = ("token", access.as_str());
    let (id, secret) = (("client_id", "demo"), ("client_secret", "demo-secret"));
    let header = |value: String| site.client.post(&url).header("authorization", value);
    let requests = [
        header(basic("demo:demo-secret")).form(&[token]),
        header(basic("demo:demo%2Dsecret")).form(&[token]),
        header(basic("%64emo:demo%2dsecret")).form(&[token]),
        header(basic("demo:demo-secret").replace("Basic", "basic")).form(&[token]),
        header(basic("demo:demo-secret")).form(&[token, id]),
        header(basic("demo:demo-secret")).form(&[token, ("token_type_hint", "refresh_token")]),
        site.client.post(&url).form(&[token, id, secret]),
        site.client
            .post(&url)
            .header("content-type", "application/x-www-form-urlencoded;charset=UTF-8")
            .body(format!("token={access}&client_id=demo&client_secret=demo-secret")),
    ];
    for (index, request) in requests.into_iter().enumerate() {
        assert_eq!(Reply::of(request).await.json()["active"], true, "request {index}");
    }
    site.close().await;
}

/// Case 149; RFC 6749 §5.2: unknown client and wrong secret are one answer; the scheme is
/// named when it was used.
#[tokio::test]
async fn an_unknown_client_and_a_wrong_secret_are_refused_alike() {
    let site = Site::open_with(EVENTS_API).await;
    let connected = site.agent().register_anonymous().await;
    let access = member(&site.agent().exchange(&connected.assertion()).await, "access_token");
    let mut bodies = Vec::new();
    for (client, secret) in [
        ("demo", "wrong"),
        ("demo", ""),
        ("unknown", "demo-secret"),
        ("", ""),
        ("demo", "example-api-secret"),
        ("DEMO", "demo-secret"),
        ("demo ", "demo-secret"),
    ] {
        let request = site.client.post(format!("{}/introspect", site.url));
        let request = request.basic_auth(client, Some(secret)).form(&[("token", &access)]);
        let reply = Reply::of(request).await;
        reply.assert_error(401, "invalid_client");
        assert!(reply.header("www-authenticate").expect("a scheme").starts_with("Basic "));
        bodies.push(reply.text);
        let fields = [("token", access.as_str()), ("client_id", client), ("client_secret", secret)];
        let reply = site.post_form("/introspect", &fields).await;
        reply.assert_error(401, "invalid_client");
        assert_eq!(reply.header("www-authenticate"), None);
        bodies.push(reply.text);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    site.close().await;
}

/// RFC 7662 §2.1 and §4: no anonymous caller, no agent, no contradiction, no second header.
#[tokio::test]
async fn whoever_is_no_resource_server_is_told_nothing() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let access = connected.access();
    let url = format!("{}/introspect", site.url);
    let token = [("token", access.as_str())];
    let good = format!("Basic {}", STANDARD.encode("demo:demo-secret"));
    let requests = [
        site.client.post(&url).form(&token),
        site.client.post(&url).bearer_auth(&access).form(&token),
        site.client.post(&url).header("authorization", "Basic").form(&token),
        site.client.post(&url).header("authorization", "Basic !!!").form(&token),
        site.client.post(&url).header("authorization", "Basic ZGVtbw==").form(&token),
        site.client
            .post(&url)
            .header("authorization", &good)
            .header("authorization", &good)
            .form(&token),
        site.client
            .post(&url)
            .header("authorization", &good)
            .form(&[("token", access.as_str()), ("client_id", "example-api")]),
        site.client.post(&url).form(&[("token", access.as_str()), ("client_id", "demo")]),
    ];
    for (index, request) in requests.into_iter().enumerate() {
        let reply = Reply::of(request).await;
        assert_eq!(
            (reply.status, reply.error().as_str()),
            (401, "invalid_client"),
            "request {index}"
        );
    }
    let request = site.client.post(&url).header("authorization", &good);
    Reply::of(request.form(&[("x", "y")])).await.assert_error(400, "invalid_request");
    site.get(&format!("/introspect?token={access}")).await.assert_error(405, "invalid_request");
    site.close().await;
}

/// Case 235's kind, promise P7: a fully scoped agent session opens no page of its owner's,
/// in any place a token might be put.
#[tokio::test]
async fn an_agent_session_opens_no_account_page() {
    let site = Site::open().await;
    let mut connected = connect(&site).await;
    let access = connected.access();
    let session = text(&site.introspect(&access).await.json(), "/session_id");
    let name = connected.ada.cookie.as_deref().expect("a cookie");
    let name = name.split('=').next().expect("a name").to_owned();
    let pages = [
        ("GET", "/account/sessions".to_owned()),
        ("GET", format!("/account/sessions/{session}")),
        ("POST", format!("/account/sessions/{session}/rename")),
        ("POST", format!("/account/sessions/{session}/disconnect")),
        ("GET", connected.registered.link()),
        ("POST", connected.registered.link()),
        ("POST", "/sign-out".to_owned()),
    ];
    for (method, path) in &pages {
        let request = |query: &str| {
            let method: reqwest::Method = method.parse().expect("a method");
            let url = format!("{}{path}{query}", site.url);
            let request = site.client.request(method, url).header("sec-fetch-site", "same-origin");
            let request = request.header("origin", &site.url);
            request.form(&[("decision", "approve"), ("label", "mine"), ("csrf", access.as_str())])
        };
        let ways = [
            request("").bearer_auth(&access),
            request("").header("cookie", format!("{name}={access}")),
            request(&format!("?access_token={access}")),
        ];
        for way in ways {
            let reply = Reply::of(way).await;
            assert!(reply.status != 200, "{method} {path}: {}", reply.text);
            let to_sign_in = reply.header("location").is_some_and(|to| to.starts_with("/sign-in"));
            assert!(reply.status >= 400 || to_sign_in, "{method} {path}: {}", reply.status);
            assert!(!reply.text.contains("Test agent") && !reply.text.contains("ada@example.com"));
        }
    }
    site.assert_live(&access).await;
    assert!(connected.ada.get("/account/sessions").await.text.contains("Test agent"));
    disconnect(&site, &mut connected).await;
    site.assert_dead(&access).await;
    site.close().await;
}
