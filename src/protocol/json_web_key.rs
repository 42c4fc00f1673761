//! Keys as they travel ([RFC 7517]).
//!
//! [RFC 7517]: https://www.rfc-editor.org/rfc/rfc7517

use serde_json::{Map, Value};

/// Members of which any makes a key more than public ([RFC 7518 §6.2.2, §6.3.2, §6.4.1]).
///
/// [RFC 7518 §6.2.2, §6.3.2, §6.4.1]: https://www.rfc-editor.org/rfc/rfc7518#section-6.2.2
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// Whether a key has no private part: with one it would be everybody's ([RFC 7517 §9.2]).
///
/// [RFC 7517 §9.2]: https://www.rfc-editor.org/rfc/rfc7517#section-9.2
#[must_use]
pub fn is_public(key: &Map<String, Value>) -> bool {
    PRIVATE.iter().all(|member| !key.contains_key(*member))
}

/// Whether this is a set of at least one key, all of them public ([RFC 7517 §5]).
///
/// [RFC 7517 §5]: https://www.rfc-editor.org/rfc/rfc7517#section-5
#[must_use]
pub fn holds_public_keys(set: &Value) -> bool {
    let keys = set.get("keys").and_then(Value::as_array);
    let sound = |key: &Value| key.as_object().is_some_and(is_public);
    keys.is_some_and(|keys| !keys.is_empty() && keys.iter().all(sound))
}
