//! What is said about projects and their public tokens.

use super::{Sentence, Words};

/// The list of projects, which is also where they are made and revoked.
#[derive(Debug)]
pub struct ProjectTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub empty: Words,
    pub token: &'static str,
    pub snippet: &'static str,
    pub profile: &'static str,
    pub created: &'static str,
    pub revoked_at: &'static str,
    pub revoke: &'static str,
    /// First: the project.
    pub revoke_sure: Sentence,
    pub revoke_words: &'static str,
    pub revoked_now: &'static str,
    pub new: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub create: &'static str,
    pub name_missing: &'static str,
    pub too_long: fn(usize) -> String,
    pub too_many: &'static str,
}
