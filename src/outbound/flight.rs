//! One question at a time about the same thing: who asks for what is already under way waits
//! for that.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OnceCell;

type UnderWay<K, A> = HashMap<K, Arc<OnceCell<A>>>;

/// The questions under way. Nothing is kept longer: what to cache is the caller's decision.
pub struct Flights<K: Eq + Hash, A>(Mutex<UnderWay<K, A>>);

impl<K: Eq + Hash, A> Default for Flights<K, A> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, A: Clone> Flights<K, A> {
    /// Runs `ask`, unless the same is under way already; then its answer is taken. If the
    /// one who started it goes away before the end, one of those waiting runs its own.
    pub async fn join<F>(&self, key: K, ask: impl FnOnce() -> F) -> A
    where
        F: Future<Output = A>,
    {
        let answer = Arc::clone(self.under_way().entry(key.clone()).or_default());
        let seat = Seat { flights: self, key, answer };
        seat.answer.get_or_init(ask).await.clone()
    }
}

impl<K: Eq + Hash, A> Flights<K, A> {
    fn under_way(&self) -> MutexGuard<'_, UnderWay<K, A>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody waiting for an answer. Who gets one, and the last to give up, clears the table.
struct Seat<'a, K: Eq + Hash, A> {
    flights: &'a Flights<K, A>,
    key: K,
    answer: Arc<OnceCell<A>>,
}

impl<K: Eq + Hash, A> Drop for Seat<'_, K, A> {
    fn drop(&mut self) {
        let mut under_way = self.flights.under_way();
        let ours = under_way.get(&self.key).is_some_and(|one| Arc::ptr_eq(one, &self.answer));
        // The table and this seat; joining takes the lock, so nobody comes in between.
        let last = Arc::strong_count(&self.answer) <= 2;
        if ours && (last || self.answer.initialized()) {
            under_way.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::outbound::{FetchError, Fetched, Limits};

    type Key = (String, Limits);
    type Fetches = Flights<Key, Result<Fetched, FetchError>>;

    fn key(url: &str) -> Key {
        (url.to_owned(), Limits::default())
    }

    fn fetched() -> Fetched {
        Fetched { body: b"x".to_vec(), content_type: None, max_age: None }
    }

    async fn counted(asked: &AtomicUsize) -> Result<Fetched, FetchError> {
        asked.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(fetched())
    }

    #[tokio::test]
    async fn those_who_ask_together_share_one_fetch_and_later_ones_do_not() {
        let (flights, asked) = (Fetches::default(), AtomicUsize::new(0));
        let ask = || flights.join(key("https://a.example/"), || counted(&asked));
        let (first, second, third) = tokio::join!(ask(), ask(), ask());
        assert_eq!((&first, &second), (&second, &third));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        ask().await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        assert!(flights.under_way().is_empty());
    }

    #[tokio::test]
    async fn another_url_or_another_limit_is_another_fetch() {
        let (flights, asked) = (Fetches::default(), AtomicUsize::new(0));
        let ask = |key| flights.join(key, || counted(&asked));
        let wide = Limits { body: 1_000_000, ..Limits::default() };
        let wider = ("https://a.example/".to_owned(), wide);
        let (_, _, _) = tokio::join!(
            ask(key("https://a.example/")),
            ask(key("https://b.example/")),
            ask(wider)
        );
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn whoever_waits_gets_an_answer_when_the_first_goes_away() {
        let (flights, asked) = (Fetches::default(), AtomicUsize::new(0));
        let forever = flights.join(key("https://a.example/"), std::future::pending);
        let gives_up = tokio::time::timeout(Duration::from_millis(20), forever);
        let stays = flights.join(key("https://a.example/"), || counted(&asked));
        let (gone, answer) = tokio::join!(gives_up, stays);
        assert!(gone.is_err());
        assert_eq!(answer, Ok(fetched()));
        assert!(flights.under_way().is_empty());
    }

    #[tokio::test]
    async fn nothing_stays_behind_when_the_only_one_goes_away() {
        let flights = Fetches::default();
        let forever = flights.join(key("https://a.example/"), std::future::pending);
        assert!(tokio::time::timeout(Duration::from_millis(5), forever).await.is_err());
        assert!(flights.under_way().is_empty());
    }
}
