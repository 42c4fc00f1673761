//! Many tokens in one question (operator.md, "Names on the wire": `POST /introspect/batch`).

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{connect, disconnect};
use crate::support::agent::member;
use crate::support::reply::Reply;
use crate::support::{EVENTS_API, Site};

fn batch(site: &Site, body: &Value) -> RequestBuilder {
    site.client.post(format!("{}/introspect/batch", site.url)).json(body)
}

async fn asked(site: &Site, tokens: &[&str]) -> Reply {
    let body = json!({ "tokens": tokens });
    Reply::of(batch(site, &body).basic_auth("demo", Some("demo-secret"))).await
}

/// RFC 7662 §2.2, for many: each answer is the one that `/introspect` gives, in the order of the
/// question, from the cache or not, and a session that ended is worth nothing at once.
#[tokio::test]
async fn a_batch_is_answered_in_order_as_each_token_alone_is() {
    let site = Site::open().await;
    let mut connected = connect(&site).await;
    let anonymous = site.agent().register_anonymous().await;
    let other = member(&site.agent().exchange(&anonymous.assertion()).await, "access_token");
    let access = connected.access();
    let tokens = [access.as_str(), "garbage", "", &other, &access, &connected.refresh()];
    let mut alone = Vec::new();
    for token in tokens {
        // A parameter without a value is none at `/introspect` (RFC 6749 §3.1).
        let known = site.introspect(if token.is_empty() { "x" } else { token }).await;
        alone.push(known.text);
    }
    for _ in 0..2 {
        let reply = asked(&site, &tokens).await;
        assert_eq!((reply.status, reply.text), (200, format!("[{}]", alone.join(","))));
    }
    disconnect(&site, &mut connected).await;
    let reply = asked(&site, &[&access, &other]).await.json();
    assert_eq!((&reply[0], &reply[1]["active"]), (&json!({ "active": false }), &json!(true)));
    site.close().await;
}

/// Case 218; RFC 7662 §4: among many, too, a resource server sees tokens of its own alone.
#[tokio::test]
async fn a_batch_tells_nothing_of_another_resources_tokens() {
    let site = Site::open_with(EVENTS_API).await;
    let registered = site.agent().register_anonymous().await;
    let access = member(&site.agent().exchange(&registered.assertion()).await, "access_token");
    let body = json!({ "tokens": [access] });
    for (client, active) in [("demo", false), ("example-api", true)] {
        let secret = format!("{client}-secret");
        let reply = Reply::of(batch(&site, &body).basic_auth(client, Some(secret))).await;
        assert_eq!(reply.json()[0]["active"], active, "{client}");
    }
    site.close().await;
}

/// Case 283's kind: one request asks about one token at least and a hundred at most.
#[tokio::test]
async fn a_batch_names_between_one_and_a_hundred_tokens() {
    let site = Site::open().await;
    for (count, status) in [(0, 400), (1, 200), (100, 200), (101, 400)] {
        let reply = asked(&site, &vec!["garbage"; count]).await;
        assert_eq!(reply.status, status, "{count}: {}", reply.text);
        if status == 200 {
            assert_eq!(reply.json().as_array().map(Vec::len), Some(count));
        } else {
            reply.assert_error(400, "invalid_request");
        }
    }
    for body in [json!({}), json!({ "tokens": "x" }), json!({ "tokens": [1] }), json!(["x"])] {
        let reply = Reply::of(batch(&site, &body).basic_auth("demo", Some("demo-secret"))).await;
        reply.assert_error(400, "invalid_request");
    }
    site.close().await;
}

/// RFC 7662 §2.1 and §4: nobody else is told anything, and nothing is asked for by `GET`.
#[tokio::test]
async fn only_a_resource_server_may_send_a_batch() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    let body = json!({ "tokens": [connected.access()] });
    for request in [
        batch(&site, &body),
        batch(&site, &body).bearer_auth(connected.access()),
        batch(&site, &body).basic_auth("demo", Some("wrong")),
        batch(
            &site,
            &json!({ "tokens": ["x"], "client_id": "demo", "client_secret": "demo-secret" }),
        ),
    ] {
        Reply::of(request).await.assert_error(401, "invalid_client");
    }
    site.get("/introspect/batch").await.assert_error(405, "invalid_request");
    site.close().await;
}
