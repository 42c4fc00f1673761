//! Who acts for whom: what a handler learns about the agent that was let in.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

use super::protected_resource::ProtectedResource;
use super::refused::Refused;
use crate::protocol::authorization_details::AuthorizationDetails;
use crate::protocol::challenge::Refusal;
use crate::protocol::introspection::Introspected;
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::Timestamp;

/// A verified session ([RFC 7662 §2.2]): whoever holds one has passed a
/// [`Requirement`](super::Requirement). Handlers take it as a parameter.
///
/// [RFC 7662 §2.2]: https://www.rfc-editor.org/rfc/rfc7662#section-2.2
#[derive(Debug, Clone)]
pub struct Session {
    resource: ProtectedResource,
    token: Arc<Introspected>,
    /// What was required of it on the way here.
    required: Scopes,
}

impl Session {
    pub(super) fn new(resource: ProtectedResource, token: Arc<Introspected>) -> Self {
        Self { resource, token, required: Scopes::new() }
    }

    /// The person's account, as Countersign names it (`sub`, [RFC 7662 §2.2]): opaque, and the
    /// same for ever. None while nobody has approved the agent.
    ///
    /// [RFC 7662 §2.2]: https://www.rfc-editor.org/rfc/rfc7662#section-2.2
    pub fn account(&self) -> Option<&str> {
        Some(self.token.sub.as_str()).filter(|subject| *subject != self.token.client_id)
    }

    /// Who asked: the agent's registration (`client_id`, [RFC 7662 §2.2]).
    ///
    /// [RFC 7662 §2.2]: https://www.rfc-editor.org/rfc/rfc7662#section-2.2
    pub fn client_id(&self) -> &str {
        &self.token.client_id
    }

    /// The connection the person approved (`session_id`): the same through every refresh, and
    /// what to write into a log.
    pub fn id(&self) -> &str {
        &self.token.session_id
    }

    /// The agent's name as it told it (`agent`): for people to read, never to decide by.
    pub fn agent(&self) -> Option<&str> {
        self.token.agent.as_deref()
    }

    /// What this token may do (`scope`, [RFC 6749 §3.3]).
    ///
    /// [RFC 6749 §3.3]: https://www.rfc-editor.org/rfc/rfc6749#section-3.3
    pub fn scopes(&self) -> &Scopes {
        &self.token.scope
    }

    /// What those are pinned down to (`authorization_details`, [RFC 9396 §9.2]).
    ///
    /// [RFC 9396 §9.2]: https://www.rfc-editor.org/rfc/rfc9396#section-9.2
    pub fn authorization_details(&self) -> &AuthorizationDetails {
        &self.token.authorization_details
    }

    /// When it ends at the latest (`exp`, [RFC 7662 §2.2]).
    ///
    /// [RFC 7662 §2.2]: https://www.rfc-editor.org/rfc/rfc7662#section-2.2
    pub fn expires_at(&self) -> Timestamp {
        self.token.exp
    }

    /// When the person said yes; none before that.
    pub fn approved_at(&self) -> Option<Timestamp> {
        self.token.approved_at
    }

    /// Lets on whoever also holds all of `scopes`, separated by spaces: for what only the
    /// handler knows to need, such as one tool of several.
    ///
    /// # Errors
    ///
    /// A refusal to return: 403 `insufficient_scope`, which names everything the operation
    /// needs, what was required before included ([RFC 6750 §3.1]); 500 if the description
    /// does not know them.
    ///
    /// [RFC 6750 §3.1]: https://www.rfc-editor.org/rfc/rfc6750#section-3.1
    pub fn require(&self, scopes: &str) -> Result<(), Refused> {
        let described = |scopes: &Scopes| self.resource.scopes().covers(scopes);
        let scopes = Scopes::stored(scopes).ok().filter(described).ok_or(Refused::Misguarded);
        let scopes = scopes.inspect_err(Refused::log)?;
        self.clone().requiring(&scopes).map(|_| ())
    }

    pub(super) fn requiring(mut self, scopes: &Scopes) -> Result<Self, Refused> {
        self.required = self.required.join(scopes);
        if self.token.scope.covers(&self.required) {
            return Ok(self);
        }
        let lacks = Refusal::InsufficientScope(self.required.clone());
        Err(self.resource.refuse(&lacks, &self.required))
    }

    /// The same session, of which another guard has required something before.
    pub(super) fn after(mut self, before: &Self) -> Self {
        self.required.clone_from(&before.required);
        self
    }

    pub(super) fn is_of(&self, resource: &ProtectedResource) -> bool {
        self.resource.is(resource)
    }
}

impl FromRequest for Session {
    type Error = Refused;
    type Future = Ready<Result<Self, Refused>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let session = request.extensions().get::<Self>().cloned().ok_or(Refused::Misguarded);
        ready(session.inspect_err(Refused::log))
    }
}
