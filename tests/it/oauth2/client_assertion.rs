//! Clients that prove themselves with a key of their own: `private_key_jwt` (RFC 7523).

use countersign::jose::{
    ClientAssertion, Unacceptable, VerifiedClientAssertion, verify_client_assertion,
};
use countersign::protocol::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::support::keys::{Key, with};

const NOW: Timestamp = Timestamp(1_800_000_000);
const ISSUER: &str = "https://auth.example.com";
const TOKEN: &str = "https://auth.example.com/token";
const CLIENT: &str = "machine";

/// What a client sends: five minutes ahead, for the issuer.
fn sound() -> Value {
    json!({
        "iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "one",
        "iat": NOW.0, "exp": NOW.0 + 300,
    })
}

struct Client {
    key: Key,
    keys: String,
}

impl Client {
    fn with(key: Key) -> Self {
        let keys = json!({ "keys": [key.jwk()] }).to_string();
        Self { key, keys }
    }

    fn judge(
        &self,
        header: &Value,
        claims: &Value,
    ) -> Result<VerifiedClientAssertion, Unacceptable> {
        let expected = ClientAssertion { client_id: CLIENT, audiences: [ISSUER, TOKEN] };
        verify_client_assertion(&self.key.sign(header, claims), &self.keys, expected, NOW)
    }

    fn accepts(&self, claims: &Value) -> bool {
        self.judge(&json!({ "alg": self.key.algorithm() }), claims).is_ok()
    }
}

/// RFC 7523 §3; oauth.md row 18: with every algorithm that metadata names.
#[test]
fn a_sound_assertion_of_every_algorithm_is_believed() {
    for (key, algorithms) in Key::of_every_kind() {
        let client = Client::with(key);
        for algorithm in algorithms {
            let judged = client.judge(&json!({ "alg": algorithm, "typ": "JWT" }), &sound());
            let expected =
                VerifiedClientAssertion { jti: "one".into(), exp: Timestamp(NOW.0 + 300) };
            assert_eq!(judged, Ok(expected), "{algorithm}");
        }
    }
}

/// oauth.md row 19, RFC 7523 §3 point 3: the issuer, with or without a slash, or the token
/// endpoint; nothing that is also good somewhere else.
#[test]
fn the_audience_is_the_issuer_or_the_token_endpoint_and_nobody_else() {
    let client = Client::with(Key::p256());
    let slash = format!("{ISSUER}/");
    for audience in
        [json!(ISSUER), json!(slash), json!(TOKEN), json!([ISSUER]), json!([ISSUER, TOKEN])]
    {
        assert!(client.accepts(&with(&sound(), "aud", Some(&audience))), "{audience}");
    }
    for audience in [
        Value::Null,
        json!(""),
        json!([]),
        json!([""]),
        json!("https://other.example"),
        json!([ISSUER, "https://other.example"]),
        json!([ISSUER, 1]),
        json!([[ISSUER]]),
        json!(1),
        json!({ "aud": ISSUER }),
        json!("https://auth.example.com//"),
        json!("https://AUTH.example.com"),
        json!("https://auth.example.com/tok"),
        json!("https://auth.example.com.evil.example"),
    ] {
        assert!(!client.accepts(&with(&sound(), "aud", Some(&audience))), "{audience}");
    }
    assert!(!client.accepts(&with(&sound(), "aud", None)));
}

/// Case 168: every claim missing, null, mistyped, negative, a fraction, beyond all numbers,
/// or empty.
#[test]
fn a_claim_of_the_wrong_type_is_refused() {
    let client = Client::with(Key::p256());
    let wrong = [
        Value::Null,
        json!(""),
        json!("1800000300"),
        json!(-1),
        json!(1_800_000_100.5),
        json!(1e300),
        json!(u64::MAX),
        json!(true),
        json!([1_800_000_100]),
        json!({}),
    ];
    for name in ["exp", "iat", "nbf"] {
        for value in &wrong {
            assert!(!client.accepts(&with(&sound(), name, Some(value))), "{name} = {value}");
        }
    }
    for name in ["iss", "sub", "jti"] {
        for value in
            [Value::Null, json!(""), json!(1), json!([CLIENT]), json!({}), json!("x".repeat(3_000))]
        {
            assert!(!client.accepts(&with(&sound(), name, Some(&value))), "{name} = {value:.20}");
        }
    }
    for name in ["exp", "iss", "sub", "jti"] {
        assert!(!client.accepts(&with(&sound(), name, None)), "{name} is missing");
    }
    // RFC 7523 §3: these may be left out.
    assert!(client.accepts(&with(&sound(), "iat", None)));
    assert!(client.accepts(&with(&sound(), "nbf", Some(&json!(NOW.0)))));
}

/// JSON has more ways to write a number than one: what is no whole number of seconds is none.
#[test]
fn a_time_is_written_in_whole_seconds() {
    let client = Client::with(Key::p256());
    let spelled = |exp: &str| {
        let claims = with(&sound(), "exp", None).to_string();
        let claims = claims.replacen('{', &format!(r#"{{"exp":{exp},"#), 1);
        let token = client.key.sign_texts(r#"{"alg":"ES256"}"#, &claims);
        let expected = ClientAssertion { client_id: CLIENT, audiences: [ISSUER, TOKEN] };
        verify_client_assertion(&token, &client.keys, expected, NOW).is_ok()
    };
    assert!(spelled("1800000300"));
    for exp in ["1800000300.0", "1.8000003e9", "18446744073709551615", "1e400", "-0", "0x1"] {
        assert!(!spelled(exp), "{exp}");
    }
}

/// RFC 7523 §3 points 4 to 6: a minute for clocks that differ, an hour at the longest, which
/// is what Authlib sends when nobody says otherwise.
#[test]
fn an_assertion_counts_between_its_times_and_for_an_hour_at_most() {
    let client = Client::with(Key::p256());
    let at = |name: &str, seconds: i64| {
        client.accepts(&with(&sound(), name, Some(&json!(NOW.0 + seconds))))
    };
    for (name, seconds, accepted) in [
        ("exp", 3_600, true),
        ("exp", 3_660, true),
        ("exp", 3_661, false),
        ("exp", -59, true),
        ("exp", -60, false),
        ("iat", 60, true),
        ("iat", 61, false),
        ("iat", -86_400, true),
        ("nbf", 60, true),
        ("nbf", 61, false),
    ] {
        assert_eq!(at(name, seconds), accepted, "{name} {seconds:+}");
    }
}

/// RFC 7523 §3 points 1, 2: a client speaks for itself alone.
#[test]
fn issuer_and_subject_are_the_client() {
    let client = Client::with(Key::p256());
    for name in ["iss", "sub"] {
        for other in ["other", "Machine", "machine ", ISSUER] {
            assert!(!client.accepts(&with(&sound(), name, Some(&json!(other)))), "{name} {other}");
        }
    }
}

/// RFC 8725 §3.11, §3.12: a token of another kind is not an assertion, whoever signed it.
#[test]
fn a_token_of_another_type_proves_no_client() {
    let client = Client::with(Key::p256());
    let typed =
        |typ: &Value| client.judge(&json!({ "alg": "ES256", "typ": typ }), &sound()).is_ok();
    for typ in ["JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"]
    {
        assert!(typed(&json!(typ)), "{typ}");
    }
    for typ in ["dpop+jwt", "at+jwt", "oauth-id-jag+jwt", "logout+jwt", "", "JWT "] {
        assert!(!typed(&json!(typ)), "{typ}");
    }
    assert!(!typed(&json!(["JWT"])) && !typed(&Value::Null));
}

/// RFC 7523 §3 point 9: another client's key, whatever it calls itself.
#[test]
fn a_key_that_is_not_the_clients_proves_nothing() {
    let client = Client::with(Key::p256());
    let stranger = Key::p256();
    let token = stranger.sign(&json!({ "alg": "ES256", "jwk": stranger.jwk() }), &sound());
    let expected = ClientAssertion { client_id: CLIENT, audiences: [ISSUER, TOKEN] };
    assert!(verify_client_assertion(&token, &client.keys, expected, NOW).is_err());
    assert!(verify_client_assertion(&token, "{}", expected, NOW).is_err());
}
