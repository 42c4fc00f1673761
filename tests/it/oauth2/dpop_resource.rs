//! The demo resource before agents with keys (RFC 9449 §7).

use countersign::protocol::signature_algorithm::SignatureAlgorithm;
use serde_json::json;

use crate::support::Site;
use crate::support::agent::{JWT_BEARER, member};
use crate::support::keys::{Key, sha256, with};
use crate::support::proof::{ask, claims, for_token, header, with_token};
use crate::support::reply::Reply;

const NOTES: (&str, &str) = ("GET", "/demo/notes");

/// A token of an agent that nobody has claimed, bound to this key if there is one.
async fn token(site: &Site, key: Option<&Key>) -> String {
    let assertion = site.agent().register_anonymous().await.assertion();
    let fields = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
    let proof = key.map(|key| for_token(site, key));
    let proofs: Vec<&str> = proof.as_deref().into_iter().collect();
    member(&ask(site, &fields, &proofs).await, "access_token")
}

async fn call(site: &Site, authorization: &str, proofs: &[&str]) -> Reply {
    let request = site.client.get(format!("{}/demo/notes", site.url));
    let request = request.header("authorization", authorization);
    Reply::of(proofs.iter().fold(request, |request, proof| request.header("dpop", *proof))).await
}

fn algs() -> String {
    format!(r#"algs="{}""#, SignatureAlgorithm::NAMES.join(" "))
}

/// The challenge of a refusal: for bearers first, then for keys.
#[track_caller]
fn challenge(reply: &Reply, error: &str) -> String {
    reply.assert_error(401, error);
    let challenge = reply.header("www-authenticate").expect("a challenge").to_owned();
    assert!(challenge.starts_with("Bearer "), "oauth.md trap 6: {challenge}");
    let (bearer, dpop) = challenge.split_once(", DPoP ").expect("a challenge for keys");
    assert!(bearer.contains("resource_metadata=\"") && dpop.ends_with(&algs()), "{challenge}");
    challenge
}

/// RFC 9449 §7.1: the token, a proof of its key for this request, and the hash of the token.
#[tokio::test]
async fn a_bound_token_opens_the_resource_with_a_proof_of_its_key() {
    let site = Site::open().await;
    for (key, _) in Key::of_every_kind() {
        let token = token(&site, Some(&key)).await;
        for scheme in ["DPoP", "dpop"] {
            let proof = with_token(&site, &key, NOTES, &token);
            let reply = call(&site, &format!("{scheme} {token}"), &[&proof]).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
    }
    site.close().await;
}

/// RFC 9449 §7.2: a stolen session file is useless.
#[tokio::test]
async fn a_bound_token_is_worth_nothing_without_its_key() {
    let site = Site::open().await;
    let (key, thief) = (Key::p256(), Key::p256());
    let token = token(&site, Some(&key)).await;
    let sound = with_token(&site, &key, NOTES, &token);
    let bearer = format!("Bearer {token}");
    for proofs in [&[][..], &[sound.as_str()]] {
        let said = challenge(&call(&site, &bearer, proofs).await, "invalid_token");
        assert!(said.contains(r#"Bearer error="invalid_token""#), "{said}");
    }
    let dpop = format!("DPoP {token}");
    let theirs = with_token(&site, &thief, NOTES, &token);
    let other = with_token(&site, &key, NOTES, "aas_other");
    let method = with_token(&site, &key, ("POST", "/demo/notes"), &token);
    let path = with_token(&site, &key, ("GET", "/demo/whoami"), &token);
    let bare = key.sign(&header(&key), &claims(&site, "GET", "/demo/notes"));
    let foreign = key.sign(
        &header(&key),
        &with(
            &with(&claims(&site, "GET", "/demo/notes"), "ath", Some(&json!(sha256(&token)))),
            "htu",
            Some(&json!("https://evil.example/demo/notes")),
        ),
    );
    for proof in [&theirs, &other, &method, &path, &bare, &foreign, &String::from("proof")] {
        let said = challenge(&call(&site, &dpop, &[proof]).await, "invalid_dpop_proof");
        assert!(said.contains(r#"DPoP error="invalid_dpop_proof""#), "{said}");
    }
    for proofs in [&[][..], &[sound.as_str(), sound.as_str()]] {
        challenge(&call(&site, &dpop, proofs).await, "invalid_dpop_proof");
    }
    assert_eq!(call(&site, &dpop, &[&sound]).await.status, 200, "the owner's own still counts");
    site.close().await;
}

/// RFC 9449 §11.1: nor does what was overheard count again.
#[tokio::test]
async fn an_overheard_request_is_worth_nothing() {
    let site = Site::open().await;
    let key = Key::p256();
    let token = token(&site, Some(&key)).await;
    let proof = with_token(&site, &key, NOTES, &token);
    let dpop = format!("DPoP {token}");
    assert_eq!(call(&site, &dpop, &[&proof]).await.status, 200);
    challenge(&call(&site, &dpop, &[&proof]).await, "invalid_dpop_proof");
    site.close().await;
}

/// RFC 9449 §7.1: a token that no key proves does not come under `DPoP`, and one that is
/// dead is dead with a proof as well.
#[tokio::test]
async fn a_proof_makes_no_token_good() {
    let site = Site::open().await;
    let key = Key::p256();
    let unbound = token(&site, None).await;
    let bound = token(&site, Some(&key)).await;
    site.agent().revoke(&bound).await;
    for token in [unbound.as_str(), bound.as_str()] {
        let proof = with_token(&site, &key, NOTES, token);
        let reply = call(&site, &format!("DPoP {token}"), &[&proof]).await;
        let said = challenge(&reply, "invalid_token");
        assert!(said.contains(r#"DPoP error="invalid_token""#), "{said}");
    }
    // A bearer may bring a proof along; nobody asked for it.
    let proof = with_token(&site, &key, NOTES, &unbound);
    assert_eq!(call(&site, &format!("Bearer {unbound}"), &[&proof]).await.status, 200);
    site.close().await;
}

/// RFC 9449 §9: the nonce is offered alone, in the one form that clients look for, and gets
/// an agent with a wrong clock in.
#[tokio::test]
async fn the_resource_offers_a_nonce_to_a_client_whose_clock_is_wrong() {
    let site = Site::open().await;
    let key = Key::p256();
    let token = token(&site, Some(&key)).await;
    let dpop = format!("DPoP {token}");
    let late = |nonce: Option<&str>| {
        let says = with(&claims(&site, "GET", "/demo/notes"), "iat", Some(&json!(1)));
        let says = with(&says, "ath", Some(&json!(sha256(&token))));
        let nonce = nonce.map(|nonce| json!(nonce));
        key.sign(&header(&key), &with(&says, "nonce", nonce.as_ref()))
    };
    let reply = call(&site, &dpop, &[&late(None)]).await;
    reply.assert_error(401, "use_dpop_nonce");
    let expected = format!(r#"DPoP error="use_dpop_nonce", {}"#, algs());
    assert_eq!(reply.header("www-authenticate"), Some(expected.as_str()));
    let exposed = reply.header("access-control-expose-headers").expect("exposed");
    assert!(exposed.contains("DPoP-Nonce"));
    let nonce = reply.header("dpop-nonce").expect("a nonce").to_owned();
    assert_eq!(call(&site, &dpop, &[&late(Some(&nonce))]).await.status, 200);
    let reply = call(&site, &dpop, &[&late(Some("invented"))]).await;
    reply.assert_error(401, "use_dpop_nonce");
    site.close().await;
}

/// oauth.md trap 6, section 1: who knows nothing of keys reads nothing of them.
#[tokio::test]
async fn the_challenge_of_bearers_says_nothing_of_keys() {
    let site = Site::open().await;
    let plain = site.get("/demo/notes").await;
    let garbage = call(&site, "Bearer aas_garbage", &[]).await;
    for reply in [plain, garbage] {
        let challenge = reply.header("www-authenticate").expect("a challenge").to_owned();
        assert!(challenge.starts_with("Bearer ") && !challenge.contains("DPoP"), "{challenge}");
    }
    site.close().await;
}
