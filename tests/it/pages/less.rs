//! A person takes a part of a session back, lets it rest, or ends many at once: nothing on these
//! pages gives an agent more, and nothing brings back what has ended.

use std::time::Duration;

use countersign::protocol::timestamp::Seconds;
use futures_util::future::{join, join_all};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::sample::subsequence;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::{session_of, state};
use crate::support::agent::{Registered, member};
use crate::support::client::Client;
use crate::support::person::Person;
use crate::support::reply::Reply;
use crate::support::{Site, rounds};

const LIST: &str = "/account/sessions";

/// Settings under which a test may register, renew and exchange as often as it likes.
const NO_LIMITS: &str = "[limits]\n\
    service_auth_registrations_per_address_per_hour = 100000\n\
    refreshes_per_session_per_hour = 100000\nexchanges_per_session_per_hour = 100000\n";

/// An agent that was let in for eight hours, with both scopes.
struct Connected {
    registered: Registered,
    access: String,
    refresh: String,
    assertion: String,
    session: String,
}

impl Connected {
    async fn new(site: &Site, person: &mut Person) -> Self {
        let agent = site.agent();
        let registered = agent.register_for(&person.email.clone()).await;
        let answered = person.approve(&registered).await;
        assert_eq!(answered.status, 303, "{}", answered.text);
        let tokens = agent.poll(&registered.claim_token).await;
        let access = member(&tokens, "access_token");
        let session = session_of(site, &access).await;
        let refresh = member(&tokens, "refresh_token");
        let assertion = member(&tokens, "identity_assertion");
        Self { registered, access, refresh, assertion, session }
    }

    fn page(&self) -> String {
        format!("{LIST}/{}", self.session)
    }

    async fn post(&self, person: &mut Person, action: &str, fields: &[(&str, &str)]) -> Reply {
        person.post_from(LIST, &format!("{}/{action}", self.page()), fields).await
    }
}

async fn scope(site: &Site, token: &str) -> String {
    let answer = site.introspect(token).await.json();
    answer["scope"].as_str().unwrap_or_default().to_owned()
}

/// Hands a part on (RFC 8693); its answer.
async fn exchange(site: &Site, token: &str) -> Reply {
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", token),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    site.post_form("/token", &fields).await
}

/// Waits until a node that was told of a change goes by it.
async fn soon<F: Future<Output = bool>>(mut holds: impl FnMut() -> F) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("a node does not hear of a change");
}

/// Issue 5, promise P1: what is taken away is gone on the next request, from the token that the
/// agent holds and from every one it gets, here and on another node, and asking for it on the same
/// form gives it back no more.
#[tokio::test]
async fn what_is_taken_away_is_gone_on_the_next_request_and_for_good() {
    let site = Site::open().await;
    let other = site.second_node().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = Connected::new(&site, &mut ada).await;
    for node in [&site, &other] {
        assert_eq!(scope(node, &agent.access).await, "demo:read demo:write");
    }
    assert_eq!(site.write_note(&agent.access).await.status, 201);

    let less = [("scope", "demo:read"), ("lifetime", "1h")];
    assert_eq!(agent.post(&mut ada, "lower", &less).await.status, 303);
    assert_eq!(scope(&site, &agent.access).await, "demo:read");
    assert_eq!(site.write_note(&agent.access).await.status, 403);
    assert_eq!(site.call(&agent.access).await.status, 200, "what is left is left");
    soon(async || scope(&other, &agent.access).await == "demo:read").await;
    let renewed = site.agent().refresh(&agent.refresh).await;
    assert_eq!(renewed.json()["scope"], "demo:read", "{}", renewed.text);
    let renewed = member(&renewed, "access_token");
    assert_eq!(site.introspect(&renewed).await.json()["exp"], 1_800_003_600);

    let more = [("scope", "demo:read"), ("scope", "demo:write"), ("lifetime", "7d")];
    assert_eq!(agent.post(&mut ada, "lower", &more).await.status, 303);
    for token in [&agent.access, &renewed] {
        assert_eq!(scope(&site, token).await, "demo:read");
        assert_eq!(site.introspect(token).await.json()["exp"], 1_800_003_600);
    }
    let page = ada.get(&format!("{}?done=lowered", agent.page())).await.text;
    assert!(page.contains("You allowed it less"), "{page}");
    assert!(!page.contains("value=\"demo:write\""), "it is not there to be kept: {page}");
    let history = ada.get("/account/history").await.text;
    assert!(history.contains("You allowed a session less"), "{history}");
    let export = ada.get("/account/history/export.csv").await.text;
    assert!(export.contains("without demo:write"), "{export}");

    let site = site.restart().await;
    assert_eq!(scope(&site, &renewed).await, "demo:read", "a restart gives nothing back");
    site.advance(Seconds::HOUR);
    site.assert_dead(&renewed).await;
    other.close().await;
    site.close().await;
}

/// pages.md 15: fewer calls, exactly, and never more; a session that was not counted is from now on.
#[tokio::test]
async fn calls_become_fewer_and_never_more() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = Connected::new(&site, &mut ada).await;
    let keep = |calls| [("scope", "demo:read"), ("scope", "demo:write"), ("calls", calls)];
    let left = async || site.introspect(&agent.access).await.json()["calls_left"].as_i64();
    assert_eq!(left().await, None, "nobody counts yet");
    assert_eq!(agent.post(&mut ada, "lower", &keep("5")).await.status, 303);
    assert_eq!(left().await, Some(4));
    assert_eq!(agent.post(&mut ada, "lower", &keep("100")).await.status, 303);
    assert_eq!(left().await, Some(3));
    assert_eq!(agent.post(&mut ada, "lower", &keep("1")).await.status, 303);
    assert_eq!(left().await, Some(0));
    site.assert_dead(&agent.access).await;
    assert_eq!(agent.post(&mut ada, "lower", &keep("1000")).await.status, 303);
    site.assert_dead(&agent.access).await;
    site.close().await;
}

/// Nothing left, no number of calls, nothing that is there: each is said beside what was entered,
/// and nothing changes.
#[tokio::test]
async fn what_would_leave_nothing_or_is_no_number_changes_nothing_and_loses_nothing() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = Connected::new(&site, &mut ada).await;
    let before = state(&site).await;
    for scopes in [&[][..], &[("scope", "demo:delete")], &[("scope", ""), ("lifetime", "1h")]] {
        let reply = agent.post(&mut ada, "lower", scopes).await;
        assert_eq!(reply.status, 422, "{scopes:?}");
        assert!(reply.text.contains("Nothing would be left"), "{}", reply.text);
    }
    for calls in ["0", "-1", "many", "99999999999999999999"] {
        let fields = [("scope", "demo:read"), ("lifetime", "1h"), ("calls", calls)];
        let reply = agent.post(&mut ada, "lower", &fields).await;
        assert_eq!(reply.status, 422, "{calls}");
        assert!(reply.text.contains("Write a number of calls"), "{}", reply.text);
        assert!(reply.text.contains(&format!("value=\"{calls}\"")), "{}", reply.text);
        assert!(reply.text.contains("<option value=\"1h\" selected>"), "{}", reply.text);
        assert!(reply.text.contains("value=\"demo:read\" checked"), "{}", reply.text);
        assert!(!reply.text.contains("value=\"demo:write\" checked"), "{}", reply.text);
    }
    for same in [
        &[("scope", "demo:read"), ("scope", "demo:write")][..],
        &[("scope", "demo:read"), ("scope", "demo:write"), ("lifetime", "30d")],
        &[("scope", "demo:read"), ("scope", "demo:write"), ("lifetime", "once")],
    ] {
        assert_eq!(agent.post(&mut ada, "lower", same).await.status, 303, "{same:?}");
    }
    assert_eq!(state(&site).await, before, "what takes nothing away changes nothing");
    site.close().await;
}

/// A session that rests opens nothing, here and on another node; the agent keeps its refresh token
/// and is told to come again; when it goes on, everything is as it was, and ends when it would have.
#[tokio::test]
async fn a_session_rests_and_goes_on_and_its_end_stays_where_it_was() {
    let site = Site::open().await;
    let other = site.second_node().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = Connected::new(&site, &mut ada).await;
    let part = member(&exchange(&site, &agent.access).await, "access_token");
    for (node, token) in [(&site, &agent.access), (&other, &agent.access), (&site, &part)] {
        node.assert_live(token).await;
    }
    assert_eq!(agent.post(&mut ada, "pause", &[]).await.status, 303);
    site.assert_dead(&agent.access).await;
    site.assert_dead(&part).await;
    soon(async || other.introspect(&agent.access).await.json()["active"] == false).await;
    let told = site.agent().refresh(&agent.refresh).await;
    told.assert_error(400, "temporarily_unavailable");
    let told = site.agent().exchange(&agent.assertion).await;
    assert!(told.status >= 400, "an assertion opens nothing meanwhile: {}", told.text);
    assert_eq!(exchange(&site, &agent.access).await.status, 400);
    let list = ada.get(LIST).await.text;
    assert!(list.contains("Paused") && list.contains(&agent.session), "{list}");
    assert_eq!(agent.post(&mut ada, "pause", &[]).await.status, 303, "twice is fine");

    let site = site.restart().await;
    let mut ada = super::browser(&site, "ada@example.com", ada.cookie.clone());
    site.assert_dead(&agent.access).await;
    site.advance(Seconds::MINUTE);
    assert_eq!(agent.post(&mut ada, "resume", &[]).await.status, 303);
    site.assert_live(&agent.access).await;
    site.assert_live(&part).await;
    soon(async || other.introspect(&agent.access).await.json()["active"] == true).await;
    assert_eq!(site.agent().refresh(&agent.refresh).await.status, 200);
    let ends = "SELECT COUNT(*) FROM session WHERE parent_id IS NULL AND expires_at = 1800028800";
    assert_eq!(site.count(ends).await, 1);
    let page = ada.get(&agent.page()).await.text;
    assert!(page.contains("You paused it") && page.contains("You let it go on"), "{page}");
    site.advance(Seconds::HOUR.times(8));
    site.assert_dead(&agent.access).await;
    other.close().await;
    site.close().await;
}

/// Promise P1: what was disconnected while it rested stays ended, whatever is pressed afterwards.
#[tokio::test]
async fn what_ended_while_it_rested_does_not_go_on() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = Connected::new(&site, &mut ada).await;
    assert_eq!(agent.post(&mut ada, "pause", &[]).await.status, 303);
    assert_eq!(agent.post(&mut ada, "disconnect", &[]).await.status, 303);
    let before = state(&site).await;
    for action in ["resume", "pause", "lower"] {
        let reply = agent.post(&mut ada, action, &[("scope", "demo:read")]).await;
        assert_eq!(reply.header("location"), Some(agent.page().as_str()), "{action}");
    }
    assert_eq!(state(&site).await, before);
    site.assert_dead(&agent.access).await;
    site.agent().refresh(&agent.refresh).await.assert_error(400, "invalid_grant");
    site.close().await;
}

/// RFC 8693: what was handed on of a session ends when the session becomes less, since it may hold
/// what was taken; and it rests and goes on with the session alone.
#[tokio::test]
async fn a_part_ends_when_the_whole_becomes_less_and_rests_with_it_alone() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = Connected::new(&site, &mut ada).await;
    let part = member(&exchange(&site, &agent.access).await, "access_token");
    let deeper = member(&exchange(&site, &part).await, "access_token");
    let id = session_of(&site, &part).await;
    for action in ["pause", "resume"] {
        let path = format!("{LIST}/{id}/{action}");
        let reply = ada.post_from(LIST, &path, &[]).await;
        assert_eq!(reply.header("location"), Some(format!("{LIST}/{id}").as_str()), "{action}");
        site.assert_live(&part).await;
    }
    let calls = [("scope", "demo:read"), ("calls", "5")];
    let refused = ada.post_from(LIST, &format!("{LIST}/{id}/lower"), &calls).await;
    assert_eq!(refused.status, 422, "it uses up the calls of the whole");
    assert_eq!(agent.post(&mut ada, "lower", &[("scope", "demo:write")]).await.status, 303);
    site.assert_dead(&part).await;
    site.assert_dead(&deeper).await;
    assert_eq!(scope(&site, &agent.access).await, "demo:write");
    let again = exchange(&site, &agent.access).await;
    assert_eq!(again.json()["scope"], "demo:write", "{}", again.text);
    site.close().await;
}

/// Hostile timing: an agent that hands on and renews while its owner takes something back holds
/// nothing afterwards that was taken; and nothing while the session rests.
#[tokio::test]
async fn an_agent_that_is_quick_keeps_nothing_that_was_taken() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    for round in 0..rounds(12) {
        let agent = Connected::new(&site, &mut ada).await;
        let action = if round % 2 == 0 { "lower" } else { "pause" };
        let tries = join_all((0..8).map(|_| exchange(&site, &agent.access)));
        let renews = site.agent();
        let both = join(tries, renews.refresh(&agent.refresh));
        let less = [("scope", "demo:read")];
        let (done, (parts, renewed)) = join(agent.post(&mut ada, action, &less), both).await;
        assert_eq!(done.status, 303, "{}", done.text);
        let tokens = parts.iter().chain([&renewed]).filter(|reply| reply.status == 200);
        for token in tokens.map(|reply| member(reply, "access_token")).chain([agent.access]) {
            let answer = site.introspect(&token).await.json();
            let holds = answer["scope"].as_str().unwrap_or_default();
            let most = if action == "lower" { "demo:read" } else { "" };
            assert!(holds == most || holds.is_empty(), "round {round}, {action}: {answer}");
        }
    }
    site.close().await;
}

/// One agent everywhere, or every agent: of this account, and of nobody else's.
#[tokio::test]
async fn all_sessions_of_one_agent_end_at_once_and_then_everything() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let his = Connected::new(&site, &mut bob).await;
    let one = Connected::new(&site, &mut ada).await;
    let two = Connected::new(&site, &mut ada).await;
    let client = Client::register(&site).await;
    let callback = client.approved_by(&mut ada).await;
    let third = member(&client.redeem(&callback.code(), &[]).await, "access_token");
    let list = ada.get(LIST).await.text;
    assert!(list.contains("End all 2") && list.contains("End all sessions now"), "{list}");

    let before = state(&site).await;
    for nothing in [&[][..], &[("agent", "x:y")], &[("agent", "n:A"), ("everything", "yes")]] {
        assert_eq!(ada.post_from(LIST, LIST, nothing).await.status, 400, "{nothing:?}");
    }
    assert_eq!(ada.post_from(LIST, LIST, &[("agent", "n:Somebody")]).await.status, 303);
    assert_eq!(state(&site).await, before);

    assert_eq!(ada.post_from(LIST, LIST, &[("agent", "n:Test agent")]).await.status, 303);
    site.assert_dead(&one.access).await;
    site.assert_dead(&two.access).await;
    site.assert_live(&third).await;
    assert_eq!(ada.post_from(LIST, LIST, &[("everything", "yes")]).await.status, 303);
    site.assert_dead(&third).await;
    site.assert_live(&his.access).await;
    let list = ada.get(&format!("{LIST}?done=ended")).await.text;
    assert!(list.contains("No agent acts for you"), "{list}");
    let page = ada.get(&one.page()).await.text;
    assert!(page.contains("You disconnected the agent"), "each tells its end: {page}");
    site.close().await;
}

/// What is looked for is found by name, agent, permission or address, in any case; wildcards of
/// the database stand for themselves, and other people's sessions are not there.
#[tokio::test]
async fn sessions_are_found_by_what_is_known_of_them() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let agent = Connected::new(&site, &mut ada).await;
    let second = Connected::new(&site, &mut ada).await;
    let his = Connected::new(&site, &mut bob).await;
    let label = [("label", "Friday 100%_job")];
    assert_eq!(agent.post(&mut ada, "rename", &label).await.status, 303);
    let mut found = async |words: &str| {
        let words: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
        let page = ada.get(&format!("{LIST}?search={words}")).await;
        assert_eq!(page.status, 200, "{words}");
        assert!(!page.text.contains(&his.session), "{words}");
        (page.text.contains(&agent.session), page.text.contains(&second.session))
    };
    for words in ["friday", "FRIDAY", "100%", "%_job", "  Friday  "] {
        assert_eq!(found(words).await, (true, false), "{words}");
    }
    for words in ["test agent", "DEMO:write", "127.0.0.1", "", "/demo"] {
        assert_eq!(found(words).await, (true, true), "{words}");
    }
    for words in ["%", "f%y", "_riday", "nothing of the kind", "' OR 1=1 --", "\\", "!"] {
        assert_eq!(found(words).await, (words == "%", false), "{words}");
    }
    site.close().await;
}

/// Where it was last used from is shown where a proxy told.
#[tokio::test]
async fn the_network_of_the_last_use_is_shown_where_a_proxy_told() {
    let settings = "trusted_proxies = [\"127.0.0.1\"]\n";
    let site = Site::open_with(settings).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = Connected::new(&site, &mut ada).await;
    let request = site.client.get(format!("{}/forward-auth?scope=demo:read", site.url));
    let request = request.header("countersign-proxy", "Basic ZGVtbzpkZW1vLXNlY3JldA==");
    let request = request.header("x-forwarded-for", "203.0.113.77");
    let used = Reply::of(request.bearer_auth(&agent.access)).await;
    assert_eq!(used.status, 200, "{}", used.text);
    countersign::flow::usage::write(&site.app).await.expect("written");
    let list = ada.get(LIST).await.text;
    assert!(list.contains("203.0.113.77"), "{list}");
    site.close().await;
}

#[derive(Debug, Clone)]
enum Press {
    Rename,
    Lower(Vec<&'static str>, &'static str, &'static str),
    Pause,
    Resume,
    Disconnect,
    EndEverything,
    Undo,
    ApproveAgain,
}

fn presses() -> impl Strategy<Value = Vec<Press>> {
    let scopes = subsequence(vec!["demo:read", "demo:write", "demo:delete"], 0..=3);
    let spans = prop_oneof![Just(""), Just("1h"), Just("8h"), Just("30d"), Just("once")];
    let calls = prop_oneof![Just(""), Just("3"), Just("50"), Just("x")];
    let lower = (scopes, spans, calls);
    let press = prop_oneof![
        2 => Just(Press::Rename),
        6 => lower.prop_map(|(scopes, span, calls)| Press::Lower(scopes, span, calls)),
        4 => Just(Press::Pause),
        4 => Just(Press::Resume),
        1 => Just(Press::Disconnect),
        1 => Just(Press::EndEverything),
        1 => Just(Press::Undo),
        2 => Just(Press::ApproveAgain),
    ];
    vec(press, 1..10)
}

async fn press(agent: &Connected, ada: &mut Person, press: &Press) {
    let link = agent.registered.link();
    match press {
        Press::Rename => drop(agent.post(ada, "rename", &[("label", "x")]).await),
        Press::Lower(scopes, span, calls) => {
            let mut fields: Vec<(&str, &str)> =
                scopes.iter().map(|scope| ("scope", *scope)).collect();
            fields.extend([("lifetime", *span), ("calls", *calls)]);
            agent.post(ada, "lower", &fields).await;
        }
        Press::Pause => drop(agent.post(ada, "pause", &[]).await),
        Press::Resume => drop(agent.post(ada, "resume", &[]).await),
        Press::Disconnect => drop(agent.post(ada, "disconnect", &[]).await),
        Press::EndEverything => drop(ada.post_from(LIST, LIST, &[("everything", "yes")]).await),
        Press::Undo => drop(ada.post_from(LIST, &link, &[("undo", "yes")]).await),
        Press::ApproveAgain => {
            let code = agent.registered.user_code();
            let fields = [
                ("decision", "approve"),
                ("user_code", code.as_str()),
                ("scope", "demo:read"),
                ("scope", "demo:write"),
                ("lifetime", "30d"),
            ];
            ada.post_from(LIST, &link, &fields).await;
        }
    }
}

/// What a session holds: either scope, its end, its calls, and whether it goes on at all.
async fn holds(site: &Site, session: &str) -> [i64; 5] {
    let of = format!("FROM session WHERE id = '{session}'");
    let has = |scope| format!("SELECT COUNT(*) {of} AND scopes LIKE '%demo:{scope}%'");
    let calls = format!(
        "SELECT COALESCE((SELECT calls_left FROM session_budget WHERE session_id = '{session}'), \
         9000000000)"
    );
    [
        site.count(&has("read")).await,
        site.count(&has("write")).await,
        site.count(&format!("SELECT expires_at {of}")).await,
        site.count(&calls).await,
        site.count(&format!("SELECT COUNT(*) {of} AND ended_at IS NULL")).await,
    ]
}

/// Issue 5: no sequence of page actions widens a live session or revives an ended one.
#[tokio::test]
async fn no_sequence_of_presses_widens_a_session_or_revives_one() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    let mut runner = TestRunner::deterministic();
    for _round in 0..rounds(24) {
        let sequence = presses().new_tree(&mut runner).expect("presses").current();
        let agent = Connected::new(&site, &mut ada).await;
        let mut before = holds(&site, &agent.session).await;
        for (step, next) in sequence.iter().enumerate() {
            press(&agent, &mut ada, next).await;
            let after = holds(&site, &agent.session).await;
            let grew = before.iter().zip(&after).any(|(before, after)| after > before);
            assert!(!grew, "step {step} of {sequence:?}: {before:?} became {after:?}");
            let answer = site.introspect(&agent.access).await.json();
            if answer["active"] == true {
                assert_eq!(after[4], 1, "step {step} of {sequence:?}: {answer}");
                let holds = answer["scope"].as_str().expect("a scope");
                assert!(!holds.contains("demo:write") || after[1] == 1, "{sequence:?}: {answer}");
                assert!(!holds.contains("demo:delete"), "{sequence:?}: {answer}");
                assert!(answer["exp"].as_i64() <= Some(after[2]), "{sequence:?}: {answer}");
            }
            before = holds(&site, &agent.session).await;
        }
        if before[4] == 0 {
            site.agent().refresh(&agent.refresh).await.assert_error(400, "invalid_grant");
        }
    }
    let ended = site.count("SELECT COUNT(*) FROM session WHERE ended_at IS NOT NULL").await;
    assert!(ended > 0, "some of the sequences end their session");
    site.close().await;
}
