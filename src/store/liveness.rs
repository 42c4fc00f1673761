//! Answers about live tokens, remembered for half a minute.

use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use super::denied::{Denied, LoadStamp, SessionKey};
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;

/// How long an answer is remembered, at most.
pub(super) const TIME_TO_LIVE: Duration = Duration::from_secs(30);

/// How many answers are remembered, at most.
const CAPACITY: u64 = 50_000;

/// What was found out about live tokens, keyed by digest.
///
/// Only "yes" is remembered, and never past the token's own end. Every answer is checked
/// against the deny set, so a session that ended is never answered for again, no matter when
/// its row was read.
pub struct Liveness<V> {
    entries: Cache<Digest, Entry<V>, ByDigest>,
    denied: Arc<Denied>,
}

/// What a load found: a live token.
#[derive(Debug, Clone, Copy)]
pub struct Live<'a, V> {
    /// The session it hangs from, or the key it is.
    pub session: &'a str,
    pub expires_at: Option<Timestamp>,
    pub value: V,
}

#[derive(Clone)]
struct Entry<V> {
    value: V,
    session: SessionKey,
    expires_at: Option<Timestamp>,
    loaded: LoadStamp,
}

/// A digest is spread evenly already: eight bytes of it are as good as any hash of them, and
/// only tokens we issued are ever stored under theirs.
type ByDigest = BuildHasherDefault<EightBytes>;

#[derive(Default)]
struct EightBytes(u64);

impl Hasher for EightBytes {
    fn write(&mut self, bytes: &[u8]) {
        // An array is preceded by its length, which is shorter than a digest and says nothing.
        if let Some(eight) = bytes.first_chunk().filter(|_| bytes.len() > 8) {
            self.0 = u64::from_ne_bytes(*eight);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl<V: Clone + Send + Sync + 'static> Liveness<V> {
    /// Shares the deny set that the store's writes fill
    /// ([`Database::denied`](super::Database::denied)).
    #[must_use]
    pub fn new(denied: Arc<Denied>) -> Self {
        let entries = Cache::builder()
            .max_capacity(CAPACITY)
            .time_to_live(TIME_TO_LIVE)
            .build_with_hasher(ByDigest::default());
        Self { entries, denied }
    }

    /// The remembered answer, if it still holds.
    #[must_use]
    pub fn get(&self, digest: &Digest, now: Timestamp) -> Option<V> {
        let entry = self.entries.get(digest)?;
        let holds = entry.expires_at.is_none_or(|end| now < end)
            && self.denied.believes(entry.session, entry.loaded)
            // A token may be revoked alone (RFC 7009).
            && !self.denied.is_denied(SessionKey::of_token(digest));
        holds.then_some(entry.value)
    }

    /// Marks the beginning of a load. Taken **before** the database is read.
    #[must_use]
    pub fn begin_load(&self) -> LoadStamp {
        self.denied.stamp()
    }

    /// Whether what a load found may be what the session was before it changed: then it is asked
    /// for again.
    #[must_use]
    pub fn is_outdated(&self, loaded: LoadStamp, session: &str) -> bool {
        self.denied.is_outdated(SessionKey::of(session), loaded)
    }

    /// What a load may answer: nothing, if the session ended meanwhile. The answer is
    /// remembered as of the load's beginning.
    #[must_use]
    pub fn admit(&self, loaded: LoadStamp, digest: Digest, live: Live<'_, V>) -> Option<V> {
        let Live { session, expires_at, value } = live;
        let session = SessionKey::of(session);
        let token = SessionKey::of_token(&digest);
        if self.denied.is_denied(session) || self.denied.is_denied(token) {
            return None;
        }
        if self.denied.believes(session, loaded) {
            let entry = Entry { value: value.clone(), session, expires_at, loaded };
            self.entries.insert(digest, entry);
        }
        Some(value)
    }

    /// Whether what has this identifier ended a moment ago, so that nobody believes what is
    /// remembered of it.
    #[must_use]
    pub fn has_ended(&self, id: &str) -> bool {
        self.denied.is_denied(SessionKey::of(id))
    }

    /// Denies these sessions on this node, as a write that ends them does.
    pub fn deny<'a>(&self, sessions: impl IntoIterator<Item = &'a str>) {
        self.denied.deny(sessions);
    }

    /// Makes everything remembered so far a miss.
    pub fn forget_everything(&self) {
        self.denied.forget_everything();
    }
}

impl<V> fmt::Debug for Liveness<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Liveness").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);
    const LATER: Timestamp = Timestamp(1_800_000_060);

    const LIVE: Live<'_, u8> = Live { session: "ses_1", expires_at: Some(LATER), value: 7 };

    fn digest() -> Digest {
        Digest::of(b"token")
    }

    #[test]
    fn an_answer_is_remembered_until_the_token_expires() {
        let liveness = Liveness::new(Arc::new(Denied::alone()));
        let loaded = liveness.begin_load();
        assert_eq!(liveness.admit(loaded, digest(), LIVE), Some(7));
        assert_eq!(liveness.get(&digest(), NOW), Some(7));
        assert_eq!(liveness.get(&digest(), LATER), None);
    }

    /// The race that invalidation alone loses: the row was read before the session ended.
    #[test]
    fn a_load_that_began_before_the_end_neither_answers_nor_is_remembered() {
        let liveness = Liveness::new(Arc::new(Denied::alone()));
        let loaded = liveness.begin_load();
        liveness.deny(["ses_1"]);
        assert_eq!(liveness.admit(loaded, digest(), LIVE), None);
        assert_eq!(liveness.get(&digest(), NOW), None);
    }

    #[test]
    fn an_ended_session_is_not_answered_for_from_memory() {
        let liveness = Liveness::new(Arc::new(Denied::alone()));
        let loaded = liveness.begin_load();
        assert_eq!(liveness.admit(loaded, digest(), LIVE), Some(7));
        liveness.deny(["ses_1"]);
        assert_eq!(liveness.get(&digest(), NOW), None);
    }

    #[test]
    fn a_load_from_before_everything_was_forgotten_is_not_remembered() {
        let liveness = Liveness::new(Arc::new(Denied::alone()));
        let loaded = liveness.begin_load();
        liveness.forget_everything();
        assert_eq!(liveness.admit(loaded, digest(), LIVE), Some(7));
        assert_eq!(liveness.get(&digest(), NOW), None);
    }
}
