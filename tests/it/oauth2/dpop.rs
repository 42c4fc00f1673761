//! Proofs of possession: tokens that are worth nothing without a key (RFC 9449).

use countersign::protocol::secret::{ENTROPY, Secret, SecretKind};
use countersign::protocol::signature_algorithm::SignatureAlgorithm;
use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use crate::support::Site;
use crate::support::agent::{CLAIM_GRANT, JWT_BEARER, Registered, member};
use crate::support::client::{CALLBACK, Client, VERIFIER};
use crate::support::keys::{Key, encoded, sign_hmac, unsigned, with};
use crate::support::person::Person;
use crate::support::proof::{ask, claims, for_token, header};
use crate::support::reply::Reply;

const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A machine of the operator's.
const MACHINE: &str = "[[client]]\n\
    client_id = 'nightly'\n\
    grant_types = ['client_credentials']\n\
    scope = 'demo:read'\n\
    client_secret = '0123456789abcdef'\n";

/// An agent that Ada let in and that has not polled since.
async fn approved(site: &Site) -> Registered {
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let reply = ada.approve(&registered).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    registered
}

async fn poll(site: &Site, registered: &Registered, proofs: &[&str]) -> Reply {
    let fields = [("grant_type", CLAIM_GRANT), ("claim_token", registered.claim_token.as_str())];
    ask(site, &fields, proofs).await
}

async fn refresh(site: &Site, token: &str, proofs: &[&str]) -> Reply {
    ask(site, &[("grant_type", "refresh_token"), ("refresh_token", token)], proofs).await
}

/// What comes of a proof: the poll of an agent that is let in, or the refusal.
async fn judged(site: &Site, registered: &Registered, proof: &str) -> Reply {
    let reply = poll(site, registered, &[proof]).await;
    if reply.status != 200 {
        let named = matches!(reply.error().as_str(), "invalid_dpop_proof" | "use_dpop_nonce");
        assert!(named && reply.status == 400, "{}", reply.text);
        // Trap 29: a challenge on a token endpoint's answer hides its body from one client.
        assert!(reply.header("www-authenticate").is_none());
    }
    reply
}

/// RFC 9449 §5, §6.2: every key that is offered; the answer, introspection and refresh token
/// all say that they are bound.
#[tokio::test]
async fn a_proof_binds_the_tokens_to_its_key() {
    for (key, algorithms) in Key::of_every_kind() {
        let site = Site::open().await;
        let registered = approved(&site).await;
        let head = with(&header(&key), "alg", Some(&json!(algorithms[algorithms.len() - 1])));
        let proof = key.sign(&head, &claims(&site, "POST", "/token"));
        let reply = poll(&site, &registered, &[&proof]).await;
        assert_eq!(member(&reply, "token_type"), "DPoP");
        let known = site.introspect(&member(&reply, "access_token")).await.json();
        assert_eq!(known["token_type"], "DPoP");
        assert_eq!(known["cnf"], json!({ "jkt": key.thumbprint() }));
        site.close().await;
    }
}

/// oauth.md trap 27: `DPoP` follows from a proof, never from policy.
#[tokio::test]
async fn without_a_proof_nothing_is_bound() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let reply = poll(&site, &registered, &[]).await;
    assert_eq!(member(&reply, "token_type"), "Bearer");
    let known = site.introspect(&member(&reply, "access_token")).await.json();
    assert_eq!((&known["token_type"], known.get("cnf")), (&json!("Bearer"), None));
    site.close().await;
}

/// RFC 9449 §4.3: what is wrong with the header of a proof; the claim is not spent.
#[tokio::test]
async fn a_proof_of_the_wrong_form_is_refused() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let (key, other) = (Key::p256(), Key::p256());
    let sound = header(&key);
    let says = || claims(&site, "POST", "/token");
    let mut private = key.jwk();
    private["d"] = json!(encoded(&[1; 32]));
    let changed = |name: &str, value: Option<Value>| with(&sound, name, value.as_ref());
    for head in [
        changed("typ", None),
        changed("typ", Some(json!("JWT"))),
        changed("typ", Some(json!("dpop"))),
        changed("alg", Some(json!("none"))),
        changed("alg", Some(json!("RS256"))),
        changed("alg", Some(json!("HS256"))),
        changed("alg", Some(json!("es256"))),
        changed("jwk", None),
        changed("jwk", Some(other.jwk())),
        changed("jwk", Some(private)),
        changed("jwk", Some(json!("key"))),
        changed("jwk", Some(json!({ "kty": "oct", "k": "AAAA" }))),
        changed("crit", Some(json!(["exp"]))),
    ] {
        let reply = judged(&site, &registered, &key.sign(&head, &says())).await;
        assert_eq!(reply.error(), "invalid_dpop_proof", "{head}");
    }
    let hmac = sign_hmac(&key.public_bytes(), &changed("alg", Some(json!("HS256"))), &says());
    let bare = format!("{}.", unsigned(&changed("alg", Some(json!("none"))), &says()));
    for proof in [hmac.as_str(), bare.as_str(), "", "proof", "a.b.c"] {
        assert_eq!(judged(&site, &registered, proof).await.error(), "invalid_dpop_proof");
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM replay").await, 0, "case 164: no jti recorded");
    assert_eq!(poll(&site, &registered, &[&for_token(&site, &key)]).await.status, 200);
    site.close().await;
}

/// RFC 9449 §4.3 points 8 to 11: a proof for another request, or mistyped.
#[tokio::test]
async fn a_proof_for_another_request_is_refused() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let key = Key::p256();
    let issuer = site.app.issuer().to_owned();
    let wrong: [(&str, &[Value]); 5] = [
        ("jti", &[Value::Null, json!(""), json!(1), json!(["a"])]),
        ("htm", &[Value::Null, json!("GET"), json!("post"), json!(""), json!(["POST"])]),
        (
            "htu",
            &[
                Value::Null,
                json!(""),
                json!("/token"),
                json!("https://evil.example/token"),
                json!(format!("{issuer}/token/")),
                json!(format!("{issuer}/tok%65n")),
                json!(format!("{issuer}/oauth2/token")),
                json!(format!("{issuer}/TOKEN")),
                json!(format!("{issuer}.evil.example/token")),
                json!(format!("{issuer}\\token")),
                json!(format!("{issuer}/to\tken")),
                json!([format!("{issuer}/token")]),
            ],
        ),
        ("iat", &[Value::Null, json!("1800000000"), json!(1_800_000_000.5), json!(-1)]),
        ("nonce", &[Value::Null, json!(""), json!(1)]),
    ];
    for (name, values) in wrong {
        for value in values {
            let says = with(&claims(&site, "POST", "/token"), name, Some(value));
            let reply = judged(&site, &registered, &key.sign(&header(&key), &says)).await;
            assert_eq!(reply.error(), "invalid_dpop_proof", "{name} = {value}");
        }
    }
    for name in ["jti", "htm", "htu", "iat"] {
        let says = with(&claims(&site, "POST", "/token"), name, None);
        let reply = judged(&site, &registered, &key.sign(&header(&key), &says)).await;
        assert_eq!(reply.error(), "invalid_dpop_proof", "{name} is missing");
    }
    site.close().await;
}

/// RFC 9449 §4.3 point 9, RFC 3986 §6.2: one address in other spellings, the query aside; and
/// the configured one, whatever the request says of its host.
#[tokio::test]
async fn the_address_is_compared_as_an_address_and_not_with_the_host_header() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let key = Key::p256();
    let issuer = site.app.issuer().to_owned();
    let loud = issuer.replacen("http", "HTTP", 1);
    for htu in [
        format!("{issuer}/token?grant_type=x#fragment"),
        format!("{loud}/token"),
        format!("{issuer}/./token"),
    ] {
        let says = with(&claims(&site, "POST", "/token"), "htu", Some(&json!(htu)));
        let proof = key.sign(&header(&key), &says);
        assert_eq!(judged(&site, &registered, &proof).await.status, 200, "{htu}");
    }
    let says =
        with(&claims(&site, "POST", "/token"), "htu", Some(&json!("https://evil.example/token")));
    let request = site
        .client
        .post(format!("{}/token", site.url))
        .header("host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("dpop", key.sign(&header(&key), &says))
        .form(&[("grant_type", CLAIM_GRANT), ("claim_token", registered.claim_token.as_str())]);
    Reply::of(request).await.assert_error(400, "invalid_dpop_proof");
    site.close().await;
}

/// RFC 9449 §4.3 point 1.
#[tokio::test]
async fn two_proofs_are_none() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let key = Key::p256();
    let (one, two) = (for_token(&site, &key), for_token(&site, &key));
    let reply = poll(&site, &registered, &[&one, &two]).await;
    reply.assert_error(400, "invalid_dpop_proof");
    let reply = poll(&site, &registered, &[&one, &one]).await;
    reply.assert_error(400, "invalid_dpop_proof");
    assert_eq!(poll(&site, &registered, &[&one]).await.status, 200);
    site.close().await;
}

/// RFC 9449 §11.1, case 170 in kind: a proof counts once, also on the other node and after a
/// restart; another key may use the same `jti`.
#[tokio::test]
async fn a_proof_counts_once() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let (key, other) = (Key::p256(), Key::p256());
    let says = claims(&site, "POST", "/token");
    let proof = key.sign(&header(&key), &says);
    assert_eq!(judged(&site, &registered, &proof).await.status, 200);
    let reply = judged(&site, &registered, &proof).await;
    assert_eq!(reply.error(), "invalid_dpop_proof");
    // Signed anew, it is the same use.
    let again = key.sign(&header(&key), &says);
    assert_eq!(judged(&site, &registered, &again).await.error(), "invalid_dpop_proof");
    let second = site.second_node().await;
    assert_eq!(judged(&second, &registered, &proof).await.error(), "invalid_dpop_proof");
    second.close().await;
    let site = site.restart().await;
    assert_eq!(judged(&site, &registered, &proof).await.error(), "invalid_dpop_proof");
    let theirs = other.sign(&header(&other), &says);
    let reply = poll(&site, &registered, &[&theirs]).await;
    assert_ne!(reply.error(), "invalid_dpop_proof", "nobody burns another key's identifiers");
    site.close().await;
}

/// RFC 9449 §11.1; a flaw: anybody can make a key, so what is refused leaves no row, however
/// sound its proof is. Waiting leaves none either, and the same proof still counts once.
#[tokio::test]
async fn a_stranger_with_a_key_fills_no_table() {
    let site = Site::open().await;
    let key = Key::p256();
    let unknown = |kind, fill| {
        let secret = Secret::from_entropy(kind, &[fill; ENTROPY]).expect("a secret");
        secret.reveal().to_owned()
    };
    let (claim, code) = (unknown(SecretKind::Claim, 1), unknown(SecretKind::AuthorizationCode, 2));
    let client = Client::register(&site).await;
    for fields in [
        vec![],
        vec![("grant_type", "unknown")],
        vec![("grant_type", CLAIM_GRANT), ("claim_token", claim.as_str())],
        vec![("grant_type", JWT_BEARER), ("assertion", "a.b.c")],
        vec![("grant_type", "refresh_token"), ("refresh_token", "aar_none")],
        vec![("grant_type", "client_credentials"), ("client_id", client.id.as_str())],
        vec![
            ("grant_type", "authorization_code"),
            ("client_id", client.id.as_str()),
            ("code", code.as_str()),
            ("code_verifier", VERIFIER),
        ],
    ] {
        let refused = ask(&site, &fields, &[&for_token(&site, &key)]).await;
        assert_ne!((refused.status, refused.error().as_str()), (400, "invalid_dpop_proof"));
    }
    for path in ["/par", "/agent/identity"] {
        let proof = key.sign(&header(&key), &claims(&site, "POST", path));
        let request = site.client.post(format!("{}{path}", site.url)).header("dpop", proof);
        let refused = Reply::of(if path == "/par" {
            request.form(&[("client_id", client.id.as_str())])
        } else {
            request.json(&json!({ "type": "refresh", "refresh_token": "aar_none" }))
        });
        assert!(refused.await.status >= 400);
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM replay").await, 0);

    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let proof = for_token(&site, &key);
    poll(&site, &registered, &[&proof]).await.assert_error(400, "authorization_pending");
    assert_eq!(site.count("SELECT COUNT(*) FROM replay").await, 0);
    assert_eq!(ada.approve(&registered).await.status, 303);
    assert_eq!(poll(&site, &registered, &[&proof]).await.status, 200);
    assert_eq!(site.count("SELECT COUNT(*) FROM replay").await, 1);
    poll(&site, &registered, &[&proof]).await.assert_error(400, "invalid_dpop_proof");
    site.close().await;
}

/// RFC 9449 §11.1: whatever a request gets with a proof, nothing is to be had with the same one
/// again, at any grant. A grant that forgot to use it up would fail here.
#[tokio::test]
async fn at_every_grant_a_proof_counts_once() {
    let site = Site::open_with(MACHINE).await;
    let key = Key::ed25519();
    let machine = [
        ("grant_type", "client_credentials"),
        ("client_id", "nightly"),
        ("client_secret", "0123456789abcdef"),
    ];
    let assertion = site.agent().register_anonymous().await.assertion();
    let bearer = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
    let registered = approved(&site).await;
    let tokens = poll(&site, &registered, &[&for_token(&site, &key)]).await;
    let access = member(&tokens, "access_token");
    let exchange = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", access.as_str()),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    for fields in [&machine[..], &bearer, &exchange] {
        let (proof, fresh) = (for_token(&site, &key), for_token(&site, &key));
        assert_eq!(ask(&site, fields, &[&proof]).await.status, 200, "{fields:?}");
        let before = site.count("SELECT COUNT(*) FROM token").await;
        ask(&site, fields, &[&proof]).await.assert_error(400, "invalid_dpop_proof");
        assert_eq!(site.count("SELECT COUNT(*) FROM token").await, before, "{fields:?}");
        assert_eq!(ask(&site, fields, &[&fresh]).await.status, 200, "{fields:?}");
    }
    // Refreshing: the rotation, and the same pair once more within the overlap.
    let token = member(&tokens, "refresh_token");
    for _ in 0..2 {
        let proof = for_token(&site, &key);
        assert_eq!(refresh(&site, &token, &[&proof]).await.status, 200);
        refresh(&site, &token, &[&proof]).await.assert_error(400, "invalid_dpop_proof");
    }
    // A code: the second is good, and does not come with the first one's proof.
    let mut ada = Person::new(&site, "ada@example.com");
    assert_eq!(ada.sign_in().await.status, 303);
    let client = Client::register(&site).await;
    let codes =
        [client.approved_by(&mut ada).await.code(), client.approved_by(&mut ada).await.code()];
    let [first, second] = codes.each_ref().map(|code| {
        [
            ("grant_type", "authorization_code"),
            ("client_id", client.id.as_str()),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ]
    });
    let proof = for_token(&site, &key);
    assert_eq!(ask(&site, &first, &[&proof]).await.status, 200);
    ask(&site, &second, &[&proof]).await.assert_error(400, "invalid_dpop_proof");
    assert_eq!(ask(&site, &second, &[&for_token(&site, &key)]).await.status, 200);
    // A device's, with the proof of the code before it.
    let metadata = json!({ "grant_types": [DEVICE_CODE], "token_endpoint_auth_method": "none" });
    let device = Client::register_as(&site, &metadata).await;
    let form = [("client_id", device.id.as_str()), ("scope", "demo:read")];
    let told = site.post_form("/device_authorization", &form).await.json();
    let code = told["user_code"].as_str().expect("a code");
    let typed = ada.post_from("/device", "/device", &[("user_code", code)]).await;
    let link = typed.header("location").expect("a location").to_owned();
    assert_eq!(ada.approve_code(&link, code).await.status, 303);
    let collect = [
        ("grant_type", DEVICE_CODE),
        ("client_id", device.id.as_str()),
        ("device_code", told["device_code"].as_str().expect("a code")),
    ];
    ask(&site, &collect, &[&proof]).await.assert_error(400, "invalid_dpop_proof");
    let fresh = for_token(&site, &key);
    let tokens = ask(&site, &collect, &[&fresh]).await;
    assert_eq!((tokens.status, &tokens.json()["token_type"]), (200, &json!("DPoP")));
    ask(&site, &collect, &[&fresh]).await.assert_error(400, "invalid_dpop_proof");
    site.close().await;
}

/// Case 170: 64 presentations of one proof at once, and one of them counts.
#[tokio::test]
async fn of_sixty_four_presentations_of_a_proof_one_counts() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let key = Key::ed25519();
    for _round in 0..4 {
        let proof = for_token(&site, &key);
        let proofs = [proof.as_str()];
        let asked = (0..64).map(|_| poll(&site, &registered, &proofs));
        let replies = futures_util::future::join_all(asked).await;
        let counted = replies.iter().filter(|reply| reply.error() != "invalid_dpop_proof").count();
        assert_eq!(counted, 1);
    }
    site.close().await;
}

/// RFC 9449 §8, §11.1: an `iat` counts for five minutes, with one for clocks that run fast;
/// beyond that the server's own time is offered, and then the client's does not matter.
#[tokio::test]
async fn a_client_whose_clock_is_wrong_is_offered_a_nonce_and_gets_in() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let key = Key::p256();
    let now = site.clock.now().0;
    let at = |iat: i64, nonce: Option<&str>| {
        let says = with(&claims(&site, "POST", "/token"), "iat", Some(&json!(iat)));
        let nonce = nonce.map(|nonce| json!(nonce));
        let says = if nonce.is_some() { with(&says, "nonce", nonce.as_ref()) } else { says };
        key.sign(&header(&key), &says)
    };
    for iat in [now - 299, now + 60] {
        assert_eq!(judged(&site, &registered, &at(iat, None)).await.status, 200, "{}", iat - now);
    }
    for iat in [now - 300, now + 61, 0] {
        let reply = judged(&site, &registered, &at(iat, None)).await;
        reply.assert_error(400, "use_dpop_nonce");
        let nonce = reply.header("dpop-nonce").expect("a nonce").to_owned();
        let exposed = reply.header("access-control-expose-headers").expect("exposed");
        assert!(exposed.contains("DPoP-Nonce"));
        let reply = judged(&site, &registered, &at(iat, Some(&nonce))).await;
        assert_eq!(reply.status, 200, "{}: {}", iat - now, reply.text);
    }
    site.close().await;
}

/// RFC 9449 §8, §8.2: a nonce is ours or it is refused, and it ends; it need not be kept, so
/// every node knows it.
#[tokio::test]
async fn a_nonce_is_good_for_minutes_on_every_node_and_none_can_be_invented() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let key = Key::p256();
    let proof = |site: &Site, nonce: &str| {
        let says = with(&claims(site, "POST", "/token"), "nonce", Some(&json!(nonce)));
        key.sign(&header(&key), &says)
    };
    let reply = judged(&site, &registered, &proof(&site, "invented")).await;
    reply.assert_error(400, "use_dpop_nonce");
    let nonce = reply.header("dpop-nonce").expect("a nonce").to_owned();
    assert_eq!(judged(&site, &registered, &proof(&site, &nonce)).await.status, 200);
    let second = site.second_node().await;
    let reply = judged(&second, &registered, &proof(&second, &nonce)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    second.close().await;
    site.advance(Seconds(599));
    assert_ne!(poll(&site, &registered, &[&proof(&site, &nonce)]).await.error(), "use_dpop_nonce");
    site.advance(Seconds(1));
    let reply = judged(&site, &registered, &proof(&site, &nonce)).await;
    reply.assert_error(400, "use_dpop_nonce");
    assert_ne!(reply.header("dpop-nonce"), Some(nonce.as_str()));
    site.close().await;
}

/// RFC 9449 §5; oauth.md trap 28: a bound refresh token in other hands is worth nothing, and
/// trying costs its owner nothing.
#[tokio::test]
async fn a_bound_refresh_token_demands_its_key() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let (key, thief) = (Key::p256(), Key::p256());
    let reply = poll(&site, &registered, &[&for_token(&site, &key)]).await;
    let token = member(&reply, "refresh_token");
    refresh(&site, &token, &[]).await.assert_error(400, "invalid_grant");
    refresh(&site, &token, &[&for_token(&site, &thief)]).await.assert_error(400, "invalid_grant");
    let identity = json!({ "type": "refresh", "refresh_token": token });
    let reply = site.post_json("/agent/identity", &identity).await;
    assert_eq!(reply.error(), "invalid_refresh_token", "the other spelling: {}", reply.text);
    let next = refresh(&site, &token, &[&for_token(&site, &key)]).await;
    assert_eq!(member(&next, "token_type"), "DPoP");
    let known = site.introspect(&member(&next, "access_token")).await.json();
    assert_eq!(known["cnf"]["jkt"], json!(key.thumbprint()));
    // Design decision 4: within the overlap the same pair, for the same key alone.
    let again = refresh(&site, &token, &[&for_token(&site, &key)]).await;
    assert_eq!(member(&again, "access_token"), member(&next, "access_token"));
    refresh(&site, &token, &[&for_token(&site, &thief)]).await.assert_error(400, "invalid_grant");
    site.assert_live(&member(&next, "access_token")).await;
    site.close().await;
}

/// Design decision 4 with RFC 9449 §5: a token that was rotated with a key yields the same pair
/// again for that key alone, although the spent one itself was bound to none.
#[tokio::test]
async fn a_repeated_refresh_is_for_the_key_of_the_first() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let (key, thief) = (Key::p256(), Key::p256());
    let token = member(&poll(&site, &registered, &[]).await, "refresh_token");
    let next = refresh(&site, &token, &[&for_token(&site, &key)]).await;
    assert_eq!(member(&next, "token_type"), "DPoP");
    refresh(&site, &token, &[]).await.assert_error(400, "invalid_grant");
    refresh(&site, &token, &[&for_token(&site, &thief)]).await.assert_error(400, "invalid_grant");
    let again = refresh(&site, &token, &[&for_token(&site, &key)]).await;
    assert_eq!(member(&again, "access_token"), member(&next, "access_token"));
    site.close().await;
}

/// auth.md dialect D3: the other spelling of refresh, with its own proof.
#[tokio::test]
async fn the_identity_endpoint_takes_proofs_too() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let key = Key::p256();
    let reply = poll(&site, &registered, &[&for_token(&site, &key)]).await;
    let body = json!({ "type": "refresh", "refresh_token": member(&reply, "refresh_token") });
    let proof = key.sign(&header(&key), &claims(&site, "POST", "/agent/identity"));
    let request = site.client.post(format!("{}/agent/identity", site.url)).json(&body);
    let reply = Reply::of(request.header("dpop", proof)).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    site.close().await;
}

/// RFC 9449 §5 in auth.md dialect D3: an agent that completes with its human's code and a proof
/// gets what that key alone can use; the same code with another key is no repetition.
#[tokio::test]
async fn a_completion_binds_to_the_key_of_its_request() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let code = ada.approve_relayed(&registered.link()).await;
    let (key, thief) = (Key::p256(), Key::p256());
    let path = "/agent/identity/claim/complete";
    let complete = async |key: &Key| {
        let body = json!({ "claim_token": registered.claim_token, "user_code": code });
        let proof = key.sign(&header(key), &claims(&site, "POST", path));
        let request = site.client.post(format!("{}{path}", site.url)).json(&body);
        Reply::of(request.header("dpop", proof)).await
    };
    let first = complete(&key).await;
    let assertion = member(&first, "identity_assertion");
    let fields = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
    ask(&site, &fields, &[]).await.assert_error(400, "invalid_grant");
    let own = ask(&site, &fields, &[&for_token(&site, &key)]).await;
    assert_eq!(member(&own, "token_type"), "DPoP");
    assert_ne!(complete(&thief).await.status, 200);
    let again = member(&complete(&key).await, "identity_assertion");
    // Nothing but the signature may differ.
    let claims = |assertion: &str| assertion.rsplit_once('.').map(|(claims, _)| claims.to_owned());
    assert_eq!(claims(&again), claims(&assertion));
    site.close().await;
}

/// RFC 9449 §5: the exchange of an assertion binds as well, each to the key of its request.
#[tokio::test]
async fn an_exchange_binds_to_the_key_of_its_request() {
    let site = Site::open().await;
    let registered = site.agent().register_anonymous().await;
    let assertion = registered.assertion();
    let fields = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
    for key in [Key::p256(), Key::ed25519()] {
        let reply = ask(&site, &fields, &[&for_token(&site, &key)]).await;
        assert_eq!(member(&reply, "token_type"), "DPoP");
        let known = site.introspect(&member(&reply, "access_token")).await.json();
        assert_eq!(known["cnf"]["jkt"], json!(key.thumbprint()));
    }
    assert_eq!(member(&ask(&site, &fields, &[]).await, "token_type"), "Bearer");
    site.close().await;
}

/// RFC 9449 §5, promise P4: an assertion that came with bound tokens yields none without
/// their key, so that whoever copies the answer has nothing; nor does its successor.
#[tokio::test]
async fn an_assertion_is_as_bound_as_the_tokens_it_came_with() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let (key, thief) = (Key::p256(), Key::p256());
    let reply = poll(&site, &registered, &[&for_token(&site, &key)]).await;
    let body = json!({ "type": "refresh", "refresh_token": member(&reply, "refresh_token") });
    let proof = key.sign(&header(&key), &claims(&site, "POST", "/agent/identity"));
    let request = site.client.post(format!("{}/agent/identity", site.url)).json(&body);
    let next = Reply::of(request.header("dpop", proof)).await;
    for assertion in [member(&reply, "identity_assertion"), member(&next, "identity_assertion")] {
        let fields = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
        let before = site.count("SELECT COUNT(*) FROM token").await;
        ask(&site, &fields, &[]).await.assert_error(400, "invalid_grant");
        let stolen = ask(&site, &fields, &[&for_token(&site, &thief)]).await;
        stolen.assert_error(400, "invalid_grant");
        assert_eq!(site.count("SELECT COUNT(*) FROM token").await, before);
        let own = ask(&site, &fields, &[&for_token(&site, &key)]).await;
        assert_eq!(member(&own, "token_type"), "DPoP");
    }
    site.close().await;
}

/// RFC 9449 §5: a public client's refresh token is bound; that of a client which proves
/// itself is not, and follows its access tokens from key to key.
#[tokio::test]
async fn only_clients_that_cannot_authenticate_have_bound_refresh_tokens() {
    for secret in [false, true] {
        let site = Site::open().await;
        let mut ada = site.person("ada@example.com").await;
        let method = if secret { "client_secret_post" } else { "none" };
        let metadata = json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": method });
        let client = Client::register_as(&site, &metadata).await;
        let code = client.approved_by(&mut ada).await.code();
        let shown = client.secret.clone().unwrap_or_default();
        let with_client = |fields: &[(&'static str, String)]| {
            let mut form = vec![("client_id", client.id.clone())];
            form.extend(secret.then(|| ("client_secret", shown.clone())));
            form.extend(fields.iter().cloned());
            form
        };
        let redeem = with_client(&[
            ("grant_type", "authorization_code".to_owned()),
            ("code", code),
            ("redirect_uri", CALLBACK.to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
        ]);
        let (first, second) = (Key::p256(), Key::ed25519());
        let borrowed: Vec<_> = redeem.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = ask(&site, &borrowed, &[&for_token(&site, &first)]).await;
        assert_eq!(member(&reply, "token_type"), "DPoP");
        let token = member(&reply, "refresh_token");
        let turn =
            with_client(&[("grant_type", "refresh_token".to_owned()), ("refresh_token", token)]);
        let borrowed: Vec<_> = turn.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = ask(&site, &borrowed, &[&for_token(&site, &second)]).await;
        if secret {
            let known = site.introspect(&member(&reply, "access_token")).await.json();
            assert_eq!(known["cnf"]["jkt"], json!(second.thumbprint()));
        } else {
            reply.assert_error(400, "invalid_grant");
        }
        site.close().await;
    }
}

/// Design decision 5: within its grace an identical request yields the same tokens; with
/// another key it is another request.
#[tokio::test]
async fn a_collection_is_repeated_for_its_own_key_only() {
    let site = Site::open().await;
    let registered = approved(&site).await;
    let (key, other) = (Key::p256(), Key::p256());
    let first = poll(&site, &registered, &[&for_token(&site, &key)]).await;
    let again = poll(&site, &registered, &[&for_token(&site, &key)]).await;
    assert_eq!(member(&again, "access_token"), member(&first, "access_token"));
    assert_eq!(member(&again, "token_type"), "DPoP");
    let theirs = poll(&site, &registered, &[&for_token(&site, &other)]).await;
    theirs.assert_error(400, "invalid_grant");
    poll(&site, &registered, &[]).await.assert_error(400, "invalid_grant");
    site.close().await;
}

/// Case 008, RFC 9449 §5.1: metadata names what is understood, and no more.
#[tokio::test]
async fn metadata_names_every_algorithm_of_a_proof() {
    let site = Site::open().await;
    let metadata = site.get("/.well-known/oauth-authorization-server").await.json();
    let offered = json!(SignatureAlgorithm::NAMES);
    assert_eq!(metadata["dpop_signing_alg_values_supported"], offered);
    let demo = site.get("/.well-known/oauth-protected-resource/demo").await.json();
    assert_eq!(demo["dpop_signing_alg_values_supported"], offered);
    assert!(!offered.to_string().contains("none") && !offered.to_string().contains("HS"));
    site.close().await;
}
