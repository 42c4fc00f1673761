//! The deny set: which sessions ended a moment ago, so that no remembered answer outlives them.
//!
//! Removing remembered entries is not enough: a load that read its row before the session
//! ended would put it back afterwards. Here the ended session itself is remembered for longer
//! than any entry or load can last, and every answer from memory is checked against it.
//!
//! A session that changed without ending is remembered beside them, with the order in which that
//! happened: what was loaded before is asked for again, and what is loaded after is believed.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use crate::protocol::secret::Digest;

/// How long an ended session is remembered, at least: a remembered answer lives for
/// [`liveness::TIME_TO_LIVE`](super::liveness::TIME_TO_LIVE), and a load may take as long again.
pub(super) const MEMORY: Duration = Duration::from_mins(1);

/// More ended sessions than this are not listed one by one: everything is forgotten instead.
const CAPACITY: usize = 50_000;

/// A node that heard nothing for this long may have missed a revocation, and stops answering
/// from memory.
pub(super) const SILENCE: Duration = Duration::from_millis(1_500);

/// Which sessions ended, and whether anything remembered may still be believed.
#[derive(Debug)]
pub struct Denied {
    ended: RwLock<Ended>,
    /// The notification channel between nodes, where there is one.
    channel: Option<Channel>,
}

/// What precedes the name of a session that changed, among the names of those that ended.
pub(super) const CHANGED: char = '~';

/// Two halves that change places every [`MEMORY`]: an identifier stays for one to two spans.
#[derive(Debug, Default)]
struct Ended {
    recent: Half,
    older: Half,
    /// Entries of an earlier generation are misses.
    generation: u64,
    /// How many changes were heard of.
    changes: u64,
}

#[derive(Debug, Default)]
struct Half {
    ended: HashSet<SessionKey>,
    /// Which change was the last one of a session that goes on.
    changed: HashMap<SessionKey, u64>,
}

/// Sixteen bytes that stand for a session's identifier, or for a token: small, and without a
/// way to collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SessionKey([u8; 16]);

/// When a load began: before the database was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadStamp {
    generation: u64,
    changes: u64,
}

impl SessionKey {
    /// `name` is a session's identifier, or a token's digest in hexadecimal.
    pub(super) fn of(name: &str) -> Self {
        let digits = Some(name).filter(|name| name.len() == 64).and_then(|name| name.get(..32));
        match digits.map(|digits| u128::from_str_radix(digits, 16)) {
            Some(Ok(number)) => Self(number.to_be_bytes()),
            _ => Self::of_token(&Digest::of(name.as_bytes())),
        }
    }

    /// A token's digest is a digest already.
    pub(super) fn of_token(Digest(bytes): &Digest) -> Self {
        let mut key = [0; 16];
        for (to, from) in key.iter_mut().zip(bytes) {
            *to = *from;
        }
        Self(key)
    }
}

impl Half {
    fn len(&self) -> usize {
        self.ended.len() + self.changed.len()
    }
}

impl Ended {
    fn contains(&self, session: SessionKey) -> bool {
        self.recent.ended.contains(&session) || self.older.ended.contains(&session)
    }

    /// Whether the session changed after this stamp was taken.
    fn changed_since(&self, session: SessionKey, stamp: LoadStamp) -> bool {
        let last = self.recent.changed.get(&session).or(self.older.changed.get(&session));
        last.is_some_and(|change| stamp.changes < *change)
    }

    fn take_in(&mut self, name: &str) {
        if let Some(session) = name.strip_prefix(CHANGED) {
            self.changes += 1;
            self.recent.changed.insert(SessionKey::of(session), self.changes);
        } else {
            self.recent.ended.insert(SessionKey::of(name));
        }
    }
}

impl Denied {
    /// For a database whose every writer is this process, or is noticed by it.
    pub(super) fn alone() -> Self {
        Self { ended: RwLock::default(), channel: None }
    }

    /// For one node of several: nothing is believed until the channel has been heard.
    pub(super) fn among_nodes() -> Self {
        Self { ended: RwLock::default(), channel: Some(Channel::silent()) }
    }

    /// Denies these sessions from now on; those that only [changed](CHANGED) are asked for again.
    ///
    /// When they are too many to list, the generation moves in the same breath as the list
    /// is emptied, so no reader sees the one without the other.
    pub(super) fn deny<'a>(&self, sessions: impl IntoIterator<Item = &'a str>) {
        let mut names = sessions.into_iter().peekable();
        if names.peek().is_none() {
            return;
        }
        let mut ended = self.write();
        for name in names {
            ended.take_in(name);
        }
        if ended.recent.len() + ended.older.len() > CAPACITY {
            *ended = Ended {
                generation: ended.generation.wrapping_add(1),
                changes: ended.changes,
                ..Ended::default()
            };
        }
    }

    /// Makes every entry remembered so far a miss.
    pub(super) fn forget_everything(&self) {
        let mut ended = self.write();
        ended.generation = ended.generation.wrapping_add(1);
    }

    /// Called once per [`MEMORY`]: drops what was denied before the previous call.
    pub(super) fn age(&self) {
        let mut ended = self.write();
        ended.older = mem::take(&mut ended.recent);
    }

    pub(super) fn stamp(&self) -> LoadStamp {
        let ended = self.read();
        LoadStamp { generation: ended.generation, changes: ended.changes }
    }

    pub(super) fn is_denied(&self, session: SessionKey) -> bool {
        self.read().contains(session)
    }

    /// Whether what was loaded at `stamp` may say what the session was before it changed.
    pub(super) fn is_outdated(&self, session: SessionKey, stamp: LoadStamp) -> bool {
        self.read().changed_since(session, stamp)
    }

    /// Whether an entry loaded at `stamp` may be believed now.
    pub(super) fn believes(&self, session: SessionKey, stamp: LoadStamp) -> bool {
        if self.channel.as_ref().is_some_and(Channel::is_silent) {
            return false;
        }
        let ended = self.read();
        ended.generation == stamp.generation
            && !ended.contains(session)
            && !ended.changed_since(session, stamp)
    }

    /// The channel delivered its heartbeat, and with it everything sent before. Whatever may
    /// have been missed during a silence is forgotten before the silence counts as over.
    pub(super) fn heard(&self) {
        if let Some(channel) = &self.channel {
            if channel.is_silent() {
                self.forget_everything();
            }
            channel.hear();
        }
    }

    /// The channel is known to be lost: nothing is believed until it is heard again.
    pub(super) fn cut(&self) {
        if let Some(channel) = &self.channel {
            channel.cut();
        }
    }

    // A thread that panicked while holding the lock cannot have left a set half changed.
    fn read(&self) -> RwLockReadGuard<'_, Ended> {
        self.ended.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Ended> {
        self.ended.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the channel was last heard, on a clock that nobody sets. The wall clock of the house
/// is of no use here: a silence must end belief even while that clock is being corrected.
#[derive(Debug)]
struct Channel {
    opened: Instant,
    /// Milliseconds after `opened`, plus one; zero while cut.
    heard: AtomicU64,
}

impl Channel {
    #[expect(clippy::disallowed_methods, reason = "only spans are measured, see above")]
    fn silent() -> Self {
        Self { opened: Instant::now(), heard: AtomicU64::new(0) }
    }

    #[expect(clippy::disallowed_methods, reason = "only spans are measured, see above")]
    fn milliseconds(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn hear(&self) {
        self.heard.store(self.milliseconds().saturating_add(1), Ordering::Release);
    }

    fn cut(&self) {
        self.heard.store(0, Ordering::Release);
    }

    fn is_silent(&self) -> bool {
        let heard = self.heard.load(Ordering::Acquire);
        let since = u128::from(self.milliseconds().saturating_sub(heard));
        heard == 0 || since > SILENCE.as_millis()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7009 §2: what ends a token names it in hexadecimal, what asks has its digest.
    #[test]
    fn a_token_and_its_name_in_hexadecimal_are_one() {
        let digest = Digest::of(b"token");
        assert_eq!(SessionKey::of(&digest.hex()), SessionKey::of_token(&digest));
        assert_ne!(SessionKey::of("ses_1"), SessionKey::of_token(&digest));
    }

    #[test]
    fn an_ended_session_is_remembered_through_one_ageing_and_dropped_by_the_second() {
        let denied = Denied::alone();
        let session = SessionKey::of("ses_1");
        denied.deny(["ses_1"]);
        denied.age();
        assert!(denied.is_denied(session));
        denied.age();
        assert!(!denied.is_denied(session));
    }

    /// Memory is bounded without ever believing an entry whose session was dropped from the list.
    #[test]
    fn too_many_ended_sessions_forget_everything_instead() {
        let denied = Denied::alone();
        let before = denied.stamp();
        denied.deny(["ses_first"]);
        let ids: Vec<_> = (0..CAPACITY).map(|number| format!("ses_{number}")).collect();
        denied.deny(ids.iter().map(String::as_str));
        assert!(!denied.believes(SessionKey::of("ses_first"), before));
        assert!(!denied.believes(SessionKey::of("ses_alive"), before));
        assert!(denied.believes(SessionKey::of("ses_alive"), denied.stamp()));
        assert!(denied.read().recent.len() <= CAPACITY);
    }

    #[test]
    fn what_was_loaded_before_a_change_is_asked_for_again_and_what_is_loaded_after_is_believed() {
        let denied = Denied::alone();
        let (session, other) = (SessionKey::of("ses_1"), SessionKey::of("ses_2"));
        let before = denied.stamp();
        denied.deny(["~ses_1"]);
        let after = denied.stamp();
        assert!(!denied.is_denied(session), "it goes on");
        assert!(denied.is_outdated(session, before) && !denied.believes(session, before));
        assert!(!denied.is_outdated(session, after) && denied.believes(session, after));
        assert!(denied.believes(other, before));
        denied.age();
        assert!(!denied.believes(session, before));
        denied.deny(["~ses_1"]);
        assert!(!denied.believes(session, after), "it changed again");
        denied.deny(["ses_1"]);
        assert!(!denied.believes(session, denied.stamp()), "it ended");
    }

    #[test]
    fn nothing_is_believed_before_the_channel_is_heard_or_after_it_is_cut() {
        let denied = Denied::among_nodes();
        let session = SessionKey::of("ses_1");
        assert!(!denied.believes(session, denied.stamp()));
        denied.heard();
        let stamp = denied.stamp();
        assert!(denied.believes(session, stamp));
        denied.cut();
        assert!(!denied.believes(session, stamp));
        denied.heard();
        assert!(!denied.believes(session, stamp), "remembered across a cut");
    }
}
