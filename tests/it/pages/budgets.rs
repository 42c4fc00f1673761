//! What a person lets an agent use, beside for how long (contracts/pages.md, point 15).

use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;
use serde_json::json;

use super::state;
use crate::support::Site;
use crate::support::person::Person;
use crate::support::reply::Reply;

/// Approves an agent with these fields beside the usual ones; its access and refresh tokens.
async fn approved(site: &Site, ada: &mut Person, fields: &[(&str, &str)]) -> (String, String) {
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let code = registered.user_code();
    let mut all = vec![
        ("decision", "approve"),
        ("user_code", code.as_str()),
        ("scope", "demo:read"),
        ("lifetime", "8h"),
    ];
    all.extend(fields);
    let answered = ada.answer(&registered.link(), &all).await;
    assert_eq!(answered.status, 303, "{}", answered.text);
    let reply = agent.poll(&registered.claim_token).await.json();
    let text = |name: &str| reply[name].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn left(site: &Site, token: &str) -> Option<i64> {
    let answer = site.introspect(token).await.json();
    assert_eq!(answer["active"] == true, answer["calls_left"].is_i64(), "{answer}");
    answer["calls_left"].as_i64()
}

async fn forward(site: &Site, token: &str, scope: &str) -> u16 {
    let request = site.client.get(format!("{}/forward-auth?scope={scope}", site.url));
    let request = request.header("countersign-proxy", "Basic ZGVtbzpkZW1vLXNlY3JldA==");
    Reply::of(request.bearer_auth(token)).await.status
}

/// pages.md 15: each answer takes one, wherever it is asked for, and says what is left; then the
/// token is worth nothing, and nothing renews it.
#[tokio::test]
async fn every_call_is_counted_wherever_it_is_asked_about() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (token, refresh) = approved(&site, &mut ada, &[("calls", "7")]).await;
    assert_eq!(left(&site, &token).await, Some(6));
    assert_eq!(forward(&site, &token, "demo:read").await, 200);
    assert_eq!(site.call(&token).await.status, 200, "the demo asks too");
    let batch = json!({ "tokens": [token, token] });
    let request = site.client.post(format!("{}/introspect/batch", site.url)).json(&batch);
    let batch = Reply::of(request.basic_auth("demo", Some("demo-secret"))).await.json();
    assert_eq!((&batch[0]["calls_left"], &batch[1]["calls_left"]), (&json!(3), &json!(2)));

    // What is refused anyway takes nothing.
    assert_eq!(forward(&site, &token, "demo:write").await, 403);
    assert_eq!(site.introspect_as("nobody", &token).await.status, 401);
    let page = ada.get("/account/sessions").await.text;
    assert!(page.contains("2 of 7"), "{page}");

    let site = site.restart().await;
    assert_eq!(left(&site, &token).await, Some(1), "a restart forgets none");
    assert_eq!(left(&site, &token).await, Some(0));
    for _ in 0..2 {
        assert_eq!(left(&site, &token).await, None);
        assert_eq!(forward(&site, &token, "demo:read").await, 401);
        assert_eq!(site.call(&token).await.status, 401);
    }
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let refused = site.post_form("/token", &fields).await;
    assert_eq!((refused.status, refused.json()["error"].as_str()), (400, Some("invalid_grant")));
    let mut again = Person::new(&site, "ada@example.com");
    again.cookie.clone_from(&ada.cookie);
    let page = again.get("/account/sessions").await.text;
    assert!(page.contains("The agent has to ask you again"), "{page}");
    site.close().await;
}

/// Issue 5, P1: 64 callers that ask more often than they may get exactly what there is, on two
/// nodes at once.
#[tokio::test]
async fn a_thousand_calls_are_a_thousand_calls_however_many_ask_at_once() {
    let site = Site::open().await;
    let other = site.second_node().await;
    let mut ada = site.person("ada@example.com").await;
    let (token, _) = approved(&site, &mut ada, &[("calls", "1000")]).await;
    let let_in = AtomicUsize::new(0);
    let caller = |index: usize| {
        let (token, let_in) = (&token, &let_in);
        let site = if index.is_multiple_of(2) { &site } else { &other };
        async move {
            for round in 0..20 {
                let good = if (index + round).is_multiple_of(3) {
                    forward(site, token, "demo:read").await == 200
                } else {
                    left(site, token).await.is_some()
                };
                let_in.fetch_add(usize::from(good), Ordering::SeqCst);
            }
        }
    };
    join_all((0..64).map(caller)).await;
    assert_eq!(let_in.load(Ordering::SeqCst), 1_000, "of 1280 that asked");
    assert_eq!(site.count("SELECT calls_left FROM session_budget").await, 0);
    other.close().await;
    site.close().await;
}

/// RFC 8693: a part that was handed on uses up what the whole has, and no more.
#[tokio::test]
async fn a_part_of_a_session_has_no_calls_of_its_own() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (token, _) = approved(&site, &mut ada, &[("calls", "3")]).await;
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", token.as_str()),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    let part = site.post_form("/token", &fields).await;
    assert_eq!(part.status, 200, "{}", part.text);
    let part = part.json()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(left(&site, &part).await, Some(2));
    assert_eq!(left(&site, &token).await, Some(1));
    assert_eq!(left(&site, &part).await, Some(0));
    assert_eq!((left(&site, &part).await, left(&site, &token).await), (None, None));
    assert_eq!(site.count("SELECT COUNT(*) FROM session_budget").await, 1);
    site.close().await;
}

/// pages.md 15: sessions without a budget are not counted, and an end when unused is the person's
/// choice, never later than the operator's.
#[tokio::test]
async fn without_a_number_nothing_is_counted_and_an_unused_session_ends_as_was_chosen() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let (free, _) = approved(&site, &mut ada, &[("calls", " ")]).await;
    let (idle, _) = approved(&site, &mut ada, &[("idle", "1h")]).await;
    assert_eq!(site.count("SELECT COUNT(*) FROM session_budget").await, 0);
    for token in [&free, &idle] {
        let answer = site.introspect(token).await.json();
        assert!(answer["active"] == true && answer["calls_left"].is_null(), "{answer}");
    }
    let sql = "SELECT COUNT(*) FROM session WHERE idle_seconds = 3600";
    assert_eq!(site.count(sql).await, 1);
    let sql = "SELECT COUNT(*) FROM session WHERE idle_seconds > 2592000";
    assert_eq!(site.count(sql).await, 0);
    site.advance(Seconds::HOUR);
    site.assert_dead(&idle).await;
    site.close().await;
}

/// 3.3.1, 3.3.7: what is no number of calls is said beside the field, with everything that was
/// entered; nothing is decided.
#[tokio::test]
async fn what_is_no_number_of_calls_decides_nothing_and_loses_nothing() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let code = registered.user_code();
    let before = state(&site).await;
    for calls in ["0", "-1", "1.5", "many", "1000000001", "99999999999999999999", "1e3", "١٠"] {
        let fields = [
            ("decision", "approve"),
            ("user_code", code.as_str()),
            ("scope", "demo:read"),
            ("lifetime", "8h"),
            ("idle", "1d"),
            ("calls", calls),
        ];
        let page = ada.answer(&registered.link(), &fields).await;
        assert_eq!(page.status, 422, "{calls}");
        assert!(page.text.contains("Write how many calls"), "{calls}: {}", page.text);
        assert!(page.text.contains(&format!("value=\"{calls}\"")), "{calls}");
        assert!(page.text.contains("<option value=\"1d\" selected>"), "{}", page.text);
        assert!(page.text.contains(&format!("value=\"{code}\"")), "{}", page.text);
    }
    assert_eq!(state(&site).await, before);
    site.close().await;
}
