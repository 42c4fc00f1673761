//! Proof keys of the code grant ([RFC 7636]): always, and `S256` only.
//!
//! [RFC 7636]: https://www.rfc-editor.org/rfc/rfc7636

use std::borrow::Cow;

use oxide_auth::code_grant::extensions::Pkce;
use oxide_auth::primitives::grant::Extensions;

use crate::protocol::form::Form;
use crate::protocol::pkce::{is_challenge, is_verifier};

/// What the machine carries of the request's challenge; `None` unless it is a sound one of
/// method `S256` (RFC 7636 §4.4.1).
pub fn challenged(form: &Form) -> Option<Extensions> {
    let challenge = form.get("code_challenge").filter(|text| is_challenge(text))?;
    let method = form.get("code_challenge_method").map(Cow::Borrowed);
    extensions(method, challenge)
}

/// The same from what an approval keeps.
pub fn kept(challenge: &str) -> Option<Extensions> {
    extensions(Some(Cow::Borrowed("S256")), challenge)
}

fn extensions(method: Option<Cow<'_, str>>, challenge: &str) -> Option<Extensions> {
    let pkce = Pkce::required();
    let value = pkce.challenge(method, Some(Cow::Borrowed(challenge))).ok()??;
    let mut extensions = Extensions::new();
    extensions.set(&pkce, value);
    Some(extensions)
}

/// Whether the verifier of the token request fits (RFC 7636 §4.6).
pub fn holds(extensions: &mut Extensions, form: &Form) -> bool {
    let pkce = Pkce::required();
    let verifier = form.get("code_verifier").filter(|text| is_verifier(text));
    pkce.verify(extensions.remove(&pkce), verifier.map(Cow::Borrowed)).is_ok()
}
