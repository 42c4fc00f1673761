//! Who may call what: one principal for every route. A route that is not in the table is not
//! served, and from a request to a route for browsers a token is taken off before anybody looks,
//! so that no handler there can believe one (design promise P7).

use actix_web::dev::ServiceRequest;
use actix_web::http::header;

use self::Principal::{AgentSession, Browser, Client, Nobody, Proxy, ResourceServer};

/// Who a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// Nobody proves who it is; what is sent may prove itself, as a code or an assertion does.
    Nobody,
    /// A person's browser, by its cookie alone: no session of an agent's gets here.
    Browser,
    /// An agent, by its access token.
    AgentSession,
    /// An OAuth client, by what it authenticates or registered with.
    Client,
    /// An API that asks about tokens.
    ResourceServer,
    /// The proxy before one.
    Proxy,
}

/// The principal of every route. Where keys and other secrets of people's are made, read or
/// rotated, it is [`Browser`].
pub const ROUTES: &[(&str, Principal)] = &[
    ("/introspect", ResourceServer),
    ("/oauth2/introspect", ResourceServer),
    ("/introspect/batch", ResourceServer),
    ("/forward-auth", Proxy),
    ("/forward-auth/{path:.*}", Proxy),
    ("/.well-known/oauth-authorization-server", Nobody),
    ("/.well-known/openid-configuration", Nobody),
    ("/.well-known/oauth-protected-resource", Nobody),
    ("/.well-known/jwks.json", Nobody),
    ("/auth.md", Nobody),
    ("/.well-known/oauth-protected-resource/{path:.*}", Nobody),
    ("/.well-known/oauth-authorization-server/{path:.*}", Nobody),
    ("/.well-known/openid-configuration/{path:.*}", Nobody),
    ("/{path:.*}/.well-known/oauth-authorization-server", Nobody),
    ("/{path:.*}/.well-known/openid-configuration", Nobody),
    ("/agent/identity", Nobody),
    ("/agent/identity/claim", Nobody),
    ("/agent/identity/claim/complete", Nobody),
    ("/token", Client),
    ("/oauth2/token", Client),
    ("/par", Client),
    ("/oauth2/par", Client),
    ("/revoke", Client),
    ("/oauth2/revoke", Client),
    ("/register", Client),
    ("/oauth2/register", Client),
    ("/register/{client_id}", Client),
    ("/device_authorization", Client),
    ("/oauth2/device_authorization", Client),
    ("/authorize", Browser),
    ("/", Browser),
    ("/sign-in", Browser),
    ("/sign-in/passkey", Browser),
    ("/sign-up", Browser),
    ("/sign-out", Browser),
    ("/forgot-password", Browser),
    ("/account/address", Browser),
    ("/account/address/{link}", Browser),
    ("/welcome/{link}", Browser),
    ("/approve/{id}", Browser),
    ("/device", Browser),
    ("/account/history", Browser),
    ("/account/history/export.csv", Browser),
    ("/account/history/export.jsonl", Browser),
    ("/account/browsers", Browser),
    ("/account/passkeys", Browser),
    ("/account/passkeys/new", Browser),
    ("/account/passkeys/{id}/remove", Browser),
    ("/account/inbox", Browser),
    ("/account/sessions", Browser),
    ("/account/sessions/{id}", Browser),
    ("/account/sessions/{id}/rename", Browser),
    ("/account/sessions/{id}/disconnect", Browser),
    ("/account/sessions/{id}/lower", Browser),
    ("/account/sessions/{id}/pause", Browser),
    ("/account/sessions/{id}/resume", Browser),
    ("/account/keys", Browser),
    ("/account/keys/new/{profile}", Browser),
    ("/account/keys/{id}", Browser),
    ("/account/keys/{id}/rotate", Browser),
    ("/account/keys/{id}/revoke", Browser),
    ("/account/agents", Browser),
    ("/account/agents/{id}/remove", Browser),
    ("/account/organizations", Browser),
    ("/account/organizations/{slug}", Browser),
    ("/account/organizations/{slug}/invite", Browser),
    ("/account/organizations/{slug}/invitations/{id}/withdraw", Browser),
    ("/account/organizations/{slug}/members/{account}/role", Browser),
    ("/account/organizations/{slug}/members/{account}/remove", Browser),
    ("/account/organizations/{slug}/dissolve", Browser),
    ("/account/join/{link}", Browser),
    ("/account/projects", Browser),
    ("/account/projects/{id}/revoke", Browser),
    ("/account/tokens", Browser),
    ("/account/usage", Browser),
    ("/admin", Browser),
    ("/admin/accounts", Browser),
    ("/admin/accounts/{id}", Browser),
    ("/leaked-keys", Nobody),
    ("/static/{name}", Nobody),
    ("/agent-sessions/start", Nobody),
    ("/agent-sessions/authorize/{id}", Browser),
    ("/agent-sessions/poll", Nobody),
    ("/agent-sessions/exchange", Nobody),
    ("/agent-sessions/refresh", Nobody),
    ("/agent-sessions/revoke", AgentSession),
    ("/account", AgentSession),
    ("/account/agent-sessions", AgentSession),
    ("/demo/session", Nobody),
    ("/agent/auth", Nobody),
    ("/agent/auth/claim", Nobody),
    ("/agent/auth/claim/complete", Nobody),
    ("/agent/auth/revoke", AgentSession),
    ("/account/billing/agent-upgrade", Browser),
    ("/demo/whoami", AgentSession),
    ("/demo/notes", AgentSession),
    ("/demo/mcp", AgentSession),
    ("/healthz", Nobody),
    ("/readyz", Nobody),
    ("/metrics", Nobody),
];

/// Whom the route of this path is for, if anybody said so.
#[must_use]
pub fn of(path: &str) -> Option<Principal> {
    ROUTES.iter().find(|(route, _)| *route == path).map(|(_, principal)| *principal)
}

impl Principal {
    /// Takes off the request what this principal never proves itself with: a browser's proof is
    /// its cookie.
    pub(super) fn keep_own(self, request: &mut ServiceRequest) {
        if self == Self::Browser {
            request.headers_mut().remove(header::AUTHORIZATION);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::issuer::{OWN, OWN_ACCOUNT};

    /// Design decision 1: no issuer's path begins as one of these does.
    #[test]
    fn every_route_begins_as_no_issuer_may() {
        for (route, _) in ROUTES {
            let first = route.split('/').nth(1).unwrap_or_default();
            let is_pattern = first.is_empty() || first.starts_with('{');
            assert!(is_pattern || OWN.contains(&first), "{route}");
            let second = route.split('/').nth(2).filter(|_| first == "account");
            assert!(second.is_none_or(|second| OWN_ACCOUNT.contains(&second)), "{route}");
        }
    }
}
