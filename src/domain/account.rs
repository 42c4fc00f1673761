//! People.

use zxcvbn::{Score, zxcvbn};

use crate::domain::api_key::KeyEnd;
use crate::domain::cause::Cause;
use crate::domain::change::Effect;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::AccountId;
use crate::domain::origin::Occasion;
use crate::domain::session::EndCause;
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
    /// Set while an administrator has it closed: nobody signs in to it, and nothing is its own.
    pub closed_at: Option<Timestamp>,
}

impl Account {
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Whether this account may answer a request addressed to `expected`: only a verified
    /// address does, so nobody squats on one.
    #[must_use]
    pub fn answers_for(&self, expected: &EmailAddress) -> bool {
        self.email_verified_at.is_some() && self.email == *expected
    }

    /// Closes it: its browsers, agent sessions, keys and projects end in the same moment, on every
    /// node, and none of them comes back when it is opened again.
    #[must_use]
    pub fn close(&self, by: Operator<'_>, occasion: &Occasion) -> Vec<Effect> {
        let (id, at) = (&self.id, occasion.at);
        let closed = Effect::CloseAccount { id: id.clone(), at };
        let mut effects = by.holding(id, closed);
        effects.extend([
            Effect::SignOutEverywhere(id.clone()),
            Effect::WithdrawLinksOf(id.clone()),
            Effect::EndEverythingOf { account: id.clone(), cause: EndCause::AccountClosed, at },
            Effect::EndKeysOf { account: id.clone(), cause: KeyEnd::AccountClosed, at },
            Effect::Record(self.done(EventKind::AccountClosed, by, occasion)),
        ]);
        effects
    }

    /// Opens it again, with nothing in it but what names the person.
    #[must_use]
    pub fn reopen(&self, by: Operator<'_>, occasion: &Occasion) -> Vec<Effect> {
        let mut effects = by.holding(&self.id, Effect::ReopenAccount(self.id.clone()));
        effects.push(Effect::Record(self.done(EventKind::AccountReopened, by, occasion)));
        effects
    }

    /// Lets its person administer this server, or no longer.
    #[must_use]
    pub fn appoint(&self, is: bool, by: Operator<'_>, occasion: &Occasion) -> Vec<Effect> {
        let appointed = Effect::Appoint { id: self.id.clone(), is };
        let mut effects = by.holding(&self.id, appointed);
        let kind =
            if is { EventKind::AdministratorAppointed } else { EventKind::AdministratorDismissed };
        effects.push(Effect::Record(self.done(kind, by, occasion)));
        effects
    }

    /// Ends every agent session of it.
    #[must_use]
    pub fn end_sessions(&self, by: Operator<'_>, occasion: &Occasion) -> Vec<Effect> {
        let (account, cause) = (self.id.clone(), EndCause::ByOperator);
        let ended = Effect::EndEverythingOf { account, cause, at: occasion.at };
        let mut effects = by.holding(&self.id, ended);
        effects.push(Effect::Record(self.done(EventKind::SessionsEnded, by, occasion)));
        effects
    }

    /// Signs every browser of it out.
    #[must_use]
    pub fn sign_out(&self, by: Operator<'_>, occasion: &Occasion) -> Vec<Effect> {
        let mut effects = by.holding(&self.id, Effect::SignOutEverywhere(self.id.clone()));
        effects.push(Effect::Record(self.done(EventKind::BrowsersSignedOut, by, occasion)));
        effects
    }

    fn done(&self, kind: EventKind, by: Operator<'_>, occasion: &Occasion) -> Event {
        let event = Event::new(kind, occasion).by(&self.id);
        match by {
            Operator::AtTheMachine => event,
            Operator::Administrator(id) => event.because(Cause::Administrator(id.clone())),
        }
    }
}

/// Who does something to somebody else's account.
#[derive(Debug, Clone, Copy)]
pub enum Operator<'a> {
    /// Whoever can run the program.
    AtTheMachine,
    Administrator(&'a AccountId),
}

impl Operator<'_> {
    /// What is done, and that whoever does it administers still. Both hold a row: of two
    /// administrators who do something to each other, both take the rows in the same order, so
    /// one of them comes first and the other has nothing to say any more.
    pub(super) fn holding(self, subject: &AccountId, done: Effect) -> Vec<Effect> {
        match self {
            Self::AtTheMachine => vec![done],
            Self::Administrator(id) => {
                let held = Effect::ByAdministrator(id.clone());
                if id.as_str() < subject.as_str() { vec![held, done] } else { vec![done, held] }
            }
        }
    }
}

/// The shortest password accepted (NIST SP 800-63B-4 §3.1.1.2: fifteen where it stands
/// alone, eight beside other limits; guesses are limited here).
pub const SHORTEST_PASSWORD: usize = 10;
/// Longer input is refused before it is hashed.
pub const LONGEST_PASSWORD: usize = 256;

/// Whether a password may be set: not one of those that are tried first, no pattern, and nothing
/// made of what anybody knows of the person or the service (NIST SP 800-63B-4 §3.1.1.2).
#[must_use]
pub fn is_acceptable_password(password: &str, email: &EmailAddress, known: [&str; 2]) -> bool {
    let characters = password.chars().count();
    let (local, domain) = email.as_str().split_once('@').unwrap_or_default();
    let joined = known.map(|name| name.split_whitespace().collect::<String>());
    let words = known.iter().flat_map(|name| name.split_whitespace());
    let tried = [email.as_str(), local, domain].into_iter();
    let tried: Vec<&str> = tried.chain(words).chain(joined.iter().map(String::as_str)).collect();
    (SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&characters)
        && password.len() <= 4 * LONGEST_PASSWORD
        && zxcvbn(password, &tried).score() >= Score::Three
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST SP 800-63B-4 §3.1.1.2: long enough, and not among what somebody would try.
    #[test]
    fn a_password_is_refused_that_somebody_would_guess() {
        let email = "ada.lovelace@example.com".parse().expect("an address");
        let may = |password: &str| {
            is_acceptable_password(password, &email, ["Ada Lovelace", "Example Notes"])
        };
        for good in ["correct horse battery", "a password of mine", "Zwölf Boxkämpfer jagen"] {
            assert!(may(good), "{good}");
        }
        for bad in [
            "short",
            "password12",
            "qwertyuiop",
            "1234567890123",
            "aaaaaaaaaaaaaaaaaaaa",
            "ada.lovelace@example.com",
            "Ada.Lovelace1",
            "ExampleNotes1",
            "iloveyou2024",
        ] {
            assert!(!may(bad), "{bad}");
        }
        assert!(!may(&"long enough ".repeat(30)));
    }
}
