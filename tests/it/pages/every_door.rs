//! One page for every door: what pages.md promises of a question holds wherever it comes from.

use serde_json::{Value, json};

use super::{PROFILE, state};
use crate::support::Site;
use crate::support::agent::{Registered, path_of};
use crate::support::client::{Callback, Client};
use crate::support::person::{Person, between, form_token};
use crate::support::reply::Reply;

const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A question at each door, and how its asker hears the answer.
struct Doors<'a> {
    client: Client<'a>,
    /// The door, and the page.
    links: Vec<(&'static str, String)>,
    registered: Registered,
    device: Value,
    request: Value,
}

impl<'a> Doors<'a> {
    async fn open(site: &'a Site, ada: &mut Person) -> Self {
        let agent = site.agent();
        let registered = agent.register_for("ada@example.com").await;
        let relaying = agent.register_for("ada@example.com").await;
        let client = Client::register(site).await;
        let code = client.send(ada, &[]).await;
        let (command_line, device) = device(site).await;
        let typed = device["user_code"].as_str().expect("a code");
        let typed = ada.post_from("/device", "/device", &[("user_code", typed)]).await;
        let request = agent_session(site).await;
        let begun = ada.get(&path_of(text(&request, "authorize_url"))).await;
        let step_up = step_up(site, ada).await;
        let links = vec![
            ("typed", registered.link()),
            ("relayed", format!("{}?code=none", relaying.link())),
            ("code", code),
            ("device", location(&typed)),
            ("agent session", location(&begun)),
            ("step-up", step_up),
        ];
        let device = json!({ "device_code": device["device_code"], "client_id": command_line });
        Self { client, links, registered, device, request }
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

fn location(reply: &Reply) -> String {
    reply.header("location").unwrap_or_else(|| panic!("{}", reply.text)).to_owned()
}

/// A command line that waits: its client, and what it was told.
async fn device(site: &Site) -> (String, Value) {
    let metadata = json!({
        "client_name": "Command line", "grant_types": [DEVICE],
        "token_endpoint_auth_method": "none",
    });
    let client = Client::register_as(site, &metadata).await;
    let form = [("client_id", client.id.as_str()), ("scope", "demo:read demo:write")];
    let told = site.post_form("/device_authorization", &form).await.json();
    (client.id, told)
}

async fn agent_session(site: &Site) -> Value {
    let body = json!({
        "mode": "detached", "client_type": "cli", "client_name": "Another command line",
        "scopes": ["demo:read", "demo:write"],
    });
    let reply = site.post_json("/agent-sessions/start", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.json()
}

/// A session that reads asks to write: the page about the difference.
async fn step_up(site: &Site, ada: &mut Person) -> String {
    let client = Client::register(site).await;
    let link = client.send(ada, &[("scope", "demo:read")]).await;
    let fields = [("decision", "approve"), ("scope", "demo:read"), ("lifetime", "8h")];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    let code = Callback::of(&ada.get(&link).await).code();
    assert_eq!(client.redeem(&code, &[]).await.status, 200);
    client.send(ada, &[("scope", "demo:write")]).await
}

/// pages.md 1, 2, 5 to 7, 9, 10, 12 to 14, 16 to 18, 29, 32: the same promises at every door, and
/// the question whether the person began this stands before the scopes.
#[tokio::test]
async fn every_door_asks_the_same_question_in_the_same_order() {
    let site = Site::open_with(PROFILE).await;
    let mut ada = site.person("ada@example.com").await;
    let doors = Doors::open(&site, &mut ada).await;
    let host = site.url.split_once("://").expect("a host").1;
    for (door, link) in &doors.links {
        let page = ada.get(link).await;
        assert_eq!(page.status, 200, "{door}");
        let place = |words: &str| {
            page.text.find(words).unwrap_or_else(|| panic!("{words} at {door}: {}", page.text))
        };
        let order = [
            "told by the agent",
            "our records",
            "Did you start this just now?",
            "name=\"started\" value=\"no\"",
            "type=\"checkbox\" name=\"scope\"",
            "This never gives the agent your account key, and it cannot create keys.",
            "name=\"decision\" value=\"deny\"",
            "name=\"decision\" value=\"approve\"",
            "name=\"denial_reason\" value=\"not_now\"",
            "name=\"note\"",
            "name=\"decision\" value=\"report\"",
        ];
        assert!(order.map(place).is_sorted(), "{door}: {:?}", order.map(place));
        let lasts =
            if *door == "step-up" { "name=\"extra_lifetime\"" } else { "name=\"lifetime\"" };
        for words in ["not_me", "too_much", lasts, host, "ada@example.com"] {
            assert!(page.text.contains(words), "{words} at {door}");
        }
        let redirects = ["code", "step-up"].contains(door);
        let origin = if redirects { "127.0.0.1:7777" } else { "the same network as the agent" };
        assert!(page.text.contains(origin), "{origin} at {door}");
        assert!(!page.text.contains("type=\"password\"") && !page.text.contains("autofocus"));
        assert!(page.text.len() < 30_000, "{door}: {} bytes", page.text.len());
    }
    site.close().await;
}

/// Denies with every reason's worst note, and reads the page that stands afterwards.
async fn deny_as_too_much(ada: &mut Person, door: &str, link: &str, fields: &[(&str, &str)]) {
    let reply = ada.answer(link, fields).await;
    assert_eq!(reply.status, 303, "{door}: {}", reply.text);
    for _reload in 0..2 {
        let page = ada.get(link).await;
        assert_eq!(page.status, 200, "{door}");
        assert!(page.text.contains("It asks for too much"), "{door}: {}", page.text);
        assert!(!page.text.contains("<b>Reading"), "{door}: markup");
        assert!(!page.text.contains('\u{202e}') && !page.text.contains('\u{1b}'), "{door}");
    }
}

/// pages.md 17 and 20, case 065: at every door a no says why, what would be accepted, and what
/// the person wrote, as plain text; reloading shows it; nothing after it counts.
#[tokio::test]
async fn a_no_tells_its_asker_why_and_what_would_be_fine_at_every_door() {
    const NOTE: &str = "<b>Reading</b>\u{202e} is\u{1b} fine\r\nIt is";
    let plain = "<b>Reading</b> is fine It is";
    let site = Site::open_with(PROFILE).await;
    let mut ada = site.person("ada@example.com").await;
    let doors = Doors::open(&site, &mut ada).await;
    for (door, link) in &doors.links {
        let scope = if *door == "step-up" { "demo:write" } else { "demo:read" };
        let fields =
            [("decision", "deny"), ("denial_reason", "too_much"), ("scope", scope), ("note", NOTE)];
        deny_as_too_much(&mut ada, door, link, &fields).await;
        let before = state(&site).await;
        let approve = [("decision", "approve"), ("scope", scope), ("lifetime", "8h")];
        let late = ada.post_from("/account/sessions", link, &approve).await;
        assert_eq!(late.status, 409, "{door}: a no is final");
        assert_eq!(state(&site).await, before, "{door}");
        if ["code", "step-up"].contains(door) {
            let told = Callback::of(&ada.get(link).await);
            told.assert_error(&site, "access_denied");
            let told = |name: &str| told.get(name).unwrap_or_else(|| panic!("{name} at {door}"));
            assert_eq!(told("denial_reason"), "too_much", "{door}");
            assert_eq!(told("acceptable_scope"), scope, "{door}");
            assert_eq!(told("denial_note"), plain, "{door}");
        }
    }
    let polled = site.agent().poll(&doors.registered.claim_token).await;
    let form = [
        ("grant_type", DEVICE),
        ("device_code", text(&doors.device, "device_code")),
        ("client_id", text(&doors.device, "client_id")),
    ];
    for told in [polled, site.post_form("/token", &form).await] {
        told.assert_error(400, "access_denied");
        let told = told.json();
        assert_eq!(told["denial_reason"], "too_much");
        assert_eq!(
            (&told["acceptable_scope"], &told["denial_note"]),
            (&json!("demo:read"), &json!(plain))
        );
    }
    let request = json!({
        "auth_request_id": doors.request["auth_request_id"],
        "poll_token": doors.request["poll_token"],
    });
    assert_eq!(site.post_json("/agent-sessions/poll", &request).await.status, 410);
    assert_eq!(doors.client.site.count("SELECT COUNT(*) FROM session").await, 1, "the one before");
    site.close().await;
}

/// pages.md 17: whoever finds everything too much names no set that would be fine, and the agent
/// reads of none, at the token endpoint and in a redirection.
#[tokio::test]
async fn where_nothing_would_be_fine_no_set_is_named() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let client = Client::register(&site).await;
    let redirected = client.send(&mut ada, &[]).await;
    for link in [&registered.link(), &redirected] {
        assert_eq!(ada.deny(link, "too_much").await.status, 303);
        assert!(!ada.get(link).await.text.contains("Would be fine"));
    }
    let told = site.agent().poll(&registered.claim_token).await.json();
    assert_eq!(told["denial_reason"], "too_much");
    assert!(told.get("acceptable_scope").is_none(), "{told}");
    let callback = Callback::of(&ada.get(&redirected).await);
    assert_eq!(callback.get("denial_reason").as_deref(), Some("too_much"));
    assert_eq!((callback.get("acceptable_scope"), callback.get("denial_note")), (None, None));
    site.close().await;
}

/// Promise P5, RFC 10027: where a question names its person or its browser, nobody else answers
/// it, not even with a no, and nothing moves.
#[tokio::test]
async fn nobody_answers_somebody_elses_question_at_any_door_that_knows_whose_it_is() {
    let site = Site::open_with(PROFILE).await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let doors = Doors::open(&site, &mut ada).await;
    let token = form_token(&bob.get("/account/sessions").await);
    let before = state(&site).await;
    let known = ["typed", "relayed", "code", "step-up"];
    let bound = doors.links.iter().filter(|(door, _)| known.contains(door));
    let mut tried = 0;
    for (door, link) in bound {
        let answers = ["deny", "approve", "report"].map(|answer| ("decision", answer));
        for answer in answers.into_iter().chain([("undo", "yes")]) {
            let fields = [answer, ("scope", "demo:read"), ("csrf", token.as_str())];
            let reply = bob.post_raw(link, &fields).await;
            assert_eq!(reply.status, 403, "{answer:?} at {door}");
            assert!(between(&reply.text, "name=\"scope\"", ">").is_none(), "{door}");
            tried += 1;
        }
        assert_eq!(bob.post_raw(link, &[("started", "no"), ("csrf", &token)]).await.status, 403);
    }
    assert_eq!((tried, state(&site).await), (16, before));
    site.close().await;
}

/// pages.md 13, 23: the receipt says at which API, what was granted and what was not, until when,
/// and leads out by one press: at a door that hands a code back, and at one that moves on.
#[tokio::test]
async fn a_receipt_names_api_session_end_and_one_way_out_at_two_doors() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let client = Client::register(&site).await;
    let redirected = client.send(&mut ada, &[]).await;
    let code = registered.user_code();
    let yes = [
        ("decision", "approve"),
        ("scope", "demo:read"),
        ("lifetime", "8h"),
        ("user_code", code.as_str()),
    ];
    for (door, link) in [("typed", &registered.link()), ("code", &redirected)] {
        let fields = if door == "typed" { &yes[..] } else { &yes[..3] };
        let answered = ada.answer(link, fields).await;
        assert_eq!(answered.status, 303, "{door}: {}", answered.text);
        let page = ada.get(link).await.text;
        let receipt = between(&page, "<section class=\"receipt\"", "</section>").expect(door);
        let end = "<time datetime=\"2027-01-15T16:00:00.000Z\"";
        let refused = "Add demo notes <code>demo:write</code>";
        for words in ["Read the demo notes <code>demo:read</code>", refused, end, "/demo</bdi>"] {
            assert!(receipt.contains(words), "{words} at {door}: {receipt}");
        }
        let granted = receipt.find("Read the demo notes").expect("granted");
        assert!(granted < receipt.find(refused).expect("refused"), "{door}");
        let out = page.matches("/disconnect\"").count();
        assert_eq!((out, page.matches("/rename\"").count()), (1, 1), "{door}: {page}");
        let (_, action) = page.split_once("action=\"/account/sessions/").expect("a session");
        let id = action.split('/').next().expect("its id");
        let path = format!("/account/sessions/{id}/disconnect");
        assert_eq!(ada.post_from(link, &path, &[]).await.status, 303, "{door}");
        let live = "SELECT COUNT(*) FROM session WHERE ended_at IS NULL";
        assert_eq!(site.count(live).await, 0, "{door}: one press");
    }
    site.close().await;
}
