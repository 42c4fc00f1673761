//! contracts/operator.md, "Commands" and "With no configuration at all", on the real binary.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::agent::path_of;
use crate::support::database::TestDatabase;
use crate::support::process::{Place, is_free, link};
use crate::support::{PASSWORD, free_port};

/// operator.md, "With no configuration at all": one word starts a server that a newcomer
/// can use. Where something else has port 8080, that is said instead.
#[tokio::test]
async fn countersign_alone_serves_the_demo_and_offers_the_first_account() {
    let place = Place::new().await;
    let held = TcpListener::bind("127.0.0.1:8080");
    let refused = place.run(&[]).await;
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains("cannot listen on 127.0.0.1:8080"), "{}", refused.stderr);
    drop(held);
    let began = Instant::now();
    while !is_free(8080) {
        assert!(began.elapsed() < Duration::from_mins(1), "this test needs port 8080");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    for name in place.files() {
        std::fs::remove_file(place.path(&name)).expect("removed");
    }
    let server = place.serve(&[]).await;
    assert_eq!(server.url, "http://127.0.0.1:8080");
    assert_eq!(
        place.files(),
        ["countersign.db", "countersign.db-shm", "countersign.db-wal", "countersign.key"]
    );
    for name in place.files() {
        assert_eq!(place.mode(&name), 0o600, "{name}");
    }
    let link = server.link().await.expect("a link to make the first account");
    assert!(link.starts_with("http://127.0.0.1:8080/welcome/"), "{link}");
    assert_eq!(server.get(&path_of(&link)).await.status, 200);
    assert_eq!(server.get("/readyz").await.status, 200);
    assert_eq!(server.get("/sign-up").await.status, 200, "open on loopback");
    assert_eq!(server.get("/metrics").await.status, 404, "off unless metrics_listen is set");
    let metadata = server.get("/.well-known/oauth-protected-resource/demo").await.json();
    assert_eq!(metadata["resource"], "http://127.0.0.1:8080/demo");
    let refused = server.get("/demo/notes").await;
    assert_eq!(refused.status, 401);
    assert!(refused.header("www-authenticate").is_some());
    server.stop().await;
}

/// The line scripts wait for is the first, names the port that was really taken, and
/// standard output holds nothing that is logged.
#[tokio::test]
async fn the_first_line_says_where_it_listens_and_logs_go_to_standard_error() {
    let place = Place::new().await;
    place.configure("");
    let server = place.serve(&["serve", "--listen", "127.0.0.1:0"]).await;
    let port: u16 = server.url.rsplit_once(':').expect("a port").1.parse().expect("a number");
    assert_ne!(port, 0);
    assert_eq!(server.get("/healthz").await.status, 200);
    assert!(server.link().await.is_some(), "everything is said");
    let stdout = server.stdout();
    assert_eq!(stdout.lines().next(), Some(format!("listening on {}", server.url).as_str()));
    // The links that follow name the issuer, which is somewhere else now.
    server.logged(0, "links lead to the issuer").await;
    server.signal("TERM");
    server.logged(0, "stopping").await;
    for line in server.stderr().lines() {
        let parsed: serde_json::Value = serde_json::from_str(line).expect(line);
        assert!(parsed["fields"]["message"].is_string(), "{line}");
    }
    assert_eq!(server.stdout(), stdout, "nothing is logged to standard output");
}

/// "flags beat environment, environment beats file, file beats defaults": each layer on the
/// real process, and `--config` instead of the usual file.
#[tokio::test]
async fn flags_beat_environment_beats_file_beats_defaults() {
    let place = Place::new().await;
    place.write(
        "other.toml",
        "issuer = 'http://127.0.0.1:1'\n[service]\nname = 'From the file'\n[agents]\nclaim_ttl = '2h'",
    );
    let mut command = place.command(&["serve", "--config", "other.toml"]);
    let (port, database) = (free_port(), place.database.url());
    command.args(["--listen", &format!("127.0.0.1:{port}"), "--database", &database]);
    command.args(["--issuer", &place.issuer]);
    command.env("COUNTERSIGN_ISSUER", "http://127.0.0.1:2");
    command.env("COUNTERSIGN_SERVICE__NAME", "From the environment");
    let server = place.serve_command(command).await;
    assert_eq!(server.url, format!("http://127.0.0.1:{port}"), "the flag");
    let metadata = server.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(metadata.json()["issuer"], place.issuer.as_str(), "the flag");
    let page = server.get("/sign-in").await.text;
    assert!(page.contains("From the environment") && !page.contains("From the file"), "{page}");
    server.stop().await;

    let mut show = place.command(&["config", "show", "--config", "other.toml"]);
    show.env("COUNTERSIGN_SERVICE__NAME", "From the environment");
    let shown = String::from_utf8(show.output().expect("run").stdout).expect("text");
    let table: toml::Table = shown.parse().expect("TOML");
    assert_eq!(table["service"]["name"].as_str(), Some("From the environment"));
    assert_eq!(table["agents"]["claim_ttl"].as_str(), Some("2h"), "the file");
    assert_eq!(table["agents"]["attempt_ttl"].as_str(), Some("10m"), "the default");
    for (key, origin) in [
        ("name =", "COUNTERSIGN_SERVICE__NAME"),
        ("claim_ttl", "other.toml"),
        ("attempt_ttl", "default"),
    ] {
        let line = shown.lines().find(|line| line.starts_with(key)).expect(key);
        assert!(line.ends_with(&format!("# {origin}")), "{line}");
    }
}

/// operator.md: the link is one-time, the first account is an administrator, and the link is
/// printed only while no account exists.
#[tokio::test]
async fn the_first_account_is_made_once_and_administers() {
    let place = Place::new().await;
    place.configure("");
    let server = place.serve(&[]).await;
    let earlier = path_of(&server.link().await.expect("a link"));
    server.stop().await;
    let server = place.serve(&[]).await;
    let link = path_of(&server.link().await.expect("still nobody has an account"));
    assert_eq!(server.get(&earlier).await.status, 410, "only the latest link counts");

    let mut ada = server.person("ada@example.com");
    let fields = [("name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
    assert_eq!(ada.post_from(&link, &link, &fields).await.status, 303);
    assert_eq!(ada.get("/account/sessions").await.status, 200, "and is signed in");
    let administrators =
        place.database.count("SELECT COUNT(*) FROM account WHERE administrator").await;
    assert_eq!(administrators, 1);
    assert_eq!(server.get(&link).await.status, 410, "used");
    server.stop().await;

    let server = place.serve(&[]).await;
    assert_eq!(server.link().await, None, "{}", server.stdout());
    server.stop().await;
}

/// `account add EMAIL [--name NAME] [--admin]` prints a one-time link to set a password,
/// while a server runs on the same database.
#[tokio::test]
async fn an_added_person_sets_a_password_through_the_link_and_signs_in() {
    let place = Place::new().await;
    place.configure("");
    let server = place.serve(&[]).await;
    let added = place.run(&["account", "add", "ada@example.com", "--name", "Ada", "--admin"]).await;
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    assert_eq!(added.stdout.lines().count(), 1, "{}", added.stdout);
    let link = link(&added.stdout).expect("a link");
    assert!(link.starts_with(&format!("{}/welcome/", place.issuer)), "{link}");
    let link = path_of(&link);

    let mut ada = server.person("ada@example.com");
    assert_ne!(ada.sign_in().await.status, 303, "no password yet");
    assert_eq!(ada.post_from(&link, &link, &[("password", PASSWORD)]).await.status, 303);
    assert_eq!(server.get(&link).await.status, 410, "one-time");
    server.signed_in("ada@example.com").await;
    let stored = "SELECT COUNT(*) FROM account WHERE administrator AND name = 'Ada'";
    assert_eq!(place.database.count(stored).await, 1);
    server.stop().await;
}

/// `--password-stdin`: the password comes from standard input, no link is printed, and the
/// person is no administrator unless said so.
#[tokio::test]
async fn a_password_from_standard_input_needs_no_link() {
    let place = Place::new().await;
    place.configure("");
    let arguments = ["account", "add", "ada@example.com", "--password-stdin"];
    let added = place.run_with_input(&arguments, &format!("{PASSWORD}\n")).await;
    assert_eq!(added.code, Some(0), "{}", added.stderr);
    assert_eq!(link(&added.stdout), None, "{}", added.stdout);
    assert!(!added.stdout.contains(PASSWORD) && !added.stderr.contains(PASSWORD));
    let server = place.serve(&[]).await;
    assert_eq!(server.link().await, None, "an account exists");
    server.signed_in("ada@example.com").await;
    assert_eq!(place.database.count("SELECT COUNT(*) FROM account WHERE administrator").await, 0);
    server.stop().await;
}

/// Exit codes: what cannot be done is exit 1 with one line that says why, and changes nothing.
#[tokio::test]
async fn an_account_that_cannot_be_added_or_reset_is_refused_with_one_line() {
    let place = Place::new().await;
    place.configure("");
    place.add_person("ada@example.com").await;
    let with_password = |email| ["account", "add", email, "--password-stdin"];
    for (arguments, input, why) in [
        (with_password("ada@example.com").as_slice(), PASSWORD, "has an account already"),
        (&["account", "add", "ADA@Example.com"], "", "has an account already"),
        (&with_password("bob@example.com"), "short", "characters"),
        (&with_password("bob@example.com"), "", "no password"),
        (&with_password("bob at example"), PASSWORD, "not an e-mail address"),
        (&["account", "reset", "bob@example.com"], "", "nobody has that address"),
    ] {
        let refused = place.run_with_input(arguments, input).await;
        assert_eq!(refused.code, Some(1), "{arguments:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(why), "{arguments:?}: {}", refused.stderr);
        assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
        assert_eq!(refused.stdout, "");
    }
    assert_eq!(place.database.count("SELECT COUNT(*) FROM account").await, 1);
    let links = place.database.count("SELECT COUNT(*) FROM one_time_link").await;
    assert_eq!(links, 0, "nothing was offered to anybody");
}

/// `account reset`: signed out on the next request although another process did it, and the
/// link sets a new password.
#[tokio::test]
async fn a_reset_ends_browser_sessions_at_once_and_links_to_a_new_password() {
    let place = Place::new().await;
    place.configure("");
    place.add_person("ada@example.com").await;
    place.add_person("bob@example.com").await;
    let server = place.serve(&[]).await;
    let (mut ada, mut other) =
        (server.signed_in("ada@example.com").await, server.signed_in("ada@example.com").await);
    let mut bob = server.signed_in("bob@example.com").await;
    let reset = place.run(&["account", "reset", "ada@example.com"]).await;
    assert_eq!(reset.code, Some(0), "{}", reset.stderr);
    for browser in [&mut ada, &mut other] {
        assert_eq!(browser.get("/account/sessions").await.status, 303, "sent to sign in");
    }
    assert_eq!(bob.get("/account/sessions").await.status, 200, "somebody else's stays");
    let link = path_of(&link(&reset.stdout).expect("a link"));
    let fields = [("password", "another horse battery")];
    assert_eq!(ada.post_from(&link, &link, &fields).await.status, 303);
    assert_eq!(ada.get("/account/sessions").await.status, 200);
    let mut later = server.person("ada@example.com");
    assert_ne!(later.sign_in().await.status, 303, "the old password is over");
    assert_eq!(later.sign_in_with("another horse battery").await.status, 303);
    server.stop().await;
}

/// `migrate [--database URL]`: brings the database up to date and exits; again is harmless.
#[tokio::test]
async fn migrate_brings_the_database_up_to_date_and_exits() {
    let place = Place::new().await;
    let url = place.database.url();
    for _again in 0..2 {
        let migrated = place.run(&["migrate", "--database", &url]).await;
        assert_eq!(migrated.code, Some(0), "{}", migrated.stderr);
    }
    assert_eq!(place.database.count("SELECT COUNT(*) FROM account").await, 0);
    if !TestDatabase::is_postgres() {
        assert_eq!(place.mode("countersign.db"), 0o600);
        assert!(
            !place.files().contains(&"countersign.key".to_owned()),
            "migrating needs no secret"
        );
    }
    place.configure("");
    place.serve(&[]).await.stop().await;
}

/// "Runtime failures exit 1": a taken port, a database that is away, each in one line.
#[tokio::test]
async fn a_failure_at_run_time_exits_1_and_says_what_failed() {
    let place = Place::new().await;
    place.configure("");
    let taken = TcpListener::bind(("127.0.0.1", place.port)).expect("taken");
    let refused = place.run(&["serve"]).await;
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{}", refused.stderr);
    let why = format!("cannot listen on 127.0.0.1:{}", place.port);
    assert!(refused.stderr.lines().any(|line| line.contains(&why)), "{}", refused.stderr);
    drop(taken);

    let away = format!("postgres://ada:hush@127.0.0.1:{}/away", free_port());
    for command in ["serve", "migrate"] {
        let refused = place.run(&[command, "--database", &away]).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{}", refused.stderr);
        assert!(refused.stderr.contains("the database could not be reached"), "{}", refused.stderr);
        assert!(!refused.stderr.contains("hush"), "{}", refused.stderr);
    }
    assert!(is_free(place.port));
}
