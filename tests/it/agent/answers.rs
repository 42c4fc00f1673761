//! The shape of what the token endpoint takes and answers (RFC 6749 §3.2, §5).

use serde_json::{Value, json};

use super::{connect, connect_with, rows};
use crate::support::Site;
use crate::support::agent::{CLAIM_GRANT, JWT_BEARER, member};
use crate::support::reply::Reply;

/// Case 152, oauth.md row 16; RFC 6749 §5.1: every success of every grant.
#[tokio::test]
async fn every_token_answer_has_what_clients_need_and_is_never_stored() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let agent = &connected.agent;
    let exchanged = agent.exchange(&connected.assertion()).await;
    let refreshed = agent.refresh(&connected.refresh()).await;
    for reply in [&connected.tokens, &exchanged, &refreshed] {
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("pragma"), Some("no-cache"));
        let body = reply.json();
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body["expires_in"], 3600);
        assert_eq!(body["scope"], "demo:read demo:write");
        let access = member(reply, "access_token");
        assert!(access.starts_with("aas_") && access.len() == 42, "{access}");
        assert!(!reply.text.contains("aak_") && !reply.text.contains("null"), "{}", reply.text);
    }
    assert!(connected.refresh().starts_with("aar_"));
    site.close().await;
}

/// Design decision 3: `aas_`, 32 random characters, 6 of CRC-32; a typing error costs no
/// lookup, and no two are alike.
#[tokio::test]
async fn an_access_token_carries_its_own_checksum() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..50 {
        let token = member(&connected.agent.exchange(&connected.assertion()).await, "access_token");
        let (covered, sum) = token.split_at(token.len() - 6);
        let mut rest = u64::from(crc32fast::hash(covered.as_bytes()));
        let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut expected = [b'0'; 6];
        for place in expected.iter_mut().rev() {
            *place = alphabet[usize::try_from(rest % 62).expect("a digit")];
            rest /= 62;
        }
        assert_eq!(sum.as_bytes(), expected);
        assert!(seen.insert(token));
    }
    site.close().await;
}

/// Case 152: secrets leave in answers that are never stored, at every endpoint; so do
/// refusals.
#[tokio::test]
async fn no_answer_of_an_agent_endpoint_is_ever_stored() {
    let site = Site::open().await;
    let connected = connect_with(&site, &["demo:read"], "8h").await;
    let agent = &connected.agent;
    let anonymous = site.post_json("/agent/identity", &json!({ "type": "anonymous" })).await;
    let token = super::text(&anonymous.json(), "/claim_token");
    let replies = [
        agent.start_claim(&token, "ada@example.com").await,
        agent.complete(&token, "BCDF-GHJK").await,
        agent.poll(&token).await,
        agent.poll("clm_x").await,
        agent.revoke("aas_x").await,
        site.introspect(&connected.access()).await,
        site.post_json("/agent/identity", &json!({ "type": "x" })).await,
        site.get("/token").await,
        site.post_json("/token", &json!({})).await,
        anonymous,
    ];
    for reply in replies {
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{}", reply.text);
    }
    site.close().await;
}

/// Case 147; RFC 6749 §3.2: any repeated parameter, known or unknown, spends nothing.
#[tokio::test]
async fn a_repeated_parameter_is_refused_and_spends_nothing() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let other = connected.agent.register_anonymous().await;
    let (assertion, refresh) = (other.assertion(), connected.refresh());
    let claim = other.claim_token.clone();
    let issued = rows(&site, "token").await;
    let whole = [
        vec![("grant_type", JWT_BEARER), ("assertion", &assertion)],
        vec![("grant_type", "refresh_token"), ("refresh_token", &refresh)],
        vec![("grant_type", CLAIM_GRANT), ("claim_token", &claim)],
    ];
    for fields in &whole {
        for index in 0..fields.len() {
            let mut repeated = fields.clone();
            repeated.push(fields[index]);
            connected.agent.token(&repeated).await.assert_error(400, "invalid_request");
        }
        for unknown in ["scope", "unheard_of", "client_id", ""] {
            let mut repeated = fields.clone();
            repeated.extend([(unknown, "demo:read"), (unknown, "demo:read")]);
            connected.agent.token(&repeated).await.assert_error(400, "invalid_request");
            let mut differing = fields.clone();
            differing.extend([(unknown, ""), (unknown, "demo:read")]);
            connected.agent.token(&differing).await.assert_error(400, "invalid_request");
        }
    }
    assert_eq!(rows(&site, "token").await, issued);
    let polled = "SELECT COUNT(*) FROM registration WHERE polled_at IS NOT NULL";
    assert_eq!(site.count(polled).await, 0);
    for (path, fields) in [
        ("/revoke", vec![("token", "x"), ("token", "x")]),
        ("/introspect", vec![("token", "x"), ("x", "1"), ("x", "1")]),
    ] {
        let request = site.client.post(format!("{}{path}", site.url));
        let request = request.basic_auth("demo", Some("demo-secret")).form(&fields);
        Reply::of(request).await.assert_error(400, "invalid_request");
    }
    let reply = connected.agent.refresh(&refresh).await;
    assert_eq!(reply.status, 200, "what was refused was not spent");
    site.close().await;
}

/// oauth.md row 18; RFC 6749 Appendix B: the form type, with parameters; nothing else.
#[tokio::test]
async fn a_token_request_is_a_form_in_utf_8() {
    let site = Site::open().await;
    let registered = site.agent().register_anonymous().await;
    let body = format!("grant_type={JWT_BEARER}&assertion={}", registered.assertion());
    let send = |content_type: &'static str, body: Vec<u8>| {
        let request = site.client.post(format!("{}/token", site.url));
        Reply::of(request.header("content-type", content_type).body(body))
    };
    for content_type in [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded;charset=UTF-8",
        "Application/X-WWW-Form-Urlencoded; charset=utf-8",
    ] {
        let reply = send(content_type, body.clone().into_bytes()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    for content_type in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
        let reply = send(content_type, body.clone().into_bytes()).await;
        reply.assert_error(415, "invalid_request");
    }
    for broken in
        [&b"grant_type=%zz"[..], b"grant_type=%", b"grant_type=\xff\xfe", b"a=%00&b=%c3%28"]
    {
        let reply = send("application/x-www-form-urlencoded", broken.to_vec()).await;
        reply.assert_error(400, "invalid_request");
    }
    let many = (0..1000).map(|index| format!("p{index}=1")).collect::<Vec<_>>().join("&");
    let reply = send("application/x-www-form-urlencoded", many.into_bytes()).await;
    reply.assert_error(413, "invalid_request");
    let reply = send("application/x-www-form-urlencoded", vec![b'a'; 70_000]).await;
    reply.assert_error(413, "invalid_request");
    site.close().await;
}

/// oauth.md row 17; RFC 6749 §5.2: every refusal is JSON with a word and a sentence, and
/// tells nothing of what the caller sent.
#[tokio::test]
async fn refusals_explain_themselves_and_echo_nothing() {
    let site = Site::open().await;
    let agent = site.agent();
    let marker = "ZZTOPZZ";
    let replies = [
        agent.token(&[("grant_type", marker)]).await,
        agent.exchange(marker).await,
        agent.refresh(marker).await,
        agent.poll(marker).await,
        agent.complete(marker, marker).await,
        agent.start_claim(marker, "ada@example.com").await,
        agent.post("/agent/identity", &json!({ "type": marker })).await,
        site.post_form(&format!("/{marker}"), &[("x", marker)]).await,
    ];
    for reply in replies {
        assert!((400..500).contains(&reply.status));
        assert!(!reply.text.contains(marker), "{}", reply.text);
        let body: Value = reply.json();
        assert!(body["error_description"].as_str().is_some_and(|text| text.len() > 10), "{body}");
    }
    site.close().await;
}

/// oauth.md trap 21; RFC 6749 §3.2: unknown parameters, and known ones without a value, are
/// ignored.
#[tokio::test]
async fn unknown_and_empty_parameters_are_ignored() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let refresh = connected.refresh();
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
        ("client_id", "whoever"),
        ("prompt", "consent"),
        ("scope", ""),
        ("resource", ""),
    ];
    let reply = connected.agent.token(&fields).await;
    assert_eq!(reply.json()["scope"], "demo:read demo:write");
    site.close().await;
}
