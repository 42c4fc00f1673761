//! How clients prove themselves at the token endpoint ([RFC 6749 §2.3]).
//!
//! [RFC 6749 §2.3]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{CALLBACK, register, registered, text};
use crate::support::Site;
use crate::support::agent::member;
use crate::support::client::Client;
use crate::support::keys::Key;
use crate::support::reply::Reply;

/// A token request of a code that never was: whoever is believed hears about the code.
const REDEEM: [(&str, &str); 3] = [
    ("grant_type", "authorization_code"),
    ("code", "never-was"),
    ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
];

async fn redeem(site: &Site, headers: &[&str], fields: &[(&str, &str)]) -> Reply {
    let mut request = site.client.post(format!("{}/token", site.url));
    for header in headers {
        request = request.header("authorization", *header);
    }
    Reply::of(request.form(&[&REDEEM, fields].concat())).await
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// Every byte as a percent-form: the strictest encoder there is.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        write!(encoded, "%{byte:02X}").expect("a string takes it");
    }
    encoded
}

#[track_caller]
fn assert_believed(reply: &Reply) {
    reply.assert_error(400, "invalid_grant");
}

#[track_caller]
fn assert_not_believed(reply: &Reply, basic: bool) {
    reply.assert_error(401, "invalid_client");
    let challenge =
        reply.header("www-authenticate").is_some_and(|value| value.starts_with("Basic"));
    assert_eq!(challenge, basic, "RFC 6749 §5.2: the scheme is named when it was used");
}

/// oauth.md row 18, trap 16: raw and form-encoded Basic, with the id in the body or not, and
/// the secret in the body, whatever the client registered.
#[tokio::test]
async fn a_client_with_a_secret_may_send_it_either_way() {
    let site = Site::open().await;
    for method in ["client_secret_basic", "client_secret_post"] {
        let client = registered(&site, method).await;
        let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
        for header in [basic(id, secret), basic(&encoded(id), &encoded(secret))] {
            assert_believed(&redeem(&site, &[&header], &[]).await);
            assert_believed(&redeem(&site, &[&header], &[("client_id", id)]).await);
            let lower = header.replace("Basic", "basic");
            assert_believed(&redeem(&site, &[&lower], &[]).await);
        }
        let posted = [("client_id", id), ("client_secret", secret)];
        assert_believed(&redeem(&site, &[], &posted).await);
    }
    site.close().await;
}

/// RFC 6749 §2.3.1: a public client names itself; an empty secret may as well be left out.
#[tokio::test]
async fn a_public_client_names_itself_and_shows_no_secret() {
    let site = Site::open().await;
    let client = registered(&site, "none").await;
    let id = text(&client, "client_id");
    assert_believed(&redeem(&site, &[], &[("client_id", id)]).await);
    assert_believed(&redeem(&site, &[], &[("client_id", id), ("client_secret", "")]).await);
    assert_believed(&redeem(&site, &[&basic(id, "")], &[]).await);
    let posted = [("client_id", id), ("client_secret", "anything")];
    assert_not_believed(&redeem(&site, &[], &posted).await, false);
    assert_not_believed(&redeem(&site, &[&basic(id, "anything")], &[]).await, true);
    site.close().await;
}

/// Case 149: an unknown client and a wrong secret are told the same, word for word.
#[tokio::test]
async fn an_unknown_client_and_a_wrong_secret_are_one_answer() {
    let site = Site::open().await;
    let client = registered(&site, "client_secret_basic").await;
    let public = registered(&site, "none").await;
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let mut answers = Vec::new();
    for (id, secret) in [
        (id, "acswrong"),
        (id, ""),
        ("clientunknown", secret),
        ("clientunknown", "acswrong"),
        ("clientunknown", ""),
        (text(&public, "client_id"), secret),
        ("demo", "demo-secret"),
        ("\u{202e}", "x"),
    ] {
        let reply = redeem(&site, &[&basic(id, secret)], &[]).await;
        assert_not_believed(&reply, true);
        answers.push(reply.text);
        let reply = redeem(&site, &[], &[("client_id", id), ("client_secret", secret)]).await;
        assert_not_believed(&reply, false);
        answers.push(reply.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    site.close().await;
}

/// RFC 6749 §2.3: one way at a time, one client at a time, one header at a time.
#[tokio::test]
async fn contradicting_proofs_prove_nothing() {
    let site = Site::open().await;
    let client = registered(&site, "client_secret_basic").await;
    let other = registered(&site, "none").await;
    let (id, secret) = (text(&client, "client_id"), text(&client, "client_secret"));
    let header = basic(id, secret);
    let twice = redeem(&site, &[&header], &[("client_secret", secret)]).await;
    twice.assert_error(400, "invalid_request");
    let another = [("client_id", text(&other, "client_id"))];
    assert_not_believed(&redeem(&site, &[&header], &another).await, true);
    assert_not_believed(&redeem(&site, &[&header, &header], &[]).await, true);
    for unusable in ["Bearer abc", "Basic", "Basic !!", "Basic Zm9v", "Digest x=y"] {
        let reply = redeem(&site, &[unusable], &[("client_id", id)]).await;
        assert_not_believed(&reply, true);
    }
    assert_not_believed(&redeem(&site, &[], &[]).await, false);
    assert_not_believed(&redeem(&site, &[], &[("client_secret", secret)]).await, false);
    site.close().await;
}

/// operator.md `[[client]]`: the operator's own client, and nobody can register in its place.
#[tokio::test]
async fn a_configured_client_is_known_by_the_name_it_was_given() {
    let site = Site::open_with(
        "[[client]]\nclient_id = \"desk app\"\nclient_secret = \"s3cret: with %41 and ü\"\n\
         redirect_uris = [\"https://desk.example.com/cb\"]\n",
    )
    .await;
    let (id, secret) = ("desk app", "s3cret: with %41 and ü");
    let posted = [("client_id", id), ("client_secret", secret)];
    assert_believed(&redeem(&site, &[], &posted).await);
    let header = basic(&encoded(id), &encoded(secret));
    assert_believed(&redeem(&site, &[&header], &[]).await);
    assert_not_believed(&redeem(&site, &[], &[("client_id", id)]).await, false);
    site.close().await;
}

/// What a client that signs is known by and sends.
struct Signer {
    key: Key,
    id: String,
}

impl Signer {
    async fn registered(site: &Site) -> Self {
        let key = Key::p256();
        let metadata = json!({
            "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt",
            "jwks": { "keys": [key.jwk()] },
        });
        let reply = register(site, &metadata).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let answer = reply.json();
        assert_eq!(answer["token_endpoint_auth_method"], "private_key_jwt");
        assert_eq!(answer.get("client_secret"), None);
        Self { key, id: text(&answer, "client_id").to_owned() }
    }

    fn assertion(&self, site: &Site, audience: &str, jti: &str) -> String {
        let now = site.clock.now().0;
        let claims = json!({
            "iss": self.id, "sub": self.id, "aud": audience, "jti": jti,
            "iat": now, "exp": now + 60,
        });
        self.key.sign(&json!({ "alg": self.key.algorithm() }), &claims)
    }
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

async fn assert_with(site: &Site, assertion: &str, fields: &[(&str, &str)]) -> Reply {
    let usual = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)];
    redeem(site, &[], &[&usual, fields].concat()).await
}

/// RFC 7523 §2.2, §3; oauth.md row 19: issuer or token endpoint, `client_id` beside it or not.
#[tokio::test]
async fn a_client_proves_itself_with_its_own_key() {
    let site = Site::open().await;
    let signer = Signer::registered(&site).await;
    let (issuer, endpoint) = (site.url.clone(), format!("{}/token", site.url));
    let assertion = signer.assertion(&site, &issuer, "1");
    assert_believed(&assert_with(&site, &assertion, &[("client_id", &signer.id)]).await);
    let assertion = signer.assertion(&site, &endpoint, "2");
    assert_believed(&assert_with(&site, &assertion, &[]).await);

    let elsewhere = signer.assertion(&site, "https://other.example.com/token", "3");
    assert_not_believed(&assert_with(&site, &elsewhere, &[]).await, false);
    let forged = Signer { key: Key::p256(), id: signer.id.clone() };
    let forged = forged.assertion(&site, &issuer, "4");
    assert_not_believed(&assert_with(&site, &forged, &[]).await, false);
    site.close().await;
}

/// RFC 7523 §3 point 7; cases 169 and 170 of its kind: an assertion is good once, on every
/// node, until it has expired; another client's `jti` is another.
#[tokio::test]
async fn an_assertion_is_good_once() {
    let site = Site::open().await;
    let other = site.second_node().await;
    let (signer, neighbour) = (Signer::registered(&site).await, Signer::registered(&site).await);
    let assertion = signer.assertion(&site, &site.url, "one");
    assert_believed(&assert_with(&site, &assertion, &[]).await);
    assert_not_believed(&assert_with(&site, &assertion, &[]).await, false);
    assert_not_believed(&assert_with(&other, &assertion, &[]).await, false);
    let again = signer.assertion(&site, &site.url, "one");
    assert_not_believed(&assert_with(&site, &again, &[]).await, false);
    let theirs = neighbour.assertion(&site, &site.url, "one");
    assert_believed(&assert_with(&site, &theirs, &[]).await);
    other.close().await;
    site.close().await;
}

/// RFC 7521 §4.2, RFC 6749 §2.3: the type is named, one way at a time, and the client is one.
#[tokio::test]
async fn an_assertion_that_contradicts_the_request_proves_nothing() {
    let site = Site::open().await;
    let signer = Signer::registered(&site).await;
    let secret = registered(&site, "client_secret_basic").await;
    let public = registered(&site, "none").await;
    let fresh = |jti: &str| signer.assertion(&site, &site.url, jti);

    let assertion = fresh("1");
    let untyped = redeem(&site, &[], &[("client_assertion", &assertion)]).await;
    assert_not_believed(&untyped, false);
    let wrong = [
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"),
        ("client_assertion", assertion.as_str()),
    ];
    assert_not_believed(&redeem(&site, &[], &wrong).await, false);
    for other in [text(&secret, "client_id"), text(&public, "client_id"), "clientunknown"] {
        let named = [("client_id", other)];
        assert_not_believed(&assert_with(&site, &fresh("2"), &named).await, false);
    }
    let beside = [("client_secret", text(&secret, "client_secret"))];
    assert_with(&site, &fresh("3"), &beside).await.assert_error(400, "invalid_request");
    for rubbish in ["x", "a.b.c", "e30.e30.", "eyJhbGciOiJub25lIn0.e30."] {
        assert_not_believed(&assert_with(&site, rubbish, &[]).await, false);
        let named = [("client_id", signer.id.as_str())];
        assert_not_believed(&assert_with(&site, rubbish, &named).await, false);
    }
    for without in [
        &[("client_id", signer.id.as_str())][..],
        &[("client_id", signer.id.as_str()), ("client_secret", "")],
    ] {
        assert_not_believed(&redeem(&site, &[], without).await, false);
    }
    assert_believed(&assert_with(&site, &fresh("1"), &[]).await);
    site.close().await;
}

/// RFC 7523 §3: an assertion for a refresh is looked at once, however often ten rotations at
/// once make each other try again.
#[tokio::test]
async fn ten_refreshes_with_assertions_leave_one_session() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let key = Key::p256();
    let metadata = json!({
        "redirect_uris": [crate::support::client::CALLBACK],
        "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key.jwk()] },
    });
    let client = Client::register_as(&site, &metadata).await;
    let signer = Signer { key, id: client.id.clone() };
    let code = client.approved_by(&mut ada).await.code();
    let assertion = signer.assertion(&site, &site.url, "code");
    let proof =
        [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
    let tokens = client.redeem(&code, &proof).await;
    let token = member(&tokens, "refresh_token");
    let refreshes = (0..10).map(|n| {
        let assertion = signer.assertion(&site, &site.url, &format!("refresh {n}"));
        let (site, token) = (&site, token.as_str());
        async move {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", token),
                ("client_assertion_type", ASSERTION_TYPE),
                ("client_assertion", assertion.as_str()),
            ];
            site.post_form("/token", &form).await
        }
    });
    let mut pairs = Vec::new();
    for reply in futures_util::future::join_all(refreshes).await {
        assert_eq!(reply.status, 200, "{}", reply.text);
        pairs.push(reply.json()["refresh_token"].to_string());
    }
    pairs.dedup();
    assert_eq!(pairs.len(), 1, "one lineage");
    site.close().await;
}

async fn revoke(site: &Site, header: Option<&str>, fields: &[(&str, &str)]) -> Reply {
    let mut request = site.client.post(format!("{}/revoke", site.url));
    if let Some(header) = header {
        request = request.header("authorization", header);
    }
    Reply::of(request.form(fields)).await
}

/// Case 228; RFC 7009 §2.1: a token is revoked by the client it was issued to.
#[tokio::test]
async fn nobody_revokes_another_clients_token() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let metadata = json!({
        "redirect_uris": [crate::support::client::CALLBACK],
        "token_endpoint_auth_method": "client_secret_basic",
    });
    let owner = Client::register_as(&site, &metadata).await;
    let secret = owner.secret.clone().expect("a secret");
    let thief = Client::register(&site).await;
    let tokens = owner.redeem(&owner.approved_by(&mut ada).await.code(), &[]).await;
    let (access, refresh) = (member(&tokens, "access_token"), member(&tokens, "refresh_token"));

    for token in [access.as_str(), refresh.as_str()] {
        let stolen = revoke(&site, None, &[("token", token), ("client_id", &thief.id)]).await;
        assert!(matches!(stolen.status, 200 | 400), "{}", stolen.text);
        let unproven = revoke(&site, None, &[("token", token), ("client_id", &owner.id)]).await;
        assert_not_believed(&unproven, false);
        assert_not_believed(&revoke(&site, None, &[("token", token)]).await, false);
        let wrong = revoke(&site, Some(&basic(&owner.id, "acswrong")), &[("token", token)]).await;
        assert_not_believed(&wrong, true);
        site.assert_live(&access).await;
    }
    let nothing = [("token", "aas_unknown"), ("client_id", thief.id.as_str())];
    assert_eq!(revoke(&site, None, &nothing).await.status, 200);

    let own = revoke(&site, Some(&basic(&owner.id, &secret)), &[("token", &refresh)]).await;
    assert_eq!((own.status, own.text.as_str()), (200, ""));
    site.assert_dead(&access).await;
    site.close().await;
}

/// RFC 8414 §2: what metadata lists is what works.
#[tokio::test]
async fn metadata_lists_the_methods_that_work() {
    let site = Site::open().await;
    let metadata = site.get("/.well-known/oauth-authorization-server").await.json();
    for member in
        ["token_endpoint_auth_methods_supported", "revocation_endpoint_auth_methods_supported"]
    {
        let listed: Vec<&str> =
            metadata[member].as_array().expect(member).iter().filter_map(Value::as_str).collect();
        assert_eq!(
            listed,
            ["none", "client_secret_basic", "client_secret_post", "private_key_jwt"],
            "{member}"
        );
    }
    site.close().await;
}
