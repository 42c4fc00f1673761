//! A person's history (issue 5, "History"): hers, all of it, and nobody else's.

use serde_json::Value;

use crate::support::Site;
use crate::support::agent::member;
use crate::support::person::Person;

/// Ada with one agent that she approved, and Bob.
async fn world() -> (Site, Person, Person, String) {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let bob = site.person("bob@example.com").await;
    let agent = site.agent();
    let registered = agent.register_for("ada@example.com").await;
    ada.approve(&registered).await;
    let collected = agent.poll(&registered.claim_token).await;
    assert_eq!(collected.status, 200, "{}", collected.text);
    agent.refresh(&member(&collected, "refresh_token")).await;
    let page = ada.get("/account/sessions").await.text;
    let (_, rest) = page.split_once("/account/sessions/ses_").expect("a session");
    let session: String = rest.chars().take_while(char::is_ascii_hexdigit).collect();
    (site, ada, bob, format!("ses_{session}"))
}

async fn exported(person: &mut Person) -> Vec<Value> {
    let reply = person.get("/account/history/export.jsonl").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// Issue 5, "History": each entry in plain words, newest first, by group, a page at a time.
#[tokio::test]
async fn a_person_reads_what_happened_in_her_account_newest_first() {
    let (site, mut ada, _bob, session) = world().await;
    let page = ada.get("/account/history").await;
    assert_eq!(page.status, 200);
    let places = ["The agent renewed its token", "You approved an agent", "Signed in"]
        .map(|words| page.text.find(words).expect(words));
    assert!(places.is_sorted(), "newest first: {places:?}");
    assert!(page.text.contains("UTC"), "times have their zone");
    assert!(page.text.contains("127.0.0.1"), "and the network it came from");
    let of_keys = ada.get("/account/history?group=keys").await;
    assert!(!of_keys.text.contains("Signed in"), "{}", of_keys.text);
    let of_session = ada.get(&format!("/account/history?session={session}")).await;
    assert!(of_session.text.contains("renewed its token"));
    assert!(!of_session.text.contains("<td>Signed in"), "{}", of_session.text);
    for _again in 0..30 {
        ada.post_from("/account/sessions", "/sign-out", &[]).await;
        assert_eq!(ada.sign_in().await.status, 303);
    }
    let first = ada.get("/account/history").await.text;
    assert_eq!(first.matches("<tr><td>").count(), 50);
    let (_, older) = first.split_once("?before=").expect("a link to what is older");
    let before: String = older.chars().take_while(|letter| *letter != '"').collect();
    let second = ada.get(&format!("/account/history?before={before}")).await.text;
    assert!(second.contains("The account was created"), "{second}");
    assert!(!second.contains("?before="), "{second}");
    site.close().await;
}

/// Issue 5, "History": who asks gets what is in the account of this browser, whatever he names.
#[tokio::test]
async fn nobody_reads_what_happened_to_somebody_else() {
    let (site, mut ada, mut bob, session) = world().await;
    let hers = exported(&mut ada).await;
    let entry = hers.first().and_then(|line| line["id"].as_str()).expect("an id").to_owned();
    for path in [
        "/account/history".to_owned(),
        format!("/account/history?session={session}"),
        format!("/account/history?before={entry}"),
        format!("/account/history?group=sessions&session={session}&before={entry}z"),
        "/account/history/export.csv".to_owned(),
        "/account/history/export.jsonl".to_owned(),
    ] {
        let page = bob.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        for words in ["You approved an agent", "approval.granted", "renewed its token"] {
            assert!(!page.text.contains(words), "{path}: {words}");
        }
    }
    assert!(exported(&mut bob).await.iter().all(|line| line["account"] != hers[0]["account"]));
    for path in ["/account/history", "/account/history/export.csv"] {
        assert_eq!(site.get(path).await.status, 303, "{path} without a browser's cookie");
    }
    site.close().await;
}

/// Issue 5, "History": with human, agent, session, resource and cause on the rows that have
/// them, and no secret on any.
#[tokio::test]
async fn an_export_is_whole_and_holds_no_secret() {
    let (site, mut ada, _bob, session) = world().await;
    let lines = exported(&mut ada).await;
    let account = lines[0]["account"].as_str().expect("an account").to_owned();
    let kept = format!("SELECT COUNT(*) FROM event WHERE account_id = '{account}'");
    assert_eq!(i64::try_from(lines.len()).expect("a number"), site.count(&kept).await);
    let renewed = lines.iter().find(|line| line["kind"] == "token.refreshed").expect("renewed");
    assert_eq!(renewed["session"], session.as_str());
    assert!(renewed["agent"].as_str().is_some_and(|agent| agent.starts_with("reg_")), "{renewed}");
    assert!(renewed["cause"].as_str().is_some_and(|cause| cause.starts_with("approval:apr_")));
    assert!(renewed["resource"].as_str().is_some_and(|resource| resource.ends_with("/demo")));
    let csv = ada.get("/account/history/export.csv").await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(csv.header("content-disposition").is_some_and(|how| how.starts_with("attachment")));
    assert_eq!(csv.text.lines().count(), lines.len() + 1);
    assert!(csv.text.starts_with("id,time,kind,account,agent,session,"), "{}", csv.text);
    for text in [csv.text, serde_json::to_string(&lines).expect("text")] {
        for secret in ["aas_", "aar_", "clm_", "cvt_", "ada@example.com", "$argon2"] {
            assert!(!text.contains(secret), "{secret}");
        }
    }
    site.close().await;
}

/// Issue 5, "History": what is kept of one account is sent a stretch at a time, and every entry
/// comes once.
#[tokio::test]
async fn a_long_history_is_exported_without_gaps_or_repetitions() {
    let (site, mut ada, _bob, _session) = world().await;
    site.tamper(
        "INSERT INTO event (id, at, kind, account_id, address) \
         WITH RECURSIVE many (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM many \
         WHERE number < 1200) SELECT 'evt_' || (100000 + number), 1800000000, 'session.renamed', \
         (SELECT account_id FROM event WHERE kind = 'approval.granted'), '=1+1' FROM many",
    )
    .await;
    let lines = exported(&mut ada).await;
    let ids: std::collections::BTreeSet<_> =
        lines.iter().map(|line| line["id"].as_str().expect("an id")).collect();
    assert!(lines.len() > 1_200 && ids.len() == lines.len(), "{} of {}", ids.len(), lines.len());
    let csv = ada.get("/account/history/export.csv").await.text;
    assert_eq!(csv.lines().count(), lines.len() + 1);
    assert!(csv.contains(",'=1+1,") && !csv.contains(",=1+1"), "no cell is a formula");
    site.close().await;
}
