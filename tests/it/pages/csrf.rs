//! Forms that a page of ours did not send.

use countersign::flow::account::{self, NewPerson};
use serde_json::json;

use super::{PROFILE, PageForm, forms, key_of, project_of, session_of, state};
use crate::support::agent::{Registered, member};
use crate::support::client::{Callback, Client};
use crate::support::person::{Person, form_token};
use crate::support::reply::Reply;
use crate::support::{PASSWORD, Site};

/// One form of one page, pressed by one button, in one browser.
struct Press {
    page: String,
    action: String,
    fields: Vec<(String, String)>,
    cookie: String,
}

/// What the crawl needs to exist, and who looks.
struct World {
    site: Site,
    ada: Person,
    bob: Person,
    stranger: Person,
    open: Registered,
    /// An approval that was given a moment ago.
    receipt: String,
    welcome: String,
    session: String,
    key: String,
}

async fn world() -> World {
    let site = Site::open_with(PROFILE).await;
    let mut ada = site.person("ada@example.com").await;
    let bob = site.person("bob@example.com").await;
    let agent = site.agent();
    let collected = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&collected).await.status, 303);
    let access = member(&agent.poll(&collected.claim_token).await, "access_token");
    let session = session_of(&site, &access).await;
    let linked = NewPerson { name: "", email: "eve@example.com", password: "" };
    let link = account::add(&site.app, &linked, false, site.clock.now()).await.expect("added");
    let welcome = format!("/welcome/{}", link.expect("a link").reveal());
    let open = agent.register_for("ada@example.com").await;
    let stranger = Person::new(&site, "eve@example.com");
    let key = key_of(&mut ada).await;
    project_of(&mut ada).await;
    let receipt = collected.link();
    World { site, ada, bob, stranger, open, receipt, welcome, session, key }
}

/// Every page with a form, and every way of pressing each.
async fn crawl(world: &mut World) -> Vec<Press> {
    let code = world.open.user_code();
    let approval = world.open.link();
    let hers = [
        "/".to_owned(),
        approval.clone(),
        format!("{approval}?code=none"),
        world.receipt.clone(),
        "/account/sessions".to_owned(),
        format!("/account/sessions/{}", world.session),
        "/account/keys".to_owned(),
        "/account/keys/new/test".to_owned(),
        format!("/account/keys/{}", world.key),
        format!("/account/keys/{}/revoke", world.key),
        "/account/projects".to_owned(),
        "/approve/cvt_unknown".to_owned(),
        "/account/sessions/ses_unknown".to_owned(),
        "/sign-up".to_owned(),
        world.welcome.clone(),
    ];
    let mut presses = Vec::new();
    for path in &hers {
        let page = world.ada.get(path).await;
        presses.extend(pressed(&world.ada, path, &page, &code));
    }
    let page = world.bob.get(&approval).await;
    presses.extend(pressed(&world.bob, &approval, &page, &code));
    for path in ["/sign-in", "/sign-up", world.welcome.as_str()] {
        let page = world.stranger.get(path).await;
        presses.extend(pressed(&world.stranger, path, &page, &code));
    }
    presses
}

fn pressed(person: &Person, path: &str, page: &Reply, code: &str) -> Vec<Press> {
    let cookie = person.cookie.clone().expect("a cookie");
    let mut presses = Vec::new();
    for form in forms(path, &page.text) {
        let fields: Vec<_> = filled(&form, code);
        assert!(page.text.contains("name=\"csrf\""), "a form of {path} carries no token");
        let buttons: Vec<Option<(String, String)>> = if form.buttons.is_empty() {
            vec![None]
        } else {
            form.buttons.iter().cloned().map(Some).collect()
        };
        for button in buttons {
            let mut fields = fields.clone();
            fields.extend(button);
            let (page, action) = (path.to_owned(), form.action.clone());
            presses.push(Press { page, action, fields, cookie: cookie.clone() });
        }
    }
    presses
}

/// What an attacker would send: everything right but the token.
fn filled(form: &PageForm, code: &str) -> Vec<(String, String)> {
    let mut fields = form.fields.clone();
    for (name, value) in &mut fields {
        let filling = match name.as_str() {
            "email" => "ada@example.com",
            "password" => PASSWORD,
            "user_code" => code,
            "label" => "taken over",
            _ => continue,
        };
        filling.clone_into(value);
    }
    fields
}

async fn send(site: &Site, press: &Press, token: Option<&str>, headers: &[(&str, &str)]) -> Reply {
    let mut fields = press.fields.clone();
    if let Some(token) = token {
        for (name, value) in &mut fields {
            if name == "csrf" {
                token.clone_into(value);
            }
        }
    } else {
        fields.retain(|(name, _)| name != "csrf");
    }
    let mut request = site.client.post(format!("{}{}", site.url, press.action));
    request = request.header("cookie", &press.cookie);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Reply::of(request.form(&fields)).await
}

fn own_token(press: &Press) -> &str {
    let token = press.fields.iter().find(|(name, _)| name == "csrf");
    &token.unwrap_or_else(|| panic!("a token in the form of {}", press.page)).1
}

/// Cases 064 and 084: every form of every page, pressed every way, without its token, with a
/// stale one, with another browser's, and from elsewhere, is refused and changes nothing.
#[tokio::test]
async fn no_form_of_any_page_is_taken_from_anywhere_else() {
    let mut world = world().await;
    let presses = crawl(&mut world).await;
    let stale = stale_token(&world.site).await;
    let before = state(&world.site).await;
    let site = &world.site;
    let others = form_token(&world.bob.get("/account/sessions").await);
    let hers = form_token(&world.ada.get("/account/sessions").await);
    let mut sent = 0;
    for press in &presses {
        let own = own_token(press);
        let his = Some(&press.cookie) == world.bob.cookie.as_ref();
        let other = if his { &hers } else { &others };
        let tokens = [None, Some(""), Some("x"), Some(other.as_str()), Some(stale.as_str())];
        for token in tokens {
            refused(press, &send(site, press, token, &[]).await, token.unwrap_or("no token"));
            sent += 1;
        }
        let elsewhere: [&[(&str, &str)]; 8] = [
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("origin", "http://127.0.0.1")],
            &[("origin", "")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", &site.url), ("sec-fetch-site", "cross-site")],
            &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
        ];
        for headers in elsewhere {
            refused(press, &send(site, press, Some(own), headers).await, &format!("{headers:?}"));
            sent += 1;
        }
    }
    assert_eq!(state(site).await, before);
    let actions: std::collections::BTreeSet<_> =
        presses.iter().map(|press| press.action.split('/').nth(1).unwrap_or_default()).collect();
    println!("{} ways to press a form, {sent} forgeries, all refused", presses.len());
    assert!(presses.len() >= 25, "{} presses", presses.len());
    assert_eq!(
        actions.into_iter().collect::<Vec<_>>(),
        ["account", "approve", "sign-in", "sign-out", "sign-up", "welcome"],
        "every page that takes a form was reached"
    );
    world.site.close().await;
}

#[track_caller]
fn refused(press: &Press, reply: &Reply, how: &str) {
    let Press { page, action, .. } = press;
    assert_eq!(reply.status, 403, "{action} of {page} with {how}: {}", reply.text);
    assert!(reply.text.contains("That is not allowed"), "{action} of {page} with {how}");
    assert!(reply.header("set-cookie").is_none(), "{action} of {page} with {how}");
}

/// A token of a browser that has signed out since.
async fn stale_token(site: &Site) -> String {
    let mut gone = site.person("carol@example.com").await;
    let token = form_token(&gone.get("/account/sessions").await);
    assert_eq!(gone.post_from("/account/sessions", "/sign-out", &[]).await.status, 303);
    token
}

/// The control of the crawl: the same forms with their own tokens are not refused.
#[tokio::test]
async fn the_same_forms_are_taken_from_their_own_pages() {
    let mut world = world().await;
    let presses = crawl(&mut world).await;
    let site = &world.site;
    let safe = |press: &&Press| {
        press.action.ends_with("/rename")
            || press.fields.iter().any(|(name, _)| name == "preset")
            || press.action == "/sign-in"
    };
    let mut taken = 0;
    for press in presses.iter().filter(safe) {
        let headers = [("origin", site.url.as_str()), ("sec-fetch-site", "same-origin")];
        let reply = send(site, press, Some(own_token(press)), &headers).await;
        assert!(matches!(reply.status, 200 | 303), "{}: {}", press.action, reply.status);
        taken += 1;
    }
    assert!(taken >= 4, "{taken}");
    world.site.close().await;
}

/// Promise P5: a form binds to the browser and the account that rendered it. One rendered
/// before sign-in, or for another account in the same browser, is refused after it.
#[tokio::test]
async fn a_form_of_before_sign_in_or_of_another_account_is_stale() {
    let site = Site::open().await;
    let mut person = site.add_person("ada@example.com").await;
    site.add_person("bob@example.com").await;
    let anonymous = form_token(&person.get("/sign-in").await);
    let planted = person.cookie.clone();
    assert_eq!(person.sign_in().await.status, 303);
    let registered = site.agent().register_for("ada@example.com").await;
    let (link, code) = (registered.link(), registered.user_code());
    let hers = form_token(&person.get(&link).await);
    let approve = |token| {
        [
            ("decision", "approve"),
            ("user_code", code.as_str()),
            ("scope", "demo:read"),
            ("csrf", token),
        ]
    };
    let before = state(&site).await;
    assert_eq!(person.post_raw(&link, &approve(&anonymous)).await.status, 403);
    let mut anonymously = super::browser(&site, "ada@example.com", planted);
    assert_eq!(anonymously.post_raw(&link, &approve(&anonymous)).await.status, 403);
    assert_eq!(anonymously.post_raw(&link, &approve(&hers)).await.status, 403);
    assert_eq!(state(&site).await, before);
    let fields = [("email", "bob@example.com"), ("password", PASSWORD)];
    assert_eq!(person.post_from("/account/sessions", "/sign-in", &fields).await.status, 303);
    assert_eq!(person.post_raw(&link, &approve(&hers)).await.status, 403, "a form of Ada's page");
    site.close().await;
}

/// Login CSRF: without the browser's own cookie nobody is signed in to anything.
#[tokio::test]
async fn a_form_without_a_cookie_signs_nobody_in() {
    let site = Site::open().await;
    site.add_person("mallory@example.com").await;
    let mut mallory = Person::new(&site, "mallory@example.com");
    let token = form_token(&mallory.get("/sign-in").await);
    let before = state(&site).await;
    let fields =
        [("email", "mallory@example.com"), ("password", PASSWORD), ("csrf", token.as_str())];
    let reply = site.post_form("/sign-in", &fields).await;
    assert_eq!(reply.status, 403);
    let other = Person::new(&site, "ada@example.com").get("/sign-in").await;
    let cookie = other.header("set-cookie").expect("a cookie").split(';').next().expect("a pair");
    let mut victim = super::browser(&site, "ada@example.com", Some(cookie.to_owned()));
    assert_eq!(victim.post_raw("/sign-in", &fields).await.status, 403);
    let mut made_up = super::browser(
        &site,
        "ada@example.com",
        Some("countersign=cbs_00000000000000000000000000000000000000".to_owned()),
    );
    assert_eq!(made_up.post_raw("/sign-in", &fields).await.status, 403);
    assert_eq!(state(&site).await, before);
    site.close().await;
}

/// JSON, and forms in other clothes, are no forms: a foreign page can send `text/plain`
/// without a preflight.
#[tokio::test]
async fn a_form_in_other_clothes_is_refused() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let token = form_token(&ada.get("/account/sessions").await);
    let cookie = ada.cookie.clone().expect("a cookie");
    let before = state(&site).await;
    let json = json!({ "csrf": token }).to_string();
    let form = format!("csrf={token}");
    for (kind, body) in [
        ("application/json", &json),
        ("text/plain", &form),
        ("multipart/form-data; boundary=x", &form),
        ("application/x-www-form-urlencoded-not", &form),
    ] {
        let request = site.client.post(format!("{}/sign-out", site.url)).header("cookie", &cookie);
        let request = request.header("content-type", kind).body(body.clone());
        assert_eq!(Reply::of(request).await.status, 415, "{kind}");
    }
    assert_eq!(state(&site).await, before);
    assert_eq!(ada.get("/account/sessions").await.status, 200);
    site.close().await;
}

/// RFC 9700 §4.7: `SameSite=Lax` keeps the cookie off another site's form. The refusal must
/// not hand out a new one, which would replace the person's and sign them out.
#[tokio::test]
async fn a_form_from_another_site_does_not_sign_the_person_out() {
    let site = Site::open().await;
    for path in ["/sign-in", "/sign-up", "/sign-out", "/approve/cvt_unknown", "/welcome/otl_x"] {
        let mut lured = Person::new(&site, "ada@example.com");
        let reply = lured.post_raw(path, &[("csrf", "guessed")]).await;
        assert_eq!(reply.status, 403, "{path}");
        assert!(reply.headers.get("set-cookie").is_none(), "{path}");
    }
    site.close().await;
}

/// Case 084 at the doors of clients: the device page, its question, the question of a browser that
/// a client sent, and that for more, pressed every way without the token or with another's.
#[tokio::test]
async fn no_form_of_the_doors_of_clients_is_taken_from_anywhere_else() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let client = Client::register(&site).await;
    let question = client.send(&mut ada, &[]).await;
    let held = client.send(&mut ada, &[("scope", "demo:read")]).await;
    let read = [("decision", "approve"), ("scope", "demo:read"), ("lifetime", "8h")];
    assert_eq!(ada.answer(&held, &read).await.status, 303);
    let code = Callback::of(&ada.get(&held).await).code();
    assert_eq!(client.redeem(&code, &[]).await.status, 200);
    let more = client.send(&mut ada, &[("scope", "demo:write")]).await;
    let metadata = serde_json::json!({
        "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"],
        "token_endpoint_auth_method": "none",
    });
    let device = Client::register_as(&site, &metadata).await;
    let form = [("client_id", device.id.as_str()), ("scope", "demo:read")];
    let told = site.post_form("/device_authorization", &form).await.json();
    let code = told["user_code"].as_str().expect("a code").to_owned();
    let typed = ada.post_from("/device", "/device", &[("user_code", &code)]).await;
    let compared = typed.header("location").expect("a location").to_owned();
    let others = form_token(&bob.get("/account/sessions").await);
    let before = state(&site).await;
    let mut presses = Vec::new();
    for path in ["/device", &question, &more, &compared] {
        let page = ada.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        let mut cookies = pressed(&ada, path, &page, &code);
        let mark = ada.mark.clone().expect("a mark");
        for press in &mut cookies {
            press.cookie = format!("{}; {mark}", press.cookie);
        }
        presses.extend(cookies);
    }
    assert!(presses.len() >= 12, "{} presses", presses.len());
    for press in presses.iter().filter(|press| press.action != "/sign-out") {
        for token in [None, Some(""), Some("x"), Some(others.as_str())] {
            refused(press, &send(&site, press, token, &[]).await, token.unwrap_or("no token"));
        }
        let elsewhere = [("origin", "https://evil.example")];
        refused(press, &send(&site, press, Some(own_token(press)), &elsewhere).await, "elsewhere");
    }
    assert_eq!(state(&site).await, before);
    assert_eq!(ada.deny(&question, "not_now").await.status, 303);
    assert_ne!(state(&site).await, before, "its own browser's answer is taken");
    site.close().await;
}
