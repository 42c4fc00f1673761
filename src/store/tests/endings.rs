//! An acknowledged revocation holds everywhere: on this node at once, on others soon, and
//! against every load that was already under way (design decision 14).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use sea_orm::ConnectionTrait;

use super::support::{Place, Wire, begin_session, end_session, is_active, on_each, open, within};
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;
use crate::store::{Database, Live, Liveness};

const NOW: Timestamp = Timestamp(0);
const END: Timestamp = Timestamp(3_600);

/// Answers as introspection does: from memory, or else from the row.
async fn answers(database: &Database, liveness: &Liveness<()>, session: &str) -> bool {
    let digest = Digest::of(session.as_bytes());
    if liveness.get(&digest, NOW).is_some() {
        return true;
    }
    let loaded = liveness.begin_load();
    let active = is_active(database, session).await;
    let expires_at = Some(END);
    active && liveness.admit(loaded, digest, Live { session, expires_at, value: () }).is_some()
}

async fn begin(database: &Database, session: &str) {
    database.write(vec![begin_session(database, session)]).await.expect("stored");
}

async fn end(database: &Database, session: &str) {
    database.write(vec![end_session(database, session)]).await.expect("stored");
}

/// Answers once from the row and then from memory.
async fn remember(database: &Database, liveness: &Liveness<()>, session: &str) {
    let digest = Digest::of(session.as_bytes());
    for _ in 0..500 {
        assert!(answers(database, liveness, session).await, "{session} is active");
        if liveness.get(&digest, NOW).is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{session} is never remembered");
}

#[tokio::test]
async fn a_session_is_denied_before_the_change_that_ends_it_returns() {
    on_each(async |location| {
        let database = open(&location).await;
        let liveness = Liveness::new(database.denied());
        begin(&database, "ses_1").await;
        remember(&database, &liveness, "ses_1").await;
        end(&database, "ses_1").await;
        assert!(!answers(&database, &liveness, "ses_1").await);
        database.close().await;
    })
    .await;
}

/// Invalidating keys left 69 of 300 revoked tokens alive in this race.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_hundred_revocations_among_spinning_readers_leave_no_stale_answer() {
    on_each(async |location| {
        let database = open(&location).await;
        let liveness = Arc::new(Liveness::new(database.denied()));
        let current = Arc::new(AtomicUsize::new(0));
        let done = Arc::new(AtomicBool::new(false));
        let readers: Vec<_> = (0..6)
            .map(|_| {
                let (database, liveness) = (Arc::clone(&database), Arc::clone(&liveness));
                let (current, done) = (Arc::clone(&current), Arc::clone(&done));
                tokio::spawn(async move {
                    while !done.load(Ordering::Relaxed) {
                        let session = format!("ses_{}", current.load(Ordering::Relaxed));
                        answers(&database, &liveness, &session).await;
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        let mut stale = 0;
        for round in 1..=300 {
            let session = format!("ses_{round}");
            begin(&database, &session).await;
            current.store(round, Ordering::Relaxed);
            // Sometimes the readers have it in memory by now, sometimes they are loading it.
            for _ in 0..round % 4 {
                tokio::task::yield_now().await;
            }
            end(&database, &session).await;
            let digest = Digest::of(session.as_bytes());
            stale += usize::from(liveness.get(&digest, NOW).is_some());
            tokio::time::sleep(Duration::from_millis(1)).await;
            stale += usize::from(answers(&database, &liveness, &session).await);
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.await.expect("no panic");
        }
        assert_eq!(stale, 0);
        database.close().await;
    })
    .await;
}

/// The command line ends a session in a process of its own.
#[tokio::test]
async fn a_second_handle_on_the_same_file_is_noticed() {
    let place = Place::sqlite();
    let (server, command) = (open(&place.location).await, open(&place.location).await);
    let liveness = Liveness::new(server.denied());
    begin(&server, "ses_1").await;
    // The opening of the second handle, too, is a change that is noticed.
    tokio::time::sleep(Duration::from_millis(300)).await;
    remember(&server, &liveness, "ses_1").await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    let digest = Digest::of(b"ses_1");
    assert!(liveness.get(&digest, NOW).is_some(), "nothing happened, so it is still remembered");
    end(&command, "ses_1").await;
    let noticed = within(Duration::from_millis(750), || liveness.get(&digest, NOW).is_none()).await;
    assert!(noticed);
    assert!(!answers(&server, &liveness, "ses_1").await);
    server.close().await;
    command.close().await;
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ended_on_one_node_is_refused_on_the_other() {
    let Some(place) = Place::postgres().await else { return };
    let (one, other) = (open(&place.location).await, open(&place.location).await);
    let liveness = Liveness::new(other.denied());
    for round in 0..20 {
        let session = format!("ses_{round}");
        begin(&one, &session).await;
        remember(&other, &liveness, &session).await;
        end(&one, &session).await;
        let digest = Digest::of(session.as_bytes());
        let refused = within(Duration::from_millis(500), || liveness.get(&digest, NOW).is_none());
        assert!(refused.await, "{session}");
        assert!(!answers(&other, &liveness, &session).await);
    }
    one.close().await;
    other.close().await;
    place.remove().await;
}

/// What was announced while nobody listened is gone for good, so nothing remembered from
/// before may be believed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_listener_is_killed_refuses_within_two_seconds() {
    let Some(place) = Place::postgres().await else { return };
    let (one, other) = (open(&place.location).await, open(&place.location).await);
    let liveness = Liveness::new(other.denied());
    begin(&one, "ses_1").await;
    remember(&other, &liveness, "ses_1").await;
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE application_name = 'countersign listener' AND datname = current_database()";
    one.reader().execute_unprepared(kill).await.expect("killed");
    end(&one, "ses_1").await;
    let digest = Digest::of(b"ses_1");
    let refused = within(Duration::from_secs(2), || liveness.get(&digest, NOW).is_none()).await;
    assert!(refused);
    begin(&one, "ses_2").await;
    remember(&other, &liveness, "ses_2").await;
    assert!(!answers(&other, &liveness, "ses_1").await, "believed again after the return");
    one.close().await;
    other.close().await;
    place.remove().await;
}

/// A partition does not close the connection; only the heartbeat stays away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_cut_off_without_a_word_refuses_within_two_seconds_and_recovers() {
    let Some(place) = Place::postgres().await else { return };
    let one = open(&place.location).await;
    let wire = Wire::to(&place.location);
    let other = open(&wire.location).await;
    let liveness = Liveness::new(other.denied());
    begin(&one, "ses_1").await;
    remember(&other, &liveness, "ses_1").await;
    wire.frozen.store(true, Ordering::SeqCst);
    end(&one, "ses_1").await;
    let digest = Digest::of(b"ses_1");
    let refused = within(Duration::from_secs(2), || liveness.get(&digest, NOW).is_none()).await;
    assert!(refused);
    wire.frozen.store(false, Ordering::SeqCst);
    begin(&one, "ses_2").await;
    remember(&other, &liveness, "ses_2").await;
    assert!(!answers(&other, &liveness, "ses_1").await, "believed again after the return");
    one.close().await;
    other.close().await;
    place.remove().await;
}
