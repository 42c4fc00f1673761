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
use crate::jose::{ExpectedProof, verify_proof};
use crate::protocol::error::OAuthError;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::Timestamp;

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
/// `DPoP` header, `request` its method and the address it came to as this server spells it.
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
    now: Timestamp,
) -> Result<Option<Proof>, OAuthError> {
    let Some(header) = header else { return Ok(None) };
    let (method, url) = request;
    verified(app, header, ExpectedProof { method, url, token: None }, now).map(Some)
}

/// The proof of a request that was held back with its token ([RFC 9449 §7.1]).
///
/// # Errors
///
/// As [`proof`].
///
/// [RFC 9449 §7.1]: https://www.rfc-editor.org/rfc/rfc9449#section-7.1
pub fn verified(
    app: &App,
    header: &str,
    expected: ExpectedProof<'_>,
    now: Timestamp,
) -> Result<Proof, OAuthError> {
    let proof = verify_proof(header, expected)
        .map_err(|problem| OAuthError::InvalidDpopProof(problem.to_string()))?;
    let until = proof.counts_until(now, &|period| app.vault.nonce(period));
    let until = until.map_err(OAuthError::UseDpopNonce)?;
    let used = Use::of(Once::Proof, proof.key.as_str(), &proof.jti, until);
    Ok(Proof { key: proof.key, used })
}
