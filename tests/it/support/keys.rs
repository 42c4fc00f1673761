//! Keys of other parties, real ones, and tokens made with them: sound and forged.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

pub enum Key {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Key {
    pub fn p256() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        Self::P256(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("read"))
    }

    pub fn ed25519() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("read"))
    }

    /// Always the same one: `ring` cannot make RSA keys. It is good for nothing but tests.
    pub fn rsa() -> Self {
        let document = include_bytes!("rsa-2048.p8");
        Self::Rsa(Box::new(RsaKeyPair::from_pkcs8(document).expect("read")))
    }

    /// One of each kind, with every algorithm that it can do.
    pub fn of_every_kind() -> Vec<(Self, &'static [&'static str])> {
        vec![
            (Self::p256(), &["ES256"]),
            (Self::ed25519(), &["EdDSA", "Ed25519"]),
            (Self::rsa(), &["RS256", "PS256"]),
        ]
    }

    /// The algorithm this key is used with when nothing else is said.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
            Self::Rsa(_) => "RS256",
        }
    }

    /// The public JSON Web Key: required members only.
    pub fn jwk(&self) -> Value {
        match self {
            Self::P256(pair) => {
                let point = pair.public_key().as_ref();
                json!({ "kty": "EC", "crv": "P-256", "x": encoded(&point[1..33]), "y": encoded(&point[33..]) })
            }
            Self::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(pair.public_key().as_ref()) })
            }
            Self::Rsa(pair) => {
                let PublicKeyComponents { n, e } =
                    PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({ "kty": "RSA", "n": encoded(&n), "e": encoded(&e) })
            }
        }
    }

    /// The public key as the bytes that others know it by: its point, or its DER.
    pub fn public_bytes(&self) -> Vec<u8> {
        match self {
            Self::P256(pair) => pair.public_key().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
            Self::Rsa(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// The thumbprint of RFC 7638, worked out by hand.
    pub fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let text = |name: &str| jwk[name].as_str().expect("a text").to_owned();
        let canonical = match self {
            Self::P256(_) => {
                format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, text("x"), text("y"))
            }
            Self::Ed25519(_) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text("x")),
            Self::Rsa(_) => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text("e"), text("n")),
        };
        sha256(&canonical)
    }

    /// A token with this header and these claims, whatever they say.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_texts(&header.to_string(), &claims.to_string())
    }

    /// As [`sign`](Self::sign), with JSON that a serialiser would not write.
    pub fn sign_texts(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", encoded(header.as_bytes()), encoded(claims.as_bytes()));
        let probabilistic = header.contains("PS256");
        let signature = self.signature(message.as_bytes(), probabilistic);
        format!("{message}.{}", encoded(&signature))
    }

    fn signature(&self, message: &[u8], probabilistic: bool) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::P256(pair) => pair.sign(&random, message).expect("signed").as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let padding: &'static dyn ring::signature::RsaEncoding =
                    if probabilistic { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                pair.sign(padding, &random, message, &mut signature).expect("signed");
                signature
            }
        }
    }
}

/// A token under an HMAC whose key is somebody's public key.
pub fn sign_hmac(secret: &[u8], header: &Value, claims: &Value) -> String {
    let message = unsigned(header, claims);
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    let tag = ring::hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", encoded(tag.as_ref()))
}

/// Header and claims of a token, without a signature.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| encoded(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

pub fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 of a text in base64url.
pub fn sha256(text: &str) -> String {
    encoded(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref())
}

/// `claims` with one member set, or left out where the value is `None`.
pub fn with(claims: &Value, name: &str, value: Option<&Value>) -> Value {
    let mut changed = claims.clone();
    let members = changed.as_object_mut().expect("an object");
    match value {
        Some(value) => members.insert(name.to_owned(), value.clone()),
        None => members.remove(name),
    };
    changed
}

/// The header (0) or the claims (1) of a token, signature aside.
pub fn part_of(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("a part");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}
