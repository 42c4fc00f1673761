//! The keys that people hand to programs: spelled as every [`secret`](super::secret) of ours, behind
//! a prefix of the operator's and in a length of the operator's (docs/credentials.md, "Keys").

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::secret::{Digest, is_spelled, spell};

/// How the keys of one kind are spelled (docs/credentials.md, "Keys").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyForm {
    prefix: String,
    random: usize,
}

/// A key in the clear: shown once, never stored, never logged (docs/credentials.md, "Keys").
pub struct KeySecret {
    text: Zeroizing<String>,
    prefix: usize,
}

/// `POST /leaked-keys` (docs/credentials.md, "Leaks"): the keys in the clear, which is how whoever
/// found one proves it.
#[derive(Deserialize)]
pub struct LeakReport {
    pub keys: Vec<String>,
}

/// The answer to a report, whatever was in it (docs/credentials.md, "Leaks").
#[derive(Debug, Serialize)]
pub struct Received {
    pub received: usize,
}

/// The most keys of one report (docs/credentials.md, "Leaks").
pub const MOST_IN_A_REPORT: usize = 100;

/// How many bytes of entropy [`KeyForm::spell`] eats.
pub const KEY_ENTROPY: usize = 128;

/// The longest prefix.
pub const LONGEST_PREFIX: usize = 24;

impl KeyForm {
    /// Keys behind `prefix` that `bytes` random bytes' worth of guessing stands against.
    #[must_use]
    pub fn new(prefix: &str, bytes: usize) -> Self {
        // A character of 62 is worth 5.954 bits.
        Self { prefix: prefix.to_owned(), random: (bytes * 8_000).div_ceil(5_954) }
    }

    /// What is fit to stand before a key: short, unmistakable in a text, and closed by the
    /// character that no key has in it.
    #[must_use]
    pub fn is_prefix(text: &str) -> bool {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        begins && text.ends_with('_') && text.len() <= LONGEST_PREFIX && text.bytes().all(fits)
    }

    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// How many random characters follow the prefix.
    #[must_use]
    pub fn random(&self) -> usize {
        self.random
    }

    /// Spells a key from uniformly random bytes. `None` in the astronomically rare case that too
    /// few of them fall inside the alphabet: draw again.
    #[must_use]
    pub fn spell(&self, bytes: &[u8; KEY_ENTROPY]) -> Option<KeySecret> {
        let text = spell(&self.prefix, self.random, bytes)?;
        Some(KeySecret { text, prefix: self.prefix.len() })
    }

    /// What a key of this form is found by; `None` for what cannot be one, which is found out
    /// without asking the database.
    #[must_use]
    pub fn digest_of(&self, text: &str) -> Option<Digest> {
        is_spelled(&self.prefix, self.random, text).then(|| Digest::of(text.as_bytes()))
    }
}

impl KeySecret {
    /// The key itself, for the one page that shows it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }

    /// What people recognise it by for ever: its prefix and the first `characters` after it.
    #[must_use]
    pub fn beginning(&self, characters: usize) -> &str {
        self.text.get(..self.prefix + characters).unwrap_or_default()
    }
}

impl fmt::Debug for KeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.beginning(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> KeyForm {
        KeyForm::new("as_", 24)
    }

    fn key(fill: u8) -> KeySecret {
        form().spell(&[fill; KEY_ENTROPY]).expect("enough entropy")
    }

    /// docs/credentials.md, "Keys": 24 bytes are 33 characters, and six of checksum follow.
    #[test]
    fn a_key_has_as_many_characters_as_its_bytes_are_worth() {
        for (bytes, characters) in [(20, 27), (24, 33), (32, 43), (64, 86)] {
            let form = KeyForm::new("as_", bytes);
            assert_eq!(form.random(), characters, "{bytes}");
            let key = form.spell(&[7; KEY_ENTROPY]).expect("enough entropy");
            assert_eq!(key.reveal().len(), 3 + characters + 6);
        }
    }

    /// Section 3 of contracts/credentials.md: what a credential is, its anchored prefix says.
    #[test]
    fn a_key_is_known_by_its_anchored_prefix_its_length_and_its_checksum() {
        let key = key(7);
        assert_eq!(form().digest_of(key.reveal()), Some(key.digest()));
        let text = key.reveal();
        let mut changed = text.to_owned();
        changed.replace_range(10..11, "x");
        let (short, tail) = (text.split_at(41).0, text.split_at(1).1);
        for wrong in [&format!("a{text}"), &format!(" {text}"), tail, short, &changed, "as_", ""] {
            assert_eq!(form().digest_of(wrong), None, "{wrong}");
        }
        assert_eq!(KeyForm::new("as_", 32).digest_of(text), None);
        assert_eq!(KeyForm::new("aas_", 24).digest_of(text), None);
    }

    #[test]
    fn a_key_shows_its_beginning_and_debug_its_prefix() {
        assert_eq!(key(1).beginning(6), "as_111111");
        assert_eq!(format!("{:?}", key(1)), "as_…");
    }

    #[test]
    fn a_prefix_is_unmistakable_and_closed() {
        for good in ["as_", "sk_sandbox_", "a1_"] {
            assert!(KeyForm::is_prefix(good), "{good}");
        }
        for bad in ["", "_", "as", "As_", "as-", "1s_", "as_ ", "äs_", &"a".repeat(25)] {
            assert!(!KeyForm::is_prefix(bad), "{bad}");
        }
    }
}
