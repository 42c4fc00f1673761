//! security.md 308: a process that is killed loses nothing it has acknowledged.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::entropy::Entropy;

use super::load::{Fate, Ledger, Load, assert_kept, assert_whole};
use crate::support::database::TestDatabase;
use crate::support::process::{GENEROUS, Place};

const ROUNDS: usize = 6;

/// 308: kill -9 at random instants under mixed load. Every acknowledged credential is valid,
/// every acknowledged revocation holds, what got no answer can be asked for again and yields
/// one lineage, the database is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_revoked_comes_back_after_kill_9() {
    let place = Place::new().await;
    place.configure(GENEROUS);
    place.add_person("ada@example.com").await;
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    let mut server = place.serve(&[]).await;
    for round in 0..ROUNDS {
        let load = Load::begin(&server, Arc::clone(&ledger)).await;
        let [draw] = Entropy::system().bytes::<1>().expect("entropy");
        tokio::time::sleep(Duration::from_millis(300 + 4 * u64::from(draw))).await;
        server.kill().await;
        let unanswered = load.end().await;
        assert!(unanswered > 0, "round {round}: it was killed under load");
        server = place.serve(&[]).await;
        assert_kept(&server, &ledger).await;
        assert_intact(&place).await;
        assert_whole(&place).await;
    }
    server.stop().await;
    let ledger = ledger.lock().expect("the ledger");
    let count = |fate| ledger.tokens.values().filter(|found| **found == fate).count();
    let (live, ended) = (count(Fate::Live), count(Fate::Ended));
    println!("{ROUNDS} kills: {live} acknowledged tokens live, {ended} revocations hold");
    assert!(live >= ROUNDS && ended >= ROUNDS, "{live} and {ended} are too few to say anything");
}

/// The file's own integrity check and its foreign keys; PostgreSQL keeps both by itself.
async fn assert_intact(place: &Place) {
    if TestDatabase::is_postgres() {
        return;
    }
    for sql in [
        "SELECT COUNT(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
        "SELECT COUNT(*) FROM pragma_foreign_key_check",
    ] {
        assert_eq!(place.database.count(sql).await, 0, "{sql}");
    }
}
