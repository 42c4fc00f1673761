//! The browser's cookie, over https and on loopback.

use crate::support::person::{Person, form_token};
use crate::support::process::Place;
use crate::support::reply::Reply;
use crate::support::{PASSWORD, Site};

const ISSUER: &str = "https://auth.example.com";

const RESOURCE: &str = r#"
[[resource]]
identifier = "https://api.example.com"
[[resource.scope]]
name = "events:read"
default = true
"#;

/// Every cookie of an answer, attribute by attribute.
fn cookies(reply: &Reply) -> Vec<Vec<String>> {
    let values = reply.headers.get_all("set-cookie").iter();
    let split = |value: &reqwest::header::HeaderValue| {
        let text = value.to_str().expect("text").to_owned();
        assert!(text.len() < 4_096);
        text.split("; ").map(ToOwned::to_owned).collect()
    };
    values.map(split).collect()
}

/// Case 083: name, attributes and strength of every `Set-Cookie`.
#[track_caller]
fn assert_hardened(reply: &Reply, name: &str, secure: bool, lasts: Option<u32>) {
    let cookies = cookies(reply);
    assert_eq!(cookies.len(), 1, "{} sets one cookie", reply.status);
    let mut attributes = cookies[0].clone();
    let pair = attributes.remove(0);
    let (known, value) = pair.split_once('=').expect("a pair");
    assert_eq!(known, name);
    let random = value.strip_prefix("cbs_").expect("a browser secret");
    assert_eq!(random.len(), 38, "32 random characters of 62 are 190 bits");
    attributes.sort();
    let mut wanted = vec!["HttpOnly".to_owned(), "Path=/".to_owned(), "SameSite=Lax".to_owned()];
    wanted.extend(secure.then(|| "Secure".to_owned()));
    wanted.extend(lasts.map(|seconds| format!("Max-Age={seconds}")));
    wanted.sort();
    assert_eq!(attributes, wanted, "and nothing else, above all no Domain");
}

/// Case 083 over https, where a proxy in front ends TLS: `__Host-`, `Secure`, HSTS, and forms
/// only from the public origin.
#[tokio::test]
async fn over_https_the_cookie_is_bound_to_its_host() {
    let mut place = Place::new().await;
    ISSUER.clone_into(&mut place.issuer);
    place.configure(RESOURCE);
    place.add_person("ada@example.com").await;
    let server = place.serve(&[]).await;
    let client = &server.client;
    let mut ada = server.person("ada@example.com");
    let page = ada.get("/sign-in").await;
    assert_hardened(&page, "__Host-countersign", true, None);
    assert_eq!(page.header("strict-transport-security"), Some("max-age=31536000"));
    let again = ada.get("/sign-in").await;
    assert!(again.header("set-cookie").is_none(), "a browser that has one gets no other");
    let signed_in = ada.sign_in().await;
    assert_eq!(signed_in.status, 303, "{}", signed_in.text);
    assert_hardened(&signed_in, "__Host-countersign", true, Some(86_400));
    assert_eq!(ada.get("/account/sessions").await.status, 200);

    let cookie = ada.cookie.clone().expect("a cookie");
    let bare = cookie.replace("__Host-", "");
    let request = client.get(format!("{}/account/sessions", server.url)).header("cookie", bare);
    assert_eq!(Reply::of(request).await.status, 303, "the unprefixed name is not read");
    let token = form_token(&ada.get("/account/sessions").await);
    for (origin, status) in
        [(server.url.as_str(), 403), ("http://auth.example.com", 403), (ISSUER, 303)]
    {
        let request = client.post(format!("{}/sign-out", server.url)).header("cookie", &cookie);
        let request = request.header("origin", origin).form(&[("csrf", &token)]);
        assert_eq!(Reply::of(request).await.status, status, "{origin}");
    }
}

/// Case 083 on loopback, where browsers refuse `__Host-` and `Secure` without TLS: all the rest.
#[tokio::test]
async fn on_loopback_the_cookie_has_every_attribute_that_http_allows() {
    let site = Site::open().await;
    let mut ada = site.add_person("ada@example.com").await;
    assert_hardened(&ada.get("/sign-in").await, "countersign", false, None);
    assert_hardened(&ada.sign_in().await, "countersign", false, Some(86_400));
    let fields = [("name", "Bob"), ("email", "bob@example.com"), ("password", PASSWORD)];
    let mut bob = Person::new(&site, "bob@example.com");
    let signed_up = bob.post_from("/sign-up", "/sign-up", &fields).await;
    assert_hardened(&signed_up, "countersign", false, Some(86_400));
    let page = ada.get("/account/sessions").await;
    assert!(page.header("strict-transport-security").is_none());
    site.close().await;
}

/// Case 083, the other cookie: the mark of a browser that an agent sent here, over https and on
/// loopback, as strong as the first.
#[tokio::test]
async fn the_mark_of_a_browser_is_as_hard_as_its_cookie() {
    let mut place = Place::new().await;
    ISSUER.clone_into(&mut place.issuer);
    place.configure(RESOURCE);
    let server = place.serve(&[]).await;
    let site = Site::open().await;
    for (url, client, name, secure) in [
        (&server.url, &server.client, "__Host-countersign-mark", true),
        (&site.url, &site.client, "countersign-mark", false),
    ] {
        let metadata = serde_json::json!({
            "redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none",
        });
        let told = Reply::of(client.post(format!("{url}/register")).json(&metadata)).await.json();
        let challenge = crate::support::client::challenge(crate::support::client::VERIFIER);
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", told["client_id"].as_str().expect("an id"))
            .append_pair("redirect_uri", "http://127.0.0.1/callback")
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let reply = Reply::of(client.get(format!("{url}/authorize?{query}"))).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        let marks: Vec<_> = cookies(&reply)
            .into_iter()
            .filter(|cookie| cookie[0].starts_with(&format!("{name}=")))
            .collect();
        assert_eq!(marks.len(), 1, "{:?}", cookies(&reply));
        let mut attributes = marks[0].clone();
        let value = attributes.remove(0);
        let random = value.split_once("=cbm_").expect("a mark").1;
        assert_eq!(random.len(), 38, "32 random characters of 62 are 190 bits");
        attributes.sort();
        let plain = ["HttpOnly", "Path=/", "SameSite=Lax"];
        let wanted: Vec<_> = plain.into_iter().chain(secure.then_some("Secure")).collect();
        assert_eq!(attributes, wanted, "and nothing else, above all no Domain");
    }
    site.close().await;
}

/// Case 082: no two browsers, and no two sign-ins, share a cookie.
#[tokio::test]
async fn no_two_cookies_are_alike() {
    let site = Site::open().await;
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let page = Person::new(&site, "ada@example.com").get("/sign-in").await;
        assert!(seen.insert(cookies(&page)[0][0].clone()));
    }
    let mut ada = site.add_person("ada@example.com").await;
    for _ in 0..4 {
        assert_eq!(ada.sign_in().await.status, 303);
        assert!(seen.insert(ada.cookie.take().expect("a cookie")));
    }
    site.close().await;
}

/// A cookie that is not ours, is cut, or names another kind of secret is a new browser.
#[tokio::test]
async fn a_cookie_of_another_shape_is_nobody() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    assert_eq!(ada.get("/account/sessions").await.status, 200);
    let good = ada.cookie.clone().expect("a cookie");
    let value = good.split_once('=').expect("a pair").1.to_owned();
    let cut = good.get(..good.len() - 1).expect("text").to_owned();
    for bad in [
        cut,
        format!("{good}x"),
        format!("countersign={}", value.replace("cbs_", "aas_")),
        format!("countersign={}", value.to_uppercase()),
        format!("Countersign={value}"),
        format!("countersign=\"{value}\"; a=b").replace('"', "%22"),
        "countersign=".to_owned(),
    ] {
        let mut browser = super::browser(&site, "ada@example.com", Some(bad.clone()));
        assert_eq!(browser.get("/account/sessions").await.status, 303, "{bad}");
    }
    site.close().await;
}
