//! Letters (docs/operating.md, "Mail"; docs/adr/0028): how they wait, and that each is sent once.

use std::time::{Duration, Instant};

use countersign::flow::link;
use countersign::outbound::{NotSent, Postman, Relay, Security, Written};
use countersign::protocol::timestamp::{Seconds, Timestamp};

use crate::support::Site;
use crate::support::mail::{MailServer, Mailbox, SILENT, TAKEN};
use crate::support::person::Person;
use crate::support::process::Place;

const NEW: &str = "a new password of mine";

const WAITING: &str = "SELECT COUNT(*) FROM mail";

/// Somebody sets a password, which is told by mail.
async fn set_password(site: &Site, email: &str) {
    let link = link::reset(&site.app, email, site.clock.now()).await.expect("a link");
    let path = format!("/welcome/{}", link.reveal());
    let mut person = Person::new(site, email);
    assert_eq!(person.post_from(&path, &path, &[("password", NEW)]).await.status, 303);
}

/// Waits until a question to the database is answered so.
async fn becomes(site: &Site, sql: &str, count: i64) {
    let began = Instant::now();
    while site.count(sql).await != count {
        assert!(began.elapsed() < Duration::from_secs(40), "{sql} became {count}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// RFC 5321, RFC 5322 §3.6, RFC 3834 §5: one plain letter to one mailbox, which machines do not
/// answer; what it leads to is the issuer of the settings.
#[tokio::test]
async fn a_letter_reaches_the_mail_server_whole_and_is_forgotten_here() {
    let server = MailServer::open(TAKEN).await;
    let name = "[service]\nname = \"Zoë's “Notes”\"\n";
    let site = Site::open_with(&format!("{name}{}", server.settings())).await;
    site.add_person("ada@example.com").await;
    set_password(&site, "ada@example.com").await;
    let letters = server.has(1).await;
    let letter = &letters[0];
    assert_eq!(letter.recipients, ["ada@example.com"]);
    assert_eq!(letter.header("To"), "ada@example.com");
    assert!(letter.header("From").ends_with("<no-reply@example.com>"));
    assert_eq!(letter.header("Auto-Submitted"), "auto-generated");
    assert_eq!(letter.header("Date"), "Fri, 15 Jan 2027 08:00:00 +0000");
    assert!(letter.header("Message-ID").ends_with("@example.com>"), "{}", letter.head);
    assert_eq!(letter.header("Content-Type"), "text/plain; charset=utf-8");
    assert!(letter.text.contains("Zoë's “Notes”"), "{}", letter.text);
    assert!(letter.text.contains("15 January 2027, 08:00 UTC"), "{}", letter.text);
    assert_eq!(letter.path(&site.url), "/account/history");
    assert!(letter.links().iter().all(|link| link.starts_with(&site.url)), "{}", letter.text);
    becomes(&site, WAITING, 0).await;
    assert!(site.app.metrics.text().contains("countersign_mails_total{outcome=\"sent\"} 1"));
    site.close().await;
}

/// docs/operating.md, "Mail": what a mail server cannot take now comes again, later, under the
/// same identifier; what it will not take does not.
#[tokio::test]
async fn a_letter_is_tried_again_after_a_passing_refusal_and_given_up_after_a_final_one() {
    let server = MailServer::open("451 try later").await;
    let site = Site::open_with(&server.settings()).await;
    site.add_person("ada@example.com").await;
    set_password(&site, "ada@example.com").await;
    becomes(&site, "SELECT COUNT(*) FROM mail WHERE failures = 1", 1).await;
    server.says(TAKEN);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(server.arrived().len(), 0, "not before its time");
    site.advance(Seconds(30));
    assert_eq!(server.has(1).await.len(), 1);
    becomes(&site, WAITING, 0).await;
    server.says("550 nobody here");
    set_password(&site, "ada@example.com").await;
    becomes(&site, WAITING, 0).await;
    assert_eq!(server.arrived().len(), 1);
    let figures = site.app.metrics.text();
    for (outcome, count) in [("sent", 1), ("failed", 1), ("given_up", 1)] {
        let line = format!("countersign_mails_total{{outcome=\"{outcome}\"}} {count}");
        assert!(figures.contains(&line), "{line}: {figures}");
    }
    site.close().await;
}

/// docs/operating.md, "Mail": a day is enough, and links are over by then.
#[tokio::test]
async fn a_letter_that_nobody_takes_for_a_day_is_given_up() {
    let server = MailServer::open("451 try later").await;
    let site = Site::open_with(&server.settings()).await;
    site.add_person("ada@example.com").await;
    set_password(&site, "ada@example.com").await;
    becomes(&site, "SELECT COUNT(*) FROM mail WHERE failures = 1", 1).await;
    site.advance(Seconds::DAY);
    becomes(&site, WAITING, 0).await;
    assert_eq!(server.arrived().len(), 0);
    site.close().await;
}

/// Promise P1: two nodes look for letters at once, and each letter has one sender.
#[tokio::test]
async fn two_nodes_send_each_letter_once() {
    let server = MailServer::open("451 try later").await;
    let one = Site::open_with(&server.settings()).await;
    let two = one.second_node().await;
    let people: Vec<String> = (0..6).map(|n| format!("person{n}@example.com")).collect();
    for email in &people {
        one.add_person(email).await;
        set_password(&one, email).await;
    }
    becomes(&one, "SELECT COUNT(*) FROM mail WHERE failures = 1", 6).await;
    server.says(TAKEN);
    one.advance(Seconds(30));
    becomes(&one, WAITING, 0).await;
    let mut told: Vec<String> =
        server.arrived().iter().map(|letter| letter.recipients.join(" ")).collect();
    told.sort();
    assert_eq!(told, people);
    two.close().await;
    one.close().await;
}

/// Promise P3: whoever steals the database reads no letter, and to whom it goes neither.
#[tokio::test]
async fn a_letter_waits_sealed_and_opens_in_its_own_row_alone() {
    let server = MailServer::open("451 try later").await;
    let site = Site::open_with(&server.settings()).await;
    for email in ["ada@example.com", "bob@example.com"] {
        site.add_person(email).await;
        set_password(&site, email).await;
    }
    becomes(&site, "SELECT COUNT(*) FROM mail WHERE failures = 1", 2).await;
    let mail = site.app.store.next_mail(Timestamp(i64::MAX)).await.expect("read").expect("one");
    let text = String::from_utf8_lossy(&mail.sealed).into_owned();
    assert!(!text.contains("example.com") && !text.contains("password"), "{text}");
    site.tamper("UPDATE mail SET sealed = (SELECT sealed FROM mail ORDER BY id LIMIT 1)").await;
    server.says(TAKEN);
    site.advance(Seconds(30));
    becomes(&site, WAITING, 0).await;
    assert_eq!(server.arrived().len(), 1, "the other row is not what was sealed for it");
    site.close().await;
}

/// Design promise P2: kill -9 after the commit and while a mail server is asked; the letter is
/// there, and is sent once.
#[tokio::test]
async fn a_letter_survives_that_the_server_is_killed_and_is_sent_once() {
    let server = MailServer::open(SILENT).await;
    let place = Place::new().await;
    place.configure(&server.settings());
    place.add_person("ada@example.com").await;
    let process = place.serve(&[]).await;
    let reset = place.run(&["account", "reset", "ada@example.com"]).await;
    let path = reset.stdout.trim().strip_prefix(&place.issuer).expect("a link").to_owned();
    let mut ada = Person::at(&process.url, &process.client, "ada@example.com");
    assert_eq!(ada.post_from(&path, &path, &[("password", NEW)]).await.status, 303);
    process.kill().await;
    assert_eq!(place.database.count(WAITING).await, 1);
    server.says(TAKEN);
    // Its sender's turn is over a minute later.
    place.database.execute("UPDATE mail SET next_at = 0").await;
    let process = place.serve(&[]).await;
    assert_eq!(server.has(1).await[0].recipients, ["ada@example.com"]);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(server.arrived().len(), 1);
    assert_eq!(place.database.count(WAITING).await, 0);
    process.stop().await;
}

/// docs/operating.md, "Mail": in development letters are files that only their owner reads.
#[tokio::test]
async fn a_folder_takes_each_letter_as_one_private_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let mailbox = Mailbox::new();
    let site = Site::open_with(&mailbox.settings()).await;
    site.add_person("ada@example.com").await;
    set_password(&site, "ada@example.com").await;
    let letters = mailbox.has("ada@example.com", 1).await;
    assert!(letters[0].header("Subject").contains("your password was changed"));
    let files: Vec<_> = std::fs::read_dir(mailbox.path()).expect("a folder").collect();
    assert_eq!(files.len(), 1, "and nothing beside it");
    let file = files[0].as_ref().expect("a file");
    assert_eq!(file.metadata().expect("a file").permissions().mode() & 0o777, 0o600);
    site.close().await;
}

/// docs/operating.md, "Mail": without settings nothing is written that nobody would send.
#[tokio::test]
async fn without_mail_no_letter_waits() {
    let site = Site::open().await;
    site.add_person("ada@example.com").await;
    set_password(&site, "ada@example.com").await;
    assert_eq!(site.count(WAITING).await, 0);
    site.close().await;
}

/// RFC 3207 §6: who stands between takes STARTTLS out of the answer, and hears no letter.
#[tokio::test]
async fn a_mail_server_without_tls_hears_nothing_of_a_letter() {
    let server = MailServer::open(TAKEN).await;
    let from = "no-reply@example.com".parse().expect("an address");
    let to = "ada@example.com".parse().expect("an address");
    let relay = Relay {
        host: "127.0.0.1",
        port: server.port,
        security: Security::StartTls,
        credentials: Some(("ada", "hush hush")),
    };
    let postman = Postman::to_relay(("Notes", &from), &relay, None).expect("a way");
    let (subject, text) = (String::from("a subject"), String::from("a secret\n"));
    let written = Written { id: "mail_1", at: Timestamp(1_800_000_000), to: &to, subject, text };
    let sent = postman.carry(written).await;
    assert!(matches!(sent, Err(NotSent::NoConversation)), "{sent:?}");
    let heard = server.heard();
    assert!(heard.starts_with("EHLO"), "{heard}");
    for word in ["MAIL", "AUTH", "hush", "secret"] {
        assert!(!heard.contains(word), "{heard}");
    }
    assert_eq!(server.arrived().len(), 0);
}

/// RFC 5322 §2.2: no line break of a name becomes a header of a letter.
#[tokio::test]
async fn a_line_break_in_a_subject_or_a_name_makes_no_header() {
    let mailbox = Mailbox::new();
    let from = "no-reply@example.com".parse().expect("an address");
    let to = "ada@example.com".parse().expect("an address");
    let name = "Notes\r\nBcc: mallory@example.com";
    let postman = Postman::to_folder((name, &from), mailbox.path()).expect("a way");
    let subject = String::from("Hello\r\nBcc: mallory@example.com\r\n\r\nforged");
    let text = String::from("honest\n");
    let written = Written { id: "mail_1", at: Timestamp(1_800_000_000), to: &to, subject, text };
    postman.carry(written).await.expect("kept");
    let letter = &mailbox.letters()[0];
    assert!(!letter.head.lines().any(|line| line.starts_with("Bcc")), "{}", letter.head);
    assert_eq!(letter.text, "honest\n");
}
