//! Access tokens that APIs can check by themselves ([RFC 9068]).
//!
//! [RFC 9068]: https://www.rfc-editor.org/rfc/rfc9068

use serde::{Deserialize, Serialize};

use super::{JoseError, Keyring};
use crate::protocol::actor::Actor;
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::thumbprint::Confirmation;

/// `typ` of an access token ([RFC 9068 §2.1]).
///
/// [RFC 9068 §2.1]: https://www.rfc-editor.org/rfc/rfc9068#section-2.1
pub const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// What an access token says ([RFC 9068 §2.2]): what introspection says of it, and no more
/// about the person. When that person signed in is not known to a session, so `auth_time`
/// is left out.
///
/// [RFC 9068 §2.2]: https://www.rfc-editor.org/rfc/rfc9068#section-2.2
#[derive(Debug, Clone, Serialize)]
pub struct AccessTokenClaims<'a> {
    pub iss: &'a str,
    pub aud: &'a str,
    pub sub: &'a str,
    pub client_id: &'a str,
    pub iat: i64,
    pub exp: i64,
    pub jti: &'a str,
    pub scope: &'a str,
    /// RFC 9396 §9.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_details: Option<&'a AuthorizationDetails>,
    pub session_id: &'a str,
    /// RFC 8693 §4.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<&'a Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation<'a>>,
}

/// The name of an access token that we signed. Whether it is still worth anything is its
/// row's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessTokenId(pub String);

impl Keyring {
    /// Signs an access token.
    ///
    /// # Errors
    ///
    /// The cryptography failed.
    pub fn sign_access_token(&self, claims: &AccessTokenClaims<'_>) -> Result<String, JoseError> {
        self.sign(ACCESS_TOKEN_TYPE, claims)
    }

    /// The name of an access token of ours.
    ///
    /// # Errors
    ///
    /// [`JoseError::Invalid`]: it is not one of ours.
    pub fn verify_access_token(
        &self,
        token: &str,
        issuer: &str,
    ) -> Result<AccessTokenId, JoseError> {
        #[derive(Deserialize)]
        struct Named {
            iss: String,
            jti: String,
        }
        let named: Named = self.verify(ACCESS_TOKEN_TYPE, token)?;
        let ours = named.iss == issuer && !named.jti.is_empty();
        if ours { Ok(AccessTokenId(named.jti)) } else { Err(JoseError::Invalid) }
    }
}
