//! The headers of every page, error pages included.

use crate::support::Site;
use crate::support::client::{Client, approve};
use crate::support::person::{Person, another_code, form_token};
use crate::support::reply::Reply;

/// Case 267, pages.md 29 and 30.
#[track_caller]
fn assert_guarded(reply: &Reply, what: &str) {
    let header = |name| reply.header(name).unwrap_or_else(|| panic!("{what} has no {name}"));
    assert_eq!(header("content-type"), "text/html; charset=utf-8", "{what}");
    let policy = header("content-security-policy");
    let directives: Vec<_> = policy.split(';').map(str::trim).collect();
    for directive in [
        "default-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
    ] {
        assert!(directives.contains(&directive), "{what}: {policy}");
    }
    for loose in ["unsafe", "*", "data:", "http"] {
        assert!(!policy.contains(loose), "{what}: {policy}");
    }
    assert_eq!(header("x-frame-options"), "DENY", "{what}");
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("referrer-policy"), "same-origin", "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    assert_eq!(header("cache-control"), "no-store", "{what}");
    assert!(reply.header("access-control-allow-origin").is_none(), "{what}");
    assert!(reply.text.len() < 30_000, "{what} has {} bytes", reply.text.len());
    for inline in ["<style", " style=\"", "onclick", "onload", "javascript:", "<script>"] {
        assert!(!reply.text.contains(inline), "{what} has {inline}");
    }
    for attribute in ["src=\"", "href=\"", "action=\""] {
        for place in reply.text.split(attribute).skip(1) {
            assert!(place.starts_with(['/', '#']), "{what} reaches elsewhere: {attribute}");
        }
    }
}

/// Case 267: every HTML answer there is, of every status.
#[tokio::test]
async fn every_page_of_every_status_is_guarded() {
    let site =
        Site::open_with("[limits]\nsign_in_failures_per_account_per_hour = 1\nbody_bytes = 4096")
            .await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let mut stranger = Person::new(&site, "eve@example.com");
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let link = registered.link();
    let mut pages: Vec<(u16, String, Reply)> = Vec::new();
    for (status, path) in [(200, "/"), (200, "/sign-in"), (200, "/sign-up"), (410, "/welcome/x")] {
        pages.push((status, path.to_owned(), stranger.get(path).await));
    }
    for status in [401, 429] {
        let reply = stranger.sign_in_with("not the password").await;
        pages.push((status, "a guess".to_owned(), reply));
    }
    let fields = [("email", "eve@example.com"), ("password", "short")];
    let reply = stranger.post_from("/sign-up", "/sign-up", &fields).await;
    pages.push((422, "a short password".to_owned(), reply));
    let padding = "x".repeat(5_000);
    let reply = stranger.post_raw("/sign-in", &[("padding", &padding)]).await;
    pages.push((413, "too much".to_owned(), reply));
    for (status, path) in [
        (200, link.clone()),
        (200, format!("{link}?code=none")),
        (404, "/approve/cvt_x".to_owned()),
        (200, "/account/sessions".to_owned()),
        (404, "/account/sessions/ses_x".to_owned()),
        (410, "/welcome/x".to_owned()),
    ] {
        let reply = ada.get(&path).await;
        pages.push((status, path, reply));
    }
    pages.push((403, "another's request".to_owned(), bob.get(&link).await));
    pages.push((403, "a forged form".to_owned(), ada.post_raw(&link, &[]).await));
    let cookie = ada.cookie.clone().expect("a cookie");
    let request = site.client.post(format!("{}{link}", site.url)).header("cookie", &cookie);
    let reply = Reply::of(request.header("content-type", "text/plain").body("x")).await;
    pages.push((415, "another type".to_owned(), reply));
    let token = form_token(&ada.get(&link).await);
    let twice = [("csrf", token.as_str()), ("decision", "deny"), ("decision", "approve")];
    pages.push((400, "a repetition".to_owned(), ada.post_raw(&link, &twice).await));
    let reply = ada.answer(&link, &[("decision", "perhaps")]).await;
    pages.push((400, "no decision".to_owned(), reply));
    let wrong = another_code(&registered.user_code());
    pages.push((422, "a wrong code".to_owned(), ada.approve_code(&link, &wrong).await));
    assert_eq!(ada.approve(&registered).await.status, 303);
    pages.push((200, "the receipt".to_owned(), ada.get(&link).await));
    let reply = ada.post_from("/account/sessions", &link, &[("decision", "deny")]).await;
    pages.push((409, "a late answer".to_owned(), reply));
    let request = site.client.get(format!("{}/nothing", site.url)).header("accept", "text/html");
    pages.push((404, "/nothing".to_owned(), Reply::of(request).await));

    for (status, what, reply) in &pages {
        assert_eq!(reply.status, *status, "{what}: {}", reply.text);
        assert_guarded(reply, what);
    }
    let statuses: std::collections::BTreeSet<_> = pages.iter().map(|page| page.0).collect();
    assert_eq!(
        statuses.into_iter().collect::<Vec<_>>(),
        [200, 400, 401, 403, 404, 409, 410, 413, 415, 422, 429]
    );
    site.close().await;
}

/// Case 267's neighbour: redirects are not stored and leak nothing to where they lead.
#[tokio::test]
async fn redirects_are_not_stored() {
    let site = Site::open().await;
    let mut ada = site.add_person("ada@example.com").await;
    let mut redirects = vec![ada.get("/account/sessions").await, ada.get("/approve/cvt_x").await];
    redirects.push(ada.sign_in().await);
    redirects.push(ada.get("/sign-in").await);
    redirects.push(ada.post_from("/account/sessions", "/sign-out", &[]).await);
    for reply in redirects {
        assert_eq!(reply.status, 303);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("referrer-policy"), Some("same-origin"));
        assert!(reply.header("location").is_some_and(|place| place.starts_with('/')));
    }
    site.close().await;
}

/// Case 267: what a client opens in a popup keeps its opener on every page of the way; what
/// nobody opens there keeps apart.
#[tokio::test]
async fn only_the_way_of_a_client_keeps_its_opener() {
    let site = Site::open_with("[accounts]\nsign_up = 'open'").await;
    let mut ada = site.person("ada@example.com").await;
    let opener = |reply: &Reply| reply.header("cross-origin-opener-policy").map(str::to_owned);
    let client = Client::register(&site).await;
    let begun = ada.get(&client.request(&[])).await;
    assert!(opener(&begun).is_none_or(|policy| policy == "unsafe-none"));
    let link = begun.header("location").expect("a location").to_owned();
    let claim = site.agent().register_for("ada@example.com").await.link();
    let way = |page: &str| format!("{page}?return_to={}", link.replace('/', "%2F"));
    let mut stranger = Person::new(&site, "eve@example.com");
    let mut seen = vec![
        ("unsafe-none", stranger.get(&way("/sign-in")).await),
        ("unsafe-none", stranger.get(&way("/sign-up")).await),
        ("unsafe-none", ada.get(&link).await),
        ("same-origin", stranger.get("/sign-in").await),
        ("same-origin", ada.get(&claim).await),
        ("same-origin", ada.get("/account/sessions").await),
    ];
    approve(&mut ada, &link).await;
    seen.push(("unsafe-none", ada.get(&link).await));
    for (policy, reply) in seen {
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(opener(&reply).as_deref(), Some(policy), "{}", reply.text);
    }
    site.close().await;
}

/// Case 267 at the doors of clients: what `/authorize` refuses, the device page, the question of a
/// redirect door, and the method that does not fit.
#[tokio::test]
async fn every_page_of_the_doors_of_clients_is_guarded() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let client = Client::register(&site).await;
    let mut pages: Vec<(u16, &str, Reply)> = Vec::new();
    let foreign = client.request(&[("redirect_uri", "https://elsewhere.example/")]);
    pages.push((400, "a redirection of nobody's", ada.get(&foreign).await));
    pages.push((
        400,
        "an unknown client",
        ada.get(&client.request(&[("client_id", "nobody")])).await,
    ));
    pages.push((400, "no client", ada.get("/authorize").await));
    pages.push((200, "/device", ada.get("/device").await));
    let wrong = ada.post_from("/device", "/device", &[("user_code", "BBBB-BBBB")]).await;
    pages.push((422, "a code of nobody's", wrong));
    let link = client.send(&mut ada, &[]).await;
    pages.push((403, "another browser", bob.get(&link).await));
    pages.push((403, "a forged answer", ada.post_raw(&link, &[("decision", "approve")]).await));
    let request = site.client.delete(format!("{}/sign-in", site.url));
    pages.push((405, "a method", Reply::of(request.header("accept", "text/html")).await));
    for (status, what, reply) in &pages {
        assert_eq!(reply.status, *status, "{what}: {}", reply.text);
        assert_guarded(reply, what);
    }
    // The page that moves on leads to the client by design; everything else about it holds.
    approve(&mut ada, &link).await;
    let moving = ada.get(&link).await;
    let policy = moving.header("content-security-policy").expect("a policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert_eq!(moving.header("cache-control"), Some("no-store"));
    assert_eq!(moving.header("x-frame-options"), Some("DENY"));
    site.close().await;
}
