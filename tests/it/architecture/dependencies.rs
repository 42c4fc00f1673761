//! What may come into the dependency graph, read from deny.toml, so that its bans hold on a
//! machine without cargo-deny too.

use std::path::Path;

use toml::Table;

fn table(name: &str) -> Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// `1.2.3` as numbers; what follows `-` or `+` does not matter to a ban.
fn version(text: &str) -> Vec<u64> {
    let plain = text.split(['-', '+']).next().unwrap();
    plain.split('.').map(|part| part.parse().unwrap()).collect()
}

/// `name`, or `name:<version`: the two forms that deny.toml uses.
fn is_banned(ban: &str, name: &str, found: &str) -> bool {
    match ban.split_once(":<") {
        Some((banned, limit)) => banned == name && version(found) < version(limit),
        None => ban == name,
    }
}

fn bans(deny: &Table) -> Vec<&str> {
    let bans = deny["bans"]["deny"].as_array().unwrap();
    bans.iter().map(|ban| ban["crate"].as_str().unwrap()).collect()
}

#[test]
fn the_lock_file_holds_no_banned_crate() {
    let (deny, lock) = (table("deny.toml"), table("Cargo.lock"));
    for package in lock["package"].as_array().unwrap() {
        let (name, found) =
            (package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        let ban = bans(&deny).into_iter().find(|ban| is_banned(ban, name, found));
        assert_eq!(ban, None, "{name} {found} is in Cargo.lock; deny.toml says why it may not");
    }
}

#[test]
fn a_banned_crate_would_be_found() {
    assert!(is_banned("rsa", "rsa", "0.9.10"));
    assert!(is_banned("h2:<0.4.16", "h2", "0.3.27"));
    assert!(!is_banned("h2:<0.4.16", "h2", "0.4.16"));
    assert!(!is_banned("h2:<0.4.16", "h2-support", "0.1.0"));
    assert!(bans(&table("deny.toml")).contains(&"aws-lc-sys"));
}

/// Cargo may take a crate from elsewhere without a word in a review; the lock file says so.
#[test]
fn every_locked_crate_comes_from_the_registry_or_this_repository() {
    for package in table("Cargo.lock")["package"].as_array().unwrap() {
        let Some(source) = package.get("source") else {
            assert_eq!(package["name"].as_str(), Some("countersign"));
            continue;
        };
        assert!(source.as_str().unwrap().starts_with("registry+"), "{package}");
    }
}
