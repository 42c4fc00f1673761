//! What an agent is handed: tokens derived under the master secret, so that an identical
//! retry gets identical ones without their ever being stored, and signed assertions.

use crate::app::App;
use crate::domain::account::Account;
use crate::domain::approval::Approved;
use crate::domain::change::Effect;
use crate::domain::origin::Occasion;
use crate::domain::registration::Registration;
use crate::domain::session::{Session, Token, TokenKind};
use crate::jose::{AssertionClaims, JoseError};
use crate::protocol::agent::{Expiring, Identity};
use crate::protocol::scope::Scopes;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::protocol::token_response::TokenResponse;

/// The pair one event yields: a collection, or a rotation.
pub struct Pair {
    pub access: Secret,
    /// None for a session of one access token.
    pub refresh: Option<Secret>,
    pub issued_at: Timestamp,
    pub access_end: Timestamp,
    pub refresh_end: Timestamp,
    pub scopes: Scopes,
}

/// An assertion longer-lived than an hour would outlive what it stands for (auth.md: 3600 s).
const LONGEST_ASSERTION: Seconds = Seconds::HOUR;

impl Pair {
    /// The pair that `context` yields for this session, always the same one.
    #[must_use]
    pub fn derive(
        app: &App,
        session: &Session,
        context: &[&str],
        scopes: Scopes,
        issued_at: Timestamp,
    ) -> Self {
        let lifetimes = app.lifetimes();
        Self {
            access: app.vault.derive(SecretKind::Access, context),
            refresh: session.refreshable.then(|| app.vault.derive(SecretKind::Refresh, context)),
            issued_at,
            access_end: session.access_end(&scopes, issued_at, lifetimes.access),
            refresh_end: session.token_end(issued_at, lifetimes.refresh),
            scopes,
        }
    }

    /// The effects that make the pair good.
    #[must_use]
    pub fn issue(&self, session: &Session) -> Vec<Effect> {
        let token = |secret: &Secret, kind, expires_at| {
            Effect::IssueToken(Token {
                digest: secret.digest(),
                session: session.id.clone(),
                kind,
                scopes: self.scopes.clone(),
                created_at: self.issued_at,
                expires_at,
                spent_at: None,
                key: None,
            })
        };
        let mut effects = vec![token(&self.access, TokenKind::Access, self.access_end)];
        effects.extend(
            self.refresh
                .as_ref()
                .map(|refresh| token(refresh, TokenKind::Refresh, self.refresh_end)),
        );
        effects
    }

    /// The refresh token with its end, as auth.md nests it.
    #[must_use]
    pub fn expiring(&self) -> Option<Expiring> {
        self.refresh.as_ref().map(|refresh| Expiring {
            value: refresh.reveal().to_owned(),
            expires_at: self.refresh_end.iso(),
        })
    }

    /// The token endpoint's answer ([RFC 6749 §5.1]), with the assertion where one goes along.
    ///
    /// [RFC 6749 §5.1]: https://www.rfc-editor.org/rfc/rfc6749#section-5.1
    #[must_use]
    pub fn response(&self, identity: Option<Identity>) -> TokenResponse {
        TokenResponse {
            access_token: self.access.reveal().to_owned(),
            token_type: "Bearer",
            expires_in: self.access_end.since(self.issued_at).0,
            scope: self.scopes.to_string(),
            refresh_token: self.refresh.as_ref().map(|refresh| refresh.reveal().to_owned()),
            identity_assertion: identity.as_ref().map(|identity| identity.assertion.clone()),
            assertion_expires: identity.as_ref().map(|identity| identity.expires_at.clone()),
            identity,
        }
    }
}

/// The session as it is once what was approved has been collected: as it is, or widened by the
/// effects added here.
#[must_use]
pub fn widen(
    session: Session,
    approved: &Approved,
    effects: &mut Vec<Effect>,
    occasion: &Occasion,
) -> Session {
    let Some(widening) = approved.widening else { return session };
    let widened = session.widen(&approved.granted, widening, occasion);
    let session = match widened.first() {
        Some(Effect::Widen { scopes, extra, .. }) => {
            Session { scopes: scopes.clone(), extra: extra.clone(), ..session }
        }
        _ => session,
    };
    effects.extend(widened);
    session
}

/// Whom an assertion speaks of.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub registration: &'a Registration,
    pub session: &'a Session,
    /// None before a human has claimed it.
    pub account: Option<&'a Account>,
}

/// Signs the assertion of a registration: who it is, and nothing about a person before one
/// has claimed it (auth.md, "Token shapes").
///
/// # Errors
///
/// The cryptography failed.
pub fn assertion(
    app: &App,
    subject: Subject<'_>,
    context: &[&str],
    issued_at: Timestamp,
) -> Result<Identity, JoseError> {
    let lifetime = app.lifetimes().access.min(LONGEST_ASSERTION);
    let Subject { registration, session, account } = subject;
    let expires_at = session.token_end(issued_at, lifetime);
    let claims = AssertionClaims {
        iss: app.issuer().to_owned(),
        aud: app.issuer().to_owned(),
        sub: registration.id.0.clone(),
        jti: format!("jti_{}", app.vault.derive_identifier(context)),
        iat: issued_at.0,
        exp: expires_at.0,
        generation: registration.generation,
        email: account.map(|account| account.email.as_str().to_owned()),
        email_verified: account.map(|account| account.email_verified_at.is_some()),
    };
    Ok(Identity {
        assertion: app.keyring.sign_assertion(&claims)?,
        expires_at: expires_at.iso(),
        refresh_token: None,
    })
}
