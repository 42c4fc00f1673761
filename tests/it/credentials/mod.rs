//! The credentials of other products, asked for as their own clients ask.

mod agent_sessions;
mod agents;
mod api_keys;
mod five_systems;
mod limits;
mod managed;
mod organizations;
mod products;

use std::fs;
use std::path::Path;

/// Every source file below a folder, in one text.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("read").path());
    entries
        .map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                fs::read_to_string(&path).unwrap_or_default()
            }
        })
        .collect()
}

/// `| AA02 | …`: a product's two letters and a number.
fn is_promise(line: &str) -> bool {
    let id = line.strip_prefix("| ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let bytes = id.as_bytes();
    bytes.len() == 4
        && id[..2].bytes().all(|byte| byte.is_ascii_uppercase())
        && id[2..].bytes().all(|byte| byte.is_ascii_digit())
}

/// docs/credentials.md: every promise that is listed names a test, and the test is there.
#[test]
fn every_promise_that_is_listed_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(root.join("docs/credentials.md")).expect("the list");
    let tests = sources(&root.join("tests/it"));
    let mut checked = 0;
    for line in list.lines().filter(|line| is_promise(line)) {
        let cell = line.split('|').nth(3).expect("a column of tests");
        let names: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        for name in names.iter().filter(|name| !name.contains('/')) {
            assert!(tests.contains(&format!("fn {name}()")), "{name} is no test: {line}");
            checked += 1;
        }
        assert!(!names.is_empty(), "{line}");
    }
    assert!(checked > 20, "the list is not read as it is written any more");
}
