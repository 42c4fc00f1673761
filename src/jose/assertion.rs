//! Identity assertions of ours (auth.md, "Token shapes").

use serde::{Deserialize, Serialize};

use super::{JoseError, Keyring, provider};
use crate::protocol::thumbprint::Confirmation;
use crate::protocol::timestamp::Timestamp;

/// `typ` of an identity assertion; a provider's ID-JAG shares it, `iss` tells them apart.
pub const ASSERTION_TYPE: &str = "oauth-id-jag+jwt";

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
    /// Whoever exchanges it must prove possession of this key (RFC 9449 §6.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation<'static>>,
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

impl Keyring {
    /// Signs an identity assertion.
    ///
    /// # Errors
    ///
    /// The cryptography failed.
    pub fn sign_assertion(&self, claims: &AssertionClaims) -> Result<String, JoseError> {
        self.sign(ASSERTION_TYPE, claims)
    }

    /// Verifies an identity assertion of ours: algorithm, `typ`, no `crit`, a published
    /// key, and every claim present, of its exact type and in time. Whether its generation
    /// still stands is the registration's to say.
    ///
    /// # Errors
    ///
    /// [`JoseError::Invalid`], whatever is wrong.
    pub fn verify_assertion(
        &self,
        token: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<VerifiedAssertion, JoseError> {
        let claims: AssertionClaims = self.verify(ASSERTION_TYPE, token)?;
        let sound = claims.iss == issuer
            && claims.aud == issuer
            && !claims.sub.is_empty()
            && !claims.jti.is_empty()
            && claims.iat <= now.0
            && now.0 < claims.exp;
        if sound { Ok(VerifiedAssertion(claims)) } else { Err(JoseError::Invalid) }
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
    provider::install();
    jsonwebtoken::dangerous::insecure_decode_claims::<Issuer>(token).ok().map(|claims| claims.iss)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::{Algorithm, Header};
    use serde_json::{Value, json};

    use super::*;
    use crate::jose::SigningKey;

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
            cnf: None,
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
