//! Passkeys, as the relying party of [Web Authentication, Level 3] sees them. Nothing is kept
//! here: what has to be known until a browser answers is handed out, for the caller to seal.
//!
//! [Web Authentication, Level 3]: https://www.w3.org/TR/webauthn-3/

#[cfg(not(feature = "passkeys"))]
mod absent;
#[cfg(feature = "passkeys")]
mod relying_party;

#[cfg(not(feature = "passkeys"))]
pub use absent::{Proof, RelyingParty};
#[cfg(feature = "passkeys")]
pub use relying_party::{Proof, RelyingParty};

/// What a browser is to do, and what has to be known when it has.
#[derive(Debug)]
pub struct Ceremony {
    /// For `parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON` (§5.1.8, §5.1.9).
    pub options: String,
    /// Whoever has it can say what was asked: it goes nowhere unsealed.
    pub state: String,
}

/// Whose passkey is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The user handle (§5.4.3): it says nothing about anybody.
    pub handle: [u8; 16],
    /// What the person's devices call the account.
    pub name: &'a str,
    pub display_name: &'a str,
}

/// A passkey that was just made.
#[derive(Debug)]
pub struct Made {
    /// The credential id, base64url.
    pub id: String,
    /// The credential record (§4), for the store.
    pub credential: String,
}

/// Why a ceremony does not end well.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    #[error("the answer is not one to what was asked")]
    Refused,
    #[error("what was kept of a ceremony or a passkey cannot be read")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}
