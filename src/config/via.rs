//! Where a credential travels: `via` of a `[[profile.credential]]`.

use super::entry::Entry;
use super::problem::Problem;

/// How a credential comes along with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// `Authorization: Bearer …`
    Bearer,
    /// `Authorization: ApiKey …`
    ApiKeyScheme,
    /// A header of this name.
    Header(String),
    /// A parameter of the address, which ends up in histories and logs (RFC 9700 §4.3.2).
    Query(String),
    /// A member of the body, which the API reads and asks about; no proxy looks there.
    Body(String),
}

pub(super) fn read(entry: &Entry<'_>, problems: &mut Vec<Problem>) -> Vec<Via> {
    if !entry.has("via") {
        return vec![Via::Bearer];
    }
    let words = entry.list("via", problems);
    let ways: Option<Vec<Via>> = words.iter().map(|word| way(word)).collect();
    ways.filter(|ways| !ways.is_empty()).unwrap_or_else(|| {
        let remedy =
            "write a list of bearer, apikey-scheme, header:NAME, query:NAME and body:FIELD";
        problems.push(entry.problem("via", remedy));
        Vec::new()
    })
}

fn way(word: &str) -> Option<Via> {
    match word.split_once(':') {
        None if word == "bearer" => Some(Via::Bearer),
        None if word == "apikey-scheme" => Some(Via::ApiKeyScheme),
        Some(("header", name)) if is_header(name) => Some(Via::Header(name.to_owned())),
        Some(("query", name)) if is_name(name) => Some(Via::Query(name.to_owned())),
        Some(("body", name)) if is_name(name) => Some(Via::Body(name.to_owned())),
        _ => None,
    }
}

/// Those that a proxy speaks with Countersign in are not the request's own.
pub(super) fn is_header(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let lower = name.to_ascii_lowercase();
    let taken = ["authorization", "cookie", "dpop", "origin"].contains(&lower.as_str());
    let proxys = ["countersign-", "x-forwarded-", "x-original-"];
    let taken = taken || proxys.iter().any(|prefix| lower.starts_with(prefix));
    !name.is_empty() && name.bytes().all(fits) && !taken
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && name.bytes().all(fits)
}
