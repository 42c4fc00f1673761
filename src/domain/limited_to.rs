//! Which of its owner's things a key is good for, where it is not good for all of them.

use std::collections::BTreeSet;
use std::fmt;

/// The things that a key is good for, in the words of its API; everything where none is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitedTo(BTreeSet<String>);

/// Longer or more: nobody means that.
const LONGEST_LIMIT: usize = 64;
const MOST_LIMITS: usize = 50;

impl LimitedTo {
    /// Names with white space or commas between them; `None` for what no name is.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let fits = |name: &str| name.len() <= LONGEST_LIMIT && name.bytes().all(letter);
        let between = |letter: char| letter.is_whitespace() || letter == ',';
        let names: BTreeSet<&str> = text.split(between).filter(|name| !name.is_empty()).collect();
        let sound = names.len() <= MOST_LIMITS && names.iter().all(|name| fits(name));
        sound.then(|| Self(names.into_iter().map(str::to_owned).collect()))
    }

    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a request that is about these is within it. One that names nothing may be about
    /// anything.
    pub fn covers<'a>(&self, mut named: impl Iterator<Item = &'a str>) -> bool {
        let Some(first) = named.next() else { return self.is_everything() };
        self.is_everything() || (self.0.contains(first) && named.all(|name| self.0.contains(name)))
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for LimitedTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AO09, AO13: a key that is limited opens what it names and nothing that is not named.
    #[test]
    fn a_limit_covers_what_it_names_and_no_request_that_names_nothing() {
        let two = LimitedTo::read(" site_1,\nsite-2 ,site_1").expect("a limit");
        assert_eq!(two.to_string(), "site-2 site_1");
        for (named, covered) in [
            (&["site_1"][..], true),
            (&["site_1", "site-2"], true),
            (&["site_1", "site_3"], false),
            (&["SITE_1"], false),
            (&[""], false),
            (&[], false),
        ] {
            assert_eq!(two.covers(named.iter().copied()), covered, "{named:?}");
        }
        let everything = LimitedTo::read(" , ").expect("no limit");
        assert!(everything.is_everything() && everything.covers(std::iter::empty()));
        let (long, many) = ("x".repeat(65), "x".repeat(3));
        for text in ["a/b", "a\u{202e}", "é", &long] {
            assert_eq!(LimitedTo::read(text), None, "{text}");
        }
        let names: Vec<String> = (0..51).map(|number| format!("{many}{number}")).collect();
        assert_eq!(LimitedTo::read(&names.join(" ")), None);
    }
}
