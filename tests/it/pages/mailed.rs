//! What goes over a mailbox: a new account, a new password, an address that is verified (design
//! decision 17, docs/adr/0028).

use countersign::protocol::timestamp::Seconds;

use super::state;
use crate::support::Site;
use crate::support::mail::{Letter, Mailbox};
use crate::support::person::{Person, form_token};
use crate::support::reply::Reply;

const NEW: &str = "a new password of mine";

async fn events(site: &Site, kind: &str) -> i64 {
    site.count(&format!("SELECT COUNT(*) FROM event WHERE kind = '{kind}'")).await
}

async fn ask(person: &mut Person, page: &str, email: &str) -> Reply {
    person.post_from(page, page, &[("email", email)]).await
}

/// The page without what is this browser's own.
fn plain(page: &Reply) -> String {
    let token = page.text.contains("name=\"csrf\"").then(|| form_token(page));
    token.map_or_else(|| page.text.clone(), |token| page.text.replace(&token, ""))
}

/// Decision 17: what a stranger reads is the same whether or not the address has an account, and
/// the letter says which; what it leads to begins with the issuer, whatever host was asked for.
#[tokio::test]
async fn nobody_learns_from_a_page_whether_an_address_has_an_account() {
    let mailbox = Mailbox::new();
    let site = Site::open_with(&mailbox.settings()).await;
    site.add_person("ada@example.com").await;
    let mut eve = Person::new(&site, "eve@example.com");
    for page in ["/sign-up", "/forgot-password"] {
        let known = ask(&mut eve, page, "ada@example.com").await;
        let unknown = ask(&mut eve, page, "nobody@example.com").await;
        assert_eq!((known.status, unknown.status), (200, 200), "{page}");
        assert_eq!(plain(&known), plain(&unknown), "{page}");
        assert!(!known.text.contains("ada@example.com"), "{page}");
    }
    let hers = mailbox.has("ada@example.com", 2).await;
    // Both were written in the same second.
    for subject in ["you have an account", "choose a new password"] {
        let of = |letter: &&Letter| letter.header("Subject").contains(subject);
        assert_eq!(hers.iter().filter(of).count(), 1, "{subject}");
    }
    let strangers = mailbox.has("nobody@example.com", 1).await;
    assert!(strangers[0].header("Subject").contains("make your account"));
    assert_eq!(mailbox.letters().len(), 3, "nobody without an account chooses a new password");

    let token = form_token(&eve.get("/forgot-password").await);
    let form = [("email", "ada@example.com"), ("csrf", token.as_str())];
    let request = site.client.post(format!("{}/forgot-password", site.url)).form(&form);
    let request = request.header("cookie", eve.cookie.clone().expect("a cookie"));
    let forged = request.header("host", "evil.example").header("x-forwarded-host", "evil.example");
    Reply::of(forged).await;
    for letter in mailbox.letters() {
        assert!(letter.links().iter().all(|link| link.starts_with(&site.url)), "{}", letter.text);
        assert!(!letter.text.contains("evil"), "{}", letter.text);
    }
    site.close().await;
}

/// Decision 17: an account that is made over a mailbox has a verified address from its first
/// moment, and answers the agents that name it; the link works once, and looking uses it up not.
#[tokio::test]
async fn an_account_is_made_by_whoever_reads_the_mailbox() {
    let mailbox = Mailbox::new();
    let site = Site::open_with(&mailbox.settings()).await;
    let mut ada = Person::new(&site, "ada@example.com");
    assert_eq!(ask(&mut ada, "/sign-up", "ada@example.com").await.status, 200);
    assert_eq!(site.count("SELECT COUNT(*) FROM account").await, 0, "nothing before the link");
    let path = mailbox.has("ada@example.com", 1).await[0].path(&site.url);
    for _scanner in 0..3 {
        assert_eq!(Person::new(&site, "x@example.com").get(&path).await.status, 200);
    }
    let short = ada.post_from(&path, &path, &[("name", "Ada"), ("password", "short")]).await;
    assert_eq!(short.status, 422);
    let made = ada.post_from(&path, &path, &[("name", "Ada"), ("password", NEW)]).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let registered = site.agent().register_for("ada@example.com").await;
    assert_eq!(ada.approve(&registered).await.status, 303);
    let before = state(&site).await;
    let mut eve = Person::new(&site, "eve@example.com");
    assert_eq!(eve.get(&path).await.status, 410);
    let token = form_token(&eve.get("/sign-in").await);
    let again = [("name", "Eve"), ("password", NEW), ("csrf", token.as_str())];
    assert_eq!(eve.post_raw(&path, &again).await.status, 410);
    assert_eq!(state(&site).await, before);
    site.close().await;
}

/// Security contract: a new password over the mailbox ends every browser and every other link, is
/// told by a letter, works once and for an hour, and never for an address that nobody verified:
/// whoever squats on one may have let agents in.
#[tokio::test]
async fn a_forgotten_password_is_replaced_over_the_mailbox_once_and_within_an_hour() {
    let mailbox = Mailbox::new();
    let site = Site::open_with(&mailbox.settings()).await;
    let mut thief = site.person("ada@example.com").await;
    let mut ada = Person::new(&site, "ada@example.com");
    for _letter in 0..2 {
        ask(&mut ada, "/forgot-password", "ada@example.com").await;
    }
    let letters = mailbox.has("ada@example.com", 2).await;
    let (older, newer) = (letters[0].path(&site.url), letters[1].path(&site.url));
    assert_eq!(thief.get("/account/sessions").await.status, 200, "asking changes nothing");
    site.advance(Seconds(3_599));
    let set = ada.post_from(&newer, &newer, &[("password", NEW)]).await;
    assert_eq!(set.status, 303, "{}", set.text);
    assert_eq!(thief.get("/account/sessions").await.status, 303, "every browser is signed out");
    for link in [&older, &newer] {
        assert_eq!(ada.get(link).await.status, 410, "no link of before is good");
    }
    let told = mailbox.has("ada@example.com", 3).await;
    assert!(told[2].header("Subject").contains("your password was changed"), "{}", told[2].head);

    site.advance(Seconds(1));
    ask(&mut Person::new(&site, "ada@example.com"), "/forgot-password", "ada@example.com").await;
    let path = mailbox.has("ada@example.com", 4).await[3].path(&site.url);
    site.advance(Seconds::HOUR);
    assert_eq!(ada.get(&path).await.status, 410, "an hour is over");
    site.tamper("UPDATE account SET email_verified_at = NULL").await;
    ask(&mut Person::new(&site, "ada@example.com"), "/forgot-password", "ada@example.com").await;
    assert_eq!(events(&site, "account.password_reset_asked").await, 3, "not the fourth");
    site.close().await;
}

/// Decision 17: an address is verified by whoever has the account and the mailbox, and by nobody
/// who has one of them; opening the link, as scanners do, verifies nothing.
#[tokio::test]
async fn an_address_is_verified_by_account_and_mailbox_together() {
    let mailbox = Mailbox::new();
    let site = Site::open_with(&mailbox.settings()).await;
    let mut ada = site.person("ada@example.com").await;
    let mut eve = site.person("eve@example.com").await;
    site.tamper("UPDATE account SET email_verified_at = NULL").await;
    let verified = "SELECT COUNT(*) FROM account WHERE email_verified_at IS NOT NULL";
    let page = "/account/address";
    assert!(ada.get("/account/sessions").await.text.contains(page), "the page leads there");
    assert_eq!(ada.post_from(page, page, &[]).await.status, 200);
    let link = mailbox.has("ada@example.com", 1).await[0].path(&site.url);
    assert!(link.starts_with("/account/address/otl_"), "{link}");
    assert_eq!(ada.get(&link).await.status, 200);
    assert_eq!(eve.get(&link).await.status, 410, "the mailbox without the account");
    let token = form_token(&eve.get(page).await);
    assert_eq!(eve.post_raw(&link, &[("csrf", &token)]).await.status, 410);
    let signed_out = Person::new(&site, "ada@example.com").get(&link).await;
    assert!(signed_out.header("location").is_some_and(|to| to.contains("return_to")));
    assert_eq!(site.count(verified).await, 0);
    assert_eq!(ada.post_from(&link, &link, &[]).await.status, 303);
    assert_eq!(site.count(verified).await, 1);
    assert_eq!(ada.get(&link).await.status, 410, "once");
    assert_eq!(events(&site, "account.address_verified").await, 1);
    site.close().await;
}

/// Nobody floods a mailbox, and whoever tries does not learn from which letter on none went out;
/// whoever asks for many mailboxes is told to wait.
#[tokio::test]
async fn a_mailbox_gets_a_few_letters_an_hour_and_no_more() {
    let mailbox = Mailbox::new();
    let limits = "[limits]\nletters_asked_for_per_address_per_hour = 12\n";
    let site = Site::open_with(&format!("{limits}{}", mailbox.settings())).await;
    site.add_person("ada@example.com").await;
    let mut eve = Person::new(&site, "eve@example.com");
    for _letter in 0..10 {
        assert_eq!(ask(&mut eve, "/forgot-password", "ada@example.com").await.status, 200);
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM one_time_link").await, 5);
    for _other in 0..2 {
        assert_eq!(ask(&mut eve, "/sign-up", "bob@example.com").await.status, 200);
    }
    let beyond = ask(&mut eve, "/sign-up", "cleo@example.com").await;
    assert_eq!((beyond.status, beyond.header("retry-after")), (429, Some("3600")));
    assert_eq!(mailbox.has("ada@example.com", 5).await.len(), 5);
    site.close().await;
}

/// contracts/operator.md: without mail nothing promises a letter, and the operator's links go on.
#[tokio::test]
async fn without_mail_no_page_promises_a_letter() {
    let site = Site::open().await;
    let mut ada = site.person("ada@example.com").await;
    for page in ["/forgot-password", "/account/address"] {
        assert_eq!(ada.get(page).await.status, 404, "{page}");
    }
    assert!(!Person::new(&site, "x@example.com").get("/sign-in").await.text.contains("forgot"));
    site.tamper("UPDATE account SET email_verified_at = NULL").await;
    assert!(!ada.get("/account/sessions").await.text.contains("/account/address"));
    site.close().await;
}
