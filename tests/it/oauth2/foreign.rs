//! Tokens that somebody else signed (RFC 7515, RFC 8725), whatever they are for.

use countersign::jose::{Claims, KeySet, PublicKey, Unacceptable, UnverifiedToken};
use countersign::protocol::signature_algorithm::SignatureAlgorithm;
use serde_json::{Map, Value, json};

use crate::support::keys::{Key, encoded, sign_hmac, unsigned, with};

fn set(keys: &[Value]) -> KeySet {
    KeySet::read(&json!({ "keys": keys }).to_string()).expect("a key set")
}

fn opened(token: &str, keys: &KeySet) -> Result<Claims, Unacceptable> {
    UnverifiedToken::read(token)?.verify_with_set(keys)
}

fn read(jwk: &Value) -> Result<PublicKey, Unacceptable> {
    PublicKey::read(jwk.as_object().expect("an object"))
}

fn claims() -> Value {
    json!({ "iss": "https://issuer.example" })
}

/// RFC 7518 §3.1, RFC 8037 §3.1: the four signatures that count, under every name they have.
#[test]
fn every_offered_algorithm_verifies_with_a_key_of_its_own_kind() {
    let mut tried = Vec::new();
    for (key, algorithms) in Key::of_every_kind() {
        let keys = set(&[key.jwk()]);
        for algorithm in algorithms {
            let token = key.sign(&json!({ "alg": algorithm }), &claims());
            let opened = opened(&token, &keys).expect(algorithm);
            assert_eq!(opened.text("iss"), Ok("https://issuer.example"));
            tried.push(*algorithm);
        }
    }
    tried.sort_unstable();
    let mut offered = SignatureAlgorithm::NAMES;
    offered.sort_unstable();
    assert_eq!(tried, offered);
}

/// Case 164, RFC 8725 §2.1, §3.1: `none` in every spelling, with and without a signature.
#[test]
fn a_token_without_a_signature_is_no_token() {
    let key = Key::p256();
    let keys = set(&[key.jwk()]);
    let sound = key.sign(&json!({ "alg": "ES256" }), &claims());
    let signature = sound.rsplit('.').next().expect("a signature");
    for name in ["none", "None", "NONE", "nOnE", "", "es256", "ES256 ", "Es256", "eddsa", "HS256"] {
        let message = unsigned(&json!({ "alg": name }), &claims());
        for token in [format!("{message}."), message.clone(), format!("{message}.{signature}")] {
            assert!(opened(&token, &keys).is_err(), "{name:?}: {token}");
        }
    }
    for algorithm in [Value::Null, json!(["ES256"]), json!(256), json!({ "alg": "ES256" })] {
        let token = key.sign(&json!({ "alg": algorithm }), &claims());
        assert!(opened(&token, &keys).is_err(), "{algorithm}");
    }
    assert!(opened(&key.sign(&json!({}), &claims()), &keys).is_err());
    assert!(opened(&sound, &keys).is_ok());
}

/// Case 164, RFC 8725 §2.1: a public key in any of its forms is nobody's HMAC secret.
#[test]
fn a_public_key_does_not_serve_as_the_secret_of_an_hmac() {
    for (key, _) in Key::of_every_kind() {
        let keys = set(&[key.jwk()]);
        let jwk = key.jwk().to_string().into_bytes();
        let der = key.public_bytes();
        let lines = encoded(&der);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n");
        for secret in [jwk, der, pem.into_bytes()] {
            for name in ["HS256", "hs256", "HS384", "HS512", "ES256", "RS256", "EdDSA"] {
                let token = sign_hmac(&secret, &json!({ "alg": name }), &claims());
                assert!(opened(&token, &keys).is_err(), "{name}");
            }
        }
    }
}

/// Case 164: a signature of one kind under the header of another, for every pair of them.
#[test]
fn the_algorithm_must_fit_the_key() {
    let keys: Vec<_> = Key::of_every_kind();
    let everybody = set(&keys.iter().map(|(key, _)| key.jwk()).collect::<Vec<_>>());
    for (signer, own) in &keys {
        let alone = set(&[signer.jwk()]);
        for name in SignatureAlgorithm::NAMES.iter().filter(|name| !own.contains(name)) {
            let token = signer.sign(&json!({ "alg": name }), &claims());
            assert!(opened(&token, &alone).is_err(), "{name}");
            assert!(opened(&token, &everybody).is_err(), "{name}");
        }
    }
    // RS256 and PS256 share a key, not a signature.
    let rsa = Key::rsa();
    let probabilistic = rsa.sign(&json!({ "alg": "PS256" }), &claims());
    let signature = probabilistic.rsplit('.').next().expect("a signature");
    let mixed = format!("{}.{signature}", unsigned(&json!({ "alg": "RS256" }), &claims()));
    assert!(opened(&mixed, &set(&[rsa.jwk()])).is_err());
    // A key that names its algorithm does no other.
    let only = with(&rsa.jwk(), "alg", Some(&json!("RS256")));
    assert!(opened(&probabilistic, &set(std::slice::from_ref(&only))).is_err());
    assert!(opened(&rsa.sign(&json!({ "alg": "RS256" }), &claims()), &set(&[only])).is_ok());
}

/// RFC 7515 §4.1.11: an extension that is not understood is not passed over.
#[test]
fn a_critical_header_is_refused() {
    let key = Key::p256();
    let keys = set(&[key.jwk()]);
    for critical in [json!(["exp"]), json!(["b64"]), json!([]), Value::Null, json!("x")] {
        let header = json!({ "alg": "ES256", "crit": critical, "b64": false, "exp": 1 });
        assert!(opened(&key.sign(&header, &claims()), &keys).is_err(), "{critical}");
    }
}

/// RFC 8725 §2.4, §3.9: two readers of one token must see one token.
#[test]
fn a_token_that_can_be_read_in_two_ways_is_refused() {
    let key = Key::p256();
    let keys = set(&[key.jwk()]);
    let header = r#"{"alg":"ES256"}"#;
    assert!(opened(&key.sign_texts(header, r#"{"iss":"a"}"#), &keys).is_ok());
    for claims in
        [r#"{"iss":"a","iss":"b"}"#, r#"[{"iss":"a"}]"#, r#""a""#, "", "{}{}", "\u{feff}{}"]
    {
        assert!(opened(&key.sign_texts(header, claims), &keys).is_err(), "{claims}");
    }
    for header in [r#"{"alg":"none","alg":"ES256"}"#, r#"["ES256"]"#, "{", ""] {
        assert!(opened(&key.sign_texts(header, "{}"), &keys).is_err(), "{header}");
    }
    let sound = key.sign(&json!({ "alg": "ES256" }), &claims());
    let padded = format!("{sound}=");
    let spaced = format!(" {sound}");
    let longer = format!("{sound}.{sound}");
    let two_parts = sound.rsplit_once('.').expect("parts").0.to_owned();
    let huge = key.sign(&json!({ "alg": "ES256", "x": "x".repeat(20_000) }), &claims());
    for token in
        [padded, spaced, longer, two_parts, huge, String::new(), "..".into(), "a.b.c".into()]
    {
        assert!(opened(&token, &keys).is_err(), "{token:.40}");
    }
}

/// Every changed bit of a token is noticed.
#[test]
fn a_changed_token_does_not_verify() {
    for (key, algorithms) in Key::of_every_kind() {
        let keys = set(&[key.jwk()]);
        let token = key.sign(&json!({ "alg": algorithms[0] }), &claims());
        let (message, signature) = token.rsplit_once('.').expect("parts");
        let other = key.sign(&json!({ "alg": algorithms[0] }), &json!({ "iss": "x" }));
        let (other_message, _) = other.rsplit_once('.').expect("parts");
        assert!(opened(&format!("{other_message}.{signature}"), &keys).is_err());
        assert!(opened(&format!("{message}.{}", &signature[4..]), &keys).is_err());
        assert!(opened(&format!("{message}.{signature}AAAA"), &keys).is_err());
        assert!(opened(&format!("{message}.{}", encoded(&[0; 64])), &keys).is_err());
    }
}

/// RFC 7515 §4.1.4: the key that `kid` names, or the only one that fits; never a guess.
#[test]
fn a_key_is_chosen_by_its_name_or_by_being_the_only_one_that_fits() {
    let (first, second, rsa) = (Key::p256(), Key::p256(), Key::rsa());
    let named = |key: &Key, kid: &str| with(&key.jwk(), "kid", Some(&json!(kid)));
    let token = |kid: Option<&str>| {
        let header = with(&json!({ "alg": "ES256" }), "kid", kid.map(|kid| json!(kid)).as_ref());
        second.sign(&header, &claims())
    };
    let both = set(&[named(&first, "1"), named(&second, "2"), named(&rsa, "3")]);
    assert!(opened(&token(Some("2")), &both).is_ok());
    assert!(opened(&token(Some("1")), &both).is_err(), "another key's name");
    assert!(opened(&token(Some("3")), &both).is_err(), "the name of a key that does not fit");
    assert!(opened(&token(Some("4")), &both).is_err(), "nobody's name");
    assert!(opened(&token(None), &both).is_err(), "two fit");
    let twice = set(&[named(&second, "2"), named(&first, "2")]);
    assert!(opened(&token(Some("2")), &twice).is_err(), "two have that name");
    let shared = set(&[named(&second, "2"), named(&rsa, "2")]);
    assert!(opened(&token(Some("2")), &shared).is_ok(), "one of two with that name fits");
    let alone = set(&[second.jwk(), rsa.jwk()]);
    assert!(opened(&token(None), &alone).is_ok(), "one fits");
    assert!(opened(&token(Some("4")), &alone).is_ok(), "one fits, and has no other name");
    let wrong = with(&json!({ "alg": "ES256" }), "kid", Some(&json!(2)));
    assert!(opened(&second.sign(&wrong, &claims()), &alone).is_err(), "a number is no name");
}

/// RFC 8725 §3.10: `jwk`, `jku`, `x5u` and `x5c` of a stranger's header choose nothing.
#[test]
fn a_key_that_a_token_brings_along_does_not_count() {
    let (ours, theirs) = (Key::p256(), Key::p256());
    let header = json!({
        "alg": "ES256", "jwk": theirs.jwk(), "jku": "https://evil.example/jwks",
        "x5u": "https://evil.example/cert", "x5c": ["AAAA"],
    });
    assert!(opened(&theirs.sign(&header, &claims()), &set(&[ours.jwk()])).is_err());
}

/// RFC 7517 §4, RFC 7518 §6: only public keys, meant for signatures, of sound size and one
/// spelling.
#[test]
fn keys_that_are_not_plainly_public_signature_keys_are_refused() {
    let (point, edwards, rsa) = (Key::p256().jwk(), Key::ed25519().jwk(), Key::rsa().jwk());
    for jwk in [&point, &edwards, &rsa] {
        assert!(read(jwk).is_ok(), "{jwk}");
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(read(&with(jwk, private, Some(&json!("AAAA")))).is_err(), "{private}");
        }
        for (name, value) in [
            ("use", json!("enc")),
            ("use", json!(1)),
            ("key_ops", json!(["encrypt"])),
            ("key_ops", json!("verify")),
            ("kid", json!(1)),
            ("kty", json!("oct")),
            ("kty", Value::Null),
            ("alg", json!(["ES256"])),
        ] {
            assert!(read(&with(jwk, name, Some(&value))).is_err(), "{name} = {value}");
        }
        assert!(read(&with(jwk, "use", Some(&json!("sig")))).is_ok());
        assert!(read(&with(jwk, "key_ops", Some(&json!(["verify"])))).is_ok());
    }
    for (jwk, name, value) in [
        (&point, "crv", json!("P-384")),
        (&point, "crv", json!("Ed25519")),
        (&point, "x", json!("AAAA")),
        (&point, "y", Value::Null),
        (&edwards, "crv", json!("X25519")),
        (&edwards, "x", json!(format!("{}=", edwards["x"].as_str().expect("x")))),
        (&rsa, "n", json!(encoded(&[0xff; 128]))),
        (&rsa, "n", json!(encoded(&[0xff; 1_024]))),
        (&rsa, "n", json!(encoded(&[&[0][..], &[0xff; 256]].concat()))),
        (&rsa, "e", json!(encoded(&[0, 1, 0, 1]))),
        (&rsa, "e", json!("")),
    ] {
        assert!(read(&with(jwk, name, Some(&value))).is_err(), "{name} = {value}");
    }
    assert!(PublicKey::read(&Map::new()).is_err());
}

/// RFC 7517 §5: what is not understood is passed over; a set without a key that counts is
/// no help.
#[test]
fn a_key_set_is_read_around_what_it_does_not_understand() {
    let key = Key::p256();
    let stranger = json!({ "kty": "OKP", "crv": "X25519", "x": "AAAA" });
    let secret = json!({ "kty": "oct", "k": "AAAA" });
    let token = key.sign(&json!({ "alg": "ES256" }), &claims());
    assert!(opened(&token, &set(&[stranger.clone(), secret.clone(), json!(1), key.jwk()])).is_ok());
    let crowd = vec![key.jwk(); 51];
    for text in [
        json!({ "keys": [stranger, secret] }).to_string(),
        json!({ "keys": [] }).to_string(),
        json!({ "keys": key.jwk() }).to_string(),
        json!({ "keys": crowd }).to_string(),
        json!([key.jwk()]).to_string(),
        String::from("{}"),
        String::from("keys"),
    ] {
        assert!(KeySet::read(&text).is_err(), "{text:.60}");
    }
}

/// RFC 7638 §3.1: the example of the specification, and every kind of key.
#[test]
fn a_thumbprint_is_that_of_rfc_7638() {
    let example = json!({
        "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    });
    let thumbprint = read(&example).expect("a key").thumbprint().to_string();
    assert_eq!(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    for (key, _) in Key::of_every_kind() {
        assert_eq!(read(&key.jwk()).expect("a key").thumbprint().as_str(), key.thumbprint());
    }
}
