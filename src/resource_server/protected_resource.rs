//! The API as agents meet it: what it is called, whom it believes, and whom it lets in.

use std::fmt;
use std::sync::Arc;

use actix_web::dev::{HttpServiceFactory, RequestHead};

use super::authorization::Presented;
use super::description::{Checked, Description};
use super::introspect::Introspect;
use super::metadata;
use super::proof::{Proofs, is_bearer, key_of};
use super::refused::Refused;
use super::requirement::Requirement;
use super::session::Session;
use crate::protocol::challenge::Refusal;
use crate::protocol::error::OAuthError;
use crate::protocol::introspection::Introspected;
use crate::protocol::issuer::Issuer;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;

/// One protected resource ([RFC 9728 §1.2]): made once, cloned into every worker.
///
/// [RFC 9728 §1.2]: https://www.rfc-editor.org/rfc/rfc9728#section-1.2
#[derive(Clone)]
pub struct ProtectedResource(Arc<Inner>);

struct Inner {
    identifier: ResourceIdentifier,
    metadata_url: String,
    authorization_server: Issuer,
    scopes: Scopes,
    default_scopes: Scopes,
    metadata: String,
    source: Box<dyn Introspect>,
    proofs: Proofs,
}

impl ProtectedResource {
    /// Begins to describe an API: its own address as tokens name it ([RFC 8707 §2]), and the
    /// Countersign that lets agents into it (its `issuer`, [RFC 8414 §2]).
    ///
    /// [RFC 8707 §2]: https://www.rfc-editor.org/rfc/rfc8707#section-2
    /// [RFC 8414 §2]: https://www.rfc-editor.org/rfc/rfc8414#section-2
    pub fn describe(identifier: &str, authorization_server: &str) -> Description {
        Description::new(identifier, authorization_server)
    }

    pub(super) fn new(checked: Checked, source: Box<dyn Introspect>, proofs: Proofs) -> Self {
        let metadata = metadata::document(&checked);
        let Checked { identifier, authorization_server, scopes, default_scopes, .. } = checked;
        let metadata_url = identifier.metadata_url();
        Self(Arc::new(Inner {
            identifier,
            metadata_url,
            authorization_server,
            scopes,
            default_scopes,
            metadata,
            source,
            proofs,
        }))
    }

    /// The metadata document, where agents look for it: the well-known path before the path
    /// of the identifier, and at the root of the host ([RFC 9728 §3.1]). For the `App` itself,
    /// outside whatever a requirement guards.
    ///
    /// [RFC 9728 §3.1]: https://www.rfc-editor.org/rfc/rfc9728#section-3.1
    pub fn metadata(&self) -> impl HttpServiceFactory + 'static {
        metadata::service(&self.0.identifier, self.0.metadata.clone())
    }

    /// A middleware that lets in whoever holds all of these scopes, separated by spaces
    /// ([RFC 6750 §3.1]). Each of them is one that the description names; a server in which
    /// one is not does not start.
    ///
    /// [RFC 6750 §3.1]: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
    pub fn requires(&self, scopes: &str) -> Requirement {
        Requirement::new(self.clone(), scopes)
    }

    /// A middleware that lets in whoever holds a live session, whatever its scopes
    /// ([RFC 6750 §3.1]).
    ///
    /// [RFC 6750 §3.1]: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
    pub fn requires_session(&self) -> Requirement {
        self.requires("")
    }

    pub(super) fn scopes(&self) -> &Scopes {
        &self.0.scopes
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Who sends this request. Whoever does not say learns from the challenge how to ask for
    /// what is `needed`.
    pub(super) async fn identify(
        &self,
        request: &RequestHead,
        needed: &Scopes,
        anew: bool,
    ) -> Result<Session, Refused> {
        let judged = match Presented::by(request.headers()) {
            Presented::Absent => Err(Refusal::NoToken.into()),
            Presented::Unusable => Err(Refusal::InvalidToken.into()),
            Presented::Bearer(token) => self.bearer(token, anew).await,
            Presented::Dpop(token) => self.proven(token, request, anew).await,
        };
        self.answered(judged, needed)
    }

    /// Whether the token of a request that a guard has let in is still good, believing nothing
    /// that was remembered. Its proof has been checked, and counts once ([RFC 9449 §11.1]).
    ///
    /// [RFC 9449 §11.1]: https://www.rfc-editor.org/rfc/rfc9449#section-11.1
    pub(super) async fn look_again(
        &self,
        request: &RequestHead,
        needed: &Scopes,
    ) -> Result<Session, Refused> {
        let judged = match Presented::by(request.headers()) {
            Presented::Bearer(token) | Presented::Dpop(token) => self.known(token, true).await,
            Presented::Absent | Presented::Unusable => Ok(None),
        };
        let judged = judged.and_then(|token| token.ok_or_else(|| Refusal::InvalidToken.into()));
        self.answered(judged, needed)
    }

    fn answered(
        &self,
        judged: Result<Arc<Introspected>, NotLetIn>,
        needed: &Scopes,
    ) -> Result<Session, Refused> {
        match judged {
            Ok(token) => Ok(Session::new(self.clone(), token)),
            Err(NotLetIn::Refusal(refusal)) => Err(self.refuse(&refusal, needed)),
            Err(NotLetIn::Failed(error)) => Err(Refused::Failed(error)),
        }
    }

    /// A token that counts in anybody's hands. One that is bound to a key is worth nothing
    /// without a proof of that key ([RFC 9449 §7.2]).
    ///
    /// [RFC 9449 §7.2]: https://www.rfc-editor.org/rfc/rfc9449#section-7.2
    async fn bearer(&self, token: &str, anew: bool) -> Result<Arc<Introspected>, NotLetIn> {
        let token = self.known(token, anew).await?.ok_or(Refusal::InvalidToken)?;
        if is_bearer(&token) {
            Ok(token)
        } else if key_of(&token).is_some() {
            Err(Refusal::BoundToken.into())
        } else {
            Err(Refusal::InvalidToken.into())
        }
    }

    /// A token that counts with a proof of its key ([RFC 9449 §7.1]). The token is looked at
    /// first: a proof is used up by being checked.
    ///
    /// [RFC 9449 §7.1]: https://www.rfc-editor.org/rfc/rfc9449#section-7.1
    async fn proven(
        &self,
        token: &str,
        request: &RequestHead,
        anew: bool,
    ) -> Result<Arc<Introspected>, NotLetIn> {
        let known = self.known(token, anew).await?.ok_or(Refusal::UnprovenToken)?;
        let key = key_of(&known).ok_or(Refusal::UnprovenToken)?;
        self.0.proofs.check(request, token, &key)?;
        Ok(known)
    }

    /// What is known of a token, if it is live and one of this resource's.
    async fn known(&self, token: &str, anew: bool) -> Result<Option<Arc<Introspected>>, NotLetIn> {
        let source = &self.0.source;
        let answer =
            if anew { source.introspect_anew(token) } else { source.introspect(token) }.await;
        match answer {
            Ok(token) => Ok(token.filter(|token| self.believes(token))),
            Err(error) => Err(NotLetIn::Failed(error)),
        }
    }

    /// Whether the answer is about a token of this resource, from the server that issues them
    /// ([RFC 8707 §2], [RFC 9068 §4]).
    ///
    /// [RFC 8707 §2]: https://www.rfc-editor.org/rfc/rfc8707#section-2
    /// [RFC 9068 §4]: https://www.rfc-editor.org/rfc/rfc9068#section-4
    fn believes(&self, token: &Introspected) -> bool {
        token.aud.is(&self.0.identifier) && token.iss == self.0.authorization_server.as_str()
    }

    /// A refusal with its challenge ([RFC 6750 §3], [RFC 9728 §5.1]).
    ///
    /// [RFC 6750 §3]: https://www.rfc-editor.org/rfc/rfc6750#section-3
    /// [RFC 9728 §5.1]: https://www.rfc-editor.org/rfc/rfc9728#section-5.1
    pub(super) fn refuse(&self, refusal: &Refusal, needed: &Scopes) -> Refused {
        let needed = if needed.is_empty() { &self.0.default_scopes } else { needed };
        let challenge = refusal.challenge(&self.0.metadata_url, needed);
        let nonce = match refusal {
            Refusal::UseNonce(nonce) => Some(nonce.clone()),
            _ => None,
        };
        let (status, error) = (refusal.status(), refusal.code());
        Refused::Challenged { status, error, challenge, nonce }
    }
}

/// Why a token does not let in.
pub(super) enum NotLetIn {
    Refusal(Refusal),
    /// Nobody could say.
    Failed(OAuthError),
}

impl From<Refusal> for NotLetIn {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl fmt::Debug for ProtectedResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProtectedResource").field(&self.0.identifier).finish()
    }
}
