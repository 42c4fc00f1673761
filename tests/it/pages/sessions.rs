//! Account → Agent sessions.

use countersign::flow::usage;
use countersign::protocol::timestamp::Seconds;
use serde_json::json;

use super::{forms, session_of, state};
use crate::support::Site;
use crate::support::agent::member;
use crate::support::client::{CALLBACK, Callback, Client, approve};
use crate::support::person::Person;

/// Lets an agent in; its access token, refresh token and session.
async fn connect(site: &Site, person: &mut Person) -> (String, String, String) {
    let agent = site.agent();
    let registered = agent.register_for(&person.email.clone()).await;
    assert_eq!(person.approve(&registered).await.status, 303);
    let tokens = agent.poll(&registered.claim_token).await;
    let access = member(&tokens, "access_token");
    let session = session_of(site, &access).await;
    (access, member(&tokens, "refresh_token"), session)
}

/// pages.md "/account/sessions": each session an item with its own form, disconnected with one
/// press, dead on the next request.
#[tokio::test]
async fn one_press_disconnects_one_session_at_once_and_for_good() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (first, refresh, gone) = connect(&site, &mut ada).await;
    let (second, _, stays) = connect(&site, &mut ada).await;
    let list = ada.get("/account/sessions").await;
    assert_eq!(list.text.matches("<li>\n<div class=\"row apart\">").count(), 2);
    let path = format!("/account/sessions/{gone}/disconnect");
    let found = forms("/account/sessions", &list.text);
    assert_eq!(found.iter().filter(|form| form.action == path).count(), 1);
    for shown in ["Test agent", "Read the demo notes", "15 January 2027, 16:00 UTC", "127.0.0.1"] {
        assert!(list.text.contains(shown), "{shown}");
    }
    site.assert_live(&first).await;
    assert_eq!(ada.post_from("/account/sessions", &path, &[]).await.status, 303);
    site.assert_dead(&first).await;
    site.assert_live(&second).await;
    let refused = site.agent().refresh(&refresh).await;
    refused.assert_error(400, "invalid_grant");
    let list = ada.get("/account/sessions?done=disconnected").await;
    assert!(list.text.contains("Disconnected."));
    assert!(!list.text.contains(&gone) && list.text.contains(&stays));
    let before = state(&site).await;
    assert_eq!(ada.post_from("/account/sessions", &path, &[]).await.status, 303, "twice is fine");
    assert_eq!(state(&site).await, before);
    let site = site.restart().await;
    let mut ada = super::browser(&site, "ada@example.com", ada.cookie.clone());
    let list = ada.get("/account/sessions").await;
    assert!(!list.text.contains(&gone) && list.text.contains(&stays), "a restart changes nothing");
    site.agent().refresh(&refresh).await.assert_error(400, "invalid_grant");
    site.close().await;
}

/// pages.md "/account/sessions": when a session was last used is written, shown, and moves the
/// moment at which it ends for want of use; what is not used ends.
#[tokio::test]
async fn use_is_shown_and_puts_the_idle_end_off() {
    let settings = "[sessions]\naccess_ttl = \"5d\"\nrefresh_ttl = \"5d\"\nidle_ttl = \"2d\"";
    let site = Site::open_with(settings).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let link = agent.register_for("ada@example.com").await;
    let code = link.user_code();
    let fields = [
        ("decision", "approve"),
        ("user_code", code.as_str()),
        ("scope", "demo:read"),
        ("lifetime", "30d"),
    ];
    assert_eq!(ada.answer(&link.link(), &fields).await.status, 303);
    let access = member(&agent.poll(&link.claim_token).await, "access_token");
    assert!(ada.get("/account/sessions").await.text.contains("Never"), "it was not used yet");
    site.advance(Seconds::DAY);
    site.assert_live(&access).await;
    usage::write(&site.app).await.expect("written");
    assert_eq!(site.count("SELECT last_used_at FROM session").await, 1_800_086_400);
    assert_eq!(ada.sign_in().await.status, 303, "a browser is not signed in for ever");
    let list = ada.get("/account/sessions").await.text;
    assert!(list.contains("16 January 2027, 08:00 UTC") && !list.contains("Never"), "{list}");
    site.advance(Seconds(2 * Seconds::DAY.0 - 1));
    site.assert_live(&access).await;
    usage::write(&site.app).await.expect("written");
    site.advance(Seconds::DAY.times(2));
    site.assert_dead(&access).await;
    site.close().await;
}

/// Promise 10 of the actors: other people's sessions do not exist, and nothing tells them
/// apart from unknown ones.
#[tokio::test]
async fn other_peoples_sessions_do_not_exist() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let (access, _, session) = connect(&site, &mut ada).await;
    let before = state(&site).await;
    let list = bob.get("/account/sessions").await;
    assert!(list.text.contains("No agent acts for you") && !list.text.contains(&session));
    let unknown = bob.get("/account/sessions/ses_unknown").await;
    let hers = bob.get(&format!("/account/sessions/{session}")).await;
    assert_eq!((hers.status, &hers.text), (404, &unknown.text));
    for action in ["rename", "disconnect", "lower", "pause", "resume"] {
        let path = format!("/account/sessions/{session}/{action}");
        let fields = [("label", "mine now")];
        let reply = bob.post_from("/account/sessions", &path, &fields).await;
        assert_eq!(reply.status, 404, "{action}");
        let path = format!("/account/sessions/ses_unknown/{action}");
        let other = bob.post_from("/account/sessions", &path, &fields).await;
        assert_eq!(other.status, 404);
        assert_eq!(other.text.replace(&path, ""), reply.text.replace(&path, ""));
    }
    for odd in ["%00", "ses_%00", "%ff", "%27%20OR%20%271%27=%271"] {
        for action in ["rename", "disconnect", "lower", "pause", "resume"] {
            let path = format!("/account/sessions/{odd}/{action}");
            let reply = ada.post_from("/account/sessions", &path, &[("label", "x")]).await;
            assert_eq!(reply.status, 404, "{path}");
        }
    }
    assert_eq!(state(&site).await, before);
    site.assert_live(&access).await;
    site.close().await;
}

/// pages.md 23: the name is the person's to choose, and is shown as text.
#[tokio::test]
async fn a_session_is_renamed_and_a_hostile_name_stays_text() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (access, _, session) = connect(&site, &mut ada).await;
    let page = format!("/account/sessions/{session}");
    let path = format!("{page}/rename");
    let label = "<script>alert('x')</script> & \u{202e}\"Friday\"\r\n  job";
    assert_eq!(ada.post_from(&page, &path, &[("label", label)]).await.status, 303);
    for place in [page.as_str(), "/account/sessions"] {
        let shown = ada.get(place).await;
        assert_eq!(shown.status, 200);
        assert!(!shown.text.contains("<script>alert"), "{place}");
        assert!(!shown.text.contains('\u{202e}'));
        assert!(shown.text.contains("Friday"), "{}", shown.text);
    }
    let form = forms(&page, &ada.get(&page).await.text);
    let form = form.iter().find(|form| form.action == path).expect("a rename form");
    let kept = form.fields.iter().find(|(name, _)| name == "label").expect("a label");
    assert_eq!(kept.1, "<script>alert('x')</script> & \"Friday\" job");
    for nothing in ["", "   ", "\u{200b}\u{202e}"] {
        assert_eq!(ada.post_from(&page, &path, &[("label", nothing)]).await.status, 303);
    }
    let long = "y".repeat(300);
    assert!(ada.get(&page).await.text.contains("Friday"), "an empty name changes nothing");
    assert_eq!(ada.post_from(&page, &path, &[("label", &long)]).await.status, 303);
    let shown = ada.get(&page).await.text;
    assert!(shown.contains(&"y".repeat(80)) && !shown.contains(&"y".repeat(81)));
    assert!(shown.contains("Test agent"), "what the agent calls itself stays");
    site.assert_live(&access).await;
    site.close().await;
}

/// Case 017: renaming takes a name and nothing else.
#[tokio::test]
async fn extra_fields_of_a_rename_widen_nothing() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (access, _, session) = connect(&site, &mut ada).await;
    let before = site.introspect(&access).await.json();
    let path = format!("/account/sessions/{session}/rename");
    let fields = [
        ("label", "Renamed"),
        ("scope", "demo:read"),
        ("scope", "demo:delete"),
        ("scopes", "demo:read demo:delete"),
        ("expires_at", "9999999999"),
        ("account_id", "acc_x"),
        ("owner", "acc_x"),
        ("id", "ses_x"),
        ("ended_at", ""),
    ];
    assert_eq!(ada.post_from("/account/sessions", &path, &fields).await.status, 303);
    assert_eq!(site.introspect(&access).await.json(), before);
    let ends = "SELECT COUNT(*) FROM session WHERE expires_at = 1800000000 + 8 * 3600";
    assert_eq!(site.count(ends).await, 1);
    site.close().await;
}

/// The history of one session says what happened, when and from where, and stays after its end.
#[tokio::test]
async fn the_history_tells_what_happened_and_outlives_the_session() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (access, refresh, session) = connect(&site, &mut ada).await;
    let page = format!("/account/sessions/{session}");
    site.advance(Seconds::MINUTE);
    member(&site.agent().refresh(&refresh).await, "access_token");
    ada.post_from(&page, &format!("{page}/rename"), &[("label", "Friday job")]).await;
    site.advance(Seconds::MINUTE);
    ada.post_from(&page, &format!("{page}/disconnect"), &[]).await;
    site.assert_dead(&access).await;
    let shown = ada.get(&page).await;
    assert_eq!(shown.status, 200);
    let table = shown.text.split_once("<table").expect("a history").1;
    let lines = [
        "You disconnected the agent",
        "You renamed the session",
        "The agent renewed its token",
        "The agent picked up its session",
        "You approved",
    ];
    let mut places = Vec::new();
    for line in lines {
        places.push(table.find(line).unwrap_or_else(|| panic!("{line} is missing: {table}")));
    }
    assert!(table.contains("15 January 2027, 08:02 UTC") && table.contains("127.0.0.1"));
    assert!(shown.text.contains("The agent can do nothing with it."));
    let actions: Vec<_> = forms(&page, &shown.text).into_iter().map(|form| form.action).collect();
    assert!(!actions.contains(&format!("{page}/disconnect")), "over is over");
    assert!(places.iter().take(3).all(|place| *place < places[4]), "newest first: {places:?}");
    site.close().await;
}

/// RFC 9700 §4.14.2, RFC 6749 §4.1.2: a refresh token or a code that comes back a second time
/// ends the session, and its owner is told for a week, without having to look for it.
#[tokio::test]
async fn the_owner_is_told_of_a_copied_key() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let (_, refresh, session) = connect(&site, &mut ada).await;
    let (_, _, other) = connect(&site, &mut ada).await;
    let client = Client::register(&site).await;
    let code = client.approved_by(&mut ada).await.code();
    let access = member(&client.redeem(&code, &[]).await, "access_token");
    let coded = session_of(&site, &access).await;
    client.redeem(&code, &[]).await.assert_error(400, "invalid_grant");
    assert_eq!(site.agent().refresh(&refresh).await.status, 200);
    site.advance(Seconds::MINUTE.times(2));
    site.agent().refresh(&refresh).await.assert_error(400, "invalid_grant");

    let list = ada.get("/account/sessions").await.text;
    assert_eq!(list.matches("was used, so the session was ended.").count(), 2);
    for ended in [&session, &coded] {
        let page = format!("/account/sessions/{ended}");
        assert!(list.contains(&format!("<a href=\"{page}\">What happened</a>")), "{ended}");
        let shown = ada.get(&page).await.text;
        let line = "A copy of this session’s key was used, so the session was ended";
        assert_eq!(shown.matches(line).count(), 2, "above, and in the history: {shown}");
        assert!(!shown.contains("You disconnected"));
    }
    for told in [
        bob.get("/account/sessions").await.text,
        ada.get(&format!("/account/sessions/{other}")).await.text,
    ] {
        assert!(!told.contains("key was used") && !told.contains("was used, so"), "{told}");
    }
    site.advance(Seconds::DAY.times(7));
    assert!(!ada.get("/account/sessions").await.text.contains("was used, so"));
    site.close().await;
}

/// contracts/pages.md point 1: a client that registered itself only told its name; one that
/// the operator wrote into the settings is known.
#[tokio::test]
async fn a_session_says_who_vouches_for_its_client() {
    let settings = format!(
        "[[client]]\nclient_id = 'build-server'\nname = 'Build server'\n\
         redirect_uris = ['{CALLBACK}']\n"
    );
    let site = Site::open_with(&settings).await;
    let mut ada = site.person("ada@example.com").await;
    let registered = Client::register(&site).await;
    let known = Client { site: &site, id: "build-server".to_owned(), secret: None };
    for (client, name, words) in [
        (registered, "Test client", "told by the agent"),
        (known, "Build server", "registered by the operator"),
    ] {
        let link = client.send(&mut ada, &[]).await;
        let page = ada.get(&link).await.text;
        assert!(page.contains(&format!("<bdi>{name}</bdi> <span class=\"tag")), "{page}");
        assert!(page.contains(words), "{name}");
        approve(&mut ada, &link).await;
        let code = Callback::of(&ada.get(&link).await).code();
        let access = member(&client.redeem(&code, &[]).await, "access_token");
        let session = session_of(&site, &access).await;
        let shown = ada.get(&format!("/account/sessions/{session}")).await.text;
        assert!(shown.contains(name) && shown.contains(words), "{name}: {shown}");
    }
    site.close().await;
}

/// A scope that was allowed for a while stands apart, with its end, and goes with it.
#[tokio::test]
async fn what_is_held_for_a_while_says_until_when() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let link = client.send(&mut ada, &[("scope", "demo:read")]).await;
    let fields = [("decision", "approve"), ("scope", "demo:read"), ("lifetime", "8h")];
    ada.answer(&link, &fields).await;
    let code = Callback::of(&ada.get(&link).await).code();
    let access = member(&client.redeem(&code, &[]).await, "access_token");
    let session = session_of(&site, &access).await;

    let link = client.send(&mut ada, &[("scope", "demo:write")]).await;
    let fields = [
        ("decision", "approve"),
        ("scope", "demo:write"),
        ("session", session.as_str()),
        ("extra_lifetime", "15m"),
    ];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    let code = Callback::of(&ada.get(&link).await).code();
    assert_eq!(client.redeem(&code, &[]).await.status, 200);

    let page = format!("/account/sessions/{session}");
    let for_a_while = "<dt>For a while</dt>";
    for place in [page.as_str(), "/account/sessions"] {
        let shown = ada.get(place).await.text;
        let (_, extras) = shown.split_once(for_a_while).unwrap_or_else(|| panic!("{shown}"));
        let extras = extras.split("</div>").next().expect("its end");
        assert!(extras.contains("demo:write") && extras.contains("in 15 minutes"), "{extras}");
    }
    assert!(ada.get(&page).await.text.contains("You allowed it more"));
    site.advance(Seconds(15 * 60));
    assert!(!ada.get(&page).await.text.contains(for_a_while));
    site.close().await;
}

/// Sessions whose time is up leave the list by themselves.
#[tokio::test]
async fn an_ended_session_leaves_the_list_the_second_it_ends() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (access, _, session) = connect(&site, &mut ada).await;
    site.advance(Seconds(8 * 3_600 - 1));
    assert!(ada.get("/account/sessions").await.text.contains(&session));
    site.advance(Seconds(1));
    assert!(!ada.get("/account/sessions").await.text.contains(&session));
    site.assert_dead(&access).await;
    site.close().await;
}

/// A hostile agent name is text in the list and in the history as well.
#[tokio::test]
async fn a_hostile_agent_name_stays_text_in_the_list() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let body = json!({
        "type": "service_auth", "login_hint": "ada@example.com",
        "client_name": "</h2><form action=//evil.example><button>", "requested_scopes": ["demo:read"],
    });
    let registered = site.agent().register(&body).await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    let access = member(&site.agent().poll(&registered.claim_token).await, "access_token");
    let session = session_of(&site, &access).await;
    for page in ["/account/sessions".to_owned(), format!("/account/sessions/{session}")] {
        let shown = ada.get(&page).await.text;
        assert!(shown.contains("evil.example") && !shown.contains("<form action=//evil"));
    }
    site.close().await;
}
