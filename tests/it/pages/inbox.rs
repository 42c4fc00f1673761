//! Questions that wait for a person, and the letters about them (docs/adr/0033).

use countersign::flow::inbox;
use countersign::protocol::timestamp::Seconds;
use serde_json::json;

use super::{PROFILE, state};
use crate::support::Site;
use crate::support::agent::{Registered, member};
use crate::support::client::Client;
use crate::support::mail::Mailbox;
use crate::support::person::{Person, between};
use crate::support::reply::Reply;

const INBOX: &str = "/account/inbox";

/// The last part of a question's address.
fn of(registered: &Registered) -> String {
    registered.link().trim_start_matches("/approve/").to_owned()
}

/// contracts/pages.md 22, promise P5: a question that names somebody's verified address is found by
/// that person, on any device, without the agent's link, and by nobody else; looking answers
/// nothing; what is answered, over or replaced is there no more.
#[tokio::test]
async fn a_question_is_found_by_the_person_it_names_and_by_nobody_else() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    assert!(ada.get(INBOX).await.text.contains("Nothing waits for you"));
    let agent = site.agent();
    let asked = agent.register_for("ada@example.com").await;
    let client = Client::register(&site).await;
    client.send(&mut ada, &[]).await;
    let before = state(&site).await;
    let list = ada.get(INBOX).await;
    assert_eq!(list.text.matches("href=\"/approve/").count(), 1, "what names nobody is not there");
    assert!(list.text.contains(&of(&asked)) && list.text.contains("Test agent"), "{}", list.text);
    assert!(list.text.contains("told by the agent") && list.text.contains("127.0.0.1"));
    let his = bob.get(INBOX).await;
    assert!(his.text.contains("Nothing waits for you") && !his.text.contains("/approve/"));
    assert_eq!(Person::new(&site, "x@example.com").get(INBOX).await.status, 303, "sign in first");
    assert_eq!(state(&site).await, before);

    let link = between(&list.text, "href=\"/approve/", "\"").expect("a link");
    let link = format!("/approve/{link}");
    assert_eq!(ada.approve_code(&link, &asked.user_code()).await.status, 303);
    member(&agent.poll(&asked.claim_token).await, "access_token");
    assert!(!ada.get(INBOX).await.text.contains("/approve/"), "answered");

    let asked = agent.register_for("ada@example.com").await;
    let renewed = agent.start_claim(&asked.claim_token, "ada@example.com").await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    let list = ada.get(INBOX).await.text;
    assert_eq!(list.matches("href=\"/approve/").count(), 1, "the newest attempt alone: {list}");
    assert!(!list.contains(&of(&asked)));
    let moved = agent.start_claim(&asked.claim_token, "bob@example.com").await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    assert!(!ada.get(INBOX).await.text.contains("/approve/"));
    assert!(bob.get(INBOX).await.text.contains("/approve/"));
    site.advance(Seconds::HOUR);
    let mut bob = site.again("bob@example.com").await;
    assert!(!bob.get(INBOX).await.text.contains("/approve/"), "over");
    site.close().await;
}

/// Whoever signed up with somebody else's address, unverified, reads nothing that was meant for
/// them.
#[tokio::test]
async fn an_unverified_address_finds_nothing() {
    let site = Site::open_with("[accounts]\nsign_up = \"open\"\n").await;
    let mut eve = Person::new(&site, "ada@example.com");
    let fields =
        [("name", "Ada"), ("email", "ada@example.com"), ("password", "a password of mine")];
    assert_eq!(eve.post_from("/sign-up", "/sign-up", &fields).await.status, 303);
    let asked = site.agent().register_for("ada@example.com").await;
    let list = eve.get(INBOX).await.text;
    assert!(!list.contains("/approve/") && !list.contains(&of(&asked)), "{list}");
    assert!(list.contains("once the address is verified"), "{list}");
    site.close().await;
}

/// Whoever has not answered within two minutes gets one letter about a question, whichever node
/// writes it, with no word of the agent's, and it leads to the inbox.
#[tokio::test]
async fn a_question_that_waits_is_written_about_once() {
    let mailbox = Mailbox::new();
    let site = Site::open_with(&mailbox.settings()).await;
    let other = site.second_node_with(&mailbox.settings()).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let named = json!({
        "type": "service_auth",
        "login_hint": "ada@example.com",
        "agent_name": "Visit https://evil.example now",
    });
    agent.register(&named).await;
    let answered = agent.register_for("ada@example.com").await;
    agent.register_for("nobody@example.com").await;
    let noticed = "SELECT COUNT(*) FROM approval WHERE noticed_at IS NOT NULL";
    assert_eq!(ada.deny(&answered.link(), "not_now").await.status, 303);
    site.advance(Seconds(119));
    inbox::remind(&site.app).await.expect("reminded");
    assert_eq!(site.count(noticed).await, 0);
    site.advance(Seconds(1));
    for node in [&site, &other, &site] {
        inbox::remind(&node.app).await.expect("reminded");
    }
    assert_eq!(site.count(noticed).await, 2, "what was answered is not written about");
    let letters = mailbox.has("ada@example.com", 1).await;
    assert!(letters[0].header("Subject").contains("an agent waits for your answer"));
    assert_eq!(letters[0].path(&site.url), INBOX);
    assert!(!letters[0].text.contains("evil"), "{}", letters[0].text);
    assert!(!letters[0].text.contains("cvt_"), "a letter carries no link that decides");
    site.advance(Seconds::MINUTE);
    inbox::remind(&site.app).await.expect("reminded");
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(mailbox.letters().len(), 1, "nobody else was written to");
    other.close().await;
    site.close().await;
}

/// Whoever asks and asks fills no mailbox; the questions are in the inbox all the same.
#[tokio::test]
async fn many_questions_are_few_letters() {
    let mailbox = Mailbox::new();
    let settings = format!("{}[limits]\nletters_per_mailbox_per_hour = 2\n", mailbox.settings());
    let site = Site::open_with(&settings).await;
    let mut ada = site.person("ada@example.com").await;
    for _ in 0..4 {
        site.agent().register_for("ada@example.com").await;
    }
    site.advance(Seconds::MINUTE.times(2));
    for _ in 0..2 {
        inbox::remind(&site.app).await.expect("reminded");
    }
    assert_eq!(mailbox.has("ada@example.com", 2).await.len(), 2);
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    assert_eq!(mailbox.letters().len(), 2);
    assert_eq!(ada.get(INBOX).await.text.matches("href=\"/approve/").count(), 4);
    site.close().await;
}

/// pages.md 23, RFC 9700 §4.14.2: an approval, a copied refresh token and a key that leaked are
/// told by letter, each with the page where it can be ended or read about, and with no secret.
#[tokio::test]
async fn what_was_done_in_somebodys_name_is_told_by_letter() {
    let mailbox = Mailbox::new();
    let settings = format!("{}{PROFILE}", mailbox.settings());
    let site = Site::open_with(&settings).await;
    let mut ada = site.person("ada@example.com").await;
    let agent = site.agent();
    let asked = agent.register_for("ada@example.com").await;
    assert_eq!(ada.approve(&asked).await.status, 303);
    let tokens = agent.poll(&asked.claim_token).await;
    let session = super::session_of(&site, &member(&tokens, "access_token")).await;
    let letters = mailbox.has("ada@example.com", 1).await;
    assert!(letters[0].header("Subject").contains("you let an agent in"));
    assert_eq!(letters[0].path(&site.url), format!("/account/sessions/{session}"));

    let refresh = member(&tokens, "refresh_token");
    assert_eq!(agent.refresh(&refresh).await.status, 200);
    site.advance(Seconds::HOUR);
    agent.refresh(&refresh).await.assert_error(400, "invalid_grant");
    agent.refresh(&refresh).await.assert_error(400, "invalid_grant");
    let mut ada = site.again("ada@example.com").await;
    let page = "/account/keys/new/test";
    let fields = [("name", "Test key"), ("scope", "demo:read"), ("lifetime", "until_revoked")];
    let made = ada.post_from(page, page, &fields).await;
    let secret = between(&made.text, "<output", "</output>").expect("a key");
    let secret = secret.rsplit_once('>').expect("a key").1;
    let report = site.client.post(format!("{}/leaked-keys", site.url));
    for _ in 0..2 {
        let report = report.try_clone().expect("a request").json(&json!({ "keys": [secret] }));
        assert_eq!(Reply::of(report).await.status, 200);
    }
    let letters = mailbox.has("ada@example.com", 3).await;
    for (subject, path) in [
        ("an agent was disconnected for your safety", format!("/account/sessions/{session}")),
        ("one of your API keys was revoked", "/account/keys/".to_owned()),
    ] {
        let of = letters.iter().filter(|letter| letter.header("Subject").contains(subject));
        let of: Vec<_> = of.collect();
        assert_eq!(of.len(), 1, "{subject}");
        assert!(of[0].path(&site.url).starts_with(&path), "{}", of[0].text);
        assert!(!of[0].text.contains(secret) && !of[0].text.contains(&refresh));
    }
    site.close().await;
}
