//! Whoever would use more than there is, use another's share up, or be two at once.

use countersign::flow::usage;
use countersign::protocol::secret::Digest;
use countersign::protocol::timestamp::Seconds;
use futures_util::future::{join, join_all};
use serde_json::json;

use super::plans::{TWO_A_MINUTE, with_plans};
use super::{PROFILES, at, is_live, key, key_with, project, site};
use crate::support::agent::{JWT_BEARER, member};
use crate::support::keys::{Key, sha256, with};
use crate::support::person::Person;
use crate::support::proof::{self, ask, for_token};
use crate::support::reply::Reply;
use crate::support::{START, Site};

/// AV12: a month's cap is exact on one node, however many keys of the account come at once, none
/// of which this node has seen yet, and whatever is being written meanwhile.
#[tokio::test]
async fn a_cap_lets_no_event_more_through_when_many_come_at_once() {
    let plans = "[[profile.plan]]\nname = \"free\"\nevents = 7\n";
    let site = Site::open_with(&with_plans("detail", plans)).await;
    let mut ada = site.person("ada@example.com").await;
    let mut keys = Vec::new();
    for _ in 0..12 {
        keys.push(key_with(&mut ada, "agent-analytics", &["read", "write"]).await.1);
    }
    let mut passed = 0;
    for _round in 0..3 {
        let events = keys.iter().chain(&keys).map(|text| async {
            let writing = [("x-api-key", text.as_str()), ("countersign-required-scope", "write")];
            at(&site, "POST /events", &writing).await.status
        });
        let (statuses, written) = join(join_all(events), usage::write(&site.app)).await;
        written.expect("written");
        passed += statuses.iter().filter(|status| **status == 200).count();
        assert!(statuses.iter().all(|status| matches!(status, 200 | 429)), "{statuses:?}");
        // What was remembered is read again.
        site.app.live.forget_everything();
    }
    assert_eq!(passed, 7);
    usage::write(&site.app).await.expect("written");
    assert_eq!(site.count("SELECT events FROM plan_use").await, 7);
    site.close().await;
}

/// AV12: what another node has written counts here as soon as it is read, beside what this one
/// has let in and not written yet; and what is read later never makes it fewer.
#[tokio::test]
async fn a_cap_holds_over_all_nodes_once_they_have_written() {
    let plans = "[[profile.plan]]\nname = \"free\"\nevents = 6\n";
    let site = Site::open_with(&with_plans("detail", plans)).await;
    let mut ada = site.person("ada@example.com").await;
    let text = key_with(&mut ada, "agent-analytics", &["read", "write"]).await.1;
    let writing = [("x-api-key", text.as_str()), ("countersign-required-scope", "write")];
    let other = site.second_node().await;
    for node in [&site, &site, &site, &other] {
        assert_eq!(at(node, "POST /events", &writing).await.status, 200);
    }
    usage::write(&site.app).await.expect("written");
    other.app.live.forget_everything();
    for wanted in [200, 200, 429] {
        assert_eq!(at(&other, "POST /events", &writing).await.status, wanted);
    }
    usage::write(&other.app).await.expect("written");
    site.app.live.forget_everything();
    assert_eq!(at(&site, "POST /events", &writing).await.status, 429);
    assert_eq!(site.count("SELECT events FROM plan_use").await, 6);
    other.close().await;
    site.close().await;
}

/// AV12, AA33: events that the rate refuses are no events of the month.
#[tokio::test]
async fn an_event_that_the_rate_refuses_is_not_counted() {
    let plans = "[[profile.plan]]\nname = \"free\"\nrate = \"2/min\"\nevents = 3\n";
    let site = Site::open_with(&with_plans("code-message", plans)).await;
    let mut ada = site.person("ada@example.com").await;
    let text = key_with(&mut ada, "agent-analytics", &["read", "write"]).await.1;
    let writing = [("x-api-key", text.as_str()), ("countersign-required-scope", "write")];
    for wanted in [200, 200, 429, 429, 429] {
        assert_eq!(at(&site, "POST /events", &writing).await.status, wanted);
    }
    site.advance(Seconds::MINUTE);
    for (wanted, wait) in [(200, None), (429, Some("1439940"))] {
        let reply = at(&site, "POST /events", &writing).await;
        assert_eq!((reply.status, reply.header("retry-after")), (wanted, wait));
    }
    site.close().await;
}

/// AV12: whoever was refused until the month ends is let in the second it has ended, although the
/// node remembers the key from before.
#[tokio::test]
async fn a_new_month_begins_with_its_first_second() {
    let plans = "[[profile.plan]]\nname = \"free\"\nevents = 1\n";
    let site = Site::open_with(&with_plans("detail", plans)).await;
    site.advance(Seconds(1_439_990));
    let mut ada = site.person("ada@example.com").await;
    let text = key_with(&mut ada, "agent-analytics", &["read", "write"]).await.1;
    let writing = [("x-api-key", text.as_str()), ("countersign-required-scope", "write")];
    assert_eq!(at(&site, "POST /events", &writing).await.status, 200);
    let beyond = at(&site, "POST /events", &writing).await;
    assert_eq!((beyond.status, beyond.header("retry-after")), (429, Some("10")));
    site.advance(Seconds(10));
    assert_eq!(at(&site, "POST /events", &writing).await.status, 200);
    usage::write(&site.app).await.expect("written");
    assert_eq!(site.count("SELECT COUNT(*) FROM plan_use WHERE events = 1").await, 2);
    site.close().await;
}

/// AA33: a clock that is corrected by seconds gives nobody a window twice.
#[tokio::test]
async fn a_clock_that_is_set_back_begins_no_window_anew() {
    let site = Site::open_with(&with_plans("code-message", TWO_A_MINUTE)).await;
    let mut ada = site.person("ada@example.com").await;
    let text = key(&mut ada, "agent-analytics").await.1;
    let headers = [("x-api-key", text.as_str())];
    for (step, wanted) in [(61, 200), (0, 200), (0, 429), (-5, 429), (0, 429), (5, 429), (59, 200)]
    {
        site.advance(Seconds(step));
        let reply = at(&site, "GET /stats", &headers).await;
        assert_eq!(reply.status, wanted, "{}", site.clock.now().0 - START.0);
        if step == -5 {
            assert_eq!(reply.header("retry-after"), Some("64"));
        }
    }
    site.close().await;
}

/// RFC 9449 §11.1, AA33: whoever overheard a request and repeats it is not let in, and uses nothing
/// of its owner's rate up.
#[tokio::test]
async fn an_overheard_request_uses_nothing_up() {
    let plans = TWO_A_MINUTE.replace("2/min", "3/min");
    let site = Site::open_with(&with_plans("code-message", &plans)).await;
    let key = Key::p256();
    let assertion = site.agent().register_anonymous().await.assertion();
    let fields = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
    let token = member(&ask(&site, &fields, &[&for_token(&site, &key)]).await, "access_token");
    let sound = || {
        let says = proof::says(("GET", "https://api.example.com/stats"), site.clock.now().0);
        key.sign(&proof::header(&key), &with(&says, "ath", Some(&json!(sha256(&token)))))
    };
    let authorization = format!("DPoP {token}");
    let overheard = sound();
    let with_proof = async |proof: &str| {
        at(&site, "GET /stats", &[("authorization", &authorization), ("dpop", proof)]).await.status
    };
    assert_eq!(with_proof(&overheard).await, 200);
    for _ in 0..9 {
        assert_eq!(with_proof(&overheard).await, 401);
    }
    for wanted in [200, 200, 429] {
        assert_eq!(with_proof(&sound()).await, wanted);
    }
    site.close().await;
}

/// AA09, section 3 of contracts/credentials.md: a parameter is what its name says without its
/// escapes, as whoever reads the address after the proxy understands it.
#[tokio::test]
async fn no_escaped_spelling_hides_a_credential_in_the_address() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (one, two) =
        (key(&mut ada, "agent-analytics").await.1, key(&mut ada, "agent-analytics").await.1);
    let good = [("x-api-key", one.as_str())];
    for name in ["k%65y", "%6Bey", "%6b%65%79", "toke%6E"] {
        let hidden = format!("GET /stats?page=2&{name}={two}");
        let both = at(&site, &hidden, &good).await;
        assert_eq!((both.status, &both.json()["code"]), (400, &"INVALID_REQUEST".into()), "{name}");
        let alone = at(&site, &hidden, &[]).await;
        assert_eq!((alone.status, &alone.json()["code"]), (401, &"INVALID_TOKEN".into()), "{name}");
    }
    for harmless in ["k%65y=", "keys=1", "key", "xkey=1", "%6Bey", "%zz=1", "&&", "key%00=1"] {
        let reply = at(&site, &format!("GET /stats?{harmless}"), &good).await;
        assert_eq!(reply.status, 200, "{harmless}: {}", reply.text);
    }
    site.close().await;
}

async fn make(person: &mut Person, name: &str) -> Reply {
    let page = "/account/projects";
    person.post_from(page, page, &[("name", name), ("profile", "agent-analytics")]).await
}

/// AA12: an account has so many live public tokens and no more, however many are made at once; one
/// that is revoked makes room for another, once.
#[tokio::test]
async fn nobody_has_public_tokens_without_end() {
    let site = Site::open_with(&format!("[limits]\nprojects_per_account = 3\n{PROFILES}")).await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let (id, _) = project(&mut ada, "agent-analytics").await;
    let mut browsers: Vec<Person> = Vec::new();
    for _ in 0..6 {
        let mut browser = Person::new(&site, "ada@example.com");
        browser.sign_in().await;
        browsers.push(browser);
    }
    let made = join_all(browsers.iter_mut().map(|browser| make(browser, "At once"))).await;
    let made: Vec<u16> = made.iter().map(|reply| reply.status).collect();
    assert_eq!(made.iter().filter(|status| **status == 303).count(), 2, "{made:?}");
    let live = "SELECT COUNT(*) FROM project WHERE revoked_at IS NULL";
    assert_eq!(site.count(live).await, 3);
    let beyond = make(&mut ada, "One too many").await;
    assert_eq!(beyond.status, 422);
    assert!(beyond.text.contains("as many projects as one account may have"));
    assert!(beyond.text.contains("value=\"One too many\""), "it can be sent again");
    assert_eq!(make(&mut bob, "His own").await.status, 303);
    let path = format!("/account/projects/{id}/revoke");
    let gone = join_all(browsers.iter_mut().map(|one| one.post_from("/", &path, &[]))).await;
    assert!(gone.iter().all(|reply| reply.status == 303));
    for wanted in [303, 422] {
        assert_eq!(make(&mut ada, "In its place").await.status, wanted);
    }
    assert_eq!(site.count(live).await, 4);
    site.close().await;
}

/// AA12: whoever has a browser for a while cannot bury a live token under those that were revoked:
/// its owner always sees it.
#[tokio::test]
async fn a_live_public_token_is_never_off_the_page() {
    let site =
        Site::open_with(&format!("[limits]\nprojects_per_account_per_hour = 300\n{PROFILES}"))
            .await;
    let mut ada = site.person("ada@example.com").await;
    let (_, token) = project(&mut ada, "agent-analytics").await;
    for _ in 0..201 {
        site.advance(Seconds(1));
        let (id, _) = project(&mut ada, "agent-analytics").await;
        let path = format!("/account/projects/{id}/revoke");
        assert_eq!(ada.post_from("/account/projects", &path, &[]).await.status, 303);
    }
    assert!(ada.get("/account/projects").await.text.contains(&token));
    site.close().await;
}

/// AA12, AA33: whoever read a public token in a page floods its own routes with it until they are
/// shut, and shuts neither the owner's keys nor the owner's other projects out.
#[tokio::test]
async fn a_flood_with_a_public_token_shuts_nothing_else() {
    let settings = with_plans("code-message", TWO_A_MINUTE);
    let settings = settings.replace("type = \"public\"\n", "type = \"public\"\nrate = \"3/min\"\n");
    let site = Site::open_with(&settings).await;
    let mut ada = site.person("ada@example.com").await;
    let (_, token) = project(&mut ada, "agent-analytics").await;
    let (_, aak) = key(&mut ada, "agent-analytics").await;
    let elsewhere = format!("GET /stats?token={token}");
    for _ in 0..9 {
        assert_eq!(at(&site, &elsewhere, &[]).await.status, 401, "what is refused uses nothing up");
    }
    let sent = format!("POST /track?token={token}");
    let flood = join_all((0..12).map(|_| at(&site, &sent, &[]))).await;
    assert_eq!(flood.iter().filter(|reply| reply.status == 200).count(), 3);
    let beyond = at(&site, &sent, &[]).await;
    assert_eq!((beyond.status, beyond.header("retry-after")), (429, Some("60")));
    assert_eq!(beyond.json()["code"], "RATE_LIMITED");
    let own = [("x-api-key", aak.as_str())];
    for (wanted, left) in [(200, "1"), (200, "0")] {
        let reply = at(&site, "GET /stats", &own).await;
        assert_eq!((reply.status, reply.header("x-ratelimit-remaining")), (wanted, Some(left)));
    }
    site.advance(Seconds(1));
    let other = project(&mut ada, "agent-analytics").await.1;
    assert_eq!(at(&site, &format!("POST /track?token={other}"), &[]).await.status, 200);
    site.advance(Seconds::MINUTE);
    assert_eq!(at(&site, &sent, &[]).await.status, 200);
    usage::write(&site.app).await.expect("written");
    assert_eq!(site.count("SELECT requests FROM plan_use").await, 2);
    site.close().await;
}

/// AS16, promise P3: whoever stole the database has digests and beginnings, and ends nothing with
/// them.
#[tokio::test]
async fn a_digest_reports_no_key() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let (_, good) = key(&mut ada, "agent-sentinel").await;
    let digest = Digest::of(good.as_bytes()).hex();
    for text in [digest.clone(), digest.to_uppercase(), format!("as_{digest}"), good.to_uppercase()]
    {
        let reply = site.post_json("/leaked-keys", &json!({ "keys": [text] })).await;
        assert_eq!((reply.status, reply.json()), (200, json!({ "received": 1 })));
    }
    assert!(is_live(&site, &good).await);
    assert_eq!(site.count("SELECT COUNT(*) FROM event WHERE kind = 'key.leaked'").await, 0);
    site.close().await;
}
