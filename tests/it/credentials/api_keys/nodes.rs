//! AO11, AV10: a key that is revoked on one node is worth nothing on another, and after a restart.

use std::time::{Duration, Instant};

use super::{PLAIN, ask, assert_dead, live, make, press, site};

/// On SQLite the second node is another process on the same file; on PostgreSQL it is a node that
/// is told. Either remembers the key when it ends.
#[tokio::test]
async fn a_revoked_key_is_dead_on_every_node_and_stays_so() {
    let site = site().await;
    let second = site.second_node().await;
    let mut ada = site.person("ada@example.com").await;
    let key = make(&mut ada, "agentvista", &PLAIN).await;
    for _ in 0..3 {
        live(&ask(&site, &key.secret).await);
        live(&ask(&second, &key.secret).await);
    }
    assert_eq!(press(&mut ada, &key, "revoke").await.status, 303);
    assert_dead(&ask(&site, &key.secret).await);
    let limit = Instant::now() + Duration::from_secs(10);
    while ask(&second, &key.secret).await.json()["active"] == true {
        assert!(Instant::now() < limit, "it is still believed");
    }
    second.close().await;
    let site = site.restart().await;
    assert_dead(&ask(&site, &key.secret).await);
    site.close().await;
}
