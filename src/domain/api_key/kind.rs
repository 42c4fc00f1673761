//! Of what kind a key is, and whether it moves what is real.

/// What a key is to the API that takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// A program's.
    Secret,
    /// A person's own, for whatever acts in that person's name.
    UserToken,
    /// One agent's, of those of its owner.
    AgentKey,
}

/// Whether a key moves what is real.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Live,
    /// For trying things out; the API keeps what it touches apart.
    Sandbox,
}

impl KeyKind {
    pub const ALL: [Self; 3] = [Self::Secret, Self::UserToken, Self::AgentKey];

    /// The `type` of the settings, and the `credential_type` of introspection.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::UserToken => "user-token",
            Self::AgentKey => "agent-key",
        }
    }

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Mode {
    /// The `mode` of introspection.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Sandbox => "sandbox",
        }
    }
}
