//! People.

use crate::domain::id::AccountId;
use crate::protocol::email::EmailAddress;
use crate::protocol::timestamp::Timestamp;

/// Somebody who can say yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub id: AccountId,
    pub revision: i64,
    pub email: EmailAddress,
    /// Set when the operator added the address; a sign-up proves nothing about a mailbox.
    pub email_verified_at: Option<Timestamp>,
    pub name: String,
    /// A PHC string, or none until the person has chosen a password.
    pub password_hash: Option<String>,
    pub administrator: bool,
    /// What the operator assigned, by name; the first of each profile where there is none.
    pub plan: Option<String>,
    pub created_at: Timestamp,
}

impl Account {
    /// Whether this account may answer a request addressed to `expected`: only a verified
    /// address does, so nobody squats on one.
    #[must_use]
    pub fn answers_for(&self, expected: &EmailAddress) -> bool {
        self.email_verified_at.is_some() && self.email == *expected
    }
}

/// The shortest password accepted (NIST SP 800-63B-4 §3.1.1.2: fifteen where it stands
/// alone, eight beside other limits; guesses are limited here).
pub const SHORTEST_PASSWORD: usize = 10;
/// Longer input is refused before it is hashed.
pub const LONGEST_PASSWORD: usize = 256;

/// Whether a password may be set.
#[must_use]
pub fn is_acceptable_password(password: &str, email: &EmailAddress) -> bool {
    let characters = password.chars().count();
    (SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&characters)
        && password.len() <= 4 * LONGEST_PASSWORD
        && password.to_lowercase() != email.as_str()
}
