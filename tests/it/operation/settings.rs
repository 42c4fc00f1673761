//! contracts/operator.md, "Commands": a configuration that cannot be used refuses to start,
//! and the two commands that look at it.

use crate::support::database::TestDatabase;
use crate::support::process::{Place, is_free};

/// "Unknown keys, impossible values and unreadable secret files refuse to start: exit 2, one
/// line each on stderr, nothing listening, database untouched".
#[tokio::test]
async fn a_configuration_that_cannot_be_used_touches_nothing() {
    for (settings, key) in [
        ("lisen = '127.0.0.1:1'", "lisen"),
        ("[sessions]\naccess_ttl = 'soon'", "sessions.access_ttl"),
        ("metrics_listen = 'everywhere'", "metrics_listen"),
        ("tls_certificate = 'missing.pem'\ntls_key = 'missing.key'", "tls_certificate"),
        ("places_file = 'malformed.key'", "places_file"),
        ("places_file = 'missing.mmdb'", "places_file"),
        ("secrets_file = 'folder'", "secrets_file"),
        ("secrets_file = 'malformed.key'", "secrets_file"),
        ("secrets_file = 'nowhere/countersign.key'", "secrets_file"),
        (
            "[[resource]]\nidentifier = 'https://api.example.com'\nintrospection = \
             [{ client_id = 'api', client_secret_file = 'missing.secret' }]\n\
             [[resource.scope]]\nname = 'read'\ndefault = true",
            "resource[0].introspection[0].client_secret_file",
        ),
    ] {
        let place = Place::new().await;
        place.configure(settings);
        place.write("malformed.key", "not a secret of ours");
        std::fs::create_dir(place.path("folder")).expect("a folder");
        let before = place.files();
        for arguments in
            [&["serve"][..], &[], &["account", "add", "ada@example.com"], &["config", "check"]]
        {
            let refused = place.run(arguments).await;
            assert_eq!(refused.code, Some(2), "{settings}: {arguments:?}: {}", refused.stderr);
            assert_eq!(refused.stdout, "");
            let named = format!("countersign: {key} ");
            for line in refused.stderr.lines() {
                assert!(line.starts_with("countersign: "), "{line}");
            }
            assert!(refused.stderr.contains(&named), "{settings}: {}", refused.stderr);
        }
        assert_eq!(place.files(), before, "{settings}: nothing is created");
        assert!(is_free(place.port));
        assert_untouched(&place).await;
    }
}

async fn assert_untouched(place: &Place) {
    if TestDatabase::is_postgres() {
        let tables = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'";
        assert_eq!(place.database.count(tables).await, 0);
    }
}

/// "a setting `a.b` is `COUNTERSIGN_A__B`": an unknown one is refused as an unknown key is.
#[tokio::test]
async fn an_unknown_variable_of_ours_refuses_to_start() {
    let place = Place::new().await;
    place.configure("");
    let mut command = place.command(&["serve"]);
    let output = command.env("COUNTERSIGN_SESSIONS__ACCES_TTL", "1h").output().expect("run");
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("COUNTERSIGN_SESSIONS__ACCES_TTL"), "{stderr}");
    assert!(stderr.contains("did you mean sessions.access_ttl?"), "{stderr}");
    assert_eq!(place.files(), ["countersign.toml"]);
}

/// A file named with `--config` must be there; the usual one need not.
#[tokio::test]
async fn a_named_file_that_is_missing_refuses_to_start() {
    let place = Place::new().await;
    let refused = place.run(&["serve", "--config", "elsewhere.toml"]).await;
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(refused.stderr.contains("elsewhere.toml"), "{}", refused.stderr);
    assert!(place.files().is_empty());
}

/// "`countersign.default.toml` … is never read as configuration".
#[tokio::test]
async fn the_manual_in_the_working_directory_is_not_read() {
    let place = Place::new().await;
    place.write("countersign.default.toml", "unknown = 1");
    let checked = place.run(&["config", "check"]).await;
    assert_eq!(checked.code, Some(0), "{}", checked.stderr);
}

/// "every problem at once, each naming key, value and remedy; exit 2 if any".
#[tokio::test]
async fn config_check_names_every_problem_at_once() {
    let place = Place::new().await;
    place.write(
        "countersign.toml",
        "issuer = 'http://auth.example.com'\nlisten = 'everywhere'\ncolour = 'blue'\n\
         [sessions]\naccess_ttl = '1 fortnight'\n[limits]\nbody_bytes = -1\n",
    );
    let checked = place.run(&["config", "check"]).await;
    assert_eq!(checked.code, Some(2));
    let lines: Vec<&str> = checked.stderr.lines().collect();
    for (key, value, remedy) in [
        ("issuer", "\"http://auth.example.com\"", "use https"),
        ("listen", "\"everywhere\"", ""),
        ("colour", "", "there is no such setting"),
        ("sessions.access_ttl", "\"1 fortnight\"", ""),
        ("limits.body_bytes", "-1", ""),
    ] {
        let start = format!("countersign: {key} ");
        let line = lines.iter().find(|line| line.starts_with(&start));
        let line = line.unwrap_or_else(|| panic!("{key} in {lines:#?}"));
        assert!(line.contains(value) && line.contains(remedy), "{line}");
        assert!(line.contains("(countersign.toml): "), "where it came from: {line}");
        let said = line.rsplit_once("): ").expect("a remedy").1;
        assert!(!said.is_empty(), "{line}");
    }
    assert_eq!(lines.len(), 5, "{lines:#?}");
    let sound = Place::new().await;
    sound.configure("");
    let checked = sound.run(&["config", "check"]).await;
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""));
    let note = "people can have no passkeys";
    assert!(checked.stdout.contains(note), "an address is no name: {}", checked.stdout);
    let named = sound.run(&["config", "check", "--issuer", "http://localhost:8080"]).await;
    assert_eq!((named.code, named.stdout.contains(note)), (Some(0), false), "{}", named.stdout);
    assert_eq!(sound.files(), ["countersign.toml"], "checking creates nothing");
}

/// "the effective settings as TOML with where each came from; secrets and database passwords
/// as `"***"`"; and what is printed is itself a sound configuration, secrets aside.
#[tokio::test]
async fn config_show_is_toml_and_prints_no_secret() {
    let place = Place::new().await;
    place.write("api.secret", "kept-in-a-file-0123456789");
    place.write(
        "countersign.toml",
        "database = 'postgres://ada:hush-hush@127.0.0.1/countersign'\n\
         [[resource]]\nidentifier = 'https://api.example.com'\nintrospection = [\
         { client_id = 'one', client_secret = 'whispered-0123456789' },\
         { client_id = 'two', client_secret_file = 'api.secret' }]\n\
         [[resource.scope]]\nname = 'read'\ndefault = true\n",
    );
    let shown = place.run(&["config", "show"]).await;
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""));
    for secret in ["hush-hush", "whispered", "kept-in-a-file"] {
        assert!(!shown.stdout.contains(secret), "{}", shown.stdout);
    }
    let table: toml::Table = shown.stdout.parse().expect("TOML");
    assert_eq!(table["database"].as_str(), Some("postgres://ada:***@127.0.0.1/countersign"));
    let clients = &table["resource"][0]["introspection"];
    assert_eq!(clients[0]["client_secret"].as_str(), Some("***"));
    assert_eq!(clients[1]["client_secret_file"].as_str(), Some("api.secret"));
    assert_eq!(table["issuer"].as_str(), Some("http://127.0.0.1:8080"));
    let origin = |key: &str| {
        let line = shown.stdout.lines().find(|line| line.starts_with(key)).expect(key);
        line.rsplit_once("# ").expect(line).1.to_owned()
    };
    assert_eq!(origin("database ="), "countersign.toml");
    assert_eq!(origin("issuer ="), "default");
    assert_eq!(place.files(), ["api.secret", "countersign.toml"], "showing creates nothing");

    let defaults: toml::Table = countersign::config::DEFAULTS.parse().expect("TOML");
    for (name, value) in &defaults {
        assert!(table.contains_key(name), "{name} is not shown");
        for inner in value.as_table().into_iter().flat_map(toml::Table::keys) {
            assert!(table[name].get(inner).is_some(), "{name}.{inner} is not shown");
        }
    }
}
