//! An account that an administrator closed: nothing of it is good any more, anywhere, and nothing
//! comes back with it.

use countersign::flow::admin;
use futures_util::future::join;

use super::plans::{TWO_A_MINUTE, with_plans};
use super::{at, dies, is_live, key_with, project};
use crate::support::agent::member;
use crate::support::person::{Person, between};
use crate::support::process::Place;
use crate::support::{Site, rounds};

/// The two profiles; the first of them hands out tokens too, and has the dialect that tells.
fn settings() -> String {
    let console = "name = \"agent-analytics\"\n[profile.jwt]\n";
    let profiles = with_plans("text-code", TWO_A_MINUTE);
    let (before, after) = profiles.split_once("[[profile.credential]]").expect("a credential");
    let before = before.to_owned() + "[profile.jwt]\n[[profile.credential]]";
    assert!(!before.contains(console), "once");
    before + after
}

async fn close(site: &Site, email: &str) {
    admin::close(&site.app, email, site.clock.now()).await.expect("closed");
}

async fn token(person: &mut Person) -> String {
    let page = "/account/tokens";
    let shown = person.post_from(page, page, &[("profile", "agent-analytics")]).await;
    between(&shown.text, "data-copy-this dir=\"ltr\">", "</output>").expect("a token").to_owned()
}

/// AO17, promise P2: with the account its sessions, keys, projects and tokens end on every node,
/// and whoever still has a key reads that its owner is gone, and not that the key is wrong. Opened
/// again, the account is empty; of another account's, nothing has changed.
#[tokio::test]
async fn a_closed_account_has_nothing_and_its_keys_say_that_their_owner_is_gone() {
    let site = Site::open_with(&settings()).await;
    let second = site.second_node().await;
    let (mut ada, mut bob) =
        (site.person("ada@example.com").await, site.person("bob@example.com").await);
    let (_, key) = key_with(&mut ada, "agent-analytics", &["read"]).await;
    let (_, sentinel) = key_with(&mut ada, "agent-sentinel", &["read"]).await;
    let (_, his) = key_with(&mut bob, "agent-analytics", &["read"]).await;
    let (_, public) = project(&mut ada, "agent-analytics").await;
    let console = token(&mut ada).await;
    let registered = site.agent().register_for("ada@example.com").await;
    let fields = [
        ("decision", "approve"),
        ("user_code", &registered.user_code()),
        ("scope", "read"),
        ("lifetime", "8h"),
    ];
    assert_eq!(ada.answer(&registered.link(), &fields).await.status, 303);
    let access = member(&site.agent().poll(&registered.claim_token).await, "access_token");
    let all = [&key, &sentinel, &public, &console, &access];
    for text in all {
        assert!(is_live(&site, text).await && is_live(&second, text).await, "{text}");
    }
    close(&site, "ada@example.com").await;
    for text in all {
        assert!(!is_live(&site, text).await, "{text}");
        dies(&second, text).await;
    }
    let gone = at(&site, "GET /stats", &[("x-api-key", &key)]).await;
    assert_eq!((gone.status, &gone.json()["code"]), (401, &"USER_NOT_FOUND".into()));
    assert!(gone.header("www-authenticate").is_some_and(|said| said.contains("invalid_token")));
    let garbage = at(&site, "GET /stats", &[("x-api-key", &format!("{key}x"))]).await;
    assert_eq!((garbage.status, &garbage.json()["code"]), (401, &"INVALID_KEY".into()));
    assert_eq!(at(&site, "GET /stats", &[("x-api-key", &his)]).await.status, 200);
    assert_eq!(ada.get("/account/keys").await.status, 303, "her browser is signed out");
    assert_eq!(ada.sign_in().await.status, 401);

    admin::reopen(&site.app, "ada@example.com", site.clock.now()).await.expect("open again");
    assert_eq!(ada.sign_in().await.status, 303);
    for text in all {
        assert!(!is_live(&site, text).await, "{text} came back");
    }
    assert!(ada.get("/account/keys").await.text.contains("the account was closed"));
    second.close().await;
    site.close().await;
}

/// AO17: whoever is making a key while the account is closed made it before, and it ended, or not at
/// all.
#[tokio::test]
async fn no_key_and_no_session_outlives_an_account_that_is_closed_meanwhile() {
    let site = Site::open_with(&settings()).await;
    for round in 0..rounds(12) {
        let email = format!("ada{round}@example.com");
        let mut ada = site.person(&email).await;
        let registered = site.agent().register_for(&email).await;
        let page = "/account/keys/new/agent-sentinel";
        let form = crate::support::person::form_token(&ada.get(page).await);
        let fields =
            [("name", "k"), ("lifetime", "until_revoked"), ("scope", "read"), ("csrf", &form)];
        let code = registered.user_code();
        let yes = [
            ("decision", "approve"),
            ("user_code", &code),
            ("scope", "read"),
            ("lifetime", "8h"),
            ("csrf", &form),
        ];
        let mut other = ada.same_browser();
        let link = registered.link();
        let asks = join(ada.post_raw(page, &fields), other.post_raw(&link, &yes));
        join(asks, close(&site, &email)).await;
        let good = "SELECT (SELECT COUNT(*) FROM api_key WHERE ended_at IS NULL) + \
                    (SELECT COUNT(*) FROM session WHERE ended_at IS NULL AND account_id IS NOT NULL)";
        assert_eq!(site.count(good).await, 0, "round {round}");
    }
    site.close().await;
}

/// contracts/operator.md, "Commands": closed and opened once each, of people that there are; a link
/// that was made before sets no password.
#[tokio::test]
async fn the_operator_closes_and_opens_accounts_at_the_command_line() {
    let place = Place::new().await;
    place.configure("");
    place.add_person("ada@example.com").await;
    let refused = async |command: &str, email: &str, words: &str| {
        let refused = place.run(&["account", command, email]).await;
        assert_eq!(refused.code, Some(1), "{}", refused.stderr);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
        assert_eq!(refused.stderr.lines().count(), 1);
    };
    refused("close", "bob@example.com", "nobody has that address").await;
    refused("reopen", "ada@example.com", "is so already").await;
    let done = place.run(&["account", "close", "ada@example.com"]).await;
    assert_eq!((done.code, done.stdout.lines().count()), (Some(0), 1), "{}", done.stderr);
    refused("close", "ada@example.com", "is so already").await;
    refused("reset", "ada@example.com", "the account of that address is closed").await;
    let closed = "SELECT COUNT(*) FROM account WHERE closed_at IS NOT NULL";
    assert_eq!(place.database.count(closed).await, 1);
    assert_eq!(place.run(&["account", "reopen", "ada@example.com"]).await.code, Some(0));
    assert_eq!(place.database.count(closed).await, 0);
    let event = "SELECT COUNT(*) FROM event WHERE kind IN ('account.closed', 'account.reopened') \
                 AND cause IS NULL";
    assert_eq!(place.database.count(event).await, 2);
}
