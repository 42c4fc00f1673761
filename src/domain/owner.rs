//! Whose a credential is, where it is not an agent's alone.

use crate::domain::id::{AccountId, OrganizationId};

/// A person, or an organization: what its keys open is the organization's, whoever of its members
/// made them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    Account(AccountId),
    Organization(OrganizationId),
}

impl Owner {
    /// The `owner` of introspection.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Account(id) => id.as_str(),
            Self::Organization(id) => id.as_str(),
        }
    }
}
