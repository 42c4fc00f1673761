//! Refresh tokens rotate ([RFC 9700 §4.14.2]). For a minute, while its successor is
//! unspent, a spent one yields the same pair again, so a lost answer or two processes
//! sharing one credential lose nothing; after that, its return ends the family.
//!
//! [RFC 9700 §4.14.2]: https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2

use crate::domain::session::{Session, Token, TokenKind};
use crate::protocol::timestamp::{Seconds, Timestamp};

/// How long a spent token and its unspent successor overlap.
pub const OVERLAP: Seconds = Seconds(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// Spend it and issue the successor.
    Rotate,
    /// The same successor again; it was issued at this time.
    Again(Timestamp),
    /// Somebody else holds a copy: end the session.
    Reuse,
    /// Not good, and nothing more to say.
    Refuse,
}

/// What presenting `token` means. `successor` is the token derived from it, if it exists.
#[must_use]
pub fn rotation(
    session: &Session,
    token: &Token,
    successor: Option<&Token>,
    now: Timestamp,
) -> Rotation {
    if token.kind != TokenKind::Refresh || !session.is_live(now) || !session.refreshable {
        return Rotation::Refuse;
    }
    match token.spent_at {
        None if now < token.expires_at => Rotation::Rotate,
        None => Rotation::Refuse,
        Some(spent_at) => {
            let unspent = successor.is_some_and(|successor| successor.spent_at.is_none());
            if unspent && now < spent_at + OVERLAP {
                Rotation::Again(spent_at)
            } else {
                Rotation::Reuse
            }
        }
    }
}
