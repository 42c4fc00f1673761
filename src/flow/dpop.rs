//! Proofs of possession, each good for one request ([RFC 9449]).
//!
//! Nobody has to prove anything: a token is bound to a key only when its holder brought a
//! proof along. A proof without a nonce counts for as long as its `iat` is fresh; one with a
//! nonce of ours is as fresh as that, whatever the clock of whoever made it says. So a
//! client whose clock is wrong is given a nonce, and gets in at its second try.
//!
//! A proof is used up by the commit that it is for, and by nothing else: anybody can make a
//! key and sign with it, so a request that is refused leaves no row behind.
//!
//! [RFC 9449]: https://www.rfc-editor.org/rfc/rfc9449

use crate::app::App;
use crate::domain::change::Effect;
use crate::domain::replay::{Once, Use};
use crate::jose::{ExpectedProof, LEEWAY, VerifiedProof, verify_proof};
use crate::protocol::error::OAuthError;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// How long a proof counts by its own clock.
const FRESH: Seconds = Seconds::MINUTE.times(5);

/// How long a nonce is handed out; it is accepted for one period more.
const PERIOD: Seconds = Seconds::MINUTE.times(5);

/// A proof that holds for its request, and was perhaps used before.
#[derive(Debug, Clone)]
pub struct Proof {
    key: Thumbprint,
    used: Use,
}

impl Proof {
    /// The key whose possession is proven ([RFC 9449 §4.1]).
    ///
    /// [RFC 9449 §4.1]: https://www.rfc-editor.org/rfc/rfc9449#section-4.1
    #[must_use]
    pub fn key(&self) -> &Thumbprint {
        &self.key
    }

    /// Uses it up, once ([RFC 9449 §11.1]): part of the commit that the proof is for, which is
    /// refused the second time.
    ///
    /// [RFC 9449 §11.1]: https://www.rfc-editor.org/rfc/rfc9449#section-11.1
    #[must_use]
    pub fn spend(&self) -> Effect {
        Effect::Remember(self.used.clone())
    }
}

/// The proof that a request brings, if it brings one ([RFC 9449 §4.3]): `header` is its one
/// `DPoP` header, `request` its method and the address it came to as this server spells it,
/// `token` the access token it carries, if it does.
///
/// # Errors
///
/// `invalid_dpop_proof`; `use_dpop_nonce` for a nonce that is not ours or no longer, and for
/// an `iat` too far from our clock (§8).
///
/// [RFC 9449 §4.3]: https://www.rfc-editor.org/rfc/rfc9449#section-4.3
pub fn proof(
    app: &App,
    header: Option<&str>,
    request: (&str, &str),
    token: Option<&str>,
    now: Timestamp,
) -> Result<Option<Proof>, OAuthError> {
    let Some(header) = header else { return Ok(None) };
    let (method, url) = request;
    let proof = verify_proof(header, ExpectedProof { method, url, token })
        .map_err(|problem| OAuthError::InvalidDpopProof(problem.to_string()))?;
    let until = counts_until(app, &proof, now)?;
    let used = Use::of(Once::Proof, proof.key.as_str(), &proof.jti, until);
    Ok(Some(Proof { key: proof.key, used }))
}

/// The nonce to hand out now ([RFC 9449 §8]). It is made of the time under the master
/// secret, so every node knows it and none is kept.
///
/// [RFC 9449 §8]: https://www.rfc-editor.org/rfc/rfc9449#section-8
#[must_use]
pub fn nonce(app: &App, now: Timestamp) -> String {
    app.vault.nonce(period(now))
}

const fn period(now: Timestamp) -> i64 {
    now.0.div_euclid(PERIOD.0)
}

/// When a proof that counts now will count no longer.
fn counts_until(app: &App, proof: &VerifiedProof, now: Timestamp) -> Result<Timestamp, OAuthError> {
    let challenge = || OAuthError::UseDpopNonce(nonce(app, now));
    if let Some(nonce) = &proof.nonce {
        let current = period(now);
        let made_in = [current, current - 1]
            .into_iter()
            .find(|period| app.vault.accepts_nonce(*period, nonce))
            .ok_or_else(challenge)?;
        return Ok(Timestamp(0) + PERIOD.times(made_in + 2));
    }
    let ends_at = proof.issued_at + FRESH;
    if proof.issued_at <= now + LEEWAY && now < ends_at { Ok(ends_at) } else { Err(challenge()) }
}
