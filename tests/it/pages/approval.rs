//! The approval page: what it shows, what a press of a button does, and what nothing does.

use countersign::protocol::timestamp::Seconds;
use serde_json::{Value, json};

use super::{PageForm, forms, is_approval, session_of, state};
use crate::support::Site;
use crate::support::agent::{Registered, member};
use crate::support::person::{Person, form_token};
use crate::support::reply::Reply;

/// A resource with every tier, one scope of it required.
const RESOURCE: &str = r#"
[[resource]]
identifier = "https://api.example.com"
name = "Example API"
[[resource.scope]]
name = "events:read"
title = "Read your events"
risk = "read"
default = true
required = true
possible = "See when your last release went out"
impossible = "Delete an event"
[[resource.scope]]
name = "stats:read"
title = "Read your figures"
risk = "read"
[[resource.scope]]
name = "events:write"
title = "Change your events"
risk = "change"
[[resource.scope]]
name = "ads:buy"
title = "Spend your budget"
risk = "spend"
[[resource.scope]]
name = "events:delete"
title = "Remove your events"
risk = "delete"
"#;

const ALL: [&str; 5] = ["events:read", "stats:read", "events:write", "ads:buy", "events:delete"];

async fn ask(site: &Site, scopes: &[&str]) -> Registered {
    let body = json!({
        "type": "service_auth", "login_hint": "ada@example.com", "client_name": "Test agent",
        "client_type": "coding assistant", "reason": "to ship on Friday",
        "requested_scopes": scopes,
    });
    site.agent().register(&body).await
}

/// Posts `fields` with the form token of any page of this person.
async fn post(person: &mut Person, path: &str, fields: &[(&str, &str)]) -> Reply {
    person.post_from("/account/sessions", path, fields).await
}

fn question(path: &str, page: &Reply) -> PageForm {
    let mut forms = forms(path, &page.text);
    forms.retain(|form| form.buttons.iter().any(|(name, _)| name == "decision"));
    assert_eq!(forms.len(), 1, "one form decides");
    forms.remove(0)
}

fn ticked(form: &PageForm) -> Vec<&str> {
    let scopes = form.fields.iter().filter(|(name, _)| name == "scope");
    scopes.map(|(_, value)| value.as_str()).collect()
}

/// Case 063, RFC 8628 §3.3.1: link scanners may look as often as they like.
#[tokio::test]
async fn twenty_looks_with_anything_in_the_query_change_nothing() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let (link, code) = (registered.link(), registered.user_code());
    let before = state(&site).await;
    let cookie = ada.cookie.clone().expect("a cookie");
    let queries = [
        String::new(),
        format!("?user_code={code}"),
        format!("?user_code={code}&decision=approve&scope=demo:read&lifetime=8h"),
        "?decision=deny".to_owned(),
        "?decision=report&end_sessions=yes".to_owned(),
        "?code=none".to_owned(),
        "?started=no".to_owned(),
        "?preset=keep".to_owned(),
    ];
    for n in 0..20 {
        let url = format!("{}{link}{}", site.url, queries[n % queries.len()]);
        for signed_in in [true, false] {
            for request in [site.client.get(&url), site.client.head(&url)] {
                let request = if signed_in { request.header("cookie", &cookie) } else { request };
                let reply = Reply::of(request).await;
                assert_eq!(reply.status, if signed_in { 200 } else { 303 }, "{url}");
            }
        }
    }
    assert_eq!(state(&site).await, before);
    assert_eq!(
        site.count("SELECT COUNT(*) FROM event WHERE kind = 'approval.wrong_code'").await,
        0
    );
    assert_eq!(ada.approve(&registered).await.status, 303, "and the code is still good");
    site.close().await;
}

/// Case 099; pages.md 1, 5, 6, 7, 10, 11, 12, 13, 14, 32.
#[tokio::test]
async fn the_page_shows_who_asks_from_where_for_what_and_until_when() {
    let site = Site::open_with(RESOURCE).await;
    let mut ada = site.person("ada@example.com").await;
    let registered = ask(&site, &ALL).await;
    let link = registered.link();
    let page = ada.get(&link).await;
    assert_eq!(page.status, 200);
    let text = &page.text;
    let host = site.url.split_once("://").expect("a host").1;
    for shown in [
        "Test agent",
        "coding assistant",
        "to ship on Friday",
        "told by the agent",
        "First time this agent has asked you",
        "our records",
        "127.0.0.1",
        "the same network as the agent",
        "Did you start this just now?",
        "Example API",
        "https://api.example.com",
        "See when your last release went out",
        "Delete an event",
        "This never gives the agent your account key, and it cannot create keys.",
        "until 15 January 2027, 09:00 UTC",
        "until 15 January 2027, 16:00 UTC",
        "until 22 January 2027, 08:00 UTC",
        "until 14 February 2027, 08:00 UTC",
        "at the latest 15 April 2027, 08:00 UTC",
        "one task, not renewed, until 15 January 2027, 09:00 UTC",
        "The agent cannot make this longer.",
        host,
        "ada@example.com",
    ] {
        assert!(text.contains(shown), "{shown} is missing: {text}");
    }
    assert!(!text.contains("class=\"tag proven\">told"), "nothing told is marked proven");
    let places: Vec<_> =
        ["Remove your events", "Spend your budget", "Change your events", "Read your events"]
            .iter()
            .map(|title| text.find(title).unwrap_or_else(|| panic!("{title} is missing")))
            .collect();
    assert!(places.is_sorted(), "worst first");
    let form = question(&link, &page);
    assert_eq!(
        ticked(&form),
        ["events:read", "stats:read"],
        "optional scopes above reading are off"
    );
    assert!(text.contains("value=\"events:read\" checked disabled"), "required is locked");
    let field = |name: &str| form.fields.iter().find(|(known, _)| known == name);
    assert_eq!(field("lifetime").map(|(_, value)| value.as_str()), Some("1h"));
    assert!(!text.contains(&registered.user_code()), "the code is the agent's to show");
    site.close().await;
}

/// pages.md 6: where both roughly are, from the operator's database, and what the agent's program
/// says it is, in words; no place where there is no database.
#[tokio::test]
async fn the_page_says_roughly_where_both_are_and_what_the_program_is() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/support/places.mmdb");
    for (settings, places) in [(format!("places_file = '{file}'"), 2), (String::new(), 0)] {
        let site = Site::open_with(&settings).await;
        let mut ada = site.person("ada@example.com").await;
        let body = json!({ "type": "service_auth", "login_hint": "ada@example.com" });
        let request = site.client.post(format!("{}/agent/identity", site.url)).json(&body);
        let request = request.header("user-agent", "python-httpx/0.27.0 (a comment)");
        let registered = Reply::of(request).await.json();
        let link = registered["claim"]["attempt"]["verification_uri"].as_str().expect("a link");
        let page = ada.get(&crate::support::agent::path_of(link)).await.text;
        assert_eq!(page.matches("Loopville, Localia").count(), places, "{page}");
        assert!(page.contains("<bdi>python-httpx 0.27.0</bdi>"), "{page}");
        site.close().await;
    }
}

/// pages.md 5: from our own records, not from what the agent says.
#[tokio::test]
async fn an_agent_that_asks_again_is_counted() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    for words in ["First time this agent", "request number 2 today", "request number 3 today"] {
        let registered = site.agent().register_for("ada@example.com").await;
        let page = ada.get(&registered.link()).await;
        assert!(page.text.contains(words), "{words}: {}", page.text);
        assert_eq!(ada.deny(&registered.link(), "not_now").await.status, 303);
    }
    site.advance(Seconds::DAY.times(2));
    assert_eq!(ada.sign_in().await.status, 303);
    let registered = site.agent().register_for("ada@example.com").await;
    let page = ada.get(&registered.link()).await;
    assert!(page.text.contains("has asked you before; first request today"), "{}", page.text);
    site.close().await;
}

/// pages.md 5, actor T1: a name that a search would take for any name has still never asked.
#[tokio::test]
async fn a_name_of_wildcards_is_nobody_the_person_knows() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    assert_eq!(ada.deny(&registered.link(), "not_now").await.status, 303);
    for (name, words) in [
        ("%", "First time this agent"),
        ("Test%", "First time this agent"),
        ("Test_agent", "First time this agent"),
        ("Test agent!", "First time this agent"),
        ("Test agent", "request number 2 today"),
        ("Test%", "request number 2 today"),
    ] {
        let body = json!({
            "type": "service_auth", "login_hint": "ada@example.com", "client_name": name,
            "requested_scopes": ["demo:read"],
        });
        let registered = site.agent().register(&body).await;
        let page = ada.get(&registered.link()).await;
        assert!(page.text.contains(words), "{name}: {words}: {}", page.text);
        assert_eq!(ada.deny(&registered.link(), "not_now").await.status, 303);
    }
    site.close().await;
}

/// pages.md 16: Deny comes before Approve, nothing is focused, and Enter in a box presses a
/// button that decides nothing.
#[tokio::test]
async fn deny_comes_first_and_enter_decides_nothing() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let link = registered.link();
    let page = ada.get(&link).await;
    assert!(!page.text.contains("autofocus"));
    let form = question(&link, &page);
    let pairs: Vec<_> = form.buttons.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(
        pairs,
        [
            ("preset", "keep"),
            ("started", "no"),
            ("preset", "read_only"),
            ("decision", "deny"),
            ("decision", "approve"),
            ("decision", "report"),
        ],
        "what Enter presses is the first button"
    );
    let before = state(&site).await;
    let code = registered.user_code();
    let fields = [("preset", "keep"), ("user_code", code.as_str()), ("scope", "demo:write")];
    let kept = ada.answer(&link, &fields).await;
    assert_eq!(kept.status, 200);
    assert!(kept.text.contains("Nothing is decided yet."));
    let form = question(&link, &kept);
    assert_eq!(ticked(&form), ["demo:write"], "what was chosen stays chosen");
    assert!(form.fields.contains(&("user_code".to_owned(), code.clone())), "what was typed stays");
    let both = [("preset", "keep"), ("decision", "approve"), ("user_code", code.as_str())];
    assert_eq!(ada.answer(&link, &both).await.status, 200, "a preset outweighs a decision");
    assert_eq!(state(&site).await, before);
    site.close().await;
}

/// pages.md 11: the read-only switch unticks everything above reading and decides nothing.
#[tokio::test]
async fn read_only_ticks_what_only_reads_and_decides_nothing() {
    let site = Site::open_with(RESOURCE).await;
    let mut ada = site.person("ada@example.com").await;
    let link = ask(&site, &ALL).await.link();
    let before = state(&site).await;
    let fields = [
        ("preset", "read_only"),
        ("scope", "events:delete"),
        ("scope", "ads:buy"),
        ("lifetime", "7d"),
    ];
    let page = ada.answer(&link, &fields).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Everything beyond reading is now unticked."));
    let form = question(&link, &page);
    assert_eq!(ticked(&form), ["events:read", "stats:read"]);
    assert!(form.fields.contains(&("lifetime".to_owned(), "7d".to_owned())), "the rest stays");
    assert_eq!(state(&site).await, before);
    site.close().await;
}

/// Case 099, promise P4: granted is what was asked, ticked and allowed, plus what is required.
#[tokio::test]
async fn what_is_granted_is_exactly_what_was_ticked() {
    let site = Site::open_with(RESOURCE).await;
    let mut ada = site.person("ada@example.com").await;
    let cases: [(&[&str], &[&str], &[&str]); 6] = [
        (&ALL, &ALL, &ALL),
        (&ALL, &[], &["events:read"]),
        (&ALL, &["ads:buy"], &["ads:buy", "events:read"]),
        (&ALL, &["events:delete", "nonsense:all"], &["events:delete", "events:read"]),
        (&["events:read"], &ALL, &["events:read"]),
        (
            &["events:read", "stats:read"],
            &["stats:read", "ads:buy"],
            &["events:read", "stats:read"],
        ),
    ];
    for (asked, chosen, granted) in cases {
        let registered = ask(&site, asked).await;
        let code = registered.user_code();
        let mut fields =
            vec![("decision", "approve"), ("user_code", code.as_str()), ("lifetime", "8h")];
        fields.extend(chosen.iter().map(|scope| ("scope", *scope)));
        let reply = ada.answer(&registered.link(), &fields).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        let tokens = site.agent().poll(&registered.claim_token).await;
        let scope = member(&tokens, "scope");
        let mut scopes: Vec<_> = scope.split(' ').collect();
        scopes.sort_unstable();
        let mut granted = granted.to_vec();
        granted.sort_unstable();
        assert_eq!(scopes, granted, "asked {asked:?}, ticked {chosen:?}");
        let receipt = ada.get(&registered.link()).await;
        for scope in asked {
            assert!(receipt.text.contains(&format!("<code>{scope}</code>")), "{scope}");
        }
    }
    site.close().await;
}

/// pages.md 11 and 3.3.1: an approval of nothing is no approval.
#[tokio::test]
async fn approving_with_nothing_ticked_is_sent_back() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let (link, code) = (registered.link(), registered.user_code());
    let before = state(&site).await;
    for scopes in [vec![], vec![("scope", "nonsense:all")]] {
        let mut fields = vec![("decision", "approve"), ("user_code", code.as_str())];
        fields.extend(scopes);
        let reply = ada.answer(&link, &fields).await;
        assert_eq!(reply.status, 422);
        assert!(reply.text.contains("Tick at least one permission"));
        assert!(reply.text.contains(&format!("value=\"{code}\"")), "the code stays typed");
    }
    let reply = ada.answer(&link, &[("decision", "approve"), ("scope", "demo:read")]).await;
    assert_eq!(reply.status, 422);
    assert!(reply.text.contains("Type the code your agent shows you."));
    assert_eq!(state(&site).await, before);
    site.close().await;
}

/// pages.md 14: the end is the chosen one to the second, within the operator's cap.
#[tokio::test]
async fn a_session_ends_exactly_when_the_person_chose() {
    let site = Site::open_with(
        "[sessions]\nmax_lifetime = \"20d\"\nrefresh_ttl = \"20d\"\nidle_ttl = \"20d\"",
    )
    .await;
    let mut ada = site.person("ada@example.com").await;
    let (hour, day) = (3_600, 86_400);
    let page = ada.get(&site.agent().register_for("ada@example.com").await.link()).await;
    assert!(!page.text.contains("value=\"30d\""), "more than the cap is not offered");
    assert!(page.text.contains("max=\"20\""));
    let cases = [
        ("once", "", hour),
        ("1h", "", hour),
        ("8h", "", 8 * hour),
        ("7d", "", 7 * day),
        ("custom", "1", day),
        ("custom", " 5 ", 5 * day),
        ("custom", "20", 20 * day),
        ("custom", "21", 20 * day),
        ("custom", "3650", 20 * day),
        ("30d", "", 20 * day),
    ];
    for (lifetime, days, seconds) in cases {
        let registered = site.agent().register_for("ada@example.com").await;
        let fields = [
            ("decision", "approve"),
            ("scope", "demo:read"),
            ("lifetime", lifetime),
            ("custom_days", days),
        ];
        let link = format!("{}?code=none", registered.link());
        assert_eq!(ada.answer(&link, &fields).await.status, 303, "{lifetime} {days}");
        let sql = format!(
            "SELECT expires_at - created_at FROM session WHERE registration_id = '{}'",
            registered.id
        );
        assert_eq!(site.count(&sql).await, seconds, "{lifetime} {days}");
    }
    site.close().await;
}

/// pages.md 14: what was not offered is sent back, and nothing is decided.
#[tokio::test]
async fn a_lifetime_that_was_not_offered_is_sent_back() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let (link, code) = (registered.link(), registered.user_code());
    let before = state(&site).await;
    for (lifetime, days) in [
        ("forever", ""),
        ("8H", ""),
        ("custom", ""),
        ("custom", "0"),
        ("custom", "-1"),
        ("custom", "3651"),
        ("custom", "1e3"),
        ("custom", "99999999999999999999"),
        ("custom", "five"),
    ] {
        let fields = [
            ("decision", "approve"),
            ("user_code", code.as_str()),
            ("scope", "demo:read"),
            ("lifetime", lifetime),
            ("custom_days", days),
        ];
        let reply = ada.answer(&link, &fields).await;
        assert_eq!(reply.status, 422, "{lifetime} {days}");
        assert!(reply.text.contains("Choose one of the times offered."));
    }
    for decision in ["", "yes", "Approve", "collect"] {
        let fields = [("decision", decision), ("user_code", code.as_str()), ("scope", "demo:read")];
        assert_eq!(ada.answer(&link, &fields).await.status, 400, "{decision:?}");
    }
    assert_eq!(state(&site).await, before);
    site.close().await;
}

/// pages.md 14: "once" is one access token and no refresh token.
#[tokio::test]
async fn once_means_no_refresh_token() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let code = registered.user_code();
    let fields = [
        ("decision", "approve"),
        ("user_code", code.as_str()),
        ("scope", "demo:read"),
        ("lifetime", "once"),
    ];
    assert_eq!(ada.answer(&registered.link(), &fields).await.status, 303);
    let tokens = site.agent().poll(&registered.claim_token).await;
    let access = member(&tokens, "access_token");
    assert_eq!(tokens.json().get("refresh_token"), None);
    site.advance(Seconds(3_599));
    site.assert_live(&access).await;
    site.advance(Seconds(1));
    site.assert_dead(&access).await;
    site.close().await;
}

/// Case 065, pages.md 17: a no is terminal, and says why.
#[tokio::test]
async fn a_denial_tells_the_agent_why_and_is_final() {
    let site = Site::open_with(RESOURCE).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let cases: [(&str, Value, Value); 4] = [
        ("not_me", json!("not_me"), Value::Null),
        ("too_much", json!("too_much"), json!("events:read stats:read")),
        ("not_now", json!("not_now"), Value::Null),
        ("", json!("not_now"), Value::Null),
    ];
    for (reason, told, acceptable) in cases {
        let registered = ask(&site, &ALL).await;
        let (link, code) = (registered.link(), registered.user_code());
        let fields = [
            ("decision", "deny"),
            ("denial_reason", reason),
            ("note", "Ask me\u{202e} on <b>Monday</b>\r\n please"),
            ("scope", "events:read"),
            ("scope", "stats:read"),
            ("scope", "nonsense:all"),
        ];
        assert_eq!(ada.answer(&link, &fields).await.status, 303);
        let refused = agent.poll(&registered.claim_token).await;
        refused.assert_error(400, "access_denied");
        let body = refused.json();
        assert_eq!(body["denial_reason"], told);
        assert_eq!(body["acceptable_scope"], acceptable, "{reason}");
        assert_eq!(body["denial_note"], "Ask me on <b>Monday</b> please");
        let complete = agent.complete(&registered.claim_token, &code).await;
        complete.assert_error(403, "claim_denied");
        let before = state(&site).await;
        let approve =
            [("decision", "approve"), ("user_code", code.as_str()), ("scope", "events:read")];
        assert_eq!(post(&mut ada, &link, &approve).await.status, 409);
        let shown = ada.get(&link).await;
        assert_eq!(shown.status, 200);
        assert!(shown.text.contains("Denied") && !shown.text.contains("<b>Monday"));
        assert_eq!(state(&site).await, before);
        site.advance(Seconds(10));
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 0);
    site.close().await;
}

/// pages.md 9: "No, I did not" denies, whatever else was pressed or typed.
#[tokio::test]
async fn not_having_started_it_denies() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let code = registered.user_code();
    let fields = [("started", "no"), ("decision", "approve"), ("user_code", code.as_str())];
    assert_eq!(ada.answer(&registered.link(), &fields).await.status, 303);
    let refused = site.agent().poll(&registered.claim_token).await;
    refused.assert_error(400, "access_denied");
    assert_eq!(refused.json()["denial_reason"], "not_me");
    site.close().await;
}

/// A note longer than the page allows is cut, not refused and not passed on whole.
#[tokio::test]
async fn a_note_is_cut_to_its_length() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let note = "ä".repeat(400);
    let fields = [("decision", "deny"), ("denial_reason", "not_now"), ("note", note.as_str())];
    assert_eq!(ada.answer(&registered.link(), &fields).await.status, 303);
    let refused = site.agent().poll(&registered.claim_token).await.json();
    assert_eq!(refused["denial_note"], "ä".repeat(280));
    site.close().await;
}

/// pages.md 18: a report stops the agent's registration at once.
#[tokio::test]
async fn a_report_freezes_the_agent_and_leaves_other_sessions_alone() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let earlier = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&earlier).await.status, 303);
    let access = member(&agent.poll(&earlier.claim_token).await, "access_token");
    let registered = agent.register_for("ada@example.com").await;
    assert_eq!(ada.answer(&registered.link(), &[("decision", "report")]).await.status, 303);
    let page = ada.get(&registered.link()).await;
    assert!(page.status == 200 && page.text.contains("Reported"), "{}", page.text);
    site.assert_live(&access).await;
    let again = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    again.assert_error(410, "claim_revoked");
    let poll = agent.poll(&registered.claim_token).await;
    assert_eq!(poll.status, 400);
    assert_ne!(poll.error(), "authorization_pending");
    let code = registered.user_code();
    let approve = [("decision", "approve"), ("user_code", code.as_str()), ("scope", "demo:read")];
    assert_eq!(post(&mut ada, &registered.link(), &approve).await.status, 409);
    site.close().await;
}

/// pages.md 9: "No" denies and offers to report; the report then stops the agent as any
/// other, once, and nothing else follows the denial.
#[tokio::test]
async fn whoever_denied_because_they_never_started_it_may_still_report_it() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let (link, code) = (registered.link(), registered.user_code());
    assert_eq!(ada.answer(&link, &[("started", "no")]).await.status, 303);
    assert!(ada.get(&link).await.text.contains("value=\"report\""));
    let approve = [("decision", "approve"), ("user_code", code.as_str()), ("scope", "demo:read")];
    for refused in [&approve[..], &[("decision", "deny")]] {
        assert_eq!(post(&mut ada, &link, refused).await.status, 409);
    }
    let report = [("decision", "report")];
    assert_eq!(ada.answer(&link, &report).await.status, 303);
    let page = ada.get(&link).await.text;
    assert!(page.contains("Reported") && !page.contains("value=\"report\""), "{page}");
    agent
        .start_claim(&registered.claim_token, "ada@example.com")
        .await
        .assert_error(410, "claim_revoked");
    assert_eq!(post(&mut ada, &link, &report).await.status, 409);
    site.close().await;
}

/// pages.md 18: and when asked, ends what the person let in from the same place; nobody
/// else's.
#[tokio::test]
async fn a_report_ends_every_session_from_the_same_place_when_asked() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let agent = site.agent();
    let mut tokens = Vec::new();
    for (person, email) in [(&mut ada, "ada@example.com"), (&mut bob, "bob@example.com")] {
        let registered = agent.register_for(email).await;
        assert_eq!(person.approve(&registered).await.status, 303);
        tokens.push(member(&agent.poll(&registered.claim_token).await, "access_token"));
    }
    let elsewhere = site.count("SELECT COUNT(*) FROM session WHERE address <> '127.0.0.1'").await;
    assert_eq!(elsewhere, 0);
    let registered = agent.register_for("ada@example.com").await;
    let fields = [("decision", "report"), ("end_sessions", "yes")];
    assert_eq!(ada.answer(&registered.link(), &fields).await.status, 303);
    site.assert_dead(&tokens[0]).await;
    site.assert_live(&tokens[1]).await;
    site.close().await;
}

/// Case 103's neighbour, and pages.md 20: the second answer changes nothing, whichever came
/// first, and reloading shows what was decided.
#[tokio::test]
async fn the_first_answer_stands_and_every_later_one_is_refused() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    for (first, words) in
        [("approve", "may now act for you"), ("deny", "Denied"), ("report", "Reported")]
    {
        let registered = agent.register_for("ada@example.com").await;
        let (link, code) = (registered.link(), registered.user_code());
        let answer = |decision| {
            [("decision", decision), ("user_code", code.as_str()), ("scope", "demo:read")]
        };
        assert_eq!(ada.answer(&link, &answer(first)).await.status, 303);
        let before = state(&site).await;
        let shown = ada.get(&link).await.text;
        assert!(shown.contains(words), "{words}: {shown}");
        for second in ["approve", "deny", "report"] {
            let reply = post(&mut ada, &link, &answer(second)).await;
            assert_eq!(reply.status, 409, "{second} after {first}");
            assert!(reply.text.contains(words), "the decision that stands is shown");
        }
        let incomplete: [&[(&str, &str)]; 3] = [
            &[("decision", "approve"), ("scope", "demo:read")],
            &[("decision", "approve"), ("lifetime", "forever")],
            &[("decision", "approve"), ("user_code", "BCDF-GHJK")],
        ];
        for fields in incomplete {
            let reply = post(&mut ada, &link, fields).await;
            assert_eq!(reply.status, 409, "{fields:?} after {first}");
        }
        assert_eq!(state(&site).await, before);
        assert_eq!(ada.get(&link).await.text, shown, "a reload shows the same");
        site.advance(Seconds(5));
    }
    site.close().await;
}

/// pages.md "after a decision": what was approved is still shown once the agent has it.
#[tokio::test]
async fn the_receipt_outlives_the_collection_and_offers_one_way_to_revoke() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    let access = member(&agent.poll(&registered.claim_token).await, "access_token");
    let session = session_of(&site, &access).await;
    site.advance(Seconds::HOUR);
    let receipt = ada.get(&registered.link()).await;
    assert_eq!(receipt.status, 200);
    for shown in ["Test agent", "picked up its session", "15 January 2027, 16:00 UTC", "demo:write"]
    {
        assert!(receipt.text.contains(shown), "{shown}: {}", receipt.text);
    }
    let disconnect = format!("/account/sessions/{session}/disconnect");
    let actions: Vec<_> = forms("", &receipt.text).into_iter().map(|form| form.action).collect();
    assert!(actions.contains(&disconnect), "{actions:?}");
    assert_eq!(ada.post_from(&registered.link(), &disconnect, &[]).await.status, 303);
    site.close().await;
}

/// RFC 8628 §3.5: an attempt past its time is over for both sides, exactly then.
#[tokio::test]
async fn an_attempt_is_over_the_second_it_expires() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let (link, code) = (registered.link(), registered.user_code());
    site.advance(Seconds(599));
    let page = ada.get(&link).await;
    assert_eq!(page.status, 200);
    let token = form_token(&page);
    site.advance(Seconds(1));
    assert_eq!(ada.get(&link).await.status, 410);
    for decision in ["approve", "deny", "report"] {
        let fields = [
            ("decision", decision),
            ("user_code", code.as_str()),
            ("scope", "demo:read"),
            ("csrf", token.as_str()),
        ];
        let reply = ada.post_raw(&link, &fields).await;
        assert_eq!(reply.status, 410, "{decision}");
        assert!(reply.text.contains("This request has expired"));
    }
    assert!(is_approval(&site, &registered.id, "waiting").await, "expiry is derived");
    site.agent().poll(&registered.claim_token).await.assert_error(400, "expired_token");
    site.close().await;
}

/// An unknown link is not told apart from one of the wrong shape.
#[tokio::test]
async fn unknown_links_are_all_answered_alike() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let known = site.agent().register_for("ada@example.com").await.link();
    let mut near = known.clone();
    let last = near.pop().expect("a letter");
    near.push(if last == 'x' { 'y' } else { 'x' });
    let first = ada.get("/approve/cvt_x").await;
    assert_eq!(first.status, 404);
    for link in [near.as_str(), "/approve/0", "/approve/clm_00000000000000000000000000000000000000"]
    {
        let reply = ada.get(link).await;
        assert_eq!((reply.status, &reply.text), (404, &first.text), "{link}");
        assert_eq!(post(&mut ada, link, &[("decision", "deny")]).await.status, 404);
    }
    site.close().await;
}

/// pages.md 4: what an agent says of itself is text: never markup, cut, and stripped of what
/// deceives the eye.
#[tokio::test]
async fn what_an_agent_says_of_itself_is_shown_as_plain_text() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let body = json!({
        "type": "service_auth", "login_hint": "ada@example.com",
        "client_name": format!("<script>alert(1)</script>\u{202e}\u{0}\u{200b}{}", "n".repeat(500)),
        "client_type": "\"><img src=x onerror=alert(1)>",
        "reason": "{{ 7 * 7 }} https://evil.example/ <a href=//evil.example>click</a>",
        "requested_scopes": ["demo:read"],
    });
    let registered = site.agent().register(&body).await;
    let page = ada.get(&registered.link()).await;
    assert_eq!(page.status, 200);
    for bad in ["<script>alert", "<img", "<a href=//evil", "\u{202e}", "\u{200b}", "\u{0}"] {
        assert!(!page.text.contains(bad), "{bad:?}");
    }
    assert!(!page.text.contains("href=\"https://evil"), "no link to where the agent points");
    assert!(!page.text.contains(&"n".repeat(200)), "long names are cut");
    assert!(page.text.len() < 30_000, "pages.md 29: {} bytes", page.text.len());
    site.close().await;
}

/// Somebody who is not signed in is asked to, and comes back to the same question.
#[tokio::test]
async fn a_stranger_is_led_to_sign_in_and_back() {
    let site = Site::open().await;
    let mut ada = site.add_person("ada@example.com").await;
    let link = site.agent().register_for("ada@example.com").await.link();
    for path in [link.clone(), format!("{link}?code=none")] {
        ada.cookie = None;
        let sent = ada.get(&path).await;
        assert_eq!(sent.status, 303);
        let sign_in = sent.header("location").expect("a location").to_owned();
        let page = ada.get(&sign_in).await;
        assert!(!page.text.contains("Test agent"), "nothing is told before sign-in");
        let form = forms(&sign_in, &page.text).remove(0);
        let back = form.fields.iter().find(|(name, _)| name == "return_to").expect("a field");
        assert_eq!(back.1, path);
    }
    site.close().await;
}
