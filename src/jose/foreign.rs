//! Tokens that somebody else signed: the JWS compact form ([RFC 7515 §7.1]) under the rules
//! of [RFC 8725].
//!
//! The header is read by us, strictly; the key is chosen before its signature is looked at,
//! and the algorithm must be one that this key can do, so that no public key serves as the
//! secret of an HMAC and `none` is no algorithm. Only then are the claims read.
//!
//! [RFC 7515 §7.1]: https://www.rfc-editor.org/rfc/rfc7515#section-7.1
//! [RFC 8725]: https://www.rfc-editor.org/rfc/rfc8725

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Claims, KeySet, PublicKey, provider};
use crate::protocol::json;
use crate::protocol::signature_algorithm::SignatureAlgorithm;
use crate::protocol::timestamp::Seconds;

/// How far another machine's clock may be from ours.
pub const LEEWAY: Seconds = Seconds::MINUTE;

/// The longest time ahead that a kind of token may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(pub Seconds);

/// Longer tokens than any client makes cost us work and tell us nothing.
const LONGEST: usize = 16 * 1_024;

/// Why a token of somebody else's does not count: which part of it, and what is wrong with
/// that. It quotes nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{subject} {problem}")]
pub struct Unacceptable {
    pub subject: &'static str,
    pub problem: &'static str,
}

pub(super) const fn refuse(subject: &'static str, problem: &'static str) -> Unacceptable {
    Unacceptable { subject, problem }
}

const MALFORMED: Unacceptable = refuse("the token", "is not a signed JSON Web Token");

/// A token whose signature nobody has looked at: its header may choose the key, its claims
/// stay shut.
#[derive(Debug)]
pub struct UnverifiedToken<'a> {
    header: Map<String, Value>,
    algorithm: SignatureAlgorithm,
    /// What the signature is over.
    message: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> UnverifiedToken<'a> {
    /// Takes a token apart and reads its header.
    ///
    /// # Errors
    ///
    /// It is no signed token, `alg` is none of ours, or `crit` demands what we do not know
    /// ([RFC 7515 §4.1.11]).
    ///
    /// [RFC 7515 §4.1.11]: https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11
    pub fn read(token: &'a str) -> Result<Self, Unacceptable> {
        if token.len() > LONGEST {
            return Err(refuse("the token", "is too long"));
        }
        let (message, signature) = token.rsplit_once('.').ok_or(MALFORMED)?;
        let (header, payload) = message.split_once('.').ok_or(MALFORMED)?;
        if payload.contains('.') || signature.is_empty() {
            return Err(MALFORMED);
        }
        let header = object(header)?;
        if header.contains_key("crit") {
            return Err(refuse("crit", "is not understood here"));
        }
        let algorithm =
            header.get("alg").and_then(Value::as_str).and_then(SignatureAlgorithm::named);
        let algorithm = algorithm.ok_or(refuse("alg", "is not one of those offered"))?;
        Ok(Self { header, algorithm, message, payload, signature })
    }

    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// A text of the header.
    ///
    /// # Errors
    ///
    /// It is there and no text.
    pub fn header_text(&self, name: &'static str) -> Result<Option<&str>, Unacceptable> {
        let Some(value) = self.header.get(name) else { return Ok(None) };
        value.as_str().map(Some).ok_or(refuse(name, "is not a text"))
    }

    /// An object of the header.
    #[must_use]
    pub fn header_object(&self, name: &str) -> Option<&Map<String, Value>> {
        self.header.get(name).and_then(Value::as_object)
    }

    /// Refuses a token that says it is of another type than these, whatever their case and
    /// with or without `application/` ([RFC 7515 §4.1.9]); one that says nothing passes if
    /// `may_be_silent`.
    ///
    /// # Errors
    ///
    /// The type is another.
    ///
    /// [RFC 7515 §4.1.9]: https://www.rfc-editor.org/rfc/rfc7515#section-4.1.9
    pub fn is_of_type(&self, names: &[&str], may_be_silent: bool) -> Result<(), Unacceptable> {
        const WRONG: Unacceptable = refuse("typ", "is not the one that belongs here");
        let Some(typ) = self.header_text("typ")? else {
            return if may_be_silent { Ok(()) } else { Err(WRONG) };
        };
        let typ = typ.to_ascii_lowercase();
        let bare = typ.strip_prefix("application/").unwrap_or(&typ);
        if names.iter().any(|name| name.eq_ignore_ascii_case(bare)) { Ok(()) } else { Err(WRONG) }
    }

    /// The claims, if one key of the set made the signature: the one that `kid` names, or
    /// the only one that fits.
    ///
    /// # Errors
    ///
    /// No key or more than one fits, or the signature is another's.
    pub fn verify_with_set(self, keys: &KeySet) -> Result<Claims, Unacceptable> {
        let key = keys.choose(self.header_text("kid")?, self.algorithm);
        self.verify(key.ok_or(refuse("kid", "does not name one key that fits"))?)
    }

    /// The claims, if this key made the signature.
    ///
    /// # Errors
    ///
    /// The key is for another algorithm, the signature is another's, or the claims are no
    /// JSON object without repeated names.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where signatures of others are verified"
    )]
    pub fn verify(self, key: &PublicKey) -> Result<Claims, Unacceptable> {
        if !key.fits(self.algorithm) {
            return Err(refuse("alg", "does not fit the key"));
        }
        provider::install();
        let (message, algorithm) = (self.message.as_bytes(), library(self.algorithm));
        let verified =
            jsonwebtoken::crypto::verify(self.signature, message, key.decoding(), algorithm);
        if !verified.unwrap_or(false) {
            return Err(refuse("the signature", "does not verify"));
        }
        object(self.payload).map(Claims::new)
    }
}

fn object(part: &str) -> Result<Map<String, Value>, Unacceptable> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| MALFORMED)?;
    json::parse(&bytes).map_err(|_| MALFORMED)
}

const fn library(algorithm: SignatureAlgorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        SignatureAlgorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        SignatureAlgorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        SignatureAlgorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        SignatureAlgorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
    }
}
