//! Codes that people carry: typed from an agent, or relayed to one.

use std::fmt;

/// Eight letters without vowels or look-alikes, so no word appears and none is misread.
/// 20^8 is 34.5 bits; with five tries a guess succeeds once in five billion attempts.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

/// RFC 8628 §6.1 names this alphabet.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;

/// How many bytes of entropy [`Code::from_entropy`] eats.
pub const CODE_ENTROPY: usize = 32;

impl Code {
    /// Spells a code from random bytes; `None` when too few are unbiased: draw again.
    #[must_use]
    pub fn from_entropy(bytes: &[u8; CODE_ENTROPY]) -> Option<Self> {
        // 240 = 12 × 20: every letter equally likely.
        let letters: String = bytes
            .iter()
            .filter(|byte| **byte < 240)
            .filter_map(|byte| ALPHABET.get(usize::from(*byte % 20)).copied().map(char::from))
            .take(LENGTH)
            .collect();
        (letters.len() == LENGTH).then_some(Self(letters))
    }

    /// Reads a code as people type it: any case, any separators (RFC 8628 §6.1).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let letters: String =
            text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect();
        let known = letters.bytes().all(|byte| ALPHABET.contains(&byte));
        (letters.len() == LENGTH && known).then_some(Self(letters))
    }

    /// The bare letters: what the keyed digest covers.
    #[must_use]
    pub fn letters(&self) -> &str {
        &self.0
    }

    /// As people read it: `BCDF-GHJK`.
    #[must_use]
    pub fn grouped(&self) -> String {
        let (left, right) = self.0.split_at(LENGTH / 2);
        format!("{left}-{right}")
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_however_it_is_typed() {
        let code = Code::parse("BCDF-GHJK").expect("a code");
        for typed in ["bcdfghjk", " BCDF GHJK ", "b c-d.f_ghjk", "BCDF–GHJK"] {
            assert_eq!(Code::parse(typed).as_ref(), Some(&code), "{typed}");
        }
        assert_eq!(code.grouped(), "BCDF-GHJK");
    }

    #[test]
    fn vowels_digits_and_other_lengths_are_no_codes() {
        for typed in ["", "BCDFGHJ", "BCDFGHJKL", "ACDFGHJK", "1CDFGHJK", "ВCDFGHJK"] {
            assert_eq!(Code::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn debug_hides_the_letters() {
        let code = Code::parse("BCDFGHJK").expect("a code");
        assert_eq!(format!("{code:?}"), "Code(…)");
    }

    #[test]
    fn a_code_needs_unbiased_bytes() {
        assert_eq!(Code::from_entropy(&[250; CODE_ENTROPY]), None);
        let code = Code::from_entropy(&[41; CODE_ENTROPY]).expect("a code");
        assert_eq!(code.letters(), "CCCCCCCC");
    }
}
