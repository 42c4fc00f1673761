//! How clients prove themselves at the token endpoint ([RFC 6749 §2.3]).
//!
//! [RFC 6749 §2.3]: https://www.rfc-editor.org/rfc/rfc6749#section-2.3

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{registered, text};
use crate::support::Site;
use crate::support::agent::member;
use crate::support::client::Client;
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
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
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
    let metadata = serde_json::json!({
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
