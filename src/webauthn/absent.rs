//! A server that was built without passkeys.

use super::{Ceremony, CeremonyError, Made, Owner};

/// There is none.
#[derive(Debug)]
pub enum RelyingParty {}

/// There is none.
#[derive(Debug)]
pub enum Proof {}

impl RelyingParty {
    #[must_use]
    pub fn of(_origin: &str, _name: &str) -> Option<Self> {
        None
    }

    #[must_use]
    pub fn id(&self) -> &str {
        match *self {}
    }

    /// # Errors
    ///
    /// None.
    pub fn ask_to_make(&self, _: Owner<'_>, _: &[String]) -> Result<Ceremony, CeremonyError> {
        match *self {}
    }

    /// # Errors
    ///
    /// None.
    pub fn made(&self, _state: &str, _answer: &str) -> Result<Made, CeremonyError> {
        match *self {}
    }

    /// # Errors
    ///
    /// None.
    pub fn ask_to_prove(&self) -> Result<Ceremony, CeremonyError> {
        match *self {}
    }

    #[must_use]
    pub fn read(&self, _answer: &str) -> Option<Proof> {
        match *self {}
    }

    /// # Errors
    ///
    /// None.
    pub fn proven(&self, _: &str, _: &Proof, _: &str) -> Result<String, CeremonyError> {
        match *self {}
    }
}

impl Proof {
    #[must_use]
    pub fn id(&self) -> &str {
        match *self {}
    }

    #[must_use]
    pub fn is_of(&self, _handle: [u8; 16]) -> bool {
        match *self {}
    }
}
