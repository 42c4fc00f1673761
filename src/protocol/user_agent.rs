//! What a program says it is ([RFC 9110 §10.1.5]).
//!
//! [RFC 9110 §10.1.5]: https://www.rfc-editor.org/rfc/rfc9110#section-10.1.5

/// Products that nearly every browser names, whichever it is.
const NAMED_BY_ALL: [&str; 5] = ["Mozilla", "AppleWebKit", "KHTML", "Gecko", "Safari"];

/// More would say less.
const MOST: usize = 3;

/// A `User-Agent` in words: its products with their versions, and no comments ([RFC 9110
/// §10.1.5]); as it is, where that leaves nothing.
///
/// [RFC 9110 §10.1.5]: https://www.rfc-editor.org/rfc/rfc9110#section-10.1.5
#[must_use]
pub fn in_words(text: &str) -> String {
    let mut depth = 0_u32;
    let outside = text.split_whitespace().filter(|part| {
        let before = depth;
        for character in part.chars() {
            match character {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        before == 0 && !part.starts_with('(')
    });
    let products = outside.filter_map(|part| {
        let (name, version) = part.split_once('/').unwrap_or((part, ""));
        let telling = !name.is_empty() && !NAMED_BY_ALL.contains(&name);
        telling.then(|| format!("{name} {version}").trim_end().to_owned())
    });
    let words = products.take(MOST).collect::<Vec<_>>().join(", ");
    if words.is_empty() { text.to_owned() } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// pages.md point 6: what agents send becomes what a person can read; comments and what
    /// every browser says tell nothing.
    #[test]
    fn products_are_read_and_comments_are_not() {
        for (sent, read) in [
            ("curl/8.14.1", "curl 8.14.1"),
            ("node", "node"),
            ("python-httpx/0.27.0 mcp/1.9", "python-httpx 0.27.0, mcp 1.9"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like \
                 Gecko) Claude/1.2 Chrome/126.0 Electron/31.0 Safari/537.36",
                "Claude 1.2, Chrome 126.0, Electron 31.0",
            ),
            ("a/1 (one (two) three) b/2", "a 1, b 2"),
            ("a/1 b/2 c/3 d/4", "a 1, b 2, c 3"),
            ("(only a comment)", "(only a comment)"),
            ("Mozilla/5.0 (compatible", "Mozilla/5.0 (compatible"),
            ("/7 x)", "x)"),
        ] {
            assert_eq!(in_words(sent), read, "{sent}");
        }
    }
}
