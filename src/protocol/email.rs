//! E-mail addresses as accounts and login hints use them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An address, trimmed and case-folded: two spellings a mailbox owner would call the same are
/// equal.
///
/// Only the outline of RFC 5321 §4.1.2 is checked; whether mail arrives is what verification
/// is for.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct NotAnEmailAddress;

impl EmailAddress {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailAddress {
    type Err = NotAnEmailAddress;

    fn from_str(text: &str) -> Result<Self, NotAnEmailAddress> {
        let folded = text.trim().to_lowercase();
        let (local, domain) = folded.rsplit_once('@').ok_or(NotAnEmailAddress)?;
        let sound = folded.len() <= 254
            && (1..=64).contains(&local.len())
            && !domain.is_empty()
            && !local.contains('@')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
            && !domain.contains("..")
            && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
            && !folded.chars().any(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
            && !local.contains(['<', '>', '(', ')', ',', ';', ':', '"', '\\', '[', ']']);
        if sound { Ok(Self(folded)) } else { Err(NotAnEmailAddress) }
    }
}

/// Characters that change how text looks without being seen, or are there and cannot be (Unicode's
/// `Default_Ignorable_Code_Point`: bidirectional controls, joiners, fillers, selectors, tags; the
/// marks of annotations; Braille without a dot).
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

impl TryFrom<String> for EmailAddress {
    type Error = NotAnEmailAddress;

    fn try_from(text: String) -> Result<Self, NotAnEmailAddress> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

/// Addresses stay out of logs.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_folded() {
        let address: EmailAddress = " Ada@Example.COM ".parse().expect("an address");
        assert_eq!(address.as_str(), "ada@example.com");
    }

    #[test]
    fn what_no_mailbox_has_is_refused() {
        for text in [
            "",
            "ada",
            "@b",
            "a@",
            "a@b@c",
            "a b@c",
            "a@b..c",
            "a@.c",
            "a\u{202E}@b.c",
            "a@b c",
            "<a@b.c>",
        ] {
            assert!(text.parse::<EmailAddress>().is_err(), "{text:?}");
        }
    }
}
