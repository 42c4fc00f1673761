//! What may be used once (case 170).

use std::sync::Arc;

use super::support::{count, on_each, open};
use crate::domain::change::Effect;
use crate::domain::replay::{Once, Use};
use crate::entropy::Entropy;
use crate::protocol::timestamp::Timestamp;
use crate::store::{Location, Store, StoreError};

const END: Timestamp = Timestamp(100);

async fn store(location: &Location) -> Store {
    let database = Arc::into_inner(open(location).await).expect("nobody else holds it");
    Store::new(database, Entropy::system())
}

fn proof(jti: &str, expires_at: Timestamp) -> Effect {
    Effect::Remember(Use::of(Once::Proof, "key", jti, expires_at))
}

/// Case 170: 64 presentations at once, and one of them counts, whoever is first.
#[tokio::test]
async fn of_sixty_four_uses_at_once_one_counts() {
    on_each(async |location| {
        let store = Arc::new(store(&location).await);
        for round in 0..20 {
            let uses: Vec<_> = (0..64)
                .map(|_| {
                    let store = Arc::clone(&store);
                    let effect = proof(&format!("jti {round}"), END);
                    tokio::spawn(async move { store.apply(vec![effect]).await })
                })
                .collect();
            let mut counted = 0;
            for used in uses {
                match used.await.expect("joined") {
                    Ok(()) => counted += 1,
                    Err(error) => assert!(matches!(error, StoreError::Replayed), "{error:?}"),
                }
            }
            assert_eq!(counted, 1);
        }
        store.database().close().await;
    })
    .await;
}

/// Case 170: nobody uses up another's identifiers, and what is refused changes nothing.
#[tokio::test]
async fn a_use_is_remembered_per_maker_and_refuses_the_whole_change() {
    on_each(async |location| {
        let store = store(&location).await;
        store.apply(vec![proof("1", END)]).await.expect("the first use");
        let others = Use::of(Once::Proof, "another key", "1", END);
        store.apply(vec![Effect::Remember(others)]).await.expect("another's");
        let refused = store.apply(vec![proof("2", END), proof("1", END)]).await;
        assert!(matches!(refused, Err(StoreError::Replayed)), "{refused:?}");
        store.apply(vec![proof("2", END)]).await.expect("the refused change was undone whole");
        store.database().close().await;
    })
    .await;
}

/// More rows than one batch takes, so that what arrives faster than a batch per sweep does
/// not stay for ever.
#[tokio::test]
async fn every_use_is_forgotten_once_it_ran_out_and_none_before() {
    on_each(async |location| {
        let store = store(&location).await;
        let many: Vec<_> = (0..1_200).map(|jti| proof(&jti.to_string(), END)).collect();
        store.apply(many).await.expect("stored");
        store.apply(vec![proof("later", Timestamp(101))]).await.expect("stored");
        store.forget_uses(END).await.expect("swept");
        assert_eq!(count(store.database(), "replay").await, 1_201);
        store.forget_uses(Timestamp(101)).await.expect("swept");
        assert_eq!(count(store.database(), "replay").await, 1);
        store.apply(vec![proof("1", END)]).await.expect("forgotten");
        store.database().close().await;
    })
    .await;
}
