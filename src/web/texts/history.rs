//! What is said about a person's history.

use crate::domain::account_history::Group;
use crate::domain::event::EventKind;

/// Account → History.
#[derive(Debug)]
pub struct HistoryTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub of_session: &'static str,
    pub empty: &'static str,
    pub when: &'static str,
    pub what: &'static str,
    pub from: &'static str,
    pub agent: &'static str,
    pub show: &'static str,
    pub everything: &'static str,
    pub older: &'static str,
    pub newest: &'static str,
    pub export: &'static str,
    pub export_words: &'static str,
    pub csv: &'static str,
    pub json_lines: &'static str,
    pub all_of_session: &'static str,
    /// What each kind is, as its owner reads it.
    pub kind: fn(EventKind) -> &'static str,
    pub group: fn(Group) -> &'static str,
}
