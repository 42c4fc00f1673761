//! Two nodes on one PostgreSQL database: how soon the second refuses what the first revoked.

use std::time::{Duration, Instant};

use sqlx::postgres::PgPoolOptions;

use super::Plan;
use super::child::Server;
use super::load::Connection;
use super::report::spans;
use super::script;
use super::seed::{Site, access_token};

/// Revocations one after the other, and again with the channel cut before each.
const REVOKED: usize = 1_000;
const CUT: usize = 20;

/// Until both nodes have heard each other.
const JOIN: Duration = Duration::from_secs(2);

/// A node and a connection to it.
struct Node {
    connection: Connection,
    _server: Server,
}

impl Node {
    async fn start(site: &Site) -> Self {
        let server = Server::start(site.countersign());
        Self { connection: Connection::open(server.address()).await, _server: server }
    }

    async fn believes(&mut self, token: &str) -> bool {
        let mut request = Vec::new();
        script::introspection(&mut request, token);
        let (status, body) = self.connection.ask(&request).await;
        assert_eq!(status, b"200", "{}", String::from_utf8_lossy(body));
        body.starts_with(br#"{"active":true"#)
    }

    async fn revoke(&mut self, token: &str) {
        let mut request = Vec::new();
        script::post(&mut request, "/revoke", "", &format!("token={token}"));
        let (status, body) = self.connection.ask(&request).await;
        assert_eq!(status, b"200", "{}", String::from_utf8_lossy(body));
    }
}

/// From the answer of the first node to the first refusal of the second.
pub async fn revocation(plan: &Plan, site: &Site) {
    let (mut one, mut two) = (Node::start(site).await, Node::start(site).await);
    let (revoked, cut) = if plan.is_brief() { (50, 1) } else { (REVOKED, CUT) };
    assert!(plan.sessions > revoked + cut, "too few sessions");
    tokio::time::sleep(JOIN).await;
    let mut times = Vec::new();
    for number in 0..revoked {
        times.push(refused_after(&mut one, &mut two, number, None).await);
    }
    println!("\nrevoked at one node, refused at the other after {}", spans(times));
    let pool = PgPoolOptions::new().max_connections(1).connect(&site.database).await;
    let pool = pool.expect("PostgreSQL");
    let mut times = Vec::new();
    for number in revoked..revoked + cut {
        tokio::time::sleep(JOIN).await;
        times.push(refused_after(&mut one, &mut two, number, Some(&pool)).await);
    }
    println!("the same, both channels cut just before: {}", spans(times));
}

async fn refused_after(
    one: &mut Node,
    two: &mut Node,
    number: usize,
    cut: Option<&sqlx::PgPool>,
) -> Duration {
    let token = access_token(number);
    let token = token.reveal();
    // The second answer comes from memory.
    for _twice in 0..2 {
        assert!(one.believes(token).await && two.believes(token).await, "it lives");
    }
    if let Some(pool) = cut {
        let sql = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE application_name = 'countersign listener'";
        let ended: i64 = sqlx::query_scalar(sql).fetch_one(pool).await.expect("terminated");
        assert_eq!(ended, 2, "one channel of each node");
    }
    one.revoke(token).await;
    let acknowledged = Instant::now();
    assert!(!one.believes(token).await, "stale on the node that revoked");
    while two.believes(token).await {
        assert!(acknowledged.elapsed() < Duration::from_secs(10), "never refused");
    }
    acknowledged.elapsed()
}
