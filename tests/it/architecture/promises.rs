//! What the documents promise, and the tests that they name for it.

use std::fs;
use std::path::Path;

/// Every file below a folder, in one text.
fn all(folder: &Path) -> String {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("read").path());
    entries
        .filter(|path| !path.ends_with("node_modules"))
        .map(|path| {
            let text = || fs::read_to_string(&path).unwrap_or_default();
            if path.is_dir() { all(&path) } else { text() }
        })
        .collect()
}

/// Whether a line of a table promises something: `| AA02 | …` where promises have the letters of a
/// product, `| 7 | …` where they have numbers.
fn is_promise(line: &str, letters: usize) -> bool {
    let id = line.strip_prefix("| ").and_then(|rest| rest.split(' ').next()).unwrap_or_default();
    let Some((product, number)) = id.split_at_checked(letters) else { return false };
    product.bytes().all(|byte| byte.is_ascii_uppercase())
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// docs/credentials.md, docs/approval.md, docs/rfc10027.md: every promise names a test in its last
/// column, and each test is there: of ours by its name, of a browser's by its title.
#[test]
fn every_promise_of_the_documents_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = all(&root.join("tests/it")) + &all(&root.join("src"));
    let browser = all(&root.join("tests/browser"));
    for (document, letters, least) in
        [("docs/credentials.md", 2, 100), ("docs/approval.md", 0, 32), ("docs/rfc10027.md", 0, 17)]
    {
        let text = fs::read_to_string(root.join(document)).expect("the document");
        let promises: Vec<&str> = text.lines().filter(|line| is_promise(line, letters)).collect();
        assert!(promises.len() >= least, "{document} is not read as it is written any more");
        for line in promises {
            let cell = line.trim_end_matches(['|', ' ']).rsplit('|').next().expect("a column");
            let names: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
            assert!(!names.is_empty(), "{document}: {line}");
            for name in names.iter().filter(|name| !name.contains('/')) {
                let is_there = if name.contains(' ') {
                    browser.contains(name)
                } else {
                    tests.contains(&format!("fn {name}()"))
                };
                assert!(is_there, "{document}: {name} is no test");
            }
        }
    }
}
