//! A passkey on a device, as browsers pass on what it signs (Web Authentication, Level 3, §6.1, §6.5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::person::between;
use super::reply::Reply;

/// User present, user verified.
pub const VERIFIED: u8 = 0x05;

/// One device with one passkey. Its public fields are what a hostile one would change.
pub struct Authenticator {
    key: EcdsaKeyPair,
    pub id: Vec<u8>,
    pub origin: String,
    pub relying_party: String,
    pub flags: u8,
    pub counter: u32,
    pub handle: Vec<u8>,
}

/// What a page asks for.
pub struct Asked {
    pub options: Value,
    pub sealed: String,
}

impl Asked {
    pub fn on(page: &Reply) -> Self {
        let options = between(&page.text, "data-options=\"", "\"")
            .unwrap_or_else(|| panic!("a question: {} {}", page.status, page.text));
        let options = options.replace("&#34;", "\"").replace("&quot;", "\"");
        let sealed = between(&page.text, "name=\"question\" value=\"", "\"").expect("sealed");
        let options = serde_json::from_str(&options).expect("options");
        Self { options, sealed: sealed.to_owned() }
    }
}

impl Authenticator {
    /// A new one, in a browser at this origin.
    pub fn at(origin: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key");
        let id = digest(&SHA256, key.public_key().as_ref()).as_ref()[..16].to_vec();
        Self {
            key,
            id,
            origin: origin.to_owned(),
            relying_party: String::from("localhost"),
            flags: VERIFIED,
            counter: 0,
            handle: Vec::new(),
        }
    }

    /// Answers `navigator.credentials.create`.
    pub fn make(&mut self, options: &Value) -> String {
        let handle = options["user"]["id"].as_str().expect("a user handle");
        self.handle = URL_SAFE_NO_PAD.decode(handle).expect("base64url");
        let mut data = self.data(self.flags | 0x40);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("short").to_be_bytes());
        data.extend(&self.id);
        // {1: 2, 3: -7, -1: 1, -2: x, -3: y} (RFC 9053 §7.1)
        let point = self.key.public_key().as_ref();
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..65]);
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).expect("short"));
        object.extend(data);
        let response = json!({
            "clientDataJSON": self.client_data("webauthn.create", options),
            "attestationObject": URL_SAFE_NO_PAD.encode(object),
            "transports": ["internal", "hybrid"],
        });
        self.credential(&response)
    }

    /// Answers `navigator.credentials.get`.
    pub fn prove(&mut self, options: &Value) -> String {
        self.prove_as("webauthn.get", options)
    }

    pub fn prove_as(&mut self, kind: &str, options: &Value) -> String {
        let data = self.data(self.flags);
        let client_data = self.client_data(kind, options);
        let hash = digest(&SHA256, &URL_SAFE_NO_PAD.decode(&client_data).expect("base64url"));
        let signed = [data.as_slice(), hash.as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("signed");
        let response = json!({
            "clientDataJSON": client_data,
            "authenticatorData": URL_SAFE_NO_PAD.encode(data),
            "signature": URL_SAFE_NO_PAD.encode(signature),
            "userHandle": URL_SAFE_NO_PAD.encode(&self.handle),
        });
        self.credential(&response)
    }

    fn credential(&self, response: &Value) -> String {
        let id = URL_SAFE_NO_PAD.encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "response": response,
            "authenticatorAttachment": "platform", "clientExtensionResults": {},
        })
        .to_string()
    }

    fn data(&mut self, flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, self.relying_party.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        let data = json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin,
            "crossOrigin": false,
        });
        URL_SAFE_NO_PAD.encode(data.to_string())
    }
}
