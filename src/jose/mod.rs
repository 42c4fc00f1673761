//! JSON Web Tokens: our own keys, our own tokens, and the one way to verify each kind.
//!
//! jsonwebtoken's defaults accept tokens without `aud` or `iss`, arrays where a string is
//! meant, wrong `typ` and unknown `crit`; so its `decode` is called in this room only, on a
//! struct of exact types, and every claim is judged by us against the request's time. Of
//! tokens that others signed (`foreign`) it sees the signature alone.
//!
//! `keyring` holds our keys; `assertion`, `access_token`, `console_token`, `id_token` and
//! `signed_introspection` are what we sign with them. `jwk` reads other people's
//! public keys, `foreign` tokens made with them, `claims` what those say; `client_assertion`
//! and `dpop` are the kinds of foreign token there are. `provider` lets `ring` do the
//! cryptography.

mod access_token;
mod assertion;
mod claims;
mod client_assertion;
mod console_token;
mod dpop;
mod foreign;
mod id_token;
mod jwk;
mod keyring;
mod provider;
mod signed_introspection;

pub use access_token::{ACCESS_TOKEN_TYPE, AccessTokenClaims, AccessTokenId};
pub use assertion::{ASSERTION_TYPE, AssertionClaims, VerifiedAssertion, unverified_issuer};
pub use claims::{Audience, Claims};
pub use client_assertion::{ClientAssertion, VerifiedClientAssertion, verify_client_assertion};
pub use console_token::{ConsoleClaims, ConsoleGrant};
pub use dpop::{ExpectedProof, VerifiedProof, verify_proof};
pub use foreign::{LEEWAY, Lifetime, Unacceptable, UnverifiedToken};
pub use id_token::IdTokenClaims;
pub use jwk::{KeySet, PublicKey};
pub use keyring::{Keyring, SigningKey};

#[derive(Debug, thiserror::Error)]
pub enum JoseError {
    #[error("a signing key could not be made or read")]
    Key,
    #[error("a token could not be signed")]
    Sign(#[source] jsonwebtoken::errors::Error),
    #[error("the token is not one of ours, or no longer good")]
    Invalid,
}
