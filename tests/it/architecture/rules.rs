//! The plan of the house as tables, and what counts as a violation of it.

use super::source::Source;

/// Every room and what it may name beside itself. A file outside these rooms is a violation:
/// a new room is a decision, made here.
const ARROWS: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("domain", &["protocol"]),
    ("clock", &["protocol"]),
    ("entropy", &["protocol"]),
    ("jose", &["protocol", "domain", "entropy"]),
    ("vault", &["protocol", "entropy"]),
    ("webauthn", &[]),
    ("metrics", &["protocol"]),
    ("config", &["protocol", "domain"]),
    ("store", &["protocol", "domain", "entropy"]),
    ("outbound", &["protocol"]),
    (
        "flow",
        &[
            "app", "clock", "config", "domain", "entropy", "jose", "metrics", "outbound",
            "protocol", "store", "vault", "webauthn",
        ],
    ),
    // What other programs build on: it knows the wire and nothing of this server, so that it
    // could move out. The TLS of `outbound` is the only trust there is; proofs of possession
    // are foreign tokens, which `jose` alone reads.
    ("resource_server", &["clock", "entropy", "jose", "outbound", "protocol"]),
    (
        "web",
        &["app", "clock", "config", "domain", "entropy", "flow", "protocol", "resource_server"],
    ),
    ("cli", &["app", "clock", "config", "domain", "entropy", "flow", "protocol", "web"]),
    (
        "app",
        &[
            "clock", "config", "domain", "entropy", "flow", "jose", "metrics", "outbound",
            "protocol", "store", "vault", "web", "webauthn",
        ],
    ),
    ("main", &["app", "cli", "clock", "config"]),
    ("lib", &[]),
];

/// Who may know what. Read a row as: only `rooms` may name `word`.
const KNOWN_ONLY_IN: &[(&str, &[&str])] = &[
    // A resource server is called over HTTP, and asks over HTTP an address its operator wrote
    // down: the guard of `outbound` is for addresses that strangers name.
    ("actix_web", &["resource_server", "web"]),
    ("askama", &["web"]),
    ("chrono", &["flow/code"]),
    ("clap", &["cli", "main"]),
    ("getrandom", &["entropy"]),
    ("jsonwebtoken", &["jose"]),
    ("lettre", &["outbound"]),
    ("oxide_auth", &["flow/code"]),
    ("reqwest", &["outbound", "resource_server"]),
    ("sea_orm", &["store"]),
    ("sqlx", &["store"]),
    ("webauthn_rs", &["webauthn"]),
];

/// Rooms that hold no I/O and no waiting, so that whatever they say can be tried without a world.
const PURE: &[&str] = &["protocol", "domain"];

/// What a pure room has no business with: these words, and these parts of `std`.
const IMPURE: &[&str] = &["async", "await", "tokio"];
const IMPURE_STD: &[&str] = &["env", "fs", "process", "thread"];

/// Words that say nothing about a file (design.md, section 5).
const EMPTY_WORDS: &[&str] = &["data", "helper", "helpers", "info", "manager", "util", "utils"];

const LONGEST: usize = 299;

pub fn violations(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    arrows(source, &mut found);
    strangers(source, &mut found);
    impurities(source, &mut found);
    exceptions(source, &mut found);
    unfinished(source, &mut found);
    length(source, &mut found);
    empty_words(source, &mut found);
    found
}

fn arrows(source: &Source, found: &mut Vec<String>) {
    let room = source.room();
    let Some((_, may_name)) = ARROWS.iter().find(|(name, _)| *name == room) else {
        found.push(format!("{}: `{room}` is no room of the house", source.path));
        return;
    };
    for (named, line) in source.rooms_named() {
        if named != room && !may_name.contains(&named) {
            found.push(format!("{}:{line}: `{room}` may not name `crate::{named}`", source.path));
        }
    }
}

fn strangers(source: &Source, found: &mut Vec<String>) {
    for (index, token) in source.tokens.iter().enumerate() {
        let Some((word, rooms)) = KNOWN_ONLY_IN.iter().find(|(word, _)| *word == token.text) else {
            continue;
        };
        let is_path = source.at(index + 1) == "::" || source.before(index) == "use";
        let is_crate = !matches!(source.before(index), "::" | ".");
        if is_path && is_crate && !rooms.iter().any(|room| stands_in(&source.path, room)) {
            let rooms = rooms.join("`, `");
            let place = format!("{}:{}", source.path, token.line);
            found.push(format!("{place}: `{word}` may be named only in `{rooms}`"));
        }
    }
}

fn stands_in(path: &str, room: &str) -> bool {
    path.strip_prefix(room).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn impurities(source: &Source, found: &mut Vec<String>) {
    if !PURE.contains(&source.room()) {
        return;
    }
    for (index, token) in source.tokens.iter().enumerate() {
        let part = source.at(index + 2);
        let of_std = token.text == "std" && IMPURE_STD.contains(&part);
        if of_std || IMPURE.contains(&token.text.as_str()) {
            let place = format!("{}:{}", source.path, token.line);
            found.push(format!("{place}: `{}` in a room without I/O", token.text));
        }
    }
}

/// `allow` outlives its reason unnoticed; `expect` does not.
fn exceptions(source: &Source, found: &mut Vec<String>) {
    let mut attribute = 0_usize;
    for (index, token) in source.tokens.iter().enumerate() {
        match token.text.as_str() {
            "[" if attribute > 0 || matches!(source.before(index), "#" | "!") => attribute += 1,
            "]" => attribute = attribute.saturating_sub(1),
            "allow" if attribute > 0 && source.at(index + 1) == "(" => found.push(format!(
                "{}:{}: `allow`; an exception is `expect` with a reason",
                source.path, token.line
            )),
            _ => {}
        }
    }
}

fn unfinished(source: &Source, found: &mut Vec<String>) {
    for (number, line) in source.text.lines().enumerate() {
        let mut words = line.split(|character: char| !character.is_alphanumeric());
        if let Some(word) = words.find(|word| matches!(*word, "TODO" | "FIXME" | "XXX" | "HACK")) {
            found.push(format!("{}:{}: {word}: file an issue instead", source.path, number + 1));
        }
    }
}

fn length(source: &Source, found: &mut Vec<String>) {
    let lines = source.text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count();
    if lines > LONGEST {
        let path = &source.path;
        found.push(format!("{path}: {lines} lines before its tests; {LONGEST} is the most"));
    }
}

fn empty_words(source: &Source, found: &mut Vec<String>) {
    let stem = source.path.strip_suffix(".rs").unwrap();
    if let Some(word) = stem.split(['/', '_']).find(|word| EMPTY_WORDS.contains(word)) {
        found.push(format!("{}: `{word}` says nothing about what is inside", source.path));
    }
}
