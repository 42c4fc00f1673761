//! What an agent is handed: tokens derived under the master secret, so that an identical
//! retry gets identical ones without their ever being stored, and signed assertions.

use std::borrow::Cow;

use crate::app::App;
use crate::domain::account::Account;
use crate::domain::approval::Approved;
use crate::domain::change::Effect;
use crate::domain::client::{Authentication, Client};
use crate::domain::origin::Occasion;
use crate::domain::registration::Registration;
use crate::domain::session::{Session, Token, TokenKind};
use crate::flow::access_token::{self, AccessToken, Worth};
use crate::flow::dpop::Proof;
use crate::jose::{AssertionClaims, JoseError};
use crate::protocol::agent::{Expiring, Identity};
use crate::protocol::scope::Scopes;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::thumbprint::{Confirmation, Thumbprint};
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::protocol::token_response::TokenResponse;

/// The pair one event yields: a collection, or a rotation.
pub struct Pair {
    pub access: AccessToken,
    /// None for a session of one access token.
    pub refresh: Option<Secret>,
    pub issued_at: Timestamp,
    pub refresh_end: Timestamp,
    pub scopes: Scopes,
    binding: Binding,
}

/// What a pair is for.
#[derive(Debug, Clone)]
pub struct Granted {
    pub scopes: Scopes,
    pub binding: Binding,
}

/// Which key each of a pair is bound to ([RFC 9449 §5]), and the proof of it.
///
/// [RFC 9449 §5]: https://www.rfc-editor.org/rfc/rfc9449#section-5
#[derive(Debug, Clone)]
pub struct Binding {
    proof: Option<Proof>,
    refresh: Option<Thumbprint>,
}

impl Binding {
    /// The key that was proven, if one was. A client that authenticates itself needs no key
    /// for its refresh token, and may change it; everybody else must show the same one again.
    #[must_use]
    pub fn of(proof: Option<&Proof>, client: Option<&Client>) -> Self {
        let confidential =
            client.is_some_and(|client| client.authentication != Authentication::None);
        let refresh = if confidential { None } else { proof.map(Proof::key) };
        Self { proof: proof.cloned(), refresh: refresh.cloned() }
    }
}

/// An assertion longer-lived than an hour would outlive what it stands for (auth.md: 3600 s).
const LONGEST_ASSERTION: Seconds = Seconds::HOUR;

impl Pair {
    /// The pair that `context` yields for the session, always the same one.
    ///
    /// # Errors
    ///
    /// A signed access token could not be signed.
    pub fn derive(
        app: &App,
        session: &Session,
        context: &[&str],
        granted: Granted,
        issued_at: Timestamp,
    ) -> Result<Self, JoseError> {
        let lifetimes = app.lifetimes_of(session.door);
        let Granted { scopes, binding } = granted;
        let worth = Worth {
            resource: &session.resource,
            subject: session.subject(),
            client: session.client_id(),
            session: &session.id,
            scopes: &scopes,
            details: session.details.some(),
            issued_at,
            ends_at: session.access_end(&scopes, issued_at, lifetimes.access),
            actor: session.actor.as_ref(),
            key: binding.proof.as_ref().map(Proof::key),
        };
        let access = app.vault.derive(SecretKind::Access, context);
        Ok(Self {
            access: access_token::make(app, &access, &worth)?,
            refresh: session.refreshable.then(|| app.vault.derive(SecretKind::Refresh, context)),
            issued_at,
            refresh_end: session.token_end(issued_at, lifetimes.refresh),
            scopes,
            binding,
        })
    }

    /// The effects that make the pair good, the first of which uses up the proof behind it.
    #[must_use]
    pub fn issue(&self, session: &Session) -> Vec<Effect> {
        let refresh = self.refresh.as_ref().map(|refresh| {
            Effect::IssueToken(Token {
                digest: refresh.digest(),
                session: session.id.clone(),
                kind: TokenKind::Refresh,
                scopes: self.scopes.clone(),
                created_at: self.issued_at,
                expires_at: self.refresh_end,
                spent_at: None,
                key: self.binding.refresh.clone(),
            })
        });
        self.spend().into_iter().chain([self.access.issue()]).chain(refresh).collect()
    }

    /// Uses up the proof behind the pair, also where it was made good before
    /// ([RFC 9449 §11.1]).
    ///
    /// [RFC 9449 §11.1]: https://www.rfc-editor.org/rfc/rfc9449#section-11.1
    #[must_use]
    pub fn spend(&self) -> Option<Effect> {
        self.binding.proof.as_ref().map(Proof::spend)
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
            refresh_token: self.refresh.as_ref().map(|refresh| refresh.reveal().to_owned()),
            identity_assertion: identity.as_ref().map(|identity| identity.assertion.clone()),
            assertion_expires: identity.as_ref().map(|identity| identity.expires_at.clone()),
            identity,
            ..self.access.response()
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
    /// The key that whoever gets it has proven: in other hands it must be worth as little as
    /// the tokens that it comes with.
    pub key: Option<&'a Thumbprint>,
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
    let Subject { registration, session, account, key } = subject;
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
        cnf: key.map(|key| Confirmation { jkt: Cow::Owned(key.clone()) }),
    };
    Ok(Identity {
        assertion: app.keyring.sign_assertion(&claims)?,
        expires_at: expires_at.iso(),
        refresh_token: None,
    })
}
