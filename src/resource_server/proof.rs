//! Tokens that are worth nothing without a key ([RFC 9449 §7]).
//!
//! [RFC 9449 §7]: https://www.rfc-editor.org/rfc/rfc9449#section-7

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use actix_web::dev::RequestHead;
use ring::hmac;

use super::protected_resource::NotLetIn;
use crate::clock::Clock;
use crate::entropy::{Entropy, NoEntropy};
use crate::jose::{ExpectedProof, LEEWAY, VerifiedProof, verify_proof};
use crate::protocol::challenge::Refusal;
use crate::protocol::error::OAuthError;
use crate::protocol::introspection::Introspected;
use crate::protocol::secret::Digest;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::Timestamp;

/// The most uses that are remembered: some ten minutes of 150 requests a second. Only whoever
/// holds a live token and its key adds one.
const MOST: usize = 100_000;

/// Checks proofs of possession, each for one request and once ([RFC 9449 §7.1]). What was used
/// is known to this process alone, and so are the nonces it hands out (§9).
///
/// [RFC 9449 §7.1]: https://www.rfc-editor.org/rfc/rfc9449#section-7.1
pub struct Proofs {
    /// What stands before the path in the address of a request: what the request says of its
    /// host counts for nothing.
    base: String,
    clock: Clock,
    nonces: hmac::Key,
    used: Mutex<Used>,
}

impl Proofs {
    pub fn new(base: String, clock: Clock) -> Result<Self, NoEntropy> {
        let key = Entropy::system().bytes::<32>()?;
        let nonces = hmac::Key::new(hmac::HMAC_SHA256, &key);
        Ok(Self { base, clock, nonces, used: Mutex::new(Used::at_most(MOST)) })
    }

    /// Whether the request proves possession of `key`, beside `token` ([RFC 9449 §4.3]).
    ///
    /// [RFC 9449 §4.3]: https://www.rfc-editor.org/rfc/rfc9449#section-4.3
    pub fn check(
        &self,
        request: &RequestHead,
        token: &str,
        key: &Thumbprint,
    ) -> Result<(), NotLetIn> {
        let proof = self.verified(request, token).ok_or(Refusal::InvalidProof)?;
        if proof.key != *key {
            return Err(Refusal::InvalidProof.into());
        }
        let now = self.clock.now();
        let until = proof.counts_until(now, &|period| self.nonce(period));
        let until = until.map_err(Refusal::UseNonce)?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        match used.once(&proof, until, now) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Refusal::InvalidProof.into()),
            Err(full) => Err(NotLetIn::Failed(OAuthError::TemporarilyUnavailable(Box::new(full)))),
        }
    }

    /// The proof for this request; none unless there is exactly one (point 1).
    fn verified(&self, request: &RequestHead, token: &str) -> Option<VerifiedProof> {
        let mut headers = request.headers().get_all("dpop");
        let proof = headers.next()?.to_str().ok().filter(|_| headers.next().is_none())?;
        let url = format!("{}{}", self.base, request.uri.path());
        let method = request.method.as_str();
        verify_proof(proof, ExpectedProof { method, url: &url, token: Some(token) })
            .inspect_err(|problem| tracing::debug!(%problem, "a proof is refused"))
            .ok()
    }

    fn nonce(&self, period: i64) -> String {
        let tag = hmac::sign(&self.nonces, &period.to_be_bytes());
        Digest::of(tag.as_ref()).hex()
    }
}

/// Which proofs were used, until they would be refused for their age.
struct Used {
    proofs: BTreeSet<Digest>,
    by_end: BTreeSet<(Timestamp, Digest)>,
    most: usize,
}

/// Nobody else is let in with a proof until some of them have run out: to forget one early
/// would let it in twice.
#[derive(Debug, thiserror::Error)]
#[error("{0} proofs were used within minutes, and no more are remembered")]
struct Full(usize);

impl Used {
    const fn at_most(most: usize) -> Self {
        Self { proofs: BTreeSet::new(), by_end: BTreeSet::new(), most }
    }

    /// Whether this is the first use of a proof that counts before `until`.
    fn once(
        &mut self,
        proof: &VerifiedProof,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, Full> {
        // A little later than need be: a clock may be set back.
        while let Some((end, digest)) = self.by_end.first().copied()
            && end + LEEWAY <= now
        {
            self.by_end.pop_first();
            self.proofs.remove(&digest);
        }
        let digest = Digest::of(format!("{} {}", proof.key, proof.jti).as_bytes());
        if self.proofs.contains(&digest) {
            return Ok(false);
        }
        if self.proofs.len() >= self.most {
            return Err(Full(self.most));
        }
        self.proofs.insert(digest);
        self.by_end.insert((until, digest));
        Ok(true)
    }
}

/// Whether a token may be used by whoever holds it ([RFC 6750 §1]).
///
/// [RFC 6750 §1]: https://www.rfc-editor.org/rfc/rfc6750#section-1
pub fn is_bearer(token: &Introspected) -> bool {
    token.cnf.is_none() && token.token_type.eq_ignore_ascii_case("bearer")
}

/// The key that a token is bound to ([RFC 9449 §6.2]).
///
/// [RFC 9449 §6.2]: https://www.rfc-editor.org/rfc/rfc9449#section-6.2
pub fn key_of(token: &Introspected) -> Option<Thumbprint> {
    let bound = token.token_type.eq_ignore_ascii_case("dpop");
    let jkt = token.cnf.as_ref().filter(|_| bound)?.get("jkt")?.as_str()?;
    Thumbprint::parse(jkt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::timestamp::Seconds;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn proof(jti: &str) -> VerifiedProof {
        let key = Thumbprint::of(b"a key");
        VerifiedProof { key, jti: jti.to_owned(), issued_at: NOW, nonce: None }
    }

    /// RFC 9449 §11.1: a proof counts once for as long as it counts, and is then forgotten.
    #[test]
    fn a_use_is_remembered_until_it_would_be_refused_for_its_age() {
        let mut used = Used::at_most(2);
        let until = NOW + Seconds(10);
        assert_eq!(used.once(&proof("1"), until, NOW).ok(), Some(true));
        for now in [NOW, NOW + Seconds(9), NOW + Seconds(69)] {
            assert_eq!(used.once(&proof("1"), until, now).ok(), Some(false));
        }
        let late = NOW + Seconds(70);
        assert_eq!(used.once(&proof("2"), late + Seconds(1), late).ok(), Some(true));
        assert_eq!((used.proofs.len(), used.by_end.len()), (1, 1), "the first is forgotten");
    }

    /// RFC 9449 §11.1 ("to guard against memory exhaustion"): the set is bounded, and full it
    /// lets nobody in rather than anybody twice.
    #[test]
    fn a_full_memory_refuses_new_proofs_and_forgets_none() {
        let mut used = Used::at_most(2);
        let until = NOW + Seconds(10);
        for jti in ["1", "2"] {
            assert_eq!(used.once(&proof(jti), until, NOW).ok(), Some(true));
        }
        assert!(used.once(&proof("3"), until, NOW).is_err());
        assert_eq!(used.once(&proof("1"), until, NOW).ok(), Some(false));
        let late = NOW + Seconds(70);
        assert_eq!(used.once(&proof("3"), late + Seconds(1), late).ok(), Some(true));
    }
}
