//! Other people's public keys ([RFC 7517]) and what each of them can do.
//!
//! [RFC 7517]: https://www.rfc-editor.org/rfc/rfc7517

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use super::foreign::Unacceptable;
use crate::protocol::json;
use crate::protocol::json_web_key::is_public;
use crate::protocol::signature_algorithm::SignatureAlgorithm;
use crate::protocol::thumbprint::Thumbprint;

/// A public key and which signatures it can verify.
#[derive(Debug, Clone)]
pub struct PublicKey {
    kid: Option<String>,
    /// What its type can do, narrowed by its own `alg`.
    algorithms: Vec<SignatureAlgorithm>,
    thumbprint: Thumbprint,
    decoding: DecodingKey,
}

/// Smaller moduli can be factored ([RFC 7518 §3.3]); larger ones cost more to verify than
/// anybody needs.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;

const fn refuse(problem: &'static str) -> Unacceptable {
    Unacceptable { subject: "the key", problem }
}

impl PublicKey {
    /// Reads a JSON Web Key: P-256, Ed25519 or RSA of 2048 to 4096 bits, meant for
    /// signatures, and public.
    ///
    /// # Errors
    ///
    /// It is another kind of key, has a private part, or is not spelled as the RFCs say.
    pub fn read(jwk: &Map<String, Value>) -> Result<Self, Unacceptable> {
        if !is_public(jwk) {
            return Err(refuse("has a private part"));
        }
        let kid = member(jwk, "kid")?.map(ToOwned::to_owned);
        if member(jwk, "use")?.is_some_and(|meant_for| meant_for != "sig") || !may_verify(jwk) {
            return Err(refuse("is not meant for signatures"));
        }
        let (can_do, canonical, decoding) = match member(jwk, "kty")? {
            Some("EC") => elliptic(jwk)?,
            Some("OKP") => edwards(jwk)?,
            Some("RSA") => rsa(jwk)?,
            _ => return Err(refuse("is of a type that is not offered")),
        };
        let mut algorithms = can_do.to_vec();
        if let Some(name) = member(jwk, "alg")? {
            let only = SignatureAlgorithm::named(name);
            algorithms.retain(|algorithm| Some(*algorithm) == only);
        }
        Ok(Self { kid, algorithms, thumbprint: Thumbprint::of(canonical.as_bytes()), decoding })
    }

    /// Whether this key makes signatures of that algorithm.
    #[must_use]
    pub fn fits(&self, algorithm: SignatureAlgorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// The key's own name ([RFC 7638]).
    ///
    /// [RFC 7638]: https://www.rfc-editor.org/rfc/rfc7638
    #[must_use]
    pub fn thumbprint(&self) -> &Thumbprint {
        &self.thumbprint
    }

    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }
}

/// What a key can do, its canonical JSON, and the library's form of it.
type Read = (&'static [SignatureAlgorithm], String, DecodingKey);

fn elliptic(jwk: &Map<String, Value>) -> Result<Read, Unacceptable> {
    if member(jwk, "crv")? != Some("P-256") {
        return Err(refuse("is on a curve that is not offered"));
    }
    let (x, y) = (bytes::<32>(jwk, "x")?, bytes::<32>(jwk, "y")?);
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
    let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
    Ok((&[SignatureAlgorithm::Es256], canonical, DecodingKey::from_ec_der(&point)))
}

fn edwards(jwk: &Map<String, Value>) -> Result<Read, Unacceptable> {
    if member(jwk, "crv")? != Some("Ed25519") {
        return Err(refuse("is on a curve that is not offered"));
    }
    let x = bytes::<32>(jwk, "x")?;
    let encoded = URL_SAFE_NO_PAD.encode(x);
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{encoded}"}}"#);
    Ok((&[SignatureAlgorithm::EdDsa], canonical, DecodingKey::from_ed_der(&x)))
}

fn rsa(jwk: &Map<String, Value>) -> Result<Read, Unacceptable> {
    let (n, e) = (decoded(jwk, "n")?, decoded(jwk, "e")?);
    // A leading zero would give one key two names (RFC 7518 §2, Base64urlUInt).
    let canonical = n.first() != Some(&0) && e.first() != Some(&0);
    if !canonical || !MODULUS.contains(&n.len()) || !(1..=4).contains(&e.len()) {
        return Err(refuse("is not an RSA key of 2048 to 4096 bits"));
    }
    let decoding = DecodingKey::from_rsa_raw_components(&n, &e);
    let (n, e) = (URL_SAFE_NO_PAD.encode(n), URL_SAFE_NO_PAD.encode(e));
    let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    Ok((&[SignatureAlgorithm::Rs256, SignatureAlgorithm::Ps256], canonical, decoding))
}

fn member<'a>(jwk: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Unacceptable> {
    let Some(value) = jwk.get(name) else { return Ok(None) };
    value.as_str().map(Some).ok_or(refuse("has a member that is not a text"))
}

fn may_verify(jwk: &Map<String, Value>) -> bool {
    match jwk.get("key_ops") {
        None => true,
        Some(operations) => operations
            .as_array()
            .is_some_and(|operations| operations.iter().any(|operation| operation == "verify")),
    }
}

fn decoded(jwk: &Map<String, Value>, name: &str) -> Result<Vec<u8>, Unacceptable> {
    let text = member(jwk, name)?.ok_or(refuse("lacks a member"))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| refuse("is not in base64url"))
}

fn bytes<const N: usize>(jwk: &Map<String, Value>, name: &str) -> Result<[u8; N], Unacceptable> {
    decoded(jwk, name)?.try_into().map_err(|_| refuse("is of the wrong length"))
}

/// The public keys of one party ([RFC 7517 §5]).
///
/// [RFC 7517 §5]: https://www.rfc-editor.org/rfc/rfc7517#section-5
#[derive(Debug, Clone)]
pub struct KeySet(Vec<PublicKey>);

/// The most keys that a set may hold.
const MOST_KEYS: usize = 50;

impl KeySet {
    /// Reads a JSON Web Key Set. Keys of kinds that are not offered are passed over, as
    /// [RFC 7517 §5] has it, and so is a key that gave its private part away.
    ///
    /// # Errors
    ///
    /// It is no key set, has too many keys, or none that counts here.
    ///
    /// [RFC 7517 §5]: https://www.rfc-editor.org/rfc/rfc7517#section-5
    pub fn read(text: &str) -> Result<Self, Unacceptable> {
        const NO_SET: Unacceptable =
            Unacceptable { subject: "the key set", problem: "is not a JSON Web Key Set" };
        let set: Map<String, Value> = json::parse(text.as_bytes()).map_err(|_| NO_SET)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(NO_SET)?;
        if keys.len() > MOST_KEYS {
            return Err(Unacceptable { subject: "the key set", problem: "has too many keys" });
        }
        let keys: Vec<_> =
            keys.iter().filter_map(|key| PublicKey::read(key.as_object()?).ok()).collect();
        if keys.is_empty() {
            let problem = "has no key that is offered here";
            return Err(Unacceptable { subject: "the key set", problem });
        }
        Ok(Self(keys))
    }

    /// The key that `kid` names, or else the only one that fits: with a `kid`, among those
    /// that have no name of their own.
    pub(super) fn choose(
        &self,
        kid: Option<&str>,
        algorithm: SignatureAlgorithm,
    ) -> Option<&PublicKey> {
        let fitting = || self.0.iter().filter(move |key| key.fits(algorithm));
        let Some(kid) = kid else { return only(fitting()) };
        let mut named = fitting().filter(|key| key.kid.as_deref() == Some(kid)).peekable();
        if named.peek().is_some() {
            return only(named);
        }
        only(fitting().filter(|key| key.kid.is_none()))
    }
}

fn only<'a>(mut keys: impl Iterator<Item = &'a PublicKey>) -> Option<&'a PublicKey> {
    let first = keys.next();
    first.filter(|_| keys.next().is_none())
}
