//! Passkeys (docs/operating.md, "Passkeys"; Web Authentication, Level 3, §7).

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;

use crate::support::Site;
use crate::support::agent::Registered;
use crate::support::authenticator::{Asked, Authenticator, VERIFIED};
use crate::support::mail::Mailbox;
use crate::support::person::Person;
use crate::support::reply::Reply;

const LIST: &str = "/account/passkeys";
const NEW: &str = "/account/passkeys/new";
const HELD: &str = "SELECT COUNT(*) FROM passkey";
const FAILED: &str = "SELECT COUNT(*) FROM event WHERE kind = 'account.sign_in_failed'";

/// A device in a browser at this server.
fn device(site: &Site) -> Authenticator {
    Authenticator::at(site.app.settings.issuer.origin())
}

/// Asks the device for a passkey and gives the answer back.
async fn make(person: &mut Person, device: &mut Authenticator) -> Reply {
    let asked = Asked::on(&person.get(NEW).await);
    let answer = device.make(&asked.options);
    give(person, &asked, &answer).await
}

async fn give(person: &mut Person, asked: &Asked, answer: &str) -> Reply {
    let fields = [("name", "My phone"), ("question", asked.sealed.as_str()), ("answer", answer)];
    person.post_from(NEW, NEW, &fields).await
}

/// Signs a browser in with what a device answers.
async fn prove(person: &mut Person, asked: &Asked, answer: &str) -> Reply {
    let fields = [("question", asked.sealed.as_str()), ("answer", answer)];
    person.post_from("/sign-in?again=1", "/sign-in/passkey", &fields).await
}

async fn sign_in(person: &mut Person, device: &mut Authenticator) -> Reply {
    let asked = Asked::on(&person.get("/sign-in?again=1").await);
    let answer = device.prove(&asked.options);
    prove(person, &asked, &answer).await
}

/// Somebody with a passkey, and a browser that is not signed in.
async fn holder(site: &Site, email: &str) -> (Person, Person, Authenticator) {
    let (mut person, mut device) = (site.person(email).await, device(site));
    let made = make(&mut person, &mut device).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let stranger = Person::new(site, email);
    (person, stranger, device)
}

/// The whole way: made, told by letter, listed, used to sign in on the way to somewhere, removed.
#[tokio::test]
async fn a_passkey_is_made_used_and_removed() {
    let mailbox = Mailbox::new();
    let site = Site::open_named(&mailbox.settings()).await;
    let (mut ada, mut phone, mut device) = holder(&site, "ada@example.com").await;
    let listed = ada.get("/account/passkeys?done=added").await.text;
    assert!(listed.contains("My phone") && listed.contains("Never"), "{listed}");
    assert!(listed.contains("Your passkey is ready."), "{listed}");
    let letter = mailbox.has("ada@example.com", 1).await.remove(0);
    assert!(letter.head.contains("passkeys were changed"), "{}", letter.head);

    site.advance(Seconds::MINUTE);
    let asked = Asked::on(&phone.get("/sign-in?return_to=/account/history").await);
    let answer = device.prove(&asked.options);
    let fields = [
        ("question", asked.sealed.as_str()),
        ("answer", answer.as_str()),
        ("return_to", "/account/history"),
    ];
    let signed_in = phone.post_from("/sign-in", "/sign-in/passkey", &fields).await;
    assert_eq!(signed_in.header("location"), Some("/account/history"), "{}", signed_in.text);
    let history = phone.get("/account/history").await.text;
    assert!(history.contains("You added a passkey"), "{history}");
    let listed = phone.get(LIST).await.text;
    assert!(listed.contains("My phone") && !listed.contains("Never"), "{listed}");

    let path = remove_path(&listed);
    assert_eq!(phone.post_from(LIST, &path, &[]).await.status, 303);
    assert_eq!(phone.post_from(LIST, &path, &[]).await.status, 404, "it has gone");
    assert_eq!(site.count(HELD).await, 0);
    assert_eq!(mailbox.has("ada@example.com", 2).await.len(), 2);
    let mut late = Person::new(&site, "ada@example.com");
    assert_eq!(sign_in(&mut late, &mut device).await.status, 401, "it signs nobody in");
    site.close().await;
}

fn remove_path(listed: &str) -> String {
    let path = crate::support::person::between(listed, "action=\"/account/passkeys/", "\"");
    format!("{LIST}/{}", path.expect("a passkey"))
}

/// What an attacker changes about a device, and what it is called.
type Trick = (&'static str, fn(&mut Authenticator));

/// §7.2: whatever an attacker changes about a proof, nobody is signed in, the passkey stays as it
/// is, and the failure is on record.
#[tokio::test]
async fn no_other_proof_signs_anybody_in() {
    let site = Site::open_named("").await;
    let (_ada, mut mallory, mut device) = holder(&site, "ada@example.com").await;
    let (origin, party, handle) =
        (device.origin.clone(), device.relying_party.clone(), device.handle.clone());
    let mut stranger = Authenticator::at(&origin);
    let mut failures = 0;
    let tricks: [Trick; 6] = [
        ("another origin", |device| device.origin = String::from("https://evil.example")),
        ("another port", |device| device.origin = String::from("http://localhost:1")),
        ("another relying party", |device| device.relying_party = String::from("evil.example")),
        ("nobody verified", |device| device.flags = 0x01),
        ("nobody present", |device| device.flags = 0x04),
        ("another person's handle", |device| device.handle = vec![7; 16]),
    ];
    for (trick, change) in tricks {
        change(&mut device);
        let reply = sign_in(&mut mallory, &mut device).await;
        assert_eq!(reply.status, 401, "{trick}: {}", reply.text);
        (device.origin, device.relying_party) = (origin.clone(), party.clone());
        (device.flags, device.handle) = (VERIFIED, handle.clone());
        failures += 1;
    }
    let asked = Asked::on(&mallory.get("/sign-in").await);
    let other = Asked::on(&mallory.get("/sign-in").await);
    (stranger.id, stranger.handle) = (device.id.clone(), handle);
    for (trick, answer) in [
        ("another key", stranger.prove(&asked.options)),
        ("another challenge", device.prove(&other.options)),
        ("another ceremony", device.prove_as("webauthn.create", &asked.options)),
        ("no JSON", String::from("{")),
        ("nothing", String::new()),
    ] {
        let reply = prove(&mut mallory, &asked, &answer).await;
        assert_eq!(reply.status, 401, "{trick}: {}", reply.text);
        assert!(reply.text.contains("That passkey is not known here"), "{trick}");
        failures += 1;
    }
    assert_eq!(site.count(FAILED).await, failures);
    assert_eq!(mallory.get(LIST).await.status, 303, "nobody is signed in");
    assert_eq!(site.count("SELECT COUNT(*) FROM passkey WHERE last_used_at IS NULL").await, 1);
    assert_eq!(sign_in(&mut mallory, &mut device).await.status, 303, "and it works still");
    site.close().await;
}

/// A question counts once, in the browser it was put to, and for ten minutes.
#[tokio::test]
async fn a_question_is_answered_once_in_time_and_where_it_was_asked() {
    let site = Site::open_named("").await;
    let (_ada, mut phone, mut device) = holder(&site, "ada@example.com").await;
    let mut elsewhere = Person::new(&site, "ada@example.com");
    let asked = Asked::on(&phone.get("/sign-in").await);
    let answer = device.prove(&asked.options);
    assert_eq!(prove(&mut elsewhere, &asked, &answer).await.status, 401, "another browser");
    site.advance(Seconds::MINUTE.times(10));
    assert_eq!(prove(&mut phone, &asked, &answer).await.status, 401, "too late");
    for _round in 0..crate::support::rounds(4) {
        let asked = Asked::on(&phone.get("/sign-in?again=1").await);
        let answer = device.prove(&asked.options);
        let token = crate::support::person::form_token(&phone.get("/sign-in?again=1").await);
        let mut browsers: Vec<Person> = (0..16).map(|_| phone.same_browser()).collect();
        let proofs = browsers.iter_mut().map(async |browser| {
            let fields = [
                ("question", asked.sealed.as_str()),
                ("answer", answer.as_str()),
                ("csrf", token.as_str()),
            ];
            browser.post_raw("/sign-in/passkey", &fields).await.status
        });
        let statuses = join_all(proofs).await;
        let signed_in = statuses.iter().filter(|status| **status == 303).count();
        assert_eq!(signed_in, 1, "{statuses:?}");
        site.advance(Seconds::HOUR);
    }
    site.close().await;
}

/// A copy of a device is found out by its counter (§6.1.1), and signs nobody in.
#[tokio::test]
async fn a_counter_never_goes_back() {
    let site = Site::open_named("").await;
    let (_ada, mut phone, mut device) = holder(&site, "ada@example.com").await;
    device.counter = 7;
    assert_eq!(sign_in(&mut phone, &mut device).await.status, 303);
    for counter in [7, 3] {
        device.counter = counter;
        let mut copy = Person::new(&site, "ada@example.com");
        assert_eq!(sign_in(&mut copy, &mut device).await.status, 401, "{counter}");
    }
    device.counter = 8;
    assert_eq!(sign_in(&mut phone, &mut device).await.status, 303);
    site.close().await;
}

/// §7.1: what was not made for this person's question is no passkey of theirs; nor is one that is
/// somebody's already.
#[tokio::test]
async fn no_other_answer_makes_a_passkey() {
    let site = Site::open_named("").await;
    let (mut ada, _, mut hers) = holder(&site, "ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let asked = Asked::on(&bob.get(NEW).await);
    assert_eq!(give(&mut bob, &asked, &hers.make(&asked.options)).await.status, 422, "hers");
    let mut his = device(&site);
    let for_her = Asked::on(&ada.get(NEW).await);
    let answer = his.make(&for_her.options);
    assert_eq!(give(&mut bob, &for_her, &answer).await.status, 422, "asked of another");
    for (trick, origin, flags) in [
        ("another origin", "https://evil.example", VERIFIED),
        ("nobody verified", his.origin.clone().as_str(), 0x01),
    ] {
        let asked = Asked::on(&bob.get(NEW).await);
        let mut bad = Authenticator::at(origin);
        bad.flags = flags;
        assert_eq!(give(&mut bob, &asked, &bad.make(&asked.options)).await.status, 422, "{trick}");
    }
    let asked = Asked::on(&bob.get("/sign-in?again=1").await);
    let proof = his.prove(&asked.options);
    assert_eq!(give(&mut bob, &asked, &proof).await.status, 422, "a question to sign in");
    let asked = Asked::on(&bob.get(NEW).await);
    let answer = his.make(&asked.options);
    let nameless = [("name", " "), ("question", &asked.sealed), ("answer", &answer)];
    let reply = bob.post_from(NEW, NEW, &nameless).await;
    assert!(reply.status == 422 && reply.text.contains("Give it a name"), "{}", reply.text);
    assert_eq!(site.count(HELD).await, 1, "hers alone");
    assert_eq!(give(&mut bob, &asked, &answer).await.status, 303);
    assert_eq!(give(&mut bob, &asked, &answer).await.status, 422, "once");
    let listed = bob.get(LIST).await.text;
    let path = remove_path(&listed);
    assert_eq!(ada.post_from(LIST, &path, &[]).await.status, 404, "his is not there for her");
    assert_eq!(site.count(HELD).await, 2);
    site.close().await;
}

/// Whoever has a password and no passkey of the account comes in, and does nothing that asks for a
/// fresh sign-in: no passkey of their own, none removed, nothing risky approved.
#[tokio::test]
async fn a_password_is_not_enough_once_there_is_a_passkey() {
    let shop = super::fresh::SHOP;
    let site = Site::open_named(shop).await;
    let (_ada, mut thief, mut device) = holder(&site, "ada@example.com").await;
    assert_eq!(thief.sign_in().await.status, 303);
    let listed = thief.get(LIST).await.text;
    let refused = thief.get(NEW).await;
    let again = refused.header("location").expect("a way on").to_owned();
    assert!(refused.status == 303 && again.starts_with("/sign-in?"), "{again}");
    let page = thief.get(&again).await.text;
    assert!(page.contains("What comes next needs your passkey"), "{page}");
    let removed = thief.post_from(LIST, &remove_path(&listed), &[]).await;
    assert!(removed.header("location").expect("a way on").starts_with("/sign-in?"));
    let registered: Registered = super::fresh::asked(&site, &["orders:read", "orders:pay"]).await;
    assert_eq!(thief.get(&registered.link()).await.status, 303);
    assert_eq!(site.count(HELD).await, 1);
    let proven = sign_in(&mut thief, &mut device).await;
    assert_eq!(proven.status, 303, "{}", proven.text);
    assert_eq!(thief.get(&registered.link()).await.status, 200, "with the passkey it is");
    assert_eq!(thief.get(NEW).await.status, 200);
    site.close().await;
}

/// Twenty, however many are made at once.
#[tokio::test]
async fn an_account_has_no_more_passkeys_than_it_may() {
    let site = Site::open_named("").await;
    let mut ada = site.person("ada@example.com").await;
    for _ in 0..17 {
        assert_eq!(make(&mut ada, &mut device(&site)).await.status, 303);
    }
    let asked = Asked::on(&ada.get(NEW).await);
    let token = crate::support::person::form_token(&ada.get(NEW).await);
    let mut questions = Vec::new();
    for _ in 0..8 {
        questions.push(Asked::on(&ada.get(NEW).await));
    }
    drop(asked);
    let answers = questions.iter().map(async |asked| {
        let answer = device(&site).make(&asked.options);
        let fields = [
            ("name", "One of many"),
            ("question", asked.sealed.as_str()),
            ("answer", answer.as_str()),
            ("csrf", token.as_str()),
        ];
        ada.same_browser().post_raw(NEW, &fields).await
    });
    let replies = join_all(answers).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 303).count(), 3);
    let refused = replies.iter().find(|reply| reply.status != 303).expect("refused");
    assert!(refused.text.contains("as many passkeys as one account may"), "{}", refused.text);
    assert_eq!(site.count(HELD).await, 20);
    site.close().await;
}

/// Guesses of one address are limited, passwords and passkeys together.
#[tokio::test]
async fn failures_are_limited_with_those_of_passwords() {
    let site = Site::open_named("[limits]\nsign_in_failures_per_address_per_hour = 3\n").await;
    let mut mallory = site.add_person("ada@example.com").await;
    assert_eq!(mallory.sign_in_with("not hers at all").await.status, 401);
    let asked = Asked::on(&mallory.get("/sign-in").await);
    for _ in 0..2 {
        assert_eq!(prove(&mut mallory, &asked, "{}").await.status, 401);
    }
    let limited = prove(&mut mallory, &asked, "{}").await;
    assert_eq!(limited.status, 429, "{}", limited.text);
    assert!(limited.header("retry-after").is_some());
    site.close().await;
}

/// A server without a name has no passkeys, and says so nowhere but in its documentation.
#[tokio::test]
async fn a_server_at_an_address_offers_none() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    assert!(!ada.get("/sign-in?again=1").await.text.contains("data-passkey"));
    assert!(!ada.get("/account/sessions").await.text.contains(LIST));
    assert_eq!(ada.get(NEW).await.status, 404);
    let fields = [("question", "AAAA"), ("answer", "{}")];
    let mut stranger = Person::new(&site, "ada@example.com");
    assert_eq!(stranger.post_from("/sign-in", "/sign-in/passkey", &fields).await.status, 401);
    site.close().await;
}

/// Somebody who lost the device is let in by the operator, who resets the account.
#[tokio::test]
async fn a_reset_by_the_operator_takes_the_passkeys_away() {
    let site = Site::open_named("").await;
    let (_ada, mut phone, mut device) = holder(&site, "ada@example.com").await;
    let now = site.app.clock.now();
    countersign::flow::link::reset(&site.app, "ada@example.com", now).await.expect("a link");
    assert_eq!(site.count(HELD).await, 0);
    assert_eq!(sign_in(&mut phone, &mut device).await.status, 401);
    site.close().await;
}
