//! A client proves who it is with its own key: `private_key_jwt` ([RFC 7523 §2.2]).
//!
//! [RFC 7523 §2.2]: https://www.rfc-editor.org/rfc/rfc7523#section-2.2

use super::foreign::{Lifetime, Unacceptable, UnverifiedToken};
use super::{Claims, KeySet};
use crate::protocol::timestamp::{Seconds, Timestamp};

/// Whose assertion is expected, and for whom it must be.
#[derive(Debug, Clone, Copy)]
pub struct ClientAssertion<'a> {
    pub client_id: &'a str,
    /// The issuer and the token endpoint: clients name either ([RFC 7523 §3], point 3).
    ///
    /// [RFC 7523 §3]: https://www.rfc-editor.org/rfc/rfc7523#section-3
    pub audiences: [&'a str; 2],
}

/// What is left of an assertion once it is believed: enough to refuse it a second time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedClientAssertion {
    pub jti: String,
    /// Until when somebody could present it again, the leeway left out.
    pub exp: Timestamp,
}

/// The longest that clients in use let an assertion live: Authlib's default. Most say a
/// minute or five.
const LONGEST: Lifetime = Lifetime(Seconds::HOUR);

/// What such an assertion may call itself: nothing, `JWT`, or the name that
/// draft-ietf-oauth-rfc7523bis gives it. Any other type is a token for something else ([RFC 8725 §3.12]).
///
/// [RFC 8725 §3.12]: https://www.rfc-editor.org/rfc/rfc8725#section-3.12
const TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// Verifies a client's assertion against its JSON Web Key Set ([RFC 7523 §3]): signature,
/// `iss` and `sub` both the client, every `aud` ours, in time, with a `jti`. Whether the
/// `jti` has been seen before is the store's to say.
///
/// # Errors
///
/// What is wrong with it, for the log; the client is told `invalid_client` and no more.
///
/// [RFC 7523 §3]: https://www.rfc-editor.org/rfc/rfc7523#section-3
pub fn verify_client_assertion(
    jwt: &str,
    keys: &str,
    expected: ClientAssertion<'_>,
    now: Timestamp,
) -> Result<VerifiedClientAssertion, Unacceptable> {
    let token = UnverifiedToken::read(jwt)?;
    token.is_of_type(&TYPES, true)?;
    let claims = token.verify_with_set(&KeySet::read(keys)?)?;
    for name in ["iss", "sub"] {
        if claims.text(name)? != expected.client_id {
            return Err(Unacceptable { subject: name, problem: "is not the client" });
        }
    }
    for_us(&claims, expected.audiences)?;
    let exp = claims.in_time(LONGEST, now)?;
    Ok(VerifiedClientAssertion { jti: claims.text("jti")?.to_owned(), exp })
}

/// Every name in `aud` must be one of ours: an assertion that is also good elsewhere could
/// have been taken from there.
fn for_us(claims: &Claims, ours: [&str; 2]) -> Result<(), Unacceptable> {
    let is_ours = |name: &str| {
        let bare = name.strip_suffix('/').unwrap_or(name);
        ours.iter().any(|own| *own == name || *own == bare)
    };
    if claims.audience()?.names().all(is_ours) {
        Ok(())
    } else {
        Err(Unacceptable { subject: "aud", problem: "names somebody else" })
    }
}
