//! Protected resources: which scopes exist, and what each may do without a human.

use crate::domain::authorization_detail::DetailRule;
use crate::protocol::resource_identifier::ResourceIdentifier;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::Digest;

/// How much harm a scope can do; pages group by it, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    Read,
    Change,
    Spend,
    Delete,
}

impl Risk {
    /// Whether a yes asks for a fresh sign-in: what is spent or deleted does not come back.
    #[must_use]
    pub const fn is_grave(self) -> bool {
        matches!(self, Self::Spend | Self::Delete)
    }
}

/// One scope of a resource, in the operator's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeRule {
    pub name: String,
    /// What the person reads.
    pub title: String,
    /// What becomes possible, for example; empty when the operator gave none.
    pub possible: String,
    /// What stays impossible, for example; empty when the operator gave none.
    pub impossible: String,
    pub risk: Risk,
    /// Granted for when a request names no scope.
    pub default: bool,
    /// Cannot be unticked.
    pub required: bool,
    /// An anonymous agent may hold it before a human claims it.
    pub pre_claim: bool,
}

/// A caller that may introspect tokens of one resource (RFC 7662 §2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntrospectionClient {
    pub client_id: String,
    pub secret: Digest,
}

/// What the access tokens of a resource look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessTokenFormat {
    /// It says nothing; whoever wants to know asks us.
    Opaque,
    /// A signed statement (RFC 9068), which whoever holds our public keys can check alone,
    /// and which therefore outlives its revocation wherever nobody asks.
    Jwt,
}

/// One protected resource (RFC 8707, RFC 9728).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub identifier: ResourceIdentifier,
    pub name: String,
    pub introspection: Vec<IntrospectionClient>,
    pub access_token: AccessTokenFormat,
    pub scopes: Vec<ScopeRule>,
    /// What a request may pin down beyond scopes (RFC 9396).
    pub details: Vec<DetailRule>,
}

/// What became of a request for scopes (auth.md registration).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub scopes: Scopes,
    /// Unknown names, left out and reported.
    pub dropped: Scopes,
}

impl Resource {
    #[must_use]
    pub fn all_scopes(&self) -> Scopes {
        self.scopes_where(|_| true)
    }

    #[must_use]
    pub fn default_scopes(&self) -> Scopes {
        self.scopes_where(|rule| rule.default)
    }

    /// What an agent asks for that was not told what to ask for: the least, because it may well
    /// ask for all of it; everything, where nothing is usual.
    #[must_use]
    pub fn published_scopes(&self) -> Scopes {
        let usual = self.default_scopes();
        if usual.is_empty() { self.all_scopes() } else { usual }
    }

    #[must_use]
    pub fn required_scopes(&self) -> Scopes {
        self.scopes_where(|rule| rule.required)
    }

    #[must_use]
    pub fn pre_claim_scopes(&self) -> Scopes {
        self.scopes_where(|rule| rule.pre_claim)
    }

    /// Whether any of these scopes spends or deletes.
    #[must_use]
    pub fn is_grave(&self, scopes: &Scopes) -> bool {
        self.scopes.iter().any(|rule| rule.risk.is_grave() && scopes.contains(&rule.name))
    }

    /// Whether this is a scope of the resource that changes nothing.
    #[must_use]
    pub fn only_reads(&self, scope: &str) -> bool {
        self.rule(scope).is_some_and(|rule| rule.risk == Risk::Read)
    }

    #[must_use]
    pub fn rule(&self, scope: &str) -> Option<&ScopeRule> {
        self.scopes.iter().find(|rule| rule.name == scope)
    }

    /// What an agent may ask a human for: the known part of what it named (with everything
    /// required), or the defaults when nothing known is left (RFC 6749 §3.3).
    #[must_use]
    pub fn ask(&self, requested: Option<&Scopes>) -> Asked {
        let all = self.all_scopes();
        let none = Scopes::new();
        let requested = requested.unwrap_or(&none);
        let known = requested.meet(&all);
        let base = if known.is_empty() { self.default_scopes() } else { known };
        Asked { scopes: base.join(&self.required_scopes()), dropped: requested.without(&all) }
    }

    fn scopes_where(&self, keep: impl Fn(&ScopeRule) -> bool) -> Scopes {
        let names = self.scopes.iter().filter(|rule| keep(rule)).map(|rule| rule.name.as_str());
        Scopes::of(names).unwrap_or_default()
    }
}
