//! The headers in which clients say which agent of an account they are: `bind_agent` and `act_as`
//! of a `[[profile.credential]]`.

use super::entry::Entry;
use super::problem::Problem;
use super::via::is_header;
use crate::domain::api_key::KeyKind;

/// `bind_agent`: the header that must name the agent whose key it comes with, if it is there.
pub(super) fn bind_agent(
    entry: &Entry<'_>,
    kind: KeyKind,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let key = "bind_agent";
    let name = entry.text(key, problems)?;
    if kind == KeyKind::UserToken {
        problems.push(entry.problem(key, "a user token is no agent's; write act_as instead"));
    }
    header(entry, key, name, problems)
}

/// `act_as`: the header that says which of its owner's agents a user token acts as. Where there
/// are several, it must be there.
pub(super) fn act_as(
    entry: &Entry<'_>,
    kind: KeyKind,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let key = "act_as";
    let section = entry.section(key, problems)?;
    if kind != KeyKind::UserToken {
        problems.push(entry.problem(key, "only a user token acts as one of several agents"));
    }
    section.only(&["header", "required"], problems);
    if section.has("required") && !section.is_text("required", "when-many") {
        problems.push(section.problem("required", "write \"when-many\""));
    }
    if !section.has("header") {
        problems.push(section.problem("header", "missing; write the name of a header"));
    }
    let name = section.text("header", problems)?;
    header(&section, "header", name, problems)
}

fn header(
    entry: &Entry<'_>,
    key: &str,
    name: String,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    if !is_header(&name) {
        problems.push(entry.problem(key, "write the name of a header of the request's own"));
        return None;
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use crate::config::tests::{loaded, refused};

    const KEYS: &str = "[[profile]]\nname = 'example'\n[[profile.credential]]\nprefix = 'ex_'\n";

    /// AS20, AG10: each kind has the header that its clients send.
    #[test]
    fn a_key_names_its_agent_and_a_user_token_the_one_it_acts_as() {
        for (kind, line, bound, acts) in [
            ("secret", "", None, None),
            ("secret", "bind_agent = 'X-Agent'", Some("X-Agent"), None),
            ("agent-key", "", None, None),
            ("agent-key", "bind_agent = 'X-Agent'", Some("X-Agent"), None),
            ("user-token", "act_as = { header = 'X-Agent' }", None, Some("X-Agent")),
            (
                "user-token",
                "act_as = { header = 'X-Agent', required = 'when-many' }",
                None,
                Some("X-Agent"),
            ),
        ] {
            let text = format!("{KEYS}type = '{kind}'\n{line}\n");
            let settings = loaded(&text).unwrap_or_else(|problems| panic!("{line}: {problems:?}"));
            let rules = &settings.profiles[0].keys[0];
            assert_eq!((rules.bind_agent.as_deref(), rules.act_as.as_deref()), (bound, acts));
        }
    }

    #[test]
    fn what_names_no_agent_is_refused_where_it_stands() {
        for (kind, line, key) in [
            ("user-token", "bind_agent = 'X-Agent'", "bind_agent"),
            ("secret", "bind_agent = 'Countersign-Agent-Id'", "bind_agent"),
            ("secret", "bind_agent = 'Cookie'", "bind_agent"),
            ("secret", "bind_agent = ''", "bind_agent"),
            ("secret", "act_as = { header = 'X-Agent' }", "act_as"),
            ("agent-key", "act_as = { header = 'X-Agent' }", "act_as"),
            ("user-token", "act_as = 'X-Agent'", "act_as"),
            ("user-token", "act_as = {}", "act_as.header"),
            ("user-token", "act_as = { header = 'X Agent' }", "act_as.header"),
            ("user-token", "act_as = { header = 'X-A', required = 'never' }", "act_as.required"),
            ("user-token", "act_as = { header = 'X-A', needed = true }", "act_as.needed"),
        ] {
            let text = format!("{KEYS}type = '{kind}'\n{line}\n");
            assert_eq!(refused(&text), [format!("profile[0].credential[0].{key}")], "{line}");
        }
    }
}
