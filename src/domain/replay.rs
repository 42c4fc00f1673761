//! What may happen once: it is remembered until it could not happen again anyway.

use crate::protocol::secret::Digest;
use crate::protocol::timestamp::Timestamp;

/// One use of something that may be used once.
///
/// The name holds who made it beside what they called it, so that nobody can use up
/// another's identifiers by naming them first (case 170).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    pub name: String,
    /// From when on it would be refused for its age: a second use is refused until then.
    pub expires_at: Timestamp,
}

/// What kind of thing may be used once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Once {
    /// A client's assertion (RFC 7523 §3, point 7), made by a client.
    ClientAssertion,
    /// A proof of possession (RFC 9449 §11.1), made by a key.
    Proof,
    /// What the owner of a key is told about one day of it.
    Notice,
    /// A wrong key that was counted against an address.
    WrongKey,
    /// What a browser was asked to do with a passkey.
    Ceremony,
}

impl Once {
    const fn name(self) -> &'static str {
        match self {
            Self::ClientAssertion => "client_assertion",
            Self::Proof => "dpop",
            Self::Notice => "notice",
            Self::WrongKey => "wrong_key",
            Self::Ceremony => "ceremony",
        }
    }
}

impl Use {
    /// The use of what `maker` calls `jti`; it could be presented before `expires_at`.
    #[must_use]
    pub fn of(once: Once, maker: &str, jti: &str, expires_at: Timestamp) -> Self {
        // Lengths stand before the texts, so that no two makers can spell one name.
        let named = format!("{}:{maker}{}:{jti}", maker.len(), jti.len());
        let digest = Digest::of(named.as_bytes()).hex();
        Self { name: format!("{}:{digest}", once.name()), expires_at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Case 170: identifiers belong to whoever made them.
    #[test]
    fn a_name_belongs_to_its_kind_and_its_maker() {
        let name = |once, maker, jti| Use::of(once, maker, jti, Timestamp(1)).name;
        let one = name(Once::Proof, "key", "1");
        assert_eq!(one, name(Once::Proof, "key", "1"));
        for other in [
            name(Once::ClientAssertion, "key", "1"),
            name(Once::Proof, "other", "1"),
            name(Once::Proof, "key", "2"),
            name(Once::Proof, "key1", ""),
            name(Once::Proof, "", "key1"),
        ] {
            assert_ne!(one, other);
        }
    }
}
