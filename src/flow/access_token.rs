//! Access tokens in both forms: opaque, or signed where a resource asks for it. Either is a
//! row of the session it hangs from, and worth what that row is worth.

use zeroize::Zeroizing;

use crate::app::App;
use crate::domain::change::Effect;
use crate::domain::id::SessionId;
use crate::domain::resource::AccessTokenFormat;
use crate::domain::session::{Token, TokenKind};
use crate::jose::{AccessTokenClaims, JoseError};
use crate::protocol::actor::Actor;
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::{Digest, Secret, SecretKind};
use crate::protocol::thumbprint::{Confirmation, Thumbprint};
use crate::protocol::timestamp::Timestamp;
use crate::protocol::token_response::TokenResponse;

/// An access token in the clear, on its way to its holder, with its row.
pub struct AccessToken {
    text: Zeroizing<String>,
    row: Token,
    details: Option<AuthorizationDetails>,
}

/// What an access token stands for ([RFC 9068 §2.2]).
///
/// [RFC 9068 §2.2]: https://www.rfc-editor.org/rfc/rfc9068#section-2.2
#[derive(Debug, Clone, Copy)]
pub struct Worth<'a> {
    pub resource: &'a ResourceIdentifier,
    pub subject: &'a str,
    pub client: &'a str,
    pub session: &'a SessionId,
    pub scopes: &'a Scopes,
    /// What those are pinned down to (RFC 9396).
    pub details: Option<&'a AuthorizationDetails>,
    pub issued_at: Timestamp,
    pub ends_at: Timestamp,
    pub actor: Option<&'a Actor>,
    /// Whoever uses it must prove possession of this key (RFC 9449 §7.1).
    pub key: Option<&'a Thumbprint>,
}

impl AccessToken {
    /// The effect that makes it good.
    #[must_use]
    pub fn issue(&self) -> Effect {
        Effect::IssueToken(self.row.clone())
    }

    /// When it ends, if nothing ends it before.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        self.row.expires_at
    }

    /// The token itself, for the one answer that delivers it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What its row is found by.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.row.digest
    }

    /// Whoever uses it must prove possession of this key ([RFC 9449 §7.1]).
    ///
    /// [RFC 9449 §7.1]: https://www.rfc-editor.org/rfc/rfc9449#section-7.1
    #[must_use]
    pub fn key(&self) -> Option<&Thumbprint> {
        self.row.key.as_ref()
    }

    /// The answer that delivers it ([RFC 6749 §5.1], [RFC 9449 §5]).
    ///
    /// [RFC 6749 §5.1]: https://www.rfc-editor.org/rfc/rfc6749#section-5.1
    /// [RFC 9449 §5]: https://www.rfc-editor.org/rfc/rfc9449#section-5
    #[must_use]
    pub fn response(&self) -> TokenResponse {
        TokenResponse {
            access_token: self.text.to_string(),
            token_type: token_type(self.row.key.as_ref()),
            expires_in: self.row.expires_at.since(self.row.created_at).0,
            scope: self.row.scopes.to_string(),
            authorization_details: self.details.clone(),
            id_token: None,
            refresh_token: None,
            issued_token_type: None,
            identity_assertion: None,
            assertion_expires: None,
            identity: None,
        }
    }
}

/// The access token that `secret` becomes at its resource: itself, or a signed one ([RFC
/// 9068]) of which it determines the name, so that equal secrets yield one token.
///
/// # Errors
///
/// The cryptography failed.
///
/// [RFC 9068]: https://www.rfc-editor.org/rfc/rfc9068
pub fn make(app: &App, secret: &Secret, worth: &Worth<'_>) -> Result<AccessToken, JoseError> {
    let format = app.resource(worth.resource).map(|resource| resource.access_token);
    let (text, digest) = if format == Some(AccessTokenFormat::Jwt) {
        let jti = app.vault.derive_identifier(&["access token", secret.reveal()]);
        (signed(app, &jti, worth)?, Digest::of(jti.as_bytes()))
    } else {
        (secret.reveal().to_owned(), secret.digest())
    };
    let row = Token {
        digest,
        session: worth.session.clone(),
        kind: TokenKind::Access,
        scopes: worth.scopes.clone(),
        created_at: worth.issued_at,
        expires_at: worth.ends_at,
        spent_at: None,
        key: worth.key.cloned(),
    };
    Ok(AccessToken { text: Zeroizing::new(text), row, details: worth.details.cloned() })
}

fn signed(app: &App, jti: &str, worth: &Worth<'_>) -> Result<String, JoseError> {
    app.keyring.sign_access_token(&AccessTokenClaims {
        iss: app.issuer(),
        aud: worth.resource.as_str(),
        sub: worth.subject,
        client_id: worth.client,
        iat: worth.issued_at.0,
        exp: worth.ends_at.0,
        jti,
        scope: &worth.scopes.to_string(),
        authorization_details: worth.details,
        session_id: worth.session.as_str(),
        act: worth.actor,
        cnf: worth.key.map(Confirmation::of),
    })
}

/// What the row of a presented access token is found by; `None` for anything that cannot be
/// one, which is found out without asking the database: an opaque token by its checksum, a
/// signed one ([RFC 9068 §4]) by our signature.
///
/// [RFC 9068 §4]: https://www.rfc-editor.org/rfc/rfc9068#section-4
#[must_use]
pub fn digest_of(app: &App, presented: &str) -> Option<Digest> {
    if presented.starts_with(SecretKind::Access.prefix()) {
        return Secret::parse(SecretKind::Access, presented).map(|secret| secret.digest());
    }
    let named = app.keyring.verify_access_token(presented, app.issuer()).ok()?;
    Some(Digest::of(named.0.as_bytes()))
}

/// `token_type` of a token that is bound to this key, or to none ([RFC 9449 §5]).
///
/// [RFC 9449 §5]: https://www.rfc-editor.org/rfc/rfc9449#section-5
#[must_use]
pub fn token_type(key: Option<&Thumbprint>) -> &'static str {
    if key.is_some() { "DPoP" } else { "Bearer" }
}
