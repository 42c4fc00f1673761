//! What is said about the tokens of scripts.

use super::Sentence;

/// The page that hands them out.
#[derive(Debug)]
pub struct TokenTexts {
    pub title: &'static str,
    pub lead: &'static str,
    /// First: the profile.
    pub get_for: Sentence,
    /// First: the profile.
    pub shown_for: Sentence,
    pub ends: &'static str,
    pub renewed: &'static str,
    pub keys_instead: &'static str,
}
