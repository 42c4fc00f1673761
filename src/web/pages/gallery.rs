//! Renders every page in every variant, twice: as it should look, and with the worst text a
//! stranger may send. With `COUNTERSIGN_GALLERY` set to a directory, the pages are left there,
//! to be looked at.

#![expect(
    clippy::disallowed_methods,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "tests: they read where to write the gallery, and cut pages apart"
)]

mod account_agents;
mod accounts;
mod admin;
mod agent_session;
mod api_keys;
mod approvals;
mod browsers;
mod doors;
mod history;
mod inbox;
mod mailed;
mod organizations;
mod passkeys;
mod projects;
mod results;
mod samples;
mod sessions;
mod standard;
mod tokens;
mod usage;

use std::collections::HashSet;

use samples::Sample;

const CSS: &str = include_str!("../../../static/countersign.css");
const RECORDS: &str = include_str!("../../../static/records.css");
const SCRIPT: &str = include_str!("../../../static/countersign.js");

fn calm() -> Vec<(String, String)> {
    samples::pages(&Sample::calm())
}

fn everything() -> Vec<(String, String)> {
    let hostile = samples::pages(&Sample::hostile());
    calm()
        .into_iter()
        .chain(hostile.into_iter().map(|(n, p)| (format!("{n}-hostile"), p)))
        .collect()
}

fn tags<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let open = format!("<{name}");
    let starts = page.match_indices(&open).map(|(at, _)| &page[at..]);
    starts
        .filter(|tag| tag[open.len()..].starts_with([' ', '>']))
        .map(|tag| &tag[..=tag.find('>').expect("a closed tag")])
        .collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split('"').next()
}

fn approval() -> String {
    let found = calm().into_iter().find(|(name, _)| name == "approval");
    found.expect("the approval page").1
}

/// The checks name pages, and so does whoever looks at them: no page hides another.
#[test]
fn every_page_is_written_under_a_name_of_its_own() {
    let passing = tempfile::tempdir().expect("a folder");
    let asked = std::env::var_os("COUNTERSIGN_GALLERY");
    let folder = asked.as_deref().map_or(passing.path(), std::path::Path::new);
    std::fs::create_dir_all(folder.join("static")).expect("a folder");
    let mut written = HashSet::new();
    for (name, page) in everything() {
        std::fs::write(folder.join(format!("{name}.html")), page).expect("a page");
        assert!(written.insert(name.clone()), "two pages are called {name}");
    }
    for file in ["countersign.css", "records.css", "countersign.js", "countersign.svg"] {
        std::fs::copy(format!("static/{file}"), folder.join("static").join(file)).expect("a copy");
    }
}

/// contracts/pages.md point 4: never rendered as markup.
#[test]
fn told_text_stays_text_on_every_page() {
    for (name, page) in everything() {
        assert!(!page.contains("<script>"), "{name}");
        assert!(!page.contains("<img src=x"), "{name}");
        assert!(!page.contains("href=\"javascript:"), "{name}");
    }
    let hostile = samples::pages(&Sample::hostile());
    assert!(hostile.iter().any(|(_, page)| page.contains("&#60;script&#62;")));
}

/// contracts/pages.md point 30: the policy forbids inline script and style.
#[test]
fn no_page_carries_inline_script_or_style() {
    for (name, page) in everything() {
        assert_eq!(tags(&page, "style").len(), 0, "{name}");
        assert_eq!(tags(&page, "script").len(), 1, "{name}");
        assert!(page.contains("<script src=\"/static/countersign.js\" defer></script>"), "{name}");
        let markup = page.split('<').filter_map(|tag| tag.split_once('>').map(|(tag, _)| tag));
        for tag in markup {
            let words = tag.split(' ').skip(1);
            let inline = |word: &str| word.starts_with("style=") || word.starts_with("on");
            assert!(
                !words.clone().any(|word| inline(word) && word.contains("=\"")),
                "{name}: {tag}"
            );
        }
    }
}

/// contracts/pages.md point 29: under 30 KB, nothing from elsewhere.
#[test]
fn a_page_with_style_and_script_stays_under_30_kilobytes() {
    for (name, page) in calm() {
        let records = if page.contains("/static/records.css") { RECORDS } else { "" };
        let style = CSS.len() + records.len();
        let total = page.len() + style + SCRIPT.len();
        assert!(total < 30 * 1024, "{name}: {total}");
        assert!(!page.contains("src=\"http") && !page.contains("stylesheet\" href=\"http"));
    }
    for style in [CSS, RECORDS] {
        assert!(!style.contains("http") && !style.contains("@import"));
    }
}

/// WCAG 1.3.1, 2.4.6, 3.1.1: one heading of the first level, a language, a landmark.
#[test]
fn every_page_has_one_heading_a_language_and_a_main() {
    for (name, page) in everything() {
        assert_eq!(tags(&page, "h1").len(), 1, "{name}");
        assert_eq!(tags(&page, "main").len(), 1, "{name}");
        assert!(page.contains("<html lang=\"en\" dir=\"ltr\">"), "{name}");
        assert!(page.contains("<title>") && !page.contains("<title> ·"), "{name}");
    }
}

/// WCAG 1.3.1, 4.1.2: every control a person can reach has a label, every id is there once.
#[test]
fn every_control_has_a_label() {
    for (name, page) in everything() {
        let ids: Vec<_> =
            page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let once: HashSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), once.len(), "{name}: {ids:?}");
        let controls = tags(&page, "input").into_iter().chain(tags(&page, "textarea"));
        for control in controls {
            let kind = attribute(control, "type").unwrap_or("text");
            if kind == "hidden" {
                continue;
            }
            let labelled = attribute(control, "id")
                .is_some_and(|id| page.contains(&format!("<label for=\"{id}\">")));
            let (before, _) = page.split_once(control).expect("the control is there");
            let wrapped = before.rfind("<label class=\"tick\">") > before.rfind("</label>");
            assert!(labelled || wrapped, "{name}: {control}");
        }
    }
}

/// Every form posts and carries its token, except for searches, which only read.
#[test]
fn every_form_posts_with_a_csrf_token() {
    for (name, page) in everything() {
        for form in page.split("<form").skip(1) {
            let form = form.split("</form>").next().expect("a form");
            if form.starts_with(" method=\"get\"") {
                assert!(form.contains("role=\"search\"") && !form.contains("csrf"), "{name}");
                continue;
            }
            assert!(form.starts_with(" method=\"post\""), "{name}");
            assert_eq!(form.matches("name=\"csrf\"").count(), 1, "{name}");
        }
    }
}

/// contracts/pages.md, the table of fixed names: exactly one password field.
#[test]
fn sign_in_has_one_password_field_with_autocomplete() {
    let pages = calm();
    let (_, page) = pages.iter().find(|(name, _)| name == "sign-in").expect("sign-in");
    assert_eq!(page.matches("type=\"password\"").count(), 1);
    assert!(page.contains("name=\"password\" type=\"password\" autocomplete=\"current-password\""));
    assert!(page.contains("name=\"email\" type=\"email\" autocomplete=\"username\""));
}

/// contracts/pages.md point 16, RFC 10027: Deny comes first and equals Approve; Enter decides
/// nothing, because the first submit button of the form is the one that decides nothing.
#[test]
fn enter_never_approves_and_deny_comes_first() {
    let page = approval();
    let (_, form) = page.split_once("<form method=\"post\" class=\"ask\">").expect("the form");
    let buttons = tags(form, "button");
    assert_eq!(attribute(buttons[0], "name"), Some("preset"));
    assert_eq!(attribute(buttons[0], "value"), Some("keep"));
    assert_eq!(attribute(buttons[0], "tabindex"), Some("-1"));
    let decisions: Vec<_> = buttons
        .iter()
        .filter(|button| attribute(button, "name") == Some("decision"))
        .filter_map(|button| attribute(button, "value"))
        .collect();
    assert_eq!(decisions, ["deny", "approve", "report"]);
    assert!(!page.contains("autofocus"));
}

/// contracts/pages.md points 11 and 12: required scopes are locked yet sent; the constant
/// stands on the page.
#[test]
fn a_required_scope_is_locked_and_still_sent() {
    let page = approval();
    let boxes = tags(&page, "input");
    let of = |scope: &str, kind: &str| {
        let wanted = |tag: &&&str| {
            attribute(tag, "value") == Some(scope) && attribute(tag, "type") == Some(kind)
        };
        boxes.iter().find(wanted).copied()
    };
    let locked = of("projects:read", "checkbox").expect("a box");
    assert!(locked.contains(" checked disabled"), "{locked}");
    assert!(of("projects:read", "hidden").is_some());
    let optional = of("releases:delete", "checkbox").expect("a box");
    assert!(!optional.contains("checked") && !optional.contains("disabled"), "{optional}");
    assert!(page.contains("never gives the agent your account key, and it cannot create keys"));
}

/// contracts/pages.md point 22: before the right account is there, nothing of the request is.
#[test]
fn the_refused_page_says_nothing_about_the_request() {
    let pages = calm();
    let (_, page) = pages.iter().find(|(name, _)| name == "approval-refused").expect("refused");
    for word in ["Release notes bot", "releases:", "203.0.113", "Example API"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("name=\"return_to\""));
}

/// WCAG 3.3.1: what is wrong with the code is said on the first screen, which leads to the
/// field, and at the field.
#[test]
fn a_wrong_code_is_said_at_its_field() {
    let pages = calm();
    let (_, page) = pages.iter().find(|(name, _)| name == "approval-wrong-code").expect("the page");
    assert!(page.contains("aria-invalid=\"true\""));
    assert!(page.contains("role=\"alert\"><a class=\"target\" href=\"#user_code\">That is not"));
    assert!(page.contains("id=\"user_code-error\">That is not the code. 3 tries"));
}
