//! Signatures of webhooks, as [Standard Webhooks] has them.
//!
//! [Standard Webhooks]: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use zeroize::Zeroizing;

use crate::protocol::timestamp::Timestamp;

/// What stands before a symmetric secret (Standard Webhooks, "Signature scheme").
const PREFIX: &str = "whsec_";

/// Bytes of a secret (Standard Webhooks, "Signature scheme": between 24 and 64).
const LENGTH: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret that this server and a receiver share (Standard Webhooks, "Signature scheme").
#[derive(Clone)]
pub struct WebhookSecret(hmac::Key);

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("whsec_…")
    }
}

impl WebhookSecret {
    /// Reads `whsec_` and base64; `None` for anything else (Standard Webhooks, "Signature scheme").
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?);
        LENGTH.contains(&bytes.len()).then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// `v1,` and the signature of one message (Standard Webhooks, "Signature scheme").
    #[must_use]
    fn sign(&self, id: &str, at: Timestamp, body: &str) -> String {
        let tag = hmac::sign(&self.0, format!("{id}.{}.{body}", at.0).as_bytes());
        format!("v1,{}", STANDARD.encode(tag.as_ref()))
    }
}

/// The value of `webhook-signature`: one for each secret, so that a receiver may change over
/// from one to the next (Standard Webhooks, "Multiple signatures").
#[must_use]
pub fn signatures(secrets: &[WebhookSecret], id: &str, at: Timestamp, body: &str) -> String {
    let signed: Vec<String> = secrets.iter().map(|secret| secret.sign(id, at, body)).collect();
    signed.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Standard Webhooks, the example of its libraries' own tests.
    #[test]
    fn the_example_of_the_specification_is_signed_as_it_says() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let secret = secret.expect("a secret");
        let signed = signatures(
            std::slice::from_ref(&secret),
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            Timestamp(1_614_265_330),
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(format!("{secret:?}"), "whsec_…");
    }

    /// Standard Webhooks, "Signature scheme": a secret has its prefix and 24 to 64 bytes.
    #[test]
    fn what_is_no_secret_is_refused() {
        for text in [
            "",
            "whsec_",
            "whsec_c2hvcnQ=",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_%%%",
            &format!("whsec_{}", STANDARD.encode([7; 65])),
        ] {
            assert!(WebhookSecret::parse(text).is_none(), "{text}");
        }
    }
}
