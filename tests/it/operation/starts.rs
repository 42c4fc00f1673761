//! Issue, "The house": migrations are safe when three processes start at once.

use crate::support::free_port;
use crate::support::process::Place;

/// Three processes on one new database, none of which waits for another: all serve, with one
/// schema, one master secret and one signing key.
#[tokio::test]
async fn three_processes_that_start_at_once_on_a_new_database_all_serve() {
    for _again in 0..3 {
        let place = Place::new().await;
        place.configure("");
        let started: Vec<_> = (0..3)
            .map(|_| {
                let address = format!("127.0.0.1:{}", free_port());
                place.start(place.command(&["serve", "--listen", &address]))
            })
            .collect();
        let mut servers = Vec::new();
        for server in started {
            servers.push(server.listening().await);
        }
        let keys = servers[0].get("/.well-known/jwks.json").await.text;
        assert_eq!(place.database.count("SELECT COUNT(*) FROM signing_key").await, 1);
        assert_eq!(place.database.count("SELECT COUNT(*) FROM meta").await, 1);
        let assertion = servers[0].agent().register_anonymous().await.assertion();
        for server in &servers {
            assert_eq!(server.get("/readyz").await.status, 200);
            assert_eq!(server.get("/.well-known/jwks.json").await.text, keys);
            let exchanged = server.agent().exchange(&assertion).await;
            assert_eq!(exchanged.status, 200, "{}", exchanged.text);
        }
        for server in servers {
            server.stop().await;
        }
    }
}

/// As above, for the command that only migrates.
#[tokio::test]
async fn three_migrations_at_once_all_succeed() {
    let place = Place::new().await;
    let url = place.database.url();
    let arguments = ["migrate", "--database", url.as_str()];
    let (one, two, three) =
        tokio::join!(place.run(&arguments), place.run(&arguments), place.run(&arguments));
    for migrated in [one, two, three] {
        assert_eq!(migrated.code, Some(0), "{}", migrated.stderr);
    }
    place.configure("");
    place.serve(&[]).await.stop().await;
}
