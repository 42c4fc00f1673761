//! An assertion stands for a session only while both hold.

use super::support::{begin_session, on_each, open, step};
use crate::domain::id::RegistrationId;
use crate::entropy::Entropy;
use crate::protocol::timestamp::Timestamp;
use crate::store::{Database, Expect, Step, Store};

const NOW: Timestamp = Timestamp(5);

fn register(database: &Database, id: &str) -> Step {
    let sql = "INSERT INTO registration (id, revision, kind, resource, scopes, pre_claim_scopes, \
               claim_digest, claim_expires_at, generation, session_id, poll_interval, address, \
               created_at) VALUES ($1, 1, 'anonymous', 'https://api.example/', 'read', 'read', \
               $2, 9, 1, $1, 5, '', 0)";
    step(database, Expect::One("registration"), sql, [id.into(), id.as_bytes().to_vec().into()])
}

/// auth.md, "Exchange": a superseded, revoked, ended or expired assertion buys nothing.
#[tokio::test]
async fn an_assertion_stands_for_nothing_once_one_condition_fails() {
    let failures = [
        ("UPDATE registration SET generation = 2 WHERE id = $1", "superseded"),
        ("UPDATE registration SET revoked_at = 1 WHERE id = $1", "revoked"),
        ("UPDATE session SET ended_at = 1, ended_cause = 'revoked' WHERE id = $1", "ended"),
        ("UPDATE session SET collect_before = 9 WHERE id = $1", "not picked up"),
        ("UPDATE session SET expires_at = 5 WHERE id = $1", "expired this second"),
        ("UPDATE session SET idle_seconds = 5 WHERE id = $1", "idle for too long"),
    ];
    on_each(async |location| {
        let database = open(&location).await;
        let mut rows = Vec::new();
        for (_, id) in failures {
            rows.push(begin_session(&database, id));
            rows.push(register(&database, id));
            let sql = "UPDATE session SET idle_seconds = 6 WHERE id = $1";
            rows.push(step(&database, Expect::One("session"), sql, [id.into()]));
        }
        database.write(rows).await.expect("stored");
        let database = std::sync::Arc::into_inner(database).expect("nobody else's");
        let store = Store::new(database, Entropy::system());
        for (sql, id) in failures {
            let registration = RegistrationId(id.to_owned());
            let before = store.delegation(&registration, 1, NOW).await.expect("read");
            let before = before.unwrap_or_else(|| panic!("{id}: stood before"));
            assert_eq!((before.session.as_str(), before.ends_at), (id, Timestamp(9)));
            let failure = step(store.database(), Expect::One("row"), sql, [id.into()]);
            store.database().write(vec![failure]).await.expect("stored");
            assert_eq!(store.delegation(&registration, 1, NOW).await.expect("read"), None, "{id}");
        }
        store.database().close().await;
    })
    .await;
}
