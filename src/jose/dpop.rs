//! Proofs of possession: the holder of a key signs the request it makes ([RFC 9449 §4]).
//!
//! [RFC 9449 §4]: https://www.rfc-editor.org/rfc/rfc9449#section-4

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use url::Url;

use super::foreign::{LEEWAY, Unacceptable, UnverifiedToken, refuse};
use super::{Claims, PublicKey};
use crate::protocol::secret::Digest;
use crate::protocol::thumbprint::Thumbprint;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// The request that a proof must be for.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedProof<'a> {
    pub method: &'a str,
    /// As this server calls itself; what the request says of its host counts for nothing.
    pub url: &'a str,
    /// The access token that comes with it, if one does.
    pub token: Option<&'a str>,
}

/// A proof that holds for its request, at any time and for the first time only: both are
/// the caller's to see to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedProof {
    /// Of the key that was proven.
    pub key: Thumbprint,
    pub jti: String,
    pub issued_at: Timestamp,
    /// What we gave out, as it says.
    pub nonce: Option<String>,
}

/// How long a proof counts by its own clock.
const FRESH: Seconds = Seconds::MINUTE.times(5);

/// How long a nonce is handed out; it is accepted for one period more.
const PERIOD: Seconds = Seconds::MINUTE.times(5);

impl VerifiedProof {
    /// When a proof that counts now will count no longer ([RFC 9449 §8, §11.1]): without a
    /// nonce it is as fresh as its `iat`, with one of ours as that, whatever the clock of
    /// whoever made it says. `nonce_of` names the nonce of a period, so none is kept.
    ///
    /// # Errors
    ///
    /// It does not count: the nonce that the next one must carry.
    ///
    /// [RFC 9449 §8, §11.1]: https://www.rfc-editor.org/rfc/rfc9449#section-8
    pub fn counts_until(
        &self,
        now: Timestamp,
        nonce_of: &dyn Fn(i64) -> String,
    ) -> Result<Timestamp, String> {
        let current = now.0.div_euclid(PERIOD.0);
        let ends_at = match &self.nonce {
            Some(nonce) => {
                let is_of =
                    |period: &i64| nonce_of(*period).as_bytes().ct_eq(nonce.as_bytes()).into();
                let made_in = [current, current - 1].into_iter().find(is_of);
                made_in.map(|period| Timestamp(0) + PERIOD.times(period + 2))
            }
            None if self.issued_at <= now + LEEWAY => Some(self.issued_at + FRESH),
            None => None,
        };
        ends_at.filter(|end| now < *end).ok_or_else(|| nonce_of(current))
    }
}

/// Verifies a proof ([RFC 9449 §4.3], points 2 to 10 and 12): its type, an asymmetric
/// algorithm, the public key it brings along and that key's signature, the request's method
/// and address, and the hash of the token that comes with it.
///
/// # Errors
///
/// What is wrong with it.
///
/// [RFC 9449 §4.3]: https://www.rfc-editor.org/rfc/rfc9449#section-4.3
pub fn verify_proof(
    proof: &str,
    expected: ExpectedProof<'_>,
) -> Result<VerifiedProof, Unacceptable> {
    let token = UnverifiedToken::read(proof)?;
    token.is_of_type(&["dpop+jwt"], false)?;
    let jwk = token.header_object("jwk").ok_or(refuse("jwk", "is missing"))?;
    let key = PublicKey::read(jwk)?;
    let claims = token.verify(&key)?;
    if claims.text("htm")? != expected.method {
        return Err(refuse("htm", "is not the method of this request"));
    }
    if !is_address(claims.text("htu")?, expected.url) {
        return Err(refuse("htu", "is not the address of this request"));
    }
    if let Some(token) = expected.token {
        is_for_token(&claims, token)?;
    }
    Ok(VerifiedProof {
        jti: claims.text("jti")?.to_owned(),
        issued_at: claims.time("iat")?,
        nonce: claims.optional_text("nonce")?.map(ToOwned::to_owned),
        key: key.thumbprint().clone(),
    })
}

/// Whether both are one address once they are spelled alike ([RFC 3986 §6.2.2, §6.2.3]), the
/// query and fragment of `named` aside ([RFC 9449 §4.3], point 9).
///
/// [RFC 3986 §6.2.2, §6.2.3]: https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2
/// [RFC 9449 §4.3]: https://www.rfc-editor.org/rfc/rfc9449#section-4.3
fn is_address(named: &str, ours: &str) -> bool {
    // The parser drops what cannot be seen: look at the raw text first.
    if !named.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return false;
    }
    let (Ok(mut named), Ok(ours)) = (Url::parse(named), Url::parse(ours)) else { return false };
    named.set_query(None);
    named.set_fragment(None);
    named == ours
}

/// `ath` is the hash of the token that the proof travels with ([RFC 9449 §4.2]).
///
/// [RFC 9449 §4.2]: https://www.rfc-editor.org/rfc/rfc9449#section-4.2
fn is_for_token(claims: &Claims, token: &str) -> Result<(), Unacceptable> {
    let hash = URL_SAFE_NO_PAD.encode(Digest::of(token.as_bytes()).0);
    if claims.text("ath")? == hash {
        Ok(())
    } else {
        Err(refuse("ath", "is not the hash of the token"))
    }
}
