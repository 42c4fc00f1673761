//! Tokens that a person's browser hands to the person's scripts (docs/credentials.md,
//! "Management").

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::{JoseError, Keyring};
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;

/// `typ` of a console token. No other verifier of ours takes a token of this type, nor does that of
/// an API for access tokens (RFC 8725 §3.11).
const CONSOLE_TOKEN_TYPE: &str = "console+jwt";

/// What a console token says: who, at which profile, out of which browser, until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleClaims {
    pub iss: String,
    /// The profile's resource.
    pub aud: String,
    /// The account.
    pub sub: String,
    pub profile: String,
    pub jti: String,
    /// The sign-in that it hangs from.
    sid: String,
    pub iat: i64,
    pub exp: i64,
}

/// What is not the same in every console token.
#[derive(Debug)]
pub struct ConsoleGrant<'a> {
    pub resource: &'a str,
    pub account: &'a str,
    pub profile: &'a str,
    pub id: String,
    /// Digest of the cookie of the browser that hands it out.
    pub browser: &'a Digest,
    pub ends_at: Timestamp,
}

impl ConsoleClaims {
    /// Digest of the cookie of the browser that handed it out.
    #[must_use]
    pub fn browser(&self) -> Option<Digest> {
        Digest::stored(&URL_SAFE_NO_PAD.decode(&self.sid).ok()?)
    }
}

impl Keyring {
    /// Signs a console token.
    ///
    /// # Errors
    ///
    /// The cryptography failed.
    pub fn sign_console_token(
        &self,
        issuer: &str,
        grant: ConsoleGrant<'_>,
        now: Timestamp,
    ) -> Result<String, JoseError> {
        let claims = ConsoleClaims {
            iss: issuer.to_owned(),
            aud: grant.resource.to_owned(),
            sub: grant.account.to_owned(),
            profile: grant.profile.to_owned(),
            jti: grant.id,
            sid: URL_SAFE_NO_PAD.encode(grant.browser.0),
            iat: now.0,
            exp: grant.ends_at.0,
        };
        self.sign(CONSOLE_TOKEN_TYPE, &claims)
    }

    /// Verifies a console token of ours. Whether its browser is still signed in is for the
    /// database to say.
    ///
    /// # Errors
    ///
    /// [`JoseError::Invalid`], whatever is wrong.
    pub fn verify_console_token(
        &self,
        token: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<ConsoleClaims, JoseError> {
        let claims: ConsoleClaims = self.verify(CONSOLE_TOKEN_TYPE, token)?;
        let sound = claims.iss == issuer
            && !claims.sub.is_empty()
            && !claims.jti.is_empty()
            && claims.browser().is_some()
            && claims.iat <= now.0
            && now.0 < claims.exp;
        if sound { Ok(claims) } else { Err(JoseError::Invalid) }
    }
}
