//! The house rules, over the sources themselves (design.md, sections 4 and 5).
//!
//! Each rule is tried on a planted violation first, so that a rule which has gone blind
//! fails here and not in review.

mod dependencies;
mod promises;
mod rules;
mod source;

use std::path::Path;

use rules::violations;
use source::Source;

fn of(path: &str, text: &str) -> Vec<String> {
    violations(&Source::read(path, text))
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                sources.push(Source::read(name, &std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    sources
}

/// Design section 4: the rooms, the arrows between them, and the habits a machine can check.
#[test]
fn every_source_file_keeps_the_house_rules() {
    let sources = sources();
    assert!(sources.len() > 10, "the walk found only {} files", sources.len());
    let mut found: Vec<String> = sources.iter().flat_map(violations).collect();
    found.sort();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// Every template, by its path.
fn templates() -> Vec<(String, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")];
    let mut templates = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                templates.push((path.display().to_string(), text));
            }
        }
    }
    assert!(templates.len() > 20, "{} templates", templates.len());
    templates
}

/// Design decision 1: an issuer may have a path, so every link to a page of ours begins with it.
#[test]
fn no_template_leads_out_of_an_issuer_with_a_path() {
    for (path, text) in templates() {
        for bare in ["href=\"/", "src=\"/", "action=\"/", "url=/"] {
            assert!(!text.contains(bare), "{path}: {bare} has no frame.base");
        }
    }
}

/// A text without what stands between `open` and `close`.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut parts = text.split(open);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + " " + part.split_once(close).map_or("", |(_, rest)| rest))
}

/// contracts/pages.md 31: every word is in the catalogue of a language, and none in a template.
#[test]
fn no_template_has_words_of_its_own() {
    // What is written for agents is one text in one language.
    let pages = templates().into_iter().filter(|(path, _)| !path.contains("auth.md"));
    for (path, text) in pages {
        let values = without(&without(&text, "{%", "%}"), "{{", "}}");
        let said = without(&values, "<", ">");
        // What is typed into a terminal is the same in every language.
        let said = said.replace("curl -i", "");
        let word = said.split_whitespace().find(|word| word.chars().any(char::is_alphabetic));
        assert_eq!(word, None, "{path}");
        for shown in ["aria-label=\"", "alt=\"", "title=\"", "placeholder=\""] {
            let mut texts = values.split(shown).skip(1).filter_map(|rest| rest.split_once('"'));
            let own = texts.find(|(text, _)| text.chars().any(char::is_alphabetic));
            assert!(own.is_none(), "{path}: {own:?}");
        }
    }
}

#[test]
fn an_arrow_against_the_plan_is_found() {
    let found = of("domain/claim.rs", "use crate::store::Store;\n");
    assert_eq!(found, ["domain/claim.rs:1: `domain` may not name `crate::store`"]);
    assert_eq!(of("web/claim.rs", "fn f() { crate::store::open() }").len(), 1);
    assert_eq!(of("store/claim.rs", "use crate::flow::claim;").len(), 1);
    assert_eq!(of("outbound/keys.rs", "use crate::domain::resource::Resource;").len(), 1);
    assert_eq!(of("resource_server/session.rs", "use crate::flow::introspect;").len(), 1);
}

#[test]
fn an_arrow_along_the_plan_is_not() {
    let text =
        "use crate::domain::claim::Claim;\nuse crate::store::Store;\nuse super::code::Ask;\n";
    assert!(of("flow/claim.rs", text).is_empty());
    assert!(of("domain/claim.rs", "use crate::protocol::{code::Code, scope::Scopes};").is_empty());
    assert!(of("store/claim.rs", "pub(crate) fn f() {}\npub(super) fn g() {}").is_empty());
}

#[test]
fn an_arrow_hidden_in_a_group_is_found() {
    let text = "use crate::{\n    protocol::scope::{Scopes, crates},\n    web::page,\n};\n";
    let found = of("flow/claim.rs", text);
    assert_eq!(found, ["flow/claim.rs:3: `flow` may not name `crate::web`"]);
}

#[test]
fn an_arrow_hidden_behind_super_is_found() {
    assert_eq!(of("domain/mod.rs", "use super::store::Store;").len(), 1);
    assert_eq!(of("domain/claim.rs", "use super::super::store::Store;").len(), 1);
    assert_eq!(of("domain/claim.rs", "use super::super::*;").len(), 1);
    let tests = "mod tests { use super::super::resource::Resource; use super::*; }";
    assert!(of("domain/claim.rs", tests).is_empty());
    let tests = "mod tests { use super::super::super::store::Store; }";
    assert_eq!(of("domain/claim.rs", tests).len(), 1);
}

#[test]
fn a_crate_is_named_only_in_its_own_room() {
    assert_eq!(
        of("flow/claim.rs", "use actix_web::web;"),
        ["flow/claim.rs:1: `actix_web` may be named only in `resource_server`, `web`"]
    );
    assert_eq!(of("app.rs", "fn f() -> sea_orm::DbErr {}").len(), 1);
    assert_eq!(of("flow/claim.rs", "use oxide_auth::code_grant;").len(), 1);
    assert_eq!(of("web/fetch.rs", "use reqwest::Client;").len(), 1);
    assert_eq!(of("flow/claim.rs", "use jsonwebtoken::Header;").len(), 1);
    assert_eq!(of("protocol/secret.rs", "getrandom::fill(&mut bytes)").len(), 1);
    assert!(of("flow/code/token.rs", "use oxide_auth::code_grant;").is_empty());
    assert!(of("web/page.rs", "use askama::Template;").is_empty());
}

#[test]
fn the_pure_rooms_neither_wait_nor_look_outside() {
    assert_eq!(of("domain/claim.rs", "pub async fn f() {}").len(), 1);
    assert_eq!(of("protocol/text.rs", "use std::fs::File;").len(), 1);
    assert_eq!(of("domain/claim.rs", "use tokio::sync::Mutex;").len(), 1);
    assert!(of("protocol/address.rs", "use std::net::IpAddr;").is_empty());
}

#[test]
fn words_in_comments_and_texts_are_not_names() {
    let text = "//! Unlike actix_web::web and crate::store::Store.\n/* crate::web /* x */ */\n\
                const A: &str = \"crate::flow::x\";\nconst B: &str = r#\"sqlx::\"query\"#;\n\
                const C: char = '\"';\nfn d<'a>(e: &'a str) {}\n";
    assert!(of("domain/claim.rs", text).is_empty());
    let after = format!("{text}use crate::store::Store;\n");
    assert_eq!(
        of("domain/claim.rs", &after),
        ["domain/claim.rs:7: `domain` may not name `crate::store`"]
    );
}

#[test]
fn a_file_that_belongs_to_no_room_is_found() {
    assert_eq!(of("utilities.rs", "").len(), 1);
    assert_eq!(of("flow/claim.rs", "use crate::utilities::thing;").len(), 1);
}

#[test]
fn a_long_file_is_found_and_its_tests_are_not_counted() {
    let long = "fn f() {}\n".repeat(300);
    assert_eq!(
        of("flow/claim.rs", &long),
        ["flow/claim.rs: 300 lines before its tests; 299 is the most"]
    );
    let tests = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{}}\n{long}");
    assert!(of("flow/claim.rs", &tests).is_empty());
}

#[test]
fn an_allow_is_found_however_it_is_spelled() {
    assert_eq!(of("flow/claim.rs", "#[allow(dead_code)]\nfn f() {}").len(), 1);
    assert_eq!(of("flow/mod.rs", "#![allow(clippy::pedantic)]").len(), 1);
    assert_eq!(of("flow/mod.rs", "#[cfg_attr(unix, allow(unused))]\nfn f() {}").len(), 1);
    assert!(of("flow/mod.rs", "#[expect(dead_code, reason = \"x\")]\nfn f() {}").is_empty());
    assert!(of("flow/mod.rs", "fn f() { allow(host) }").is_empty());
}

#[test]
fn unfinished_work_is_found() {
    assert_eq!(of("flow/claim.rs", "// TODO: later\n").len(), 1);
    assert_eq!(of("flow/claim.rs", "// FIXME\n").len(), 1);
    assert!(of("flow/claim.rs", "const METHOD: Todos = 1;\n").is_empty());
}

#[test]
fn a_name_that_says_nothing_is_found() {
    assert_eq!(of("flow/claim_helper.rs", "").len(), 1);
    assert_eq!(of("web/utils.rs", "").len(), 1);
    assert_eq!(of("store/manager/mod.rs", "").len(), 1);
    assert!(of("protocol/metadata.rs", "").is_empty());
}
