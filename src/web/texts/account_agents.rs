//! What is said about the agents of an account.

use super::{Sentence, Words};

/// The list of agents, which is also where they are made and removed.
#[derive(Debug)]
pub struct AccountAgentTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub empty: Words,
    pub id: &'static str,
    pub created: &'static str,
    pub keys: &'static str,
    pub no_keys: &'static str,
    pub remove: &'static str,
    /// First: the agent.
    pub remove_sure: Sentence,
    pub remove_words: &'static str,
    pub removed_now: &'static str,
    pub new: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub create: &'static str,
    pub name_missing: &'static str,
    pub too_long: fn(usize) -> String,
    pub too_many: &'static str,
}
