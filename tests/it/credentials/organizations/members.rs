//! Who belongs, who says so, and what must not have changed where they may not.

use countersign::protocol::timestamp::Seconds;
use futures_util::future::{join, join_all};

use super::{PAGE, PROFILES, account, found, invite, let_in, link, member, site};
use crate::pages::state;
use crate::support::mail::Mailbox;
use crate::support::person::form_token;
use crate::support::reply::Reply;
use crate::support::{Site, rounds};

/// AV16: an invitation is a link for one address, good once, and looking at it takes nothing up.
#[tokio::test]
async fn an_invitation_lets_one_person_in_once() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut ben = site.person("ben@example.com").await;
    let mut eve = site.person("eve@example.com").await;
    let slug = found(&mut ada, "Acme Labs").await;
    assert_eq!(slug, "acme-labs");
    let link = link(&site, &invite(&mut ada, &slug, "Ben@Example.com", "member").await);
    let page = ada.get(&format!("{PAGE}/{slug}")).await.text;
    assert!(page.contains("ben@example.com") && !page.contains("otl_"), "shown once");
    let before = state(&site).await;
    let other = eve.get(&link).await;
    assert_eq!(other.status, 410, "it is for another address");
    assert!(!other.text.contains("Acme"), "and tells nobody of what");
    let token = form_token(&eve.get(PAGE).await);
    assert_eq!(eve.post_raw(&link, &[("csrf", token.as_str())]).await.status, 410);
    for _ in 0..2 {
        let asked = ben.get(&link).await;
        assert_eq!(asked.status, 200, "looking takes nothing up");
        assert!(asked.text.contains("Acme Labs") && asked.text.contains("ada@example.com"));
    }
    assert_eq!(state(&site).await, before);
    assert_eq!(ben.post_from(&link, &link, &[]).await.status, 303);
    assert_eq!(ben.get(&link).await.status, 410, "it is used");
    let page = ben.get(&format!("{PAGE}/{slug}")).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("ada@example.com") && !page.text.contains("/invite\""));
    assert_eq!(eve.get(&format!("{PAGE}/{slug}")).await.status, 404, "there is none for her");
    site.close().await;
}

/// With mail the mailbox gets the link too; a word of a stranger's is not in the letter, and a
/// mailbox that has had enough gets no more, though the link works.
#[tokio::test]
async fn an_invitation_goes_to_its_mailbox_too() {
    let mailbox = Mailbox::new();
    let limits = "[limits]\nletters_per_mailbox_per_hour = 1\n";
    let settings = format!("{}{limits}{PROFILES}", mailbox.settings());
    let site = Site::open_with(&settings).await;
    let mut ada = site.person("ada@example.com").await;
    let mut ben = site.person("ben@example.com").await;
    let slug = found(&mut ada, "Call 555 0100 now").await;
    let invited = invite(&mut ada, &slug, "ben@example.com", "member").await;
    assert!(invited.text.contains("A letter takes it to"), "{}", invited.text);
    let letter = mailbox.has("ben@example.com", 1).await.remove(0);
    assert!(!letter.text.contains("555") && !letter.head.contains("555"), "{}", letter.text);
    assert_eq!(letter.path(site.app.issuer()), link(&site, &invited));
    let again = link(&site, &invite(&mut ada, &slug, "ben@example.com", "member").await);
    assert_eq!(ben.post_from(&again, &again, &[]).await.status, 303);
    assert_eq!(mailbox.letters().len(), 1);
    site.close().await;
}

/// AV16: withdrawn, run out, or of somebody who may invite no longer: worth nothing.
#[tokio::test]
async fn an_invitation_ends_with_its_time_its_withdrawal_and_whoever_sent_it() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut ben = site.person("ben@example.com").await;
    let mut cleo = site.person("cleo@example.com").await;
    let slug = found(&mut ada, "Acme").await;
    let page = format!("{PAGE}/{slug}");

    let withdrawn = link(&site, &invite(&mut ada, &slug, &cleo.email, "member").await);
    let text = ada.get(&page).await.text;
    let id = text.split_once("/invitations/").expect("one").1.split('/').next().expect("an id");
    let path = format!("{page}/invitations/{id}/withdraw");
    assert_eq!(ada.post_from(&page, &path, &[]).await.status, 303);
    assert_eq!(cleo.get(&withdrawn).await.status, 410);

    let_in(&site, &mut ada, &slug, &mut ben, "administrator").await;
    let his = link(&site, &invite(&mut ben, &slug, &cleo.email, "administrator").await);
    let ben_id = account(&site, "ben@example.com").await;
    let role = [("role", "member")];
    assert_eq!(member(&mut ada, &slug, (&ben_id, "role"), &role).await.status, 303);
    let before = state(&site).await;
    let refused = cleo.post_from(&his, &his, &[]).await;
    assert_eq!(refused.status, 410, "whoever sent it may invite no longer");
    assert_eq!(state(&site).await, before);
    assert_eq!(member(&mut ada, &slug, (&ben_id, "remove"), &[]).await.status, 303);
    assert_eq!(cleo.get(&his).await.status, 410, "and it went with him");

    let late = link(&site, &invite(&mut ada, &slug, &cleo.email, "member").await);
    site.advance(Seconds::DAY.times(7));
    cleo.sign_in().await;
    assert_eq!(cleo.get(&late).await.status, 410);
    site.close().await;
}

/// AV16, P4: nobody gives more than they have, and an inviting browser has to have signed in a
/// moment ago, or whoever borrowed it would let himself in.
#[tokio::test]
async fn nobody_lets_somebody_in_above_their_own_role_or_with_an_old_sign_in() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut ben = site.person("ben@example.com").await;
    let mut cleo = site.person("cleo@example.com").await;
    let slug = found(&mut ada, "Acme").await;
    let_in(&site, &mut ada, &slug, &mut ben, "administrator").await;
    let_in(&site, &mut ada, &slug, &mut cleo, "member").await;
    let (ada_id, cleo_id) =
        (account(&site, "ada@example.com").await, account(&site, "cleo@example.com").await);
    let before = state(&site).await;
    assert_eq!(invite(&mut ben, &slug, "eve@example.com", "owner").await.status, 403);
    let owner = [("role", "owner")];
    assert_eq!(member(&mut ben, &slug, (&cleo_id, "role"), &owner).await.status, 403);
    assert_eq!(member(&mut ben, &slug, (&ada_id, "remove"), &[]).await.status, 403);
    assert_eq!(member(&mut ada, &slug, (&ada_id, "remove"), &[]).await.status, 422, "the last");
    for (path, fields) in [
        ("invite", &[("email", "eve@example.com"), ("role", "member")][..]),
        ("dissolve", &[]),
        (&format!("members/{ada_id}/remove"), &[]),
    ] {
        let page = format!("{PAGE}/{slug}");
        let refused = cleo.post_from(&page, &format!("{page}/{path}"), fields).await;
        assert_eq!(refused.status, 403, "{path}");
    }
    site.advance(Seconds(301));
    let stale = invite(&mut ada, &slug, "eve@example.com", "member").await;
    assert_eq!(stale.status, 303);
    assert!(stale.header("location").is_some_and(|place| place.contains("again=1")));
    assert_eq!(member(&mut ada, &slug, (&cleo_id, "role"), &owner).await.status, 303);
    assert_eq!(state(&site).await, before);
    site.close().await;
}

/// AV16, P1: of two owners who leave at the same moment one stays, and an invitation that is
/// answered many times at once lets in once.
#[tokio::test]
async fn two_owners_never_leave_together_and_nobody_joins_twice() {
    let site = site().await;
    let mut ada = site.person("ada@example.com").await;
    let mut ben = site.person("ben@example.com").await;
    for round in 0..rounds(4) {
        let slug = found(&mut ada, &format!("Acme {round}")).await;
        let link = link(&site, &invite(&mut ada, &slug, &ben.email, "owner").await);
        let token = form_token(&ben.get(&link).await);
        let cookie = ben.cookie.clone().expect("a cookie");
        let join_once = || {
            let request = site.client.post(format!("{}{link}", site.url));
            Reply::of(request.header("cookie", &cookie).form(&[("csrf", &token)]))
        };
        let joined = join_all((0..8).map(|_| join_once())).await;
        let in_now = joined.iter().filter(|reply| reply.status == 303).count();
        assert_eq!(in_now, 1, "{:?}", joined.iter().map(|one| one.status).collect::<Vec<_>>());
        let (ada_id, ben_id) =
            (account(&site, "ada@example.com").await, account(&site, "ben@example.com").await);
        let left = join(
            member(&mut ada, &slug, (&ada_id, "remove"), &[]),
            member(&mut ben, &slug, (&ben_id, "remove"), &[]),
        );
        let left = left.await;
        let sql = "SELECT COUNT(*) FROM organization_member m JOIN organization o \
                   ON o.id = m.organization_id WHERE o.slug = 'acme-ROUND' AND m.role = 'owner'";
        let owners = site.count(&sql.replace("ROUND", &round.to_string())).await;
        assert_eq!(owners, 1, "{} {}", left.0.status, left.1.status);
        for (person, id) in [(&mut ada, ada_id), (&mut ben, ben_id)] {
            let page = format!("{PAGE}/{slug}");
            if person.get(&page).await.status == 200 {
                assert_eq!(member(person, &slug, (&id, "remove"), &[]).await.status, 422);
                let gone = person.post_from(&page, &format!("{page}/dissolve"), &[]).await;
                assert_eq!(gone.status, 303);
            }
        }
    }
    assert_eq!(site.count("SELECT COUNT(*) FROM organization_member").await, 0);
    site.close().await;
}

/// Bad input: each is told beside its field, with what was entered, and nothing is made.
#[tokio::test]
async fn what_cannot_be_an_organization_is_refused_with_what_was_entered() {
    let limits = "[limits]\norganizations_per_account = 2\nmembers_per_organization = 1\n";
    let site = Site::open_with(&format!("{limits}{PROFILES}")).await;
    let mut ada = site.person("ada@example.com").await;
    let mut ben = site.person("ben@example.com").await;
    let slug = found(&mut ben, "Taken").await;
    let before = state(&site).await;
    let long = "x".repeat(81);
    for (name, slug, words) in [
        ("", "", "Give the organization a name."),
        ("\u{202E}\u{200B}", "", "Give the organization a name."),
        (long.as_str(), "", "80 characters at most"),
        ("東京", "", "Write a short name"),
        ("Acme", "-acme", "Write a short name"),
        ("Acme", "acme/labs", "Write a short name"),
        ("Acme", "taken", "Another organization here has that short name"),
    ] {
        let made = ada.post_from(PAGE, PAGE, &[("name", name), ("slug", slug)]).await;
        assert_eq!(made.status, 422, "{name:?} {slug:?}");
        assert!(made.text.contains(words), "{name:?} {slug:?}: {}", made.text);
    }
    assert_eq!(state(&site).await, before);
    for name in ["One", "Two"] {
        found(&mut ada, name).await;
    }
    let made = ada.post_from(PAGE, PAGE, &[("name", "Three")]).await;
    assert!(made.status == 422 || made.status == 429, "{}", made.status);
    site.advance(Seconds::HOUR);
    let made = ada.post_from(PAGE, PAGE, &[("name", "Three")]).await;
    assert_eq!(made.status, 422, "{}", made.text);
    assert!(made.text.contains("You own as many organizations"), "{}", made.text);
    assert_eq!(site.count("SELECT COUNT(*) FROM organization").await, 3);

    ben.sign_in_again("/sign-in?again=1").await;
    for email in ["", "nobody", "a@b@c", "ada@example.com\r\nbcc: x@example.com"] {
        let refused = invite(&mut ben, &slug, email, "member").await;
        assert_eq!(refused.status, 422, "{email:?}");
    }
    assert_eq!(invite(&mut ben, &slug, "ada@example.com", "king").await.status, 400);
    let link = link(&site, &invite(&mut ben, &slug, "ada@example.com", "member").await);
    let full = ada.post_from(&link, &link, &[]).await;
    assert_eq!(full.status, 409, "as many belong as may");
    assert_eq!(site.count("SELECT COUNT(*) FROM organization_member").await, 3);
    for page in ["none", "..", "a%00b", "Taken"] {
        assert_eq!(ada.get(&format!("{PAGE}/{page}")).await.status, 404, "{page}");
    }
    site.close().await;
}
