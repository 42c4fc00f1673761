//! The one place that draws randomness, and what is spelled from it.

use std::sync::Arc;

use uuid::Builder;

use crate::protocol::api_key::{KEY_ENTROPY, KeyForm, KeySecret};
use crate::protocol::code::{CODE_ENTROPY, Code};
use crate::protocol::secret::{ENTROPY, Secret, SecretKind};
use crate::protocol::timestamp::Timestamp;

/// A source of random bytes: the operating system's, or a test's.
#[derive(Clone)]
pub struct Entropy(Arc<Source>);

type Source = dyn Fn(&mut [u8]) -> Result<(), NoEntropy> + Send + Sync;

/// The operating system gave no random bytes; nothing may be issued.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no entropy from the operating system")]
pub struct NoEntropy;

impl Entropy {
    /// The operating system's generator.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the source of entropy")]
    pub fn system() -> Self {
        Self(Arc::new(|bytes| getrandom::fill(bytes).map_err(|_| NoEntropy)))
    }

    /// A source of the caller's, for tests.
    #[must_use]
    pub fn from_source(
        source: impl Fn(&mut [u8]) -> Result<(), NoEntropy> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(source))
    }

    /// `N` random bytes.
    ///
    /// # Errors
    ///
    /// The source failed.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], NoEntropy> {
        let mut bytes = [0; N];
        (self.0)(&mut bytes)?;
        Ok(bytes)
    }

    /// A fresh secret of one kind.
    ///
    /// # Errors
    ///
    /// The source failed.
    pub fn secret(&self, kind: SecretKind) -> Result<Secret, NoEntropy> {
        loop {
            if let Some(secret) = Secret::from_entropy(kind, &self.bytes::<ENTROPY>()?) {
                return Ok(secret);
            }
        }
    }

    /// A fresh key.
    ///
    /// # Errors
    ///
    /// The source failed.
    pub fn key(&self, form: &KeyForm) -> Result<KeySecret, NoEntropy> {
        loop {
            if let Some(key) = form.spell(&self.bytes::<KEY_ENTROPY>()?) {
                return Ok(key);
            }
        }
    }

    /// A fresh code for people to carry.
    ///
    /// # Errors
    ///
    /// The source failed.
    pub fn code(&self) -> Result<Code, NoEntropy> {
        loop {
            if let Some(code) = Code::from_entropy(&self.bytes::<CODE_ENTROPY>()?) {
                return Ok(code);
            }
        }
    }

    /// A time-ordered identifier behind a prefix ([RFC 9562 §5.7]): `reg_0190…`.
    ///
    /// # Errors
    ///
    /// The source failed.
    ///
    /// [RFC 9562 §5.7]: https://www.rfc-editor.org/rfc/rfc9562#section-5.7
    pub fn identifier(&self, prefix: &str, now: Timestamp) -> Result<String, NoEntropy> {
        Ok(spelled(prefix, now, &self.bytes::<10>()?))
    }

    /// As [`identifier`](Self::identifier), and in the order of `number` among those of one
    /// second ([RFC 9562 §6.2], a counter of 26 bits).
    ///
    /// # Errors
    ///
    /// The source failed.
    ///
    /// [RFC 9562 §6.2]: https://www.rfc-editor.org/rfc/rfc9562#section-6.2
    pub fn identifier_in_order(
        &self,
        prefix: &str,
        now: Timestamp,
        number: u32,
    ) -> Result<String, NoEntropy> {
        let mut counted = self.bytes::<10>()?;
        // Four bits, eight, six and eight: the others are those of version and variant.
        let [high, second, third, low] =
            [number >> 22, number >> 14, number >> 8, number].map(|part| (part & 0xff) as u8);
        let count = [high & 0x0f, second, third & 0x3f, low];
        for (byte, counted) in counted.iter_mut().zip(count) {
            *byte = counted;
        }
        Ok(spelled(prefix, now, &counted))
    }
}

fn spelled(prefix: &str, now: Timestamp, random: &[u8; 10]) -> String {
    let milliseconds = u64::try_from(now.0).unwrap_or(0).saturating_mul(1_000);
    let id = Builder::from_unix_timestamp_millis(milliseconds, random).into_uuid();
    format!("{prefix}_{}", id.simple())
}
