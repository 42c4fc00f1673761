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

/// What is banned, and through which crates it may come nevertheless.
fn bans(deny: &Table) -> Vec<(&str, Vec<&str>)> {
    let bans = deny["bans"]["deny"].as_array().unwrap();
    bans.iter()
        .map(|ban| {
            let wrappers = ban.get("wrappers").and_then(|wrappers| wrappers.as_array());
            let wrappers = wrappers.into_iter().flatten().map(|name| name.as_str().unwrap());
            (ban["crate"].as_str().unwrap(), wrappers.collect())
        })
        .collect()
}

/// Which locked crates need this one.
fn needed_by<'a>(lock: &'a Table, name: &str) -> Vec<&'a str> {
    let needs = |package: &&toml::Value| {
        let needed = package.get("dependencies").and_then(|needed| needed.as_array());
        let first = |needed: &toml::Value| needed.as_str().unwrap().split(' ').next() == Some(name);
        needed.is_some_and(|needed| needed.iter().any(first))
    };
    let packages = lock["package"].as_array().unwrap().iter();
    packages.filter(needs).map(|package| package["name"].as_str().unwrap()).collect()
}

#[test]
fn the_lock_file_holds_no_banned_crate() {
    let (deny, lock) = (table("deny.toml"), table("Cargo.lock"));
    for package in lock["package"].as_array().unwrap() {
        let (name, found) =
            (package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        let ban = bans(&deny).into_iter().find(|(ban, wrappers)| {
            let wrapped = needed_by(&lock, name).iter().all(|by| wrappers.contains(by));
            is_banned(ban, name, found) && (wrappers.is_empty() || !wrapped)
        });
        assert_eq!(ban, None, "{name} {found} is in Cargo.lock; deny.toml says why it may not");
    }
}

#[test]
fn a_banned_crate_would_be_found() {
    assert!(is_banned("rsa", "rsa", "0.9.10"));
    assert!(is_banned("h2:<0.4.16", "h2", "0.3.27"));
    assert!(!is_banned("h2:<0.4.16", "h2", "0.4.16"));
    assert!(!is_banned("h2:<0.4.16", "h2-support", "0.1.0"));
    assert!(bans(&table("deny.toml")).contains(&("aws-lc-sys", Vec::new())));
    assert_eq!(needed_by(&table("Cargo.lock"), "rsa"), ["crypto-glue"]);
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
