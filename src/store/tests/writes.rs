//! All of a change, or nothing of it (promise P1), and on disk before the answer (P2).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, Statement};

use super::support::{
    Place, begin_session, count, end_session, guard, is_active, note, on_each, open, open_observed,
    run_as_admin, set_guard, step,
};
use crate::store::{Database, Expect, Location, OpenError, WriteError};

#[tokio::test]
async fn a_stale_guard_undoes_its_own_change_and_none_of_its_neighbours() {
    on_each(async |location| {
        let (database, largest) = open_observed(&location).await;
        set_guard(&database).await;
        let changes = (0..40).map(|number| {
            let name = format!("note_{number:02}");
            let mut steps = vec![note(&database, &name), note(&database, &format!("{name}_b"))];
            if number % 4 == 0 {
                steps.insert(1, guard(&database, 77));
            }
            database.write(steps)
        });
        for (number, result) in join_all(changes).await.into_iter().enumerate() {
            if number % 4 == 0 {
                assert!(matches!(result, Err(WriteError::Refused("stale"))), "{result:?}");
            } else {
                result.expect("stored");
            }
        }
        assert_eq!(count(&database, "meta").await, 60);
        if matches!(location, Location::Sqlite(_)) {
            assert!(largest.load(Ordering::SeqCst) > 10, "the changes were not grouped");
        }
        database.close().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_sixty_four_changes_guarded_by_one_revision_exactly_one_is_stored() {
    on_each(async |location| {
        let database = open(&location).await;
        set_guard(&database).await;
        let racers = (0..64).map(|number| {
            let database = Arc::clone(&database);
            tokio::spawn(async move {
                let steps = vec![guard(&database, 0), note(&database, &format!("won_{number}"))];
                database.write(steps).await
            })
        });
        let mut winners = 0;
        for result in join_all(racers).await {
            match result.expect("no panic") {
                Ok(()) => winners += 1,
                Err(error) => assert!(matches!(error, WriteError::Refused("stale")), "{error:?}"),
            }
        }
        assert_eq!(winners, 1);
        assert_eq!(count(&database, "meta").await, 1);
        database.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_already_taken_refuses_the_change_under_the_name_of_its_step() {
    on_each(async |location| {
        let database = open(&location).await;
        database.write(vec![note(&database, "taken")]).await.expect("stored");
        let steps = vec![note(&database, "other"), note(&database, "taken")];
        let result = database.write(steps).await;
        assert!(matches!(result, Err(WriteError::Refused("note"))), "{result:?}");
        assert_eq!(count(&database, "meta").await, 1);
        database.close().await;
    })
    .await;
}

/// A broken statement is our fault; it must not cost a neighbour its change.
#[tokio::test]
async fn a_statement_that_fails_is_undone_alone() {
    on_each(async |location| {
        let database = open(&location).await;
        let broken = step(&database, Expect::Any, "UPDATE nowhere SET a = $1", [1_i64.into()]);
        let orphan = step(
            &database,
            Expect::Any,
            "INSERT INTO token (digest, session_id, kind, scopes, created_at, expires_at) \
             VALUES ($1, $2, 1, '', 0, 9)",
            [vec![7_u8; 32].into(), "ses_none".into()],
        );
        let results = tokio::join!(
            database.write(vec![note(&database, "before")]),
            database.write(vec![note(&database, "lost"), broken]),
            database.write(vec![note(&database, "lost too"), orphan]),
            database.write(vec![note(&database, "after")]),
        );
        assert!(results.0.is_ok() && results.3.is_ok());
        assert!(matches!(results.1, Err(WriteError::Unavailable(_))));
        assert!(matches!(results.2, Err(WriteError::Unavailable(_))), "a token of no session");
        assert_eq!(count(&database, "meta").await, 2);
        database.close().await;
    })
    .await;
}

/// Statements are written once, with `$1, $2, …`, for both databases.
#[tokio::test]
async fn parameters_are_numbered_on_both_databases() {
    on_each(async |location| {
        let database = open(&location).await;
        let sql = "INSERT INTO meta (value, name) VALUES ($2, $1)";
        let backwards =
            step(&database, Expect::One("note"), sql, ["name".into(), vec![9_u8].into()]);
        database.write(vec![note(&database, "first"), backwards]).await.expect("stored");
        let sql = "SELECT value FROM meta WHERE value = $2 AND name = $1";
        let values = ["name".into(), vec![9_u8].into()];
        let question = Statement::from_sql_and_values(database.backend(), sql, values);
        let row = database.reader().query_one_raw(question).await.expect("reads").expect("a row");
        assert_eq!(row.try_get_by_index::<Vec<u8>>(0).expect("bytes"), vec![9]);
        database.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_caller_who_stops_waiting_disturbs_nobody() {
    on_each(async |location| {
        let database = open(&location).await;
        for number in 0..50 {
            let name = format!("left_{number}");
            let impatient = database.write(vec![note(&database, &name)]);
            let _ = tokio::time::timeout(std::time::Duration::from_micros(50), impatient).await;
        }
        let last = database.write(vec![note(&database, "last")]).await;
        assert!(last.is_ok(), "{last:?}");
        database.close().await;
    })
    .await;
}

/// Case 309: nothing acknowledged is lost, and nothing accepted is left unanswered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_stores_what_is_waiting_and_refuses_what_comes_later() {
    on_each(async |location| {
        let database = open(&location).await;
        let writers: Vec<_> = (0..100)
            .map(|number| {
                let database = Arc::clone(&database);
                let steps = vec![note(&database, &format!("note_{number}"))];
                tokio::spawn(async move { database.write(steps).await.is_ok() })
            })
            .collect();
        tokio::task::yield_now().await;
        database.close().await;
        let results = join_all(writers).await;
        let stored = results.into_iter().filter(|result| *result.as_ref().expect("no panic"));
        let stored = i64::try_from(stored.count()).expect("few");
        let late = database.write(vec![note(&database, "late")]).await;
        assert!(matches!(late, Err(WriteError::Unavailable(_))), "{late:?}");
        assert!(database.durable().await.is_err(), "a closed database is not ready");
        let again = open(&location).await;
        assert!(count(&again, "meta").await >= stored);
        again.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_with_the_change_that_ends_it_or_not_at_all() {
    on_each(async |location| {
        let database = open(&location).await;
        set_guard(&database).await;
        database.write(vec![begin_session(&database, "ses_1")]).await.expect("stored");
        let stale = vec![end_session(&database, "ses_1"), guard(&database, 77)];
        assert!(matches!(database.write(stale).await, Err(WriteError::Refused("stale"))));
        assert!(is_active(&database, "ses_1").await);
        database.close().await;
    })
    .await;
}

/// Two changes that lock the same rows in opposite order: PostgreSQL ends one of them, and
/// it is tried again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_that_lost_to_a_deadlock_is_tried_again() {
    let Some(place) = Place::postgres().await else { return };
    let database = open(&place.location).await;
    let steps = vec![note(&database, "one"), note(&database, "two")];
    database.write(steps).await.expect("stored");
    let touch = |name: &str| {
        let sql = "UPDATE meta SET value = value || 'x' WHERE name = $1";
        step(&database, Expect::One("touch"), sql, [name.into()])
    };
    let rest = || step(&database, Expect::Any, "SELECT pg_sleep(0.3)", []);
    let (there, back) = tokio::join!(
        database.write(vec![touch("one"), rest(), touch("two")]),
        database.write(vec![touch("two"), rest(), touch("one")]),
    );
    assert!(there.is_ok() && back.is_ok(), "{there:?} {back:?}");
    database.close().await;
    place.remove().await;
}

#[tokio::test]
async fn readers_cannot_write_to_the_file() {
    let place = Place::sqlite();
    let database = open(&place.location).await;
    let attempt = database.reader().execute_unprepared("DELETE FROM meta").await;
    assert!(attempt.is_err());
    database.close().await;
    place.remove().await;
}

/// Promise P2 depends on the server's configuration, so it is checked rather than assumed.
#[tokio::test]
async fn a_server_that_acknowledges_before_its_disk_is_refused() {
    let Some(place) = Place::postgres().await else { return };
    let Location::Postgres(url) = &place.location else { unreachable!("a PostgreSQL place") };
    let name = url.rsplit('/').next().expect("a name");
    run_as_admin(url, &format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
    let opened = Database::open(&place.location, Arc::new(|_| {})).await;
    let refused =
        matches!(opened, Err(OpenError::NotDurable { setting: "synchronous_commit", .. }));
    assert!(refused);
    place.remove().await;
}
