//! Our own keys, and what is done with all of them alike.

use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{JoseError, provider};

/// One ES256 key pair.
pub struct SigningKey {
    pub kid: String,
    pub(super) encoding: EncodingKey,
    decoding: DecodingKey,
    jwk: Jwk,
}

impl SigningKey {
    /// A fresh key as a PKCS#8 document, for sealing into the database.
    ///
    /// # Errors
    ///
    /// No entropy.
    #[expect(clippy::disallowed_methods, reason = "ring draws keys from the system itself")]
    pub fn generate() -> Result<Vec<u8>, JoseError> {
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .map(|document| document.as_ref().to_vec())
            .map_err(|_| JoseError::Key)
    }

    /// Reads a PKCS#8 document; its `kid` is the thumbprint of [RFC 7638].
    ///
    /// # Errors
    ///
    /// The document is not a P-256 key.
    ///
    /// [RFC 7638]: https://www.rfc-editor.org/rfc/rfc7638
    pub fn read(pkcs8: &[u8]) -> Result<Self, JoseError> {
        provider::install();
        let encoding = EncodingKey::from_ec_der(pkcs8);
        let mut jwk =
            Jwk::from_encoding_key(&encoding, Algorithm::ES256).map_err(|_| JoseError::Key)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| JoseError::Key)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        let decoding = DecodingKey::from_jwk(&jwk).map_err(|_| JoseError::Key)?;
        Ok(Self { kid, encoding, decoding, jwk })
    }
}

/// Every key that is published; the first one signs.
pub struct Keyring(pub(super) Vec<SigningKey>);

impl Keyring {
    /// # Errors
    ///
    /// There is no key.
    pub fn new(keys: Vec<SigningKey>) -> Result<Self, JoseError> {
        if keys.is_empty() { Err(JoseError::Key) } else { Ok(Self(keys)) }
    }

    /// The JSON Web Key Set of [RFC 7517 §5].
    ///
    /// [RFC 7517 §5]: https://www.rfc-editor.org/rfc/rfc7517#section-5
    #[must_use]
    pub fn published(&self) -> JwkSet {
        JwkSet { keys: self.0.iter().map(|key| key.jwk.clone()).collect() }
    }

    /// Signs `claims` as a token of type `typ`, so that no kind is mistaken for another
    /// ([RFC 8725 §3.11]).
    ///
    /// [RFC 8725 §3.11]: https://www.rfc-editor.org/rfc/rfc8725#section-3.11
    #[expect(clippy::disallowed_methods, reason = "this is where tokens are signed")]
    pub(super) fn sign<T: Serialize>(&self, typ: &str, claims: &T) -> Result<String, JoseError> {
        let key = self.0.first().ok_or(JoseError::Key)?;
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, claims, &key.encoding).map_err(JoseError::Sign)
    }

    /// The claims of a token of ours of type `typ`: algorithm, type, no `crit`, a published
    /// key, and every claim of its exact type. What they say is the caller's to judge.
    #[expect(clippy::disallowed_methods, reason = "this is where tokens are verified")]
    pub(super) fn verify<T: DeserializeOwned>(
        &self,
        typ: &str,
        token: &str,
    ) -> Result<T, JoseError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| JoseError::Invalid)?;
        let kid = header.kid.as_deref().ok_or(JoseError::Invalid)?;
        let key = self.0.iter().find(|key| key.kid == kid).ok_or(JoseError::Invalid)?;
        let sound = header.alg == Algorithm::ES256
            && header.typ.as_deref() == Some(typ)
            && header.crit.is_none();
        if !sound {
            return Err(JoseError::Invalid);
        }
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        jsonwebtoken::decode(token, &key.decoding, &validation)
            .map(|token| token.claims)
            .map_err(|_| JoseError::Invalid)
    }
}
