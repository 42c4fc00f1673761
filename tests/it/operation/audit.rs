//! The audit trail shows where it was changed (docs/adr/0027): whoever can write the database,
//! and does not hold the master secret, against `countersign audit verify`.

use countersign::flow::history::{self, Linker, Report};
use countersign::flow::upkeep;
use countersign::protocol::timestamp::Seconds;
use futures_util::future::join_all;

use super::load::{Ledger, Load};
use crate::support::process::{GENEROUS, Place};
use crate::support::{PASSWORD, Site};

/// Two people with a history of some entries each, all linked.
async fn lived_in() -> Site {
    let site = Site::open().await;
    for email in ["ada@example.com", "bea@example.com"] {
        let mut person = site.person(email).await;
        for _again in 0..3 {
            person.post_from("/account/sessions", "/sign-out", &[]).await;
            assert_eq!(person.sign_in().await.status, 303);
        }
    }
    link(&site).await;
    let report = verify(&site).await;
    assert_eq!(lines(&report), Vec::<String>::new());
    assert!(report.count >= 14 && report.unlinked == 0, "{report:?}");
    site
}

/// Links what there is. The server's own linker may have been at it first: then there is a rest.
async fn link(site: &Site) {
    for _again in 0..100 {
        Linker::default().link(&site.app).await.expect("linked");
        if verify(site).await.unlinked == 0 {
            return;
        }
    }
}

async fn verify(site: &Site) -> Report {
    history::verify(&site.app, |_, _| ()).await.expect("examined")
}

/// What was found, and the entry it is about.
fn lines(report: &Report) -> Vec<String> {
    let line = |finding: &countersign::domain::examination::Finding| {
        let position = finding.position.map_or(String::new(), |position| format!(" {position}"));
        format!("{}{position}", finding.fault.name())
    };
    report.findings.iter().map(line).collect()
}

/// ADR 0027: each column is under the seal, and the row is named with its account and time.
#[tokio::test]
async fn a_changed_row_is_named_whatever_was_changed_in_it() {
    for change in [
        "kind = 'account.plan_assigned'",
        "at = at - 60",
        "address = '192.0.2.9'",
        "detail = 'something else'",
        "agent = 'desk'",
        "resource = 'https://api.example.com'",
        "cause = 'rule:another'",
        "session_id = 'ses_1'",
        "seal = 'AAAAAAAAAAAAAAAAAAAAAA'",
    ] {
        let site = lived_in().await;
        site.tamper(&format!("UPDATE event SET {change} WHERE position = 5")).await;
        let report = verify(&site).await;
        let finding = report.findings.first().expect(change);
        assert_eq!(lines(&report).first().map(String::as_str), Some("changed 5"), "{change}");
        assert!(finding.id.as_ref().is_some_and(|id| id.starts_with("evt_")), "{change}");
        assert!(finding.chain.as_ref().is_some_and(|id| id.starts_with("acc_")), "{change}");
        assert!(finding.at.is_some(), "{change}");
        assert!(report.findings.iter().all(|finding| finding.position >= Some(5)), "{change}");
        site.close().await;
    }
}

/// ADR 0027: a row that is handed to another account is no longer what was sealed, and neither
/// chain is reported beyond it.
#[tokio::test]
async fn a_row_moved_to_another_account_is_the_one_that_is_named() {
    let site = lived_in().await;
    site.tamper(
        "UPDATE event SET account_id = (SELECT account_id FROM event WHERE position = 13) \
         WHERE position = 4",
    )
    .await;
    assert_eq!(lines(&verify(&site).await), ["changed 4"]);
    site.close().await;
}

/// ADR 0027: what is gone leaves its place, in the middle and at the end, one or several, and
/// also where the head of its chain went with it.
#[tokio::test]
async fn a_deleted_row_leaves_a_gap_that_is_named() {
    let site = lived_in().await;
    let last = verify(&site).await.count;
    site.tamper("DELETE FROM event WHERE position = 4").await;
    let report = verify(&site).await;
    assert_eq!(lines(&report), ["missing 4"]);
    assert!(report.findings.iter().all(|finding| finding.at.is_some()), "{report:?}");
    site.tamper(&format!("DELETE FROM event WHERE position > {}", last - 2)).await;
    let found = lines(&verify(&site).await);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found.iter().all(|line| line.starts_with("missing")), "{found:?}");
    site.close().await;
}

/// ADR 0027: an older signed head does not hide a deleted tail, because the sum of all chains
/// knows how many entries there were.
#[tokio::test]
async fn a_tail_deleted_with_an_older_head_put_back_is_found() {
    let site = lived_in().await;
    let account = "(SELECT account_id FROM event WHERE position = 13)";
    site.tamper("CREATE TABLE kept AS SELECT * FROM history_chain").await;
    let before = verify(&site).await.count;
    let mut cleo = site.person("cleo@example.com").await;
    cleo.post_from("/account/sessions", "/sign-out", &[]).await;
    let mut bea = site.again("bea@example.com").await;
    assert_eq!(bea.post_from("/account/sessions", "/sign-out", &[]).await.status, 303);
    link(&site).await;
    site.tamper(&format!("DELETE FROM event WHERE position > {before} AND account_id = {account}"))
        .await;
    site.tamper(&format!("DELETE FROM history_chain WHERE chain = {account}")).await;
    let put_back = format!("INSERT INTO history_chain SELECT * FROM kept WHERE chain = {account}");
    site.tamper(&put_back).await;
    assert_ne!(lines(&verify(&site).await), Vec::<String>::new());
    site.close().await;
}

/// ADR 0027: nobody without the master secret can write an entry, linked or not; the server
/// does not link it for him.
#[tokio::test]
async fn a_row_put_in_from_outside_is_named_and_never_linked() {
    let site = lived_in().await;
    let copied = |position: &str, id: &str| {
        format!(
            "INSERT INTO event (id, at, kind, account_id, address, seal, position, link) \
             SELECT '{id}', at, kind, account_id, address, seal, {position}, link \
             FROM event WHERE position = 6"
        )
    };
    site.tamper(&copied("NULL", "evt_forged")).await;
    let count = verify(&site).await.count;
    link(&site).await;
    let report = verify(&site).await;
    assert_eq!((report.count, lines(&report)), (count, vec!["changed -1".to_owned()]));
    site.tamper("DELETE FROM event WHERE id = 'evt_forged'").await;
    site.tamper(&copied("6", "evt_twice")).await;
    let found = lines(&verify(&site).await);
    assert!(found.iter().any(|line| line == "extra 6"), "{found:?}");
    site.tamper("DELETE FROM event WHERE id = 'evt_twice'").await;
    site.tamper(&copied("1000", "evt_later")).await;
    assert_eq!(lines(&verify(&site).await), ["changed 1000"]);
    site.close().await;
}

/// ADR 0027: order is in the links.
#[tokio::test]
async fn rows_that_changed_places_are_both_named() {
    let site = lived_in().await;
    for (from, to) in [(4, 1004), (6, 4), (1004, 6)] {
        site.tamper(&format!("UPDATE event SET position = {to} WHERE position = {from}")).await;
    }
    assert_eq!(lines(&verify(&site).await), ["misplaced 4", "misplaced 6"]);
    site.close().await;
}

/// ADR 0027: who throws the chains away and lets them be made anew from what is left has the
/// seals against him, which are of the history that was begun first.
#[tokio::test]
async fn chains_made_anew_from_what_is_left_do_not_hold() {
    let site = lived_in().await;
    site.tamper("DELETE FROM event WHERE position = 5").await;
    site.tamper("DELETE FROM history_chain").await;
    site.tamper("UPDATE event SET position = NULL, link = NULL").await;
    let mut linker = Linker::default();
    assert!(linker.link(&site.app).await.is_err(), "nothing is linked to nothing");
    let site = site.restart().await;
    let _whatever = Linker::default().link(&site.app).await;
    let report = verify(&site).await;
    assert!(report.findings.len() >= 13, "{report:?}");
    site.close().await;
}

/// ADR 0027: what is removed at its age leaves the rest verifiable; a place cut by hand is no
/// retention, and nothing that was changed is removed.
#[tokio::test]
async fn what_is_older_than_it_is_kept_goes_and_the_rest_still_holds() {
    let site = lived_in().await;
    let before = verify(&site).await.count;
    upkeep::forget(&site.app).await.expect("nothing to do");
    assert_eq!(verify(&site).await.removed, 0, "kept for good unless a setting says otherwise");
    site.advance(Seconds(1_000));
    let mut ada = site.again("ada@example.com").await;
    ada.post_from("/account/sessions", "/sign-out", &[]).await;
    link(&site).await;
    let horizon = site.app.clock.now();
    history::cut(&site.app, horizon).await.expect("cut");
    let report = verify(&site).await;
    assert_eq!((report.removed, lines(&report)), (before, Vec::new()));
    assert_eq!(site.count("SELECT COUNT(*) FROM event").await, report.count - before);
    site.again("bea@example.com").await;
    link(&site).await;
    assert_eq!(lines(&verify(&site).await), Vec::<String>::new(), "a chain grows on after it");
    site.tamper(&format!("UPDATE event SET detail = 'x' WHERE position = {}", before + 1)).await;
    site.advance(Seconds(1_000));
    assert!(history::cut(&site.app, site.app.clock.now()).await.is_err());
    let found = lines(&verify(&site).await);
    assert_eq!(found, [format!("changed {}", before + 1)], "what was changed is still there");
    site.close().await;
}

/// ADR 0027: 64 writers, and two nodes that link at once, make chains that hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_and_two_linking_nodes_leave_chains_that_hold() {
    let site = Site::open_with(GENEROUS).await;
    let other = site.second_node().await;
    let writers = (0..64).map(|number| {
        let agent = if number % 2 == 0 { site.agent() } else { other.agent() };
        async move {
            for _again in 0..4 {
                agent.register_anonymous().await;
            }
        }
    });
    let linkers = [&site, &other].map(|site| async move {
        for _again in 0..20 {
            link(site).await;
        }
    });
    tokio::join!(join_all(writers), join_all(linkers));
    link(&site).await;
    let report = verify(&site).await;
    assert_eq!((lines(&report), report.unlinked), (Vec::new(), 0));
    assert!(report.count >= 256, "{report:?}");
    other.close().await;
    site.close().await;
}

/// The command, beside a running server and after it was killed under load: exit code 0 and one
/// line, 1 and a line per fault, 2 with a master secret that is not this database's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_says_what_does_not_hold_and_exits_accordingly() {
    let place = Place::new().await;
    place.configure(GENEROUS);
    place.add_person("ada@example.com").await;
    let server = place.serve(&[]).await;
    let ledger = std::sync::Arc::new(std::sync::Mutex::new(Ledger::default()));
    let load = Load::begin(&server, ledger).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
    let beside = place.run(&["audit", "verify"]).await;
    assert_eq!(beside.code, Some(0), "{}{}", beside.stdout, beside.stderr);
    server.kill().await;
    load.end().await;
    let sound = place.run(&["audit", "verify"]).await;
    assert_eq!(sound.code, Some(0), "{}{}", sound.stdout, sound.stderr);
    assert!(sound.stdout.starts_with("the audit trail holds: "), "{}", sound.stdout);
    assert!(!sound.stdout.contains(PASSWORD), "{}", sound.stdout);
    let fewer = place.run(&["audit", "verify", "--at-least", "100000000"]).await;
    assert_eq!(fewer.code, Some(1), "{}", fewer.stdout);
    place.database.execute("UPDATE event SET address = '192.0.2.1' WHERE position = 3").await;
    let changed = place.run(&["audit", "verify"]).await;
    assert_eq!(changed.code, Some(1), "{}", changed.stdout);
    assert!(changed.stdout.starts_with("changed entry=3 id=evt_"), "{}", changed.stdout);
    assert_eq!(changed.stdout.lines().count(), 1, "{}", changed.stdout);
    place.write("countersign.key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
    assert_eq!(place.run(&["audit", "verify"]).await.code, Some(2), "another master secret");
}
