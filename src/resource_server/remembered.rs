//! Answers about live tokens, remembered for seconds: under a digest, never past the token's
//! end, and asked once however many want to know at the same time.
//!
//! A "no" is not kept, so an agent that has just been let in is let in. What is kept goes on
//! after its person has ended it, for those seconds: [RFC 7662 §4] leaves them to the
//! resource server.
//!
//! [RFC 7662 §4]: https://www.rfc-editor.org/rfc/rfc7662#section-4

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::LocalBoxFuture;
use moka::sync::Cache;

use super::introspect::{Answer, Introspect};
use crate::clock::Clock;
use crate::outbound::Flights;
use crate::protocol::error::OAuthError;
use crate::protocol::introspection::Introspected;
use crate::protocol::secret::Digest;

/// The most tokens whose answers are kept.
const MOST: u64 = 10_000;

/// One that remembers what another said.
pub struct Remembered<S> {
    source: S,
    live: Cache<Digest, Live>,
    flights: Flights<Digest, Result<Option<Live>, Arc<OAuthError>>>,
    span: Duration,
    clock: Clock,
}

#[derive(Clone)]
struct Live {
    token: Arc<Introspected>,
    /// Until when it is believed: counted from the question, because the answer may have been
    /// on its way while the session ended.
    until: Instant,
}

/// The one failure that several waited for.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Shared(Arc<OAuthError>);

impl<S: Introspect> Remembered<S> {
    pub fn new(source: S, span: Duration, clock: Clock) -> Self {
        let live = Cache::builder().max_capacity(MOST).time_to_live(span).build();
        Self { source, live, flights: Flights::default(), span, clock }
    }

    async fn answer(&self, token: &str) -> Answer {
        let digest = Digest::of(token.as_bytes());
        if let Some(live) = self.live.get(&digest)
            && now() < live.until
        {
            return Ok(Some(live.token));
        }
        let mut asked = false;
        let answer = self.flights.join(digest, || {
            asked = true;
            self.ask(token, digest)
        });
        match answer.await {
            // Each use of what is counted is a question of its own.
            Ok(Some(live)) if live.token.calls_left.is_some() && !asked => {
                self.source.introspect(token).await
            }
            Ok(live) => Ok(live.map(|live| live.token)),
            Err(failed) => Err(OAuthError::TemporarilyUnavailable(Box::new(Shared(failed)))),
        }
    }

    async fn ask(&self, token: &str, digest: Digest) -> Result<Option<Live>, Arc<OAuthError>> {
        let asked = now();
        let Some(token) = self.source.introspect(token).await? else {
            self.live.invalidate(&digest);
            return Ok(None);
        };
        if token.calls_left.is_some() {
            return Ok(Some(Live { token, until: asked }));
        }
        let left = token.exp.since(self.clock.now()).0;
        let left = Duration::from_secs(u64::try_from(left).unwrap_or_default());
        let live = Live { token, until: asked + self.span.min(left) };
        self.live.insert(digest, live.clone());
        Ok(Some(live))
    }
}

/// A span is measured where no correction of the wall clock can prolong it.
#[expect(clippy::disallowed_methods, reason = "a span, on the monotonic clock")]
fn now() -> Instant {
    Instant::now()
}

impl<S: Introspect> Introspect for Remembered<S> {
    fn introspect<'a>(&'a self, token: &'a str) -> LocalBoxFuture<'a, Answer> {
        if self.span.is_zero() {
            return self.source.introspect(token);
        }
        Box::pin(self.answer(token))
    }

    fn introspect_anew<'a>(&'a self, token: &'a str) -> LocalBoxFuture<'a, Answer> {
        Box::pin(async move {
            let answer = self.source.introspect(token).await?;
            if answer.is_none() {
                self.live.invalidate(&Digest::of(token.as_bytes()));
            }
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

    use super::*;
    use crate::clock::ManualClock;
    use crate::protocol::introspection;
    use crate::protocol::timestamp::{Seconds, Timestamp};

    const NOW: Timestamp = Timestamp(1_800_000_000);
    const SPAN: Duration = Duration::from_millis(400);

    /// Takes a moment to answer, and counts.
    struct Server {
        asked: Arc<AtomicUsize>,
        active: Arc<AtomicBool>,
        away: Arc<AtomicBool>,
        exp: Arc<AtomicI64>,
    }

    impl Introspect for Server {
        fn introspect<'a>(&'a self, token: &'a str) -> LocalBoxFuture<'a, Answer> {
            Box::pin(async move {
                self.asked.fetch_add(1, Ordering::SeqCst);
                let active = self.active.load(Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
                if self.away.load(Ordering::SeqCst) {
                    return Err(OAuthError::TemporarilyUnavailable("away".into()));
                }
                let exp = self.exp.load(Ordering::SeqCst);
                let answer = format!(
                    r#"{{"active":{active},"scope":"read","client_id":"reg_1","sub":"acc_1",
                    "aud":"https://api.example.com","iss":"https://auth.example.com","exp":{exp},
                    "iat":{NOW},"token_type":"Bearer","session_id":"{token}"}}"#
                );
                Ok(introspection::read(answer.as_bytes()).expect("an answer").map(Arc::new))
            })
        }
    }

    struct Desk {
        remembered: Remembered<Server>,
        asked: Arc<AtomicUsize>,
        active: Arc<AtomicBool>,
        away: Arc<AtomicBool>,
        exp: Arc<AtomicI64>,
    }

    impl Desk {
        fn open(span: Duration) -> Self {
            let (asked, active) = (Arc::default(), Arc::new(AtomicBool::new(true)));
            let (away, exp) = (Arc::default(), Arc::new(AtomicI64::new(NOW.0 + 3_600)));
            let server = Server {
                asked: Arc::clone(&asked),
                active: Arc::clone(&active),
                away: Arc::clone(&away),
                exp: Arc::clone(&exp),
            };
            let clock = Clock::Manual(ManualClock::at(NOW));
            Self { remembered: Remembered::new(server, span, clock), asked, active, away, exp }
        }

        async fn is_live(&self, token: &str) -> bool {
            self.remembered.introspect(token).await.expect("an answer").is_some()
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::SeqCst)
        }
    }

    /// RFC 7662 §4: a live token costs one question for a span, and the span counts from the
    /// question.
    #[tokio::test]
    async fn a_live_token_is_asked_about_once_in_a_span_and_then_again() {
        let desk = Desk::open(SPAN);
        assert!(desk.is_live("a").await && desk.is_live("a").await);
        assert_eq!(desk.asked(), 1);
        desk.active.store(false, Ordering::SeqCst);
        tokio::time::sleep(SPAN).await;
        assert!(!desk.is_live("a").await, "believed past its span");
        assert_eq!(desk.asked(), 2);
    }

    /// pages.md 15: what is counted is asked about for each use, also for those that come at once.
    #[tokio::test]
    async fn a_token_whose_calls_are_counted_is_asked_about_for_each_of_them() {
        let desk = Desk::open(SPAN);
        let token = r#"a","calls_left":9,"x":""#;
        assert!(desk.is_live(token).await && desk.is_live(token).await);
        assert_eq!(desk.asked(), 2);
        let ask = || desk.is_live(token);
        assert_eq!(tokio::join!(ask(), ask(), ask()), (true, true, true));
        assert_eq!(desk.asked(), 5);
    }

    /// A "no" is not kept: whoever is let in now is let in now.
    #[tokio::test]
    async fn a_dead_token_is_asked_about_every_time() {
        let desk = Desk::open(SPAN);
        desk.active.store(false, Ordering::SeqCst);
        assert!(!desk.is_live("a").await && !desk.is_live("a").await);
        assert_eq!(desk.asked(), 2);
        desk.active.store(true, Ordering::SeqCst);
        assert!(desk.is_live("a").await);
    }

    /// RFC 7662 §2.2, `exp`: nothing is remembered past the end of the token.
    #[tokio::test]
    async fn nothing_is_remembered_of_a_token_at_its_end() {
        let desk = Desk::open(Duration::from_mins(1));
        desk.exp.store(NOW.0, Ordering::SeqCst);
        assert!(desk.is_live("a").await && desk.is_live("a").await);
        assert_eq!(desk.asked(), 2);
        desk.exp.store((NOW + Seconds(1)).0, Ordering::SeqCst);
        assert!(desk.is_live("b").await);
        tokio::time::sleep(Duration::from_secs(1)).await;
        desk.active.store(false, Ordering::SeqCst);
        assert!(!desk.is_live("b").await, "believed past its end");
    }

    #[tokio::test]
    async fn those_who_come_together_share_one_question_and_every_token_has_its_own() {
        let desk = Desk::open(SPAN);
        let (a, b, c, d) = tokio::join!(
            desk.remembered.introspect("a"),
            desk.remembered.introspect("a"),
            desk.remembered.introspect("a"),
            desk.remembered.introspect("b")
        );
        let session = |answer: Answer| answer.expect("an answer").expect("live").session_id.clone();
        assert_eq!([a, b, c, d].map(session), ["a", "a", "a", "b"]);
        assert_eq!(desk.asked(), 2);
    }

    /// Fail closed: a failure reaches everybody who waited, and nobody afterwards.
    #[tokio::test]
    async fn a_failure_is_shared_and_not_kept() {
        let desk = Desk::open(SPAN);
        desk.away.store(true, Ordering::SeqCst);
        let (a, b) = tokio::join!(desk.remembered.introspect("a"), desk.remembered.introspect("a"));
        assert!(a.is_err_and(|error| error.status() == 503));
        assert!(b.is_err_and(|error| error.status() == 503));
        desk.away.store(false, Ordering::SeqCst);
        assert!(desk.is_live("a").await);
        assert_eq!(desk.asked(), 2);
    }

    /// What was found out anew corrects what was remembered.
    #[tokio::test]
    async fn asking_anew_believes_nothing_and_forgets_what_has_ended() {
        let desk = Desk::open(Duration::from_mins(1));
        assert!(desk.is_live("a").await);
        desk.active.store(false, Ordering::SeqCst);
        let anew = desk.remembered.introspect_anew("a").await.expect("an answer");
        assert_eq!(anew, None);
        assert!(!desk.is_live("a").await);
    }

    #[tokio::test]
    async fn with_no_span_everybody_asks() {
        let desk = Desk::open(Duration::ZERO);
        assert!(desk.is_live("a").await && desk.is_live("a").await);
        assert_eq!(desk.asked(), 2);
    }
}
