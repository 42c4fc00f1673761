//! What a device is told when it asks ([RFC 8628 §3.2]).
//!
//! [RFC 8628 §3.2]: https://www.rfc-editor.org/rfc/rfc8628#section-3.2

use serde::Serialize;

/// The device authorization response ([RFC 8628 §3.2]).
///
/// [RFC 8628 §3.2]: https://www.rfc-editor.org/rfc/rfc8628#section-3.2
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceAuthorization {
    /// What the device polls with; nobody reads it.
    pub device_code: String,
    /// What its person types: `BCDF-GHJK`.
    pub user_code: String,
    pub verification_uri: String,
    /// The same with the code in it, for a QR code (§3.3.1).
    pub verification_uri_complete: String,
    /// Seconds.
    pub expires_in: i64,
    /// Seconds between two polls.
    pub interval: i64,
}
