//! contracts/operator.md, `secrets_file`: the master secret stays outside the database, is
//! private, and the database knows its own.

use std::os::unix::fs::PermissionsExt as _;

use countersign::store::unmigrate;

use crate::support::database::TestDatabase;
use crate::support::process::{Place, is_free};

/// "a wrong or missing one on a database that has content refuses to start": with a line that
/// names the file and the way out, nothing listening, and no new secret made in its place.
#[tokio::test]
async fn a_database_with_content_refuses_another_master_secret() {
    let place = Place::new().await;
    place.configure("");
    place.add_person("ada@example.com").await;
    let right = std::fs::read(place.path("countersign.key")).expect("the secret");
    std::fs::rename(place.path("countersign.key"), place.path("kept.key")).expect("moved");
    let commands: [&[&str]; 3] = [
        &["serve"],
        &["account", "add", "bob@example.com"],
        &["account", "reset", "ada@example.com"],
    ];
    for command in commands {
        let refused = place.run(command).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("its master secret countersign.key is missing"),
            "{}",
            refused.stderr
        );
        assert!(refused.stderr.contains("secrets_file"), "{}", refused.stderr);
        assert!(!place.path("countersign.key").exists(), "none is made in its place");
    }

    let other = Place::new().await;
    other.configure("");
    other.add_person("ada@example.com").await;
    std::fs::copy(other.path("countersign.key"), place.path("countersign.key")).expect("copied");
    for command in commands {
        let refused = place.run(command).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("is not the one this database was made with"),
            "{}",
            refused.stderr
        );
    }
    assert!(is_free(place.port));
    assert_eq!(place.database.count("SELECT COUNT(*) FROM account").await, 1);

    std::fs::write(place.path("countersign.key"), right).expect("restored");
    let server = place.serve(&[]).await;
    server.signed_in("ada@example.com").await;
    server.stop().await;
}

/// "refuse to start: exit 2 … database untouched", where the files are readable and wrong: no
/// migration is applied to a database that is somebody else's, and a file of trust anchors
/// without one is found before the database is opened.
#[tokio::test]
async fn a_start_that_is_refused_applies_no_migration() {
    let place = Place::new().await;
    place.configure("");
    place.add_person("ada@example.com").await;
    let location = place.database.location();
    unmigrate(&location, 1).await.expect("an older database");
    let applied = "SELECT COUNT(*) FROM seaql_migrations";
    let older = place.database.count(applied).await;
    let right = std::fs::read(place.path("countersign.key")).expect("the secret");

    std::fs::remove_file(place.path("countersign.key")).expect("removed");
    let missing = place.run(&["serve"]).await;
    assert!(missing.stderr.contains("is missing"), "{}", missing.stderr);
    place.write("countersign.key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let wrong = place.run(&["serve"]).await;
    assert!(wrong.stderr.contains("is not the one"), "{}", wrong.stderr);
    std::fs::write(place.path("countersign.key"), right).expect("restored");
    place.configure("[outbound]\nca_file = 'countersign.toml'");
    let empty = place.run(&["serve"]).await;
    assert!(empty.stderr.contains("holds no certificate"), "{}", empty.stderr);
    for refused in [missing, wrong, empty] {
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{}", refused.stderr);
        assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
    }
    assert_eq!(place.database.count(applied).await, older);

    place.configure("");
    place.serve(&[]).await.stop().await;
    assert_eq!(place.database.count(applied).await, older + 1);
}

/// Promise P3: what is written is private whatever the umask says, and the master secret is
/// in no other file.
#[tokio::test]
async fn every_file_it_writes_is_private_and_the_secret_is_in_one_of_them() {
    let place = Place::new().await;
    place.configure("");
    let mut command = std::process::Command::new("sh");
    let binary = env!("CARGO_BIN_EXE_countersign");
    command.args(["-c", &format!("umask 000; exec '{binary}' serve")]);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("COUNTERSIGN_") {
            command.env_remove(name);
        }
    }
    command.current_dir(place.path(""));
    let server = place.serve_command(command).await;
    server.agent().register_anonymous().await;
    let written: Vec<String> =
        place.files().into_iter().filter(|name| name != "countersign.toml").collect();
    let expected = if TestDatabase::is_postgres() { 1 } else { 4 };
    assert_eq!(written.len(), expected, "{written:?}");
    let secret = std::fs::read_to_string(place.path("countersign.key")).expect("the secret");
    let secret = secret.trim();
    assert_eq!(secret.len(), 43, "32 bytes in base64url");
    for name in &written {
        assert_eq!(place.mode(name), 0o600, "{name}");
        let bytes = std::fs::read(place.path(name)).expect(name);
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert_eq!(found, name == "countersign.key", "{name}");
    }
    assert!(!server.stdout().contains(secret) && !server.stderr().contains(secret));
    server.stop().await;
}

/// A secret another user may read is used all the same only if it is ours to read: the file
/// is never rewritten or opened up by a start.
#[tokio::test]
async fn a_start_leaves_an_existing_secret_as_it_is() {
    let place = Place::new().await;
    place.configure("");
    place.serve(&[]).await.stop().await;
    let path = place.path("countersign.key");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).expect("read-only");
    let before = (
        std::fs::read(&path).expect("read"),
        path.metadata().expect("a file").modified().expect("a time"),
    );
    place.serve(&[]).await.stop().await;
    let after = (
        std::fs::read(&path).expect("read"),
        path.metadata().expect("a file").modified().expect("a time"),
    );
    assert!(before == after);
    assert_eq!(place.mode("countersign.key"), 0o400);
}
