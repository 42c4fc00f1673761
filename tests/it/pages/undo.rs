//! "Undo": a yes is taken back within two minutes, at every door (pages.md 24, decision 30).

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;
use serde_json::json;

use super::{at_once, browser, is_approval, session_of, state, with_status};
use crate::support::agent::member;
use crate::support::client::{Callback, Client, approve};
use crate::support::person::{Person, between, form_token};
use crate::support::reply::Reply;
use crate::support::{Site, rounds};

const UNDO: [(&str, &str); 1] = [("undo", "yes")];

/// Rounds of each race with the agent.
const ROUNDS: usize = 64;

/// Settings under which a test may ask and guess as often as it likes.
const NO_LIMITS: &str = "[limits]\n\
    service_auth_registrations_per_address_per_hour = 100000\n\
    service_auth_registrations_per_hour = 100000\n\
    code_guesses_per_account_per_hour = 100000\n\
    code_guesses_per_address_per_hour = 100000\n";

const OFFER: &str = "name=\"undo\" value=\"yes\"";

/// Whether the page says that the yes was taken back, and offers no second undo and no way on.
#[track_caller]
fn assert_taken_back(page: &Reply) {
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("Taken back"), "{}", page.text);
    assert!(!page.text.contains(OFFER) && !page.text.contains("http-equiv"), "{}", page.text);
}

async fn taken_back(person: &mut Person, link: &str) {
    let page = person.get(link).await;
    assert!(page.text.contains(OFFER), "the receipt offers it: {}", page.text);
    let reply = person.answer(link, &UNDO).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    for _reload in 0..2 {
        assert_taken_back(&person.get(link).await);
    }
}

async fn withdrawals(site: &Site) -> i64 {
    site.count("SELECT COUNT(*) FROM event WHERE kind = 'approval.withdrawn'").await
}

async fn living(site: &Site) -> i64 {
    site.count("SELECT COUNT(*) FROM session WHERE ended_at IS NULL").await
}

/// Promises P1 and P2 at the typed door: before the agent polls there is nothing to get, and
/// what it got already ends on the next request, whatever the agent trades it for.
#[tokio::test]
async fn a_typed_approval_is_taken_back_before_and_after_its_delivery() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    taken_back(&mut ada, &registered.link()).await;
    let told = agent.poll(&registered.claim_token).await;
    told.assert_error(400, "access_denied");
    assert_eq!(told.json()["denial_reason"], "withdrawn");

    let registered = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    let delivered = agent.poll(&registered.claim_token).await;
    let access = member(&delivered, "access_token");
    site.assert_live(&access).await;
    let session = session_of(&site, &access).await;
    taken_back(&mut ada, &registered.link()).await;
    site.assert_dead(&access).await;
    agent.refresh(&member(&delivered, "refresh_token")).await.assert_error(400, "invalid_grant");
    let assertion = member(&delivered, "identity_assertion");
    assert_ne!(agent.exchange(&assertion).await.status, 200, "the assertion is void too");
    agent.poll(&registered.claim_token).await.assert_error(400, "access_denied");
    assert_eq!((withdrawals(&site).await, living(&site).await), (2, 0));
    let history = ada.get(&format!("/account/sessions/{session}")).await;
    assert!(history.text.contains("You took your approval back"), "{}", history.text);
    site.close().await;
}

/// The relayed door: the code that the page showed opens nothing after it was taken back.
#[tokio::test]
async fn a_relayed_code_is_worthless_once_its_approval_is_taken_back() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    for collects_first in [false, true] {
        let registered = agent.register_for("ada@example.com").await;
        let code = ada.approve_relayed(&registered.link()).await;
        let early = if collects_first {
            let reply = agent.complete(&registered.claim_token, &code).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            Some(reply.json())
        } else {
            None
        };
        taken_back(&mut ada, &registered.link()).await;
        let late = agent.complete(&registered.claim_token, &code).await;
        late.assert_error(403, "claim_denied");
        assert_eq!(late.json()["denial_reason"], "withdrawn");
        if let Some(early) = early {
            let refresh = early["identity"]["refresh_token"]["value"].as_str().expect("a token");
            agent.refresh(refresh).await.assert_error(400, "invalid_grant");
        }
        assert!(!ada.get(&registered.link()).await.text.contains(&code), "it is not shown again");
    }
    assert_eq!(living(&site).await, 0);
    site.close().await;
}

/// The code door: neither the code nor what it was traded for outlives the undo, and the browser
/// is not sent to the client a second time (RFC 6749 §4.1.2: one answer).
#[tokio::test]
async fn an_authorization_code_is_taken_back_before_and_after_it_was_redeemed() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    for redeems_first in [false, true] {
        let link = client.send(&mut ada, &[]).await;
        approve(&mut ada, &link).await;
        let code = Callback::of(&ada.get(&link).await).code();
        let early = if redeems_first { Some(client.redeem(&code, &[]).await) } else { None };
        taken_back(&mut ada, &link).await;
        client.redeem(&code, &[]).await.assert_error(400, "invalid_grant");
        if let Some(early) = early {
            site.assert_dead(&member(&early, "access_token")).await;
            let refresh = member(&early, "refresh_token");
            client.refresh(&refresh).await.assert_error(400, "invalid_grant");
        }
    }
    assert_eq!((withdrawals(&site).await, living(&site).await), (2, 0));
    site.close().await;
}

/// RFC 8628 §3.5 at the device door: the device is told by its next poll.
#[tokio::test]
async fn a_device_is_told_that_its_approval_was_taken_back() {
    const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let metadata = json!({
        "client_name": "Command line", "grant_types": [GRANT],
        "token_endpoint_auth_method": "none",
    });
    let client = Client::register_as(&site, &metadata).await;
    let form = [("client_id", client.id.as_str()), ("scope", "demo:read demo:write")];
    let told = site.post_form("/device_authorization", &form).await.json();
    let code = told["user_code"].as_str().expect("a code");
    let typed = ada.post_from("/device", "/device", &[("user_code", code)]).await;
    let link = typed.header("location").expect("a location").to_owned();
    assert_eq!(ada.approve_code(&link, code).await.status, 303);
    taken_back(&mut ada, &link).await;
    let device_code = told["device_code"].as_str().expect("a code");
    let form =
        [("grant_type", GRANT), ("device_code", device_code), ("client_id", client.id.as_str())];
    let polled = site.post_form("/token", &form).await;
    polled.assert_error(400, "access_denied");
    assert_eq!(polled.json()["denial_reason"], "withdrawn");
    assert_eq!(living(&site).await, 0);
    site.close().await;
}

/// A step-up that nobody collected leaves the session as it was; one that was collected has
/// replaced the session's keys, so the whole of it ends (decision 30).
#[tokio::test]
async fn more_for_a_session_is_taken_back_and_never_left_behind() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let client = Client::register(&site).await;
    let link = client.send(&mut ada, &[("scope", "demo:read")]).await;
    let fields = [("decision", "approve"), ("scope", "demo:read"), ("lifetime", "8h")];
    assert_eq!(ada.answer(&link, &fields).await.status, 303);
    let code = Callback::of(&ada.get(&link).await).code();
    let before = client.redeem(&code, &[]).await;
    let access = member(&before, "access_token");
    for collects_first in [false, true] {
        let link = client.send(&mut ada, &[("scope", "demo:write")]).await;
        let page = ada.get(&link).await;
        let session = between(&page.text, "name=\"session\" value=\"", "\"").expect("a session");
        let fields = [
            ("decision", "approve"),
            ("scope", "demo:write"),
            ("session", session),
            ("extra_lifetime", "session"),
        ];
        assert_eq!(ada.answer(&link, &fields).await.status, 303);
        let code = Callback::of(&ada.get(&link).await).code();
        if collects_first {
            let wide = member(&client.redeem(&code, &[]).await, "access_token");
            assert_eq!(site.write_note(&wide).await.status, 201);
            taken_back(&mut ada, &link).await;
            site.assert_dead(&wide).await;
            site.assert_dead(&access).await;
        } else {
            taken_back(&mut ada, &link).await;
            client.redeem(&code, &[]).await.assert_error(400, "invalid_grant");
            assert_eq!(site.introspect(&access).await.json()["scope"], "demo:read");
        }
    }
    site.close().await;
}

/// Two minutes to the second, by our clock; the page stops offering it then.
#[tokio::test]
async fn undo_is_over_the_second_its_two_minutes_are() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let [first, second] =
        [agent.register_for("ada@example.com").await, agent.register_for("ada@example.com").await];
    assert_eq!(ada.approve(&first).await.status, 303);
    assert_eq!(ada.approve(&second).await.status, 303);
    let access = member(&agent.poll(&second.claim_token).await, "access_token");
    site.advance(Seconds(119));
    taken_back(&mut ada, &first.link()).await;
    assert!(ada.get(&second.link()).await.text.contains(OFFER));
    site.advance(Seconds(1));
    assert!(!ada.get(&second.link()).await.text.contains(OFFER));
    let late = ada.post_from("/account/sessions", &second.link(), &UNDO).await;
    assert_eq!(late.status, 409);
    assert!(late.text.contains("Receipt"), "the decision stands, and is shown: {}", late.text);
    site.assert_live(&access).await;
    assert_eq!(withdrawals(&site).await, 1);
    site.close().await;
}

/// Promise P5: the form binds to the browser and the account it was shown to; at a redirect door
/// also to the browser that began. A GET takes nothing back.
#[tokio::test]
async fn nobody_else_takes_an_approval_back() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let link = registered.link();
    assert_eq!(ada.approve(&registered).await.status, 303);
    let client = Client::register(&site).await;
    let redirected = client.send(&mut ada, &[]).await;
    approve(&mut ada, &redirected).await;
    let hers = form_token(&ada.get(&link).await);

    let before = state(&site).await;
    for path in [&link, &redirected] {
        let his = bob.post_from("/account/sessions", path, &UNDO).await;
        assert_eq!(his.status, 403);
        assert!(!his.text.contains("Test"), "nothing of it is shown: {}", his.text);
        let stolen = bob.post_raw(path, &[UNDO[0], ("csrf", &hers)]).await;
        assert_eq!(stolen.status, 403, "her form in his browser");
        assert_eq!(site.post_form(path, &[UNDO[0], ("csrf", &hers)]).await.status, 403);
        assert_eq!(ada.post_raw(path, &UNDO).await.status, 403, "no token at all");
    }
    let mut second = Person::new(&site, "ada@example.com");
    assert_eq!(second.sign_in().await.status, 303);
    assert_eq!(second.post_raw(&link, &[UNDO[0], ("csrf", &hers)]).await.status, 403);
    let elsewhere = second.post_from("/account/sessions", &redirected, &UNDO).await;
    assert_eq!(elsewhere.status, 403, "another browser of hers did not begin it");
    let mut unmarked = browser(&site, "ada@example.com", ada.cookie.clone());
    let unmarked = unmarked.post_raw(&redirected, &[UNDO[0], ("csrf", &hers)]).await;
    assert_eq!(unmarked.status, 403);
    assert_eq!(ada.get(&format!("{link}?decision=undo")).await.status, 200);
    let mut after = state(&site).await;
    // Her second browser signed in: nothing else moved.
    after[1] -= 10_000_000_000_000_000;
    assert_eq!((after, withdrawals(&site).await), (before, 0));
    site.close().await;
}

/// Promise P1: pressed twice, or sixty-four times at once, it happens once and is recorded once.
#[tokio::test]
async fn an_approval_is_taken_back_once_however_often_it_is_pressed() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let registered = site.agent().register_for("ada@example.com").await;
    let link = registered.link();
    assert_eq!(ada.approve(&registered).await.status, 303);
    let bodies = vec![vec![("undo", "yes".to_owned())]; 64];
    let replies = at_once(&site, &mut ada, "/account/sessions", &link, bodies).await;
    assert_eq!((with_status(&replies, 303), with_status(&replies, 409)), (1, 63));
    let again = ada.post_from("/account/sessions", &link, &UNDO).await;
    assert_eq!(again.status, 409);
    assert!(again.text.contains("Taken back"), "{}", again.text);
    assert_eq!(withdrawals(&site).await, 1);
    site.close().await;
}

/// Promises P1 and P2 against a race: whichever comes first, the agent or the undo, nothing that
/// was delivered is worth anything once the undo has been answered.
#[tokio::test]
async fn no_delivery_that_races_an_undo_outlives_it() {
    let site = Site::open_with(NO_LIMITS).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let rounds = rounds(ROUNDS);
    for round in 0..rounds {
        let registered = agent.register_for("ada@example.com").await;
        assert_eq!(ada.approve(&registered).await.status, 303);
        let (link, token) = (registered.link(), form_token(&ada.get("/account/sessions").await));
        let undo = async {
            // Some rounds give the agent a head start.
            tokio::time::sleep(std::time::Duration::from_millis(u64::from(round % 4 == 0))).await;
            ada.post_raw(&link, &[UNDO[0], ("csrf", &token)]).await
        };
        let polls = join_all((0..4).map(|_| agent.poll(&registered.claim_token)));
        let (undone, polls) = tokio::join!(undo, polls);
        assert_eq!(undone.status, 303, "{}", undone.text);
        for reply in polls {
            if reply.status == 200 {
                site.assert_dead(&member(&reply, "access_token")).await;
                let refresh = agent.refresh(&member(&reply, "refresh_token")).await;
                refresh.assert_error(400, "invalid_grant");
            } else {
                // Whoever read the yes before the undo, and its session after, finds that over.
                let known = ["access_denied", "expired_token", "slow_down", "invalid_grant"];
                assert!(known.contains(&reply.error().as_str()), "{}", reply.text);
            }
        }
        assert!(is_approval(&site, &registered.id, "denied").await);
    }
    assert_eq!(living(&site).await, 0);
    assert_eq!(usize::try_from(withdrawals(&site).await), Ok(rounds));
    site.close().await;
}

/// "Undo withdraws an approval, never a disconnect": what has ended is not offered, stays ended,
/// and keeps the cause it ended with.
#[tokio::test]
async fn undo_revives_nothing_that_was_disconnected() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    let access = member(&agent.poll(&registered.claim_token).await, "access_token");
    let path = format!("/account/sessions/{}", session_of(&site, &access).await);
    let pressed = ada.post_from(&path, &format!("{path}/disconnect"), &[]).await;
    assert_eq!(pressed.status, 303);
    assert!(!ada.get(&registered.link()).await.text.contains(OFFER));
    assert_eq!(ada.post_from(&path, &registered.link(), &UNDO).await.status, 303);
    site.assert_dead(&access).await;
    let cause = "SELECT COUNT(*) FROM session WHERE ended_cause = 'disconnected'";
    assert_eq!(site.count(cause).await, 1);
    site.close().await;
}

/// A no is final, and this is one: no later press makes a yes of it. Whoever was deceived may
/// report, and an agent that asks again is a new question.
#[tokio::test]
async fn what_was_taken_back_is_reported_or_asked_again_and_nothing_else() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    let link = registered.link();
    let early = ada.answer(&link, &UNDO).await;
    assert_eq!(early.status, 409, "there is no yes to take back yet");
    assert!(is_approval(&site, &registered.id, "waiting").await);
    assert_eq!(ada.approve(&registered).await.status, 303);
    taken_back(&mut ada, &link).await;

    let renewed = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    assert_eq!(renewed.status, 200, "it may ask again: {}", renewed.text);
    let (code, page) = (registered.user_code(), "/account/sessions");
    let revived = [
        ("decision", "approve"),
        ("user_code", code.as_str()),
        ("scope", "demo:read"),
        ("lifetime", "8h"),
    ];
    assert_ne!(ada.post_from(page, &link, &revived).await.status, 303);
    let denied = [("decision", "deny"), ("denial_reason", "not_now")];
    assert_eq!(ada.post_from(page, &link, &denied).await.status, 409);
    assert_eq!(living(&site).await, 0);

    assert_eq!(ada.answer(&link, &[("decision", "report")]).await.status, 303);
    assert!(ada.get(&link).await.text.contains("Reported"));
    let stopped = agent.start_claim(&registered.claim_token, "ada@example.com").await;
    assert_ne!(stopped.status, 200, "whoever was reported asks no more");
    site.close().await;
}
