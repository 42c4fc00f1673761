//! Identifiers, one type each so that none is passed for another.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// What stands before the underscore.
            pub const PREFIX: &'static str = $prefix;

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

identifier!(
    /// A person.
    AccountId,
    "acc"
);
identifier!(
    /// One question to one human.
    ApprovalId,
    "apr"
);
identifier!(
    /// An agent that asked through auth.md.
    RegistrationId,
    "reg"
);
identifier!(
    /// An approved connection; every token hangs from one.
    SessionId,
    "ses"
);
identifier!(
    /// An OAuth client: an identifier of ours, an https URL, or the operator's word.
    ClientId,
    "client"
);
identifier!(
    /// A key that a person handed to a program.
    KeyId,
    "key"
);
identifier!(
    /// A program of a person's that keys are given to.
    AgentId,
    "agt"
);
identifier!(
    /// What a person watches with a public token.
    ProjectId,
    "prj"
);
identifier!(
    /// Several people who own keys together.
    OrganizationId,
    "org"
);
identifier!(
    /// A question to somebody whether to belong to an organization.
    InvitationId,
    "inv"
);
