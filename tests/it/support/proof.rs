//! An agent with a key: it proves possession with every request (RFC 9449).

use std::sync::atomic::{AtomicU32, Ordering};

use countersign::clock::Clock;
use serde_json::{Value, json};

use super::Site;
use super::keys::{Key, sha256, with};
use super::reply::Reply;

/// The `jti` of the next proof.
fn next() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("proof {}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The header of a proof of this key.
pub fn header(key: &Key) -> Value {
    json!({ "typ": "dpop+jwt", "alg": key.algorithm(), "jwk": key.jwk() })
}

/// What a proof says: made now, for this method and address.
pub fn claims(site: &Site, method: &str, path: &str) -> Value {
    let address = format!("{}{path}", site.app.issuer());
    says((method, &address), site.clock.now().0)
}

/// The same for any address at any time.
pub fn says((method, address): (&str, &str), at: i64) -> Value {
    json!({ "jti": next(), "htm": method, "htu": address, "iat": at })
}

/// A sound proof for a request of this machine's time that carries a token.
pub fn now_with_token(key: &Key, request: (&str, &str), token: &str) -> String {
    let ath = json!(sha256(token));
    key.sign(&header(key), &with(&says(request, Clock::System.now().0), "ath", Some(&ath)))
}

/// A sound proof for a request to the token endpoint.
pub fn for_token(site: &Site, key: &Key) -> String {
    key.sign(&header(key), &claims(site, "POST", "/token"))
}

/// A sound proof for a request that carries a token.
pub fn with_token(site: &Site, key: &Key, (method, path): (&str, &str), token: &str) -> String {
    let ath = json!(sha256(token));
    key.sign(&header(key), &with(&claims(site, method, path), "ath", Some(&ath)))
}

/// Sends a token request with these `DPoP` headers.
pub async fn ask(site: &Site, fields: &[(&str, &str)], proofs: &[&str]) -> Reply {
    let mut request = site.client.post(format!("{}/token", site.url)).form(fields);
    for proof in proofs {
        request = request.header("dpop", *proof);
    }
    Reply::of(request).await
}
