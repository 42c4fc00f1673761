//! The one form of every secret that leaves this server: a prefix, 32 random base62
//! characters, and 6 base62 characters of CRC-32 over both.
//!
//! The prefix lets scanners find a leaked secret; the checksum refuses a mistyped one
//! before the database is asked.

use std::fmt::{self, Write as _};

use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

/// What a secret opens, and the prefix that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// An agent session's access token.
    Access,
    /// The refresh token beside it.
    Refresh,
    /// What an agent polls or completes its claim with.
    Claim,
    /// The opaque part of an approval link.
    Approval,
    /// An authorization code (RFC 6749 §4.1.2).
    AuthorizationCode,
    /// What stands for a pushed authorization request (RFC 9126 §2.2).
    PushedRequest,
    /// What a device polls with (RFC 8628 §3.2).
    DeviceCode,
    /// What an agent that asked for a session polls with.
    PollToken,
    /// What it trades for the session once a person has approved.
    FinishCode,
    /// A browser's signed-in session.
    Browser,
    /// What a browser is known by from the moment an agent sends it here, signed in or not.
    BrowserMark,
    /// A link an operator hands to a person, once.
    OneTimeLink,
    /// What a registered client proves itself with.
    Client,
    /// What a registered client manages its registration with (RFC 7592 §3).
    ClientManagement,
}

impl SecretKind {
    pub const ALL: [Self; 14] = [
        Self::Access,
        Self::Refresh,
        Self::Claim,
        Self::Approval,
        Self::AuthorizationCode,
        Self::PushedRequest,
        Self::DeviceCode,
        Self::PollToken,
        Self::FinishCode,
        Self::Browser,
        Self::BrowserMark,
        Self::OneTimeLink,
        Self::Client,
        Self::ClientManagement,
    ];

    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "aas_",
            Self::Refresh => "aar_",
            Self::Claim => "clm_",
            Self::Approval => "cvt_",
            Self::AuthorizationCode => "aac_",
            Self::PushedRequest => "aru_",
            Self::DeviceCode => "adc_",
            Self::PollToken => "aap_",
            Self::FinishCode => "aae_",
            Self::Browser => "cbs_",
            Self::BrowserMark => "cbm_",
            Self::OneTimeLink => "otl_",
            // Letters and digits alone: in Basic, some clients form-encode the underscore
            // and some send it raw (RFC 6749 §2.3.1).
            Self::Client => "acs",
            Self::ClientManagement => "rat_",
        }
    }
}

/// A secret in the clear: shown once, never stored, never logged. `Debug` prints its prefix.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    kind: SecretKind,
    text: Zeroizing<String>,
}

/// SHA-256 of a secret: what the database keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

const RANDOM: usize = 32;
const CHECKSUM: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many bytes of entropy [`Secret::from_entropy`] eats. Bytes that would bias the
/// alphabet are skipped; 64 leave fewer than 32 usable once in 10^21 draws.
pub const ENTROPY: usize = 64;

impl Secret {
    /// Spells a secret from uniformly random (or keyed-derived) bytes. `None` in the
    /// astronomically rare case that too few bytes fall inside the alphabet: draw again.
    #[must_use]
    pub fn from_entropy(kind: SecretKind, bytes: &[u8; ENTROPY]) -> Option<Self> {
        Some(Self { kind, text: spell(kind.prefix(), RANDOM, bytes)? })
    }

    /// Accepts text that has the shape of this kind: prefix, length, alphabet, checksum.
    #[must_use]
    pub fn parse(kind: SecretKind, text: &str) -> Option<Self> {
        is_spelled(kind.prefix(), RANDOM, text)
            .then(|| Self { kind, text: Zeroizing::new(text.to_owned()) })
    }

    /// The secret of this kind that stands anywhere in `text`: people paste more than the code.
    #[must_use]
    pub fn find(kind: SecretKind, text: &str) -> Option<Self> {
        let whole = kind.prefix().len() + RANDOM + CHECKSUM;
        text.match_indices(kind.prefix())
            .filter_map(|(start, _)| text.get(start..start + whole))
            .find_map(|text| Self::parse(kind, text))
    }

    #[must_use]
    pub fn kind(&self) -> SecretKind {
        self.kind
    }

    /// The secret itself, for the one answer that delivers it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }
}

impl Digest {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut out = [0; 32];
        out.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(out)
    }

    /// In hexadecimal, to name the secret without knowing it.
    #[must_use]
    pub fn hex(&self) -> String {
        self.0.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string cannot fail.
            let _infallible = write!(text, "{byte:02x}");
            text
        })
    }

    /// A digest as read from a row.
    #[must_use]
    pub fn stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}…", self.kind.prefix())
    }
}

/// A prefix, `random` characters, and their checksum. `None` where too few bytes fall inside the
/// alphabet.
pub(super) fn spell(prefix: &str, random: usize, bytes: &[u8]) -> Option<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + random + CHECKSUM));
    text.push_str(prefix);
    // 248 = 4 × 62: every character equally likely.
    let fair = bytes.iter().filter(|byte| **byte < 248).take(random);
    for byte in fair {
        let index = usize::from(*byte % 62);
        text.push(BASE62.get(index).copied().map_or('0', char::from));
    }
    if text.len() - prefix.len() < random {
        return None;
    }
    let checksum = checksum(text.as_bytes());
    text.push_str(&checksum);
    Some(text)
}

/// Whether `text` could have been spelled so.
pub(super) fn is_spelled(prefix: &str, random: usize, text: &str) -> bool {
    let Some(body) = text.strip_prefix(prefix) else { return false };
    if body.len() != random + CHECKSUM || !body.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return false;
    }
    let (covered, sum) = text.split_at(text.len() - CHECKSUM);
    checksum(covered.as_bytes()) == sum
}

/// CRC-32 (IEEE) in six base62 digits, padded left with `0`.
fn checksum(covered: &[u8]) -> String {
    let mut rest = crc32fast::hash(covered);
    let mut digits = [b'0'; CHECKSUM];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62.get((rest % 62) as usize).copied().unwrap_or(b'0');
        rest /= 62;
    }
    String::from_utf8_lossy(&digits).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(kind: SecretKind, fill: u8) -> Secret {
        Secret::from_entropy(kind, &[fill; ENTROPY]).expect("enough entropy")
    }

    #[test]
    fn a_secret_parses_back_as_its_own_kind_only() {
        let access = secret(SecretKind::Access, 7);
        assert_eq!(access.reveal().len(), 4 + 32 + 6);
        assert_eq!(Secret::parse(SecretKind::Access, access.reveal()), Some(access.clone()));
        assert_eq!(Secret::parse(SecretKind::Refresh, access.reveal()), None);
    }

    /// contracts/credentials.md 1.4: an agent may be handed the ready-made message, or the code.
    #[test]
    fn a_secret_is_found_in_what_was_pasted_around_it() {
        let code = secret(SecretKind::FinishCode, 7);
        let text = code.reveal();
        for pasted in [
            text.to_owned(),
            format!("  {text}\n"),
            format!("My finish code:\r\n\r\n{text}."),
            format!("aae_ aae_x {text}{text}"),
            format!("caf\u{e9}\u{301} \u{201c}{text}\u{201d}"),
        ] {
            assert_eq!(
                Secret::find(SecretKind::FinishCode, &pasted),
                Some(code.clone()),
                "{pasted}"
            );
        }
        for pasted in
            ["", "aae_", text.split_at(41).0, &text.to_lowercase(), &text.replace("aae", "aas")]
        {
            assert_eq!(Secret::find(SecretKind::FinishCode, pasted), None, "{pasted}");
        }
    }

    #[test]
    fn one_changed_character_fails_the_checksum() {
        let text = secret(SecretKind::Claim, 9).reveal().to_owned();
        for index in 4..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[index] = if changed[index] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(Secret::parse(SecretKind::Claim, &changed), None, "{index}");
        }
    }

    #[test]
    fn debug_shows_the_prefix_and_nothing_else() {
        assert_eq!(format!("{:?}", secret(SecretKind::Access, 3)), "aas_…");
    }

    /// The checksum's alphabet and padding are part of the published format.
    #[test]
    fn the_checksum_is_crc32_in_padded_base62() {
        assert_eq!(checksum(b""), "000000");
        // CRC-32 of "123456789" is 0xCBF43926 = 3421780262.
        assert_eq!(checksum(b"123456789"), "3jZRME");
    }

    #[test]
    fn biased_bytes_are_skipped() {
        assert_eq!(Secret::from_entropy(SecretKind::Access, &[255; ENTROPY]), None);
    }
}
