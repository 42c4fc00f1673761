//! `/admin`: what administrators see and do, and everybody else does not.

use countersign::protocol::timestamp::Seconds;
use futures_util::future::join;

use crate::support::mail::Mailbox;
use crate::support::person::{Person, between, form_token};
use crate::support::reply::Reply;
use crate::support::{Site, rounds};

/// The identifier of this person's account, as the list has it.
async fn id(admin: &mut Person, email: &str) -> String {
    let list = admin.get(&format!("/admin/accounts?search={email}")).await;
    assert_eq!(list.status, 200, "{}", list.text);
    let (_, rest) = list.text.split_once("/admin/accounts/acc_").expect("an account");
    let (id, _) = rest.split_once('"').expect("an id");
    assert!(rest.contains(email), "{rest}");
    format!("acc_{id}")
}

async fn act(admin: &mut Person, id: &str, act: &str) -> Reply {
    let page = format!("/admin/accounts/{id}");
    admin.post_from(&page, &page, &[("act", act)]).await
}

/// Who is no administrator finds nothing, and a form of one that was dismissed meanwhile does
/// nothing: what the account says at this moment counts.
#[tokio::test]
async fn nobody_but_an_administrator_finds_the_administration() {
    let site = Site::open().await;
    let mut ada = site.administrator("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let bobs = id(&mut ada, "bob@example.com").await;
    let one = format!("/admin/accounts/{bobs}");
    assert!(ada.get("/account/sessions").await.text.contains("href=\"/admin\""));
    assert!(!bob.get("/account/sessions").await.text.contains("/admin"));
    for page in ["/admin", "/admin/accounts", &one] {
        assert_eq!(ada.get(page).await.status, 200, "{page}");
        assert_eq!(bob.get(page).await.status, 404, "{page}");
        assert_eq!(Person::new(&site, "eve@example.com").get(page).await.status, 303, "{page}");
    }
    let form = form_token(&bob.get("/account/sessions").await);
    let forged = bob.post_raw(&one, &[("csrf", &form), ("act", "appoint")]).await;
    assert_eq!(forged.status, 404);
    let form = form_token(&ada.get(&one).await);
    site.tamper("UPDATE account SET administrator = FALSE").await;
    let late = ada.post_raw(&one, &[("csrf", &form), ("act", "appoint")]).await;
    assert_eq!(late.status, 404);
    assert_eq!(site.count("SELECT COUNT(*) FROM account WHERE administrator").await, 0);
    site.close().await;
}

/// Accounts are found by a part of their address, whatever is in it, and a page at a time.
#[tokio::test]
async fn accounts_are_found_by_a_part_of_the_address_and_read_page_by_page() {
    let site = Site::open().await;
    let mut ada = site.administrator("ada@example.com").await;
    for (number, email) in
        (0..60).map(|n| (n, format!("p{n}_x@example.com"))).chain([(60, "100%@example.com".into())])
    {
        let sql = format!(
            "INSERT INTO account (id, email, name, administrator, created_at, revision) \
             VALUES ('acc_0{number:03}', '{email}', '', FALSE, {number}, 1)"
        );
        site.tamper(&sql).await;
    }
    let found = async |ada: &mut Person, query: &str| {
        let page = ada.get(&format!("/admin/accounts?{query}")).await.text;
        (page.matches("/admin/accounts/acc_").count(), page)
    };
    assert_eq!(found(&mut ada, "search=P7_X").await.0, 1, "in any letters");
    assert_eq!(found(&mut ada, "search=%25").await.0, 1, "nothing is a wildcard");
    assert_eq!(found(&mut ada, "search=_x%40").await.0, 50);
    let (first, page) = found(&mut ada, "search=").await;
    let (_, older) = page.split_once("after=").expect("more");
    let (after, _) = older.split_once('"').expect("an id");
    let (second, page) = found(&mut ada, &format!("after={after}")).await;
    assert_eq!((first, second), (50, 12), "each of 62 once");
    assert!(!page.contains("after="), "the end");
    site.close().await;
}

/// What is done is done at once, recorded in the history of whoever it was done to, and takes a
/// sign-in a moment ago.
#[tokio::test]
async fn an_act_is_recorded_with_who_did_it_and_takes_a_fresh_sign_in() {
    let site = Site::open().await;
    let mut ada = site.administrator("ada@example.com").await;
    let mut bob = site.person("bob@example.com").await;
    let registered = site.agent().register_for("bob@example.com").await;
    assert_eq!(bob.approve(&registered).await.status, 303);
    let access = crate::support::agent::member(
        &site.agent().poll(&registered.claim_token).await,
        "access_token",
    );
    let (hers, bobs) =
        (id(&mut ada, "ada@example.com").await, id(&mut ada, "bob@example.com").await);
    assert_eq!(act(&mut ada, &bobs, "end_sessions").await.status, 303);
    site.assert_dead(&access).await;
    assert_eq!(bob.get("/account/sessions").await.status, 200);
    assert!(bob.get("/account/history").await.text.contains("An administrator ended all agent"));
    assert_eq!(act(&mut ada, &bobs, "sign_out").await.status, 303);
    assert_eq!(bob.get("/account/sessions").await.status, 303);
    bob = site.again("bob@example.com").await;
    for (kind, times) in [("session.all_ended", 1), ("account.browsers_signed_out", 1)] {
        let sql = format!(
            "SELECT COUNT(*) FROM event WHERE kind = '{kind}' AND account_id = '{bobs}' \
             AND cause = 'administrator:{hers}'"
        );
        assert_eq!(site.count(&sql).await, times, "{kind}");
    }
    assert_eq!(act(&mut ada, &bobs, "promote").await.status, 400);
    assert_eq!(act(&mut ada, "acc_nobody", "close").await.status, 404);
    assert_eq!(act(&mut ada, &bobs, "reopen").await.status, 409, "it is open");
    site.advance(Seconds::MINUTE.times(5));
    let late = act(&mut ada, &bobs, "close").await;
    assert!(late.header("location").is_some_and(|to| to.contains("again=1")), "{}", late.text);
    let closed = "SELECT COUNT(*) FROM account WHERE closed_at IS NOT NULL";
    assert_eq!(site.count(closed).await, 0);
    ada = site.again("ada@example.com").await;
    assert_eq!(act(&mut ada, &bobs, "close").await.status, 303);
    assert_eq!(site.count(closed).await, 1);
    assert_eq!(bob.get("/account/sessions").await.status, 303);
    site.close().await;
}

/// Nobody closes or dismisses themselves, and of two who dismiss each other at once one is left: so
/// there is always somebody who administers.
#[tokio::test]
async fn somebody_always_administers() {
    let site = Site::open().await;
    let left = "SELECT COUNT(*) FROM account WHERE administrator AND closed_at IS NULL";
    let mut ada = site.administrator("ada@example.com").await;
    let hers = id(&mut ada, "ada@example.com").await;
    for own in ["close", "dismiss"] {
        let page = format!("/admin/accounts/{hers}");
        let form = form_token(&ada.get(&page).await);
        let refused = ada.post_raw(&page, &[("csrf", &form), ("act", own)]).await;
        assert_eq!(refused.status, 403, "{own}");
        assert_eq!(site.count(left).await, 1);
    }
    site.administrator("bob@example.com").await;
    let bobs = id(&mut ada, "bob@example.com").await;
    for round in 0..rounds(16) {
        site.tamper("UPDATE account SET administrator = TRUE, closed_at = NULL").await;
        ada = site.again("ada@example.com").await;
        let mut bob = site.again("bob@example.com").await;
        let act = if round % 2 == 0 { "dismiss" } else { "close" };
        let (his, her) = (format!("/admin/accounts/{bobs}"), format!("/admin/accounts/{hers}"));
        let forms = [form_token(&ada.get(&his).await), form_token(&bob.get(&her).await)];
        let (one, other) = join(
            ada.post_raw(&his, &[("csrf", &forms[0]), ("act", act)]),
            bob.post_raw(&her, &[("csrf", &forms[1]), ("act", act)]),
        )
        .await;
        let statuses = [one.status, other.status];
        let done = statuses.iter().filter(|status| **status == 303).count();
        assert!(done >= 1, "{statuses:?}");
        assert_eq!(site.count(left).await, 1, "round {round}: {statuses:?}");
    }
    site.close().await;
}

/// The figures are those of the database: what was asked and answered today is in today's row.
#[tokio::test]
async fn the_figures_of_a_day_are_what_happened_on_it() {
    let site = Site::open().await;
    let mut ada = site.administrator("ada@example.com").await;
    let agent = site.agent();
    for _ in 0..3 {
        let registered = agent.register_for("ada@example.com").await;
        assert_eq!(ada.approve(&registered).await.status, 303);
        agent.poll(&registered.claim_token).await;
    }
    let denied = agent.register_for("ada@example.com").await;
    let no = [("decision", "deny"), ("denial_reason", "not_now")];
    assert_eq!(ada.answer(&denied.link(), &no).await.status, 303);
    site.advance(Seconds::DAY);
    ada = site.again("ada@example.com").await;
    agent.register_for("ada@example.com").await;
    let page = ada.get("/admin").await.text;
    let row = |asked: u32, approved: u32, denied: u32| {
        format!("<td>{asked}</td><td>{approved}</td><td>{denied}</td><td>0</td></tr>")
    };
    let days: Vec<&str> = page.split("<tr>").skip(2).collect();
    assert_eq!(days.len(), 14);
    assert!(days[12].contains("2027-01-15") && days[12].contains(&row(4, 3, 1)), "{}", days[12]);
    assert!(days[13].contains("2027-01-16") && days[13].contains(&row(1, 0, 0)), "{}", days[13]);
    assert!(days[..12].iter().all(|day| day.contains(&row(0, 0, 0))));
    assert!(page.contains("<svg"), "{page}");
    site.close().await;
}

/// Without mail the administrator gets the link, once, and hands it over; whoever has it chooses the
/// password of an account whose address is verified. What is wrong adds nobody and keeps the input.
#[tokio::test]
async fn an_administrator_adds_a_person() {
    let site = Site::open().await;
    let mut ada = site.administrator("ada@example.com").await;
    let page = "/admin/accounts";
    for (email, says) in [("nobody", "e-mail address"), ("ada@example.com", "cannot be used")] {
        let wrong = ada.post_from(page, page, &[("name", "Bob"), ("email", email)]).await;
        assert_eq!(wrong.status, 422, "{email}");
        assert!(
            wrong.text.contains(says) && wrong.text.contains("value=\"Bob\""),
            "{}",
            wrong.text
        );
    }
    let fields = [("name", "Bob"), ("email", " Bob@example.com")];
    let added = ada.post_from(page, page, &fields).await;
    assert_eq!(added.status, 200, "{}", added.text);
    let path = between(&added.text, "/welcome/", "<").expect("a link").trim().to_owned();
    let path = format!("/welcome/{path}");
    let mut bob = Person::new(&site, "bob@example.com");
    assert_eq!(bob.sign_in_with("a password of his own").await.status, 401, "none yet");
    let chosen = bob.post_from(&path, &path, &[("password", "a password of his own")]).await;
    assert_eq!(chosen.status, 303, "{}", chosen.text);
    let verified = "SELECT COUNT(*) FROM account WHERE email = 'bob@example.com' \
                    AND email_verified_at IS NOT NULL AND NOT administrator";
    assert_eq!(site.count(verified).await, 1);
    let caused = "SELECT COUNT(*) FROM event WHERE kind = 'account.created' \
                  AND cause LIKE '%administrator%'";
    assert_eq!(site.count(caused).await, 1);

    site.advance(Seconds::HOUR);
    let late = ada.post_from(page, page, &[("name", ""), ("email", "eve@example.com")]).await;
    assert!(late.header("location").expect("a way on").starts_with("/sign-in?"), "{}", late.text);
    assert_eq!(site.count("SELECT COUNT(*) FROM account").await, 2, "after a fresh sign-in only");
    site.close().await;
}

/// With mail the link goes to the mailbox alone, so that no administrator can take the account up.
#[tokio::test]
async fn with_mail_only_the_mailbox_gets_the_link() {
    let mailbox = Mailbox::new();
    let site = Site::open_with(&mailbox.settings()).await;
    let mut ada = site.administrator("ada@example.com").await;
    let page = "/admin/accounts";
    let added = ada.post_from(page, page, &[("name", ""), ("email", "bob@example.com")]).await;
    assert!(added.status == 200 && !added.text.contains("/welcome/"), "{}", added.text);
    let letter = mailbox.has("bob@example.com", 1).await.remove(0);
    let path = letter.path(site.app.issuer());
    let mut bob = Person::new(&site, "bob@example.com");
    let chosen = bob.post_from(&path, &path, &[("password", "a password of his own")]).await;
    assert_eq!(chosen.status, 303, "{}", chosen.text);
    site.close().await;
}
