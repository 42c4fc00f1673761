//! What comes too often is refused, and leaves nothing behind (auth.md section 4).

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{connect, rows};
use crate::support::Site;
use crate::support::agent::member;
use crate::support::reply::Reply;

/// A registration that a trusted proxy says came from `address`.
async fn register_from(site: &Site, address: &str, body: &Value) -> Reply {
    let request = site.client.post(format!("{}/agent/identity", site.url));
    Reply::of(request.header("x-forwarded-for", address).json(body)).await
}

fn anonymous() -> Value {
    json!({ "type": "anonymous" })
}

#[track_caller]
fn assert_limited(reply: &Reply, error: &str, wait: i64) {
    reply.assert_error(429, error);
    assert_eq!(reply.header("retry-after"), Some(wait.to_string().as_str()));
    assert_eq!(reply.json()["retry_after"], wait);
}

/// Case 277, a flaw: an agent that nobody approved exchanges its assertion so often an hour and
/// no more, because each leaves a token and an event; its tokens live on.
#[tokio::test]
async fn an_assertion_is_exchanged_so_often_an_hour_and_no_more() {
    let limit = "[limits]\nassertion_exchanges_per_registration_per_hour = 2\n";
    let site = Site::open_with(limit).await;
    let agent = site.agent();
    let (one, other) = (agent.register_anonymous().await, agent.register_anonymous().await);
    let access = member(&agent.exchange(&one.assertion()).await, "access_token");
    assert_eq!(agent.exchange(&one.assertion()).await.status, 200);
    let (events, tokens) = (rows(&site, "event").await, rows(&site, "token").await);
    let refused = agent.exchange(&one.assertion()).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("3600")));
    assert_eq!((rows(&site, "event").await, rows(&site, "token").await), (events, tokens));
    site.assert_live(&access).await;
    assert_eq!(agent.exchange(&other.assertion()).await.status, 200);
    site.close().await;
}

/// Cases 020 and 277: the sixth from one address in an hour is refused, writes no row, and
/// says when to come back; then it works again.
#[tokio::test]
async fn the_sixth_anonymous_registration_of_an_hour_is_refused() {
    let site = Site::open().await;
    let agent = site.agent();
    for _ in 0..5 {
        agent.register_anonymous().await;
    }
    site.advance(Seconds(600));
    let (events, counters) = (rows(&site, "event").await, rows(&site, "counter").await);
    for _ in 0..3 {
        let reply = agent.post("/agent/identity", &anonymous()).await;
        assert_limited(&reply, "rate_limit_exceeded", 3000);
        assert_eq!(reply.json()["legacy_error"], "rate_limited");
    }
    assert_eq!((rows(&site, "registration").await, rows(&site, "session").await), (5, 5));
    assert_eq!((rows(&site, "event").await, rows(&site, "counter").await), (events, counters));
    site.advance(Seconds(3000));
    agent.register_anonymous().await;
    site.close().await;
}

/// Design decision 9, case 277: the count is in the database, so a restart and a second
/// node forget nothing; other doors and live sessions stay open.
#[tokio::test]
async fn a_restart_and_a_second_node_count_on() {
    let site = Site::open().await;
    let connected = connect(&site).await;
    for _ in 0..3 {
        site.agent().register_anonymous().await;
    }
    let site = site.restart().await;
    for _ in 0..2 {
        site.agent().register_anonymous().await;
    }
    let second = site.second_node().await;
    for node in [&site, &second] {
        let reply = node.agent().post("/agent/identity", &anonymous()).await;
        assert_limited(&reply, "rate_limit_exceeded", 3600);
    }
    site.agent().register_for("ada@example.com").await;
    site.assert_live(&connected.access()).await;
    member(&site.agent().refresh(&connected.refresh()).await, "access_token");
    second.close().await;
    site.close().await;
}

/// Case 020: each address has its own count, behind a trusted proxy too; one count is for
/// everybody together.
#[tokio::test]
async fn the_tenant_wide_limit_stops_many_addresses_together() {
    let site = Site::open_with(
        "trusted_proxies = [\"127.0.0.1/32\"]\n[limits]\nanonymous_registrations_per_hour = 12\n",
    )
    .await;
    for index in 0..12 {
        let address = format!("203.0.113.{}", index % 4 + 1);
        let reply = register_from(&site, &address, &anonymous()).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    let reply = register_from(&site, "198.51.100.7", &anonymous()).await;
    assert_limited(&reply, "rate_limit_exceeded", 3600);
    assert_eq!(rows(&site, "registration").await, 12);
    // A refused call counted nothing for its address either.
    let counted = "SELECT COUNT(*) FROM counter WHERE name LIKE '%198.51.100.7'";
    assert_eq!(site.count(counted).await, 0);
    site.close().await;
}

/// Case 020, trust boundary (h): a stranger cannot multiply its address with a header.
#[tokio::test]
async fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    let site = Site::open().await;
    for index in 0..5 {
        let address = format!("203.0.113.{index}");
        assert_eq!(register_from(&site, &address, &anonymous()).await.status, 200);
    }
    let reply = register_from(&site, "203.0.113.9", &anonymous()).await;
    assert_limited(&reply, "rate_limit_exceeded", 3600);
    site.close().await;
}

/// Case 020, actor T9: whoever has an IPv6 address has its whole network (RFC 6177 §2), so
/// changing the address within it buys no more; the neighbours' network is another one.
#[tokio::test]
async fn the_addresses_of_one_ipv6_network_count_together() {
    let site = Site::open_with("trusted_proxies = [\"127.0.0.1/32\"]\n").await;
    for index in 0..5 {
        let address = format!("2001:db8:1:2:{index}::{index}");
        assert_eq!(register_from(&site, &address, &anonymous()).await.status, 200);
    }
    let reply = register_from(&site, "2001:db8:1:2:ffff::1", &anonymous()).await;
    assert_limited(&reply, "rate_limit_exceeded", 3600);
    assert_eq!(register_from(&site, "2001:db8:1:3::1", &anonymous()).await.status, 200);
    assert_eq!(register_from(&site, "::ffff:192.0.2.1", &anonymous()).await.status, 200);
    assert_eq!(register_from(&site, "192.0.2.2", &anonymous()).await.status, 200);
    // What people and audits read is the address itself.
    let told = "SELECT COUNT(*) FROM event WHERE address = '2001:db8:1:2:4::4'";
    assert_eq!(site.count(told).await, 1);
    site.close().await;
}

/// Case 020 under parallel asking: the limit is exact.
#[tokio::test]
async fn forty_parallel_registrations_leave_exactly_five_rows() {
    let site = Site::open().await;
    let body = anonymous();
    let asks = (0..40).map(|_| site.post_json("/agent/identity", &body));
    let mut accepted = 0;
    for reply in join_all(asks).await {
        accepted += i64::from(reply.status == 200);
        assert!(reply.status == 200 || reply.error() == "rate_limit_exceeded", "{}", reply.text);
    }
    assert_eq!((accepted, rows(&site, "registration").await), (5, 5));
    site.close().await;
}

/// The same for registrations that name a person: another count, another limit.
#[tokio::test]
async fn registrations_for_a_person_have_a_limit_of_their_own() {
    let site =
        Site::open_with("[limits]\nservice_auth_registrations_per_address_per_hour = 2\n").await;
    let agent = site.agent();
    for _ in 0..2 {
        agent.register_for("ada@example.com").await;
    }
    let body = json!({ "type": "service_auth", "login_hint": "ada@example.com" });
    let reply = agent.post("/agent/identity", &body).await;
    assert_limited(&reply, "rate_limit_exceeded", 3600);
    assert_eq!((rows(&site, "registration").await, rows(&site, "approval").await), (2, 2));
    agent.register_anonymous().await;
    site.close().await;
}

/// auth.md 2.3: each attempt gives five more tries at a code, so they are counted; the
/// refused start leaves the current link as it is.
#[tokio::test]
async fn too_many_attempts_of_one_registration_are_refused() {
    let site = Site::open_with("[limits]\nclaim_attempts_per_registration_per_hour = 3\n").await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_anonymous().await;
    let mut last = None;
    for _ in 0..3 {
        last = Some(agent.start_claim(&registered.claim_token, "ada@example.com").await);
    }
    let reply = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    assert_limited(&reply, "too_many_attempts", 3600);
    assert_eq!(rows(&site, "approval").await, 3);
    let link = super::link_of(&last.expect("an attempt"));
    assert_eq!(ada.get(&link).await.status, 200);
    site.advance(Seconds::HOUR);
    let reply = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    assert_eq!(reply.status, 200);
    site.close().await;
}
