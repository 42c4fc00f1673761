//! JSON Web Tokens: our own keys, our own assertions, and the one way to verify each kind.
//!
//! jsonwebtoken's defaults accept tokens without `aud` or `iss`, arrays where a string is
//! meant, wrong `typ` and unknown `crit`; so its `decode` is called here only, on a
//! struct of exact types, and every claim is judged by us against the request's time.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result as JwtResult};
use jsonwebtoken::jwk::{EllipticCurve, Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::signature::{Error as SignatureError, Signer, Verifier};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
    UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};

use crate::protocol::timestamp::Timestamp;

/// `typ` of an identity assertion; a provider's ID-JAG shares it, `iss` tells them apart.
pub const ASSERTION_TYPE: &str = "oauth-id-jag+jwt";

#[derive(Debug, thiserror::Error)]
pub enum JoseError {
    #[error("a signing key could not be made or read")]
    Key,
    #[error("a token could not be signed")]
    Sign(#[source] jsonwebtoken::errors::Error),
    #[error("the token is not one of ours, or no longer good")]
    Invalid,
}

/// What an identity assertion of ours says (auth.md, "Token shapes").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssertionClaims {
    pub iss: String,
    pub aud: String,
    /// The registration.
    pub sub: String,
    pub jti: String,
    pub iat: i64,
    pub exp: i64,
    /// Claiming, revoking and provider events advance it, so older assertions end at once.
    pub generation: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
}

/// An assertion whose signature and claims hold. Only [`Keyring::verify_assertion`] makes one.
#[derive(Debug, Clone)]
pub struct VerifiedAssertion(AssertionClaims);

impl VerifiedAssertion {
    #[must_use]
    pub fn claims(&self) -> &AssertionClaims {
        &self.0
    }
}

/// One ES256 key pair.
pub struct SigningKey {
    pub kid: String,
    encoding: EncodingKey,
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
        install_provider();
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
pub struct Keyring(Vec<SigningKey>);

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

    /// Signs an identity assertion.
    ///
    /// # Errors
    ///
    /// The cryptography failed.
    #[expect(clippy::disallowed_methods, reason = "this is where tokens are signed")]
    pub fn sign_assertion(&self, claims: &AssertionClaims) -> Result<String, JoseError> {
        let key = self.0.first().ok_or(JoseError::Key)?;
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(ASSERTION_TYPE.to_owned());
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, claims, &key.encoding).map_err(JoseError::Sign)
    }

    /// Verifies an identity assertion of ours: algorithm, `typ`, no `crit`, a published
    /// key, and every claim present, of its exact type and in time. Whether its generation
    /// still stands is the registration's to say.
    ///
    /// # Errors
    ///
    /// [`JoseError::Invalid`], whatever is wrong.
    #[expect(clippy::disallowed_methods, reason = "this is where tokens are verified")]
    pub fn verify_assertion(
        &self,
        token: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<VerifiedAssertion, JoseError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| JoseError::Invalid)?;
        let kid = header.kid.as_deref().ok_or(JoseError::Invalid)?;
        let key = self.0.iter().find(|key| key.kid == kid).ok_or(JoseError::Invalid)?;
        let sound_header = header.alg == Algorithm::ES256
            && header.typ.as_deref() == Some(ASSERTION_TYPE)
            && header.crit.is_none();
        if !sound_header {
            return Err(JoseError::Invalid);
        }
        let mut validation = Validation::new(Algorithm::ES256);
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let claims: AssertionClaims = jsonwebtoken::decode(token, &key.decoding, &validation)
            .map_err(|_| JoseError::Invalid)?
            .claims;
        let sound_claims = claims.iss == issuer
            && claims.aud == issuer
            && !claims.sub.is_empty()
            && !claims.jti.is_empty()
            && claims.iat <= now.0
            && now.0 < claims.exp;
        if sound_claims { Ok(VerifiedAssertion(claims)) } else { Err(JoseError::Invalid) }
    }
}

/// What an assertion says of its issuer before anybody has checked it: enough to choose
/// whose rules apply, and nothing more.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "chooses the verifier; trusts nothing")]
pub fn unverified_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Issuer {
        iss: String,
    }
    install_provider();
    jsonwebtoken::dangerous::insecure_decode_claims::<Issuer>(token).ok().map(|claims| claims.iss)
}

/// Makes `ring` the cryptography of jsonwebtoken, which panics at the first signature
/// when no provider is installed. Idempotent.
fn install_provider() {
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory,
        verifier_factory,
        key_utils: KeyUtils {
            rsa_pub_components_from_private_key: |_| Err(ErrorKind::InvalidAlgorithm.into()),
            rsa_pub_components_from_public_key: |_| Err(ErrorKind::InvalidAlgorithm.into()),
            ec_pub_components_from_private_key: public_components,
            ed_pub_components_from_private_key: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
            compute_digest,
        },
    };
    // The second caller finds it installed, which is what it wanted.
    let _already_installed = PROVIDER.install_default();
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "jsonwebtoken's signature")]
fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> JwtResult<Box<dyn JwtSigner>> {
    match algorithm {
        Algorithm::ES256 => Ok(Box::new(Es256Signer(key_pair(key.as_bytes())?))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "jsonwebtoken's signature")]
fn verifier_factory(algorithm: &Algorithm, key: &DecodingKey) -> JwtResult<Box<dyn JwtVerifier>> {
    match algorithm {
        Algorithm::ES256 => Ok(Box::new(Es256Verifier(key.try_get_as_bytes()?.to_vec()))),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

#[expect(clippy::disallowed_methods, reason = "ring blinds with the system's entropy itself")]
fn key_pair(pkcs8: &[u8]) -> JwtResult<EcdsaKeyPair> {
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new())
        .map_err(|_| ErrorKind::InvalidEcdsaKey.into())
}

/// The point of a P-256 key, uncompressed: `04 || x || y` (SEC 1 §2.3.3).
fn public_components(
    pkcs8: &[u8],
    algorithm: Algorithm,
) -> JwtResult<(EllipticCurve, Vec<u8>, Vec<u8>)> {
    if algorithm != Algorithm::ES256 {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let pair = key_pair(pkcs8)?;
    match pair.public_key().as_ref().split_first() {
        Some((4, point)) if point.len() == 64 => {
            let (x, y) = point.split_at(32);
            Ok((EllipticCurve::P256, x.to_vec(), y.to_vec()))
        }
        _ => Err(ErrorKind::InvalidEcdsaKey.into()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "jsonwebtoken's signature")]
fn compute_digest(bytes: &[u8], hash: ThumbprintHash) -> JwtResult<Vec<u8>> {
    let algorithm = match hash {
        ThumbprintHash::SHA256 => &ring::digest::SHA256,
        ThumbprintHash::SHA384 => &ring::digest::SHA384,
        ThumbprintHash::SHA512 => &ring::digest::SHA512,
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    };
    Ok(ring::digest::digest(algorithm, bytes).as_ref().to_vec())
}

struct Es256Signer(EcdsaKeyPair);

impl Signer<Vec<u8>> for Es256Signer {
    #[expect(clippy::disallowed_methods, reason = "ring draws nonces from the system itself")]
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        self.0
            .sign(&SystemRandom::new(), message)
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| SignatureError::new())
    }
}

impl JwtSigner for Es256Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

struct Es256Verifier(Vec<u8>);

impl Verifier<Vec<u8>> for Es256Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), SignatureError> {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0)
            .verify(message, signature)
            .map_err(|_| SignatureError::new())
    }
}

impl JwtVerifier for Es256Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::ES256
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://as.example";
    const NOW: Timestamp = Timestamp(1_000);

    fn keyring() -> Keyring {
        let pkcs8 = SigningKey::generate().expect("a key");
        Keyring::new(vec![SigningKey::read(&pkcs8).expect("readable")]).expect("a keyring")
    }

    fn claims() -> AssertionClaims {
        AssertionClaims {
            iss: ISSUER.into(),
            aud: ISSUER.into(),
            sub: "reg_1".into(),
            jti: "jti_1".into(),
            iat: 1_000,
            exp: 2_000,
            generation: 1,
            email: None,
            email_verified: None,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "forges what the verifier must refuse")]
    fn signed(keyring: &Keyring, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &keyring.0[0].encoding).expect("signed")
    }

    fn header(keyring: &Keyring) -> Header {
        let mut header = Header::new(Algorithm::ES256);
        header.typ = Some(ASSERTION_TYPE.into());
        header.kid = Some(keyring.0[0].kid.clone());
        header
    }

    #[test]
    fn an_assertion_verifies_until_the_second_it_expires() {
        let keyring = keyring();
        let token = keyring.sign_assertion(&claims()).expect("signed");
        let verified = keyring.verify_assertion(&token, ISSUER, NOW).expect("verified");
        assert_eq!(verified.claims(), &claims());
        assert!(keyring.verify_assertion(&token, ISSUER, Timestamp(2_000)).is_err());
        assert!(keyring.verify_assertion(&token, ISSUER, Timestamp(999)).is_err());
        assert!(keyring.verify_assertion(&token, "https://other", NOW).is_err());
        assert_eq!(unverified_issuer(&token).as_deref(), Some(ISSUER));
    }

    /// What jsonwebtoken's defaults were seen to accept.
    #[test]
    fn claims_missing_mistyped_or_foreign_are_refused() {
        let keyring = keyring();
        let sound = serde_json::to_value(claims()).expect("JSON");
        assert!(
            keyring
                .verify_assertion(&signed(&keyring, &header(&keyring), &sound), ISSUER, NOW)
                .is_ok()
        );
        let changes = [
            ("aud", Value::Null),
            ("aud", json!([ISSUER])),
            ("aud", json!([ISSUER, "x"])),
            ("aud", json!(5)),
            ("iss", json!([ISSUER])),
            ("iss", json!("https://as.example/")),
            ("sub", json!("")),
            ("jti", json!("")),
            ("exp", json!("2000")),
            ("exp", json!(2000.5)),
            ("exp", json!(-1)),
            ("exp", Value::Null),
            ("exp", json!(1e300)),
            ("iat", json!(1_001)),
            ("iat", json!("1000")),
            ("generation", json!("1")),
            ("generation", Value::Null),
        ];
        for (name, value) in changes {
            let mut claims = sound.clone();
            if value.is_null() {
                claims.as_object_mut().expect("an object").remove(name);
            } else {
                claims[name] = value.clone();
            }
            let token = signed(&keyring, &header(&keyring), &claims);
            assert!(keyring.verify_assertion(&token, ISSUER, NOW).is_err(), "{name} = {value}");
        }
    }

    /// RFC 8725 §3.1, §3.11: algorithm, type and criticality are ours to demand.
    #[test]
    fn headers_that_ask_for_other_rules_are_refused() {
        let keyring = keyring();
        let sound = serde_json::to_value(claims()).expect("JSON");
        let mut wrong_type = header(&keyring);
        wrong_type.typ = Some("JWT".into());
        let mut critical = header(&keyring);
        critical.crit = Some(vec!["x".into()]);
        let mut foreign_key = header(&keyring);
        foreign_key.kid = Some("other".into());
        for header in [wrong_type, critical, foreign_key] {
            assert!(
                keyring.verify_assertion(&signed(&keyring, &header, &sound), ISSUER, NOW).is_err()
            );
        }
        let token = keyring.sign_assertion(&claims()).expect("signed");
        let body = token.split('.').nth(1).expect("claims");
        for algorithm in ["none", "None", "HS256", "RS256"] {
            let kid = &keyring.0[0].kid;
            let forged = json!({"alg": algorithm, "typ": ASSERTION_TYPE, "kid": kid}).to_string();
            let forged = URL_SAFE_NO_PAD.encode(forged);
            for signature in ["", token.rsplit('.').next().expect("a signature")] {
                let token = format!("{forged}.{body}.{signature}");
                assert!(keyring.verify_assertion(&token, ISSUER, NOW).is_err(), "{algorithm}");
            }
        }
    }

    #[test]
    fn another_keyring_or_a_changed_body_is_refused() {
        let (ours, theirs) = (keyring(), keyring());
        let token = theirs.sign_assertion(&claims()).expect("signed");
        assert!(ours.verify_assertion(&token, ISSUER, NOW).is_err());
        let jwks = serde_json::to_value(ours.published()).expect("JSON");
        assert_eq!(jwks["keys"][0]["use"], "sig");
        assert_eq!(jwks["keys"][0]["kty"], "EC");
        assert!(jwks["keys"][0].get("d").is_none());
    }
}
