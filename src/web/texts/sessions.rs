//! What is said after a decision, and about sessions.

use super::{Sentence, Words};

/// The page after a decision.
#[derive(Debug)]
pub struct DecisionTexts {
    /// First: the agent. Second: the resource.
    pub approved: Sentence,
    pub approved_words: &'static str,
    pub collected_words: &'static str,
    /// First: the agent.
    pub relay: Sentence,
    pub relay_words: &'static str,
    pub relay_useless: &'static str,
    pub relay_once: &'static str,
    pub relay_expires: &'static str,
    pub code: &'static str,
    pub denied: Words,
    pub denied_reason: &'static str,
    pub denied_too_much: &'static str,
    pub denied_acceptable: &'static str,
    pub denied_note: &'static str,
    pub denied_report: &'static str,
    pub reported: Words,
    pub reported_ended: fn(usize) -> String,
    pub withdrawn: Words,
    pub undo: &'static str,
    pub undo_words: &'static str,
    /// Before the moment until which it works.
    pub undo_until: &'static str,
    pub expired: Words,
    pub locked: Words,
    pub superseded: Words,
    pub receipt: &'static str,
    pub granted: &'static str,
    pub refused: &'static str,
    pub nothing_refused: &'static str,
    pub ends: &'static str,
    pub resource: &'static str,
    pub asked_by: &'static str,
    pub countersigned_by: &'static str,
    pub decided: &'static str,
    pub see_sessions: &'static str,
    pub wrong: &'static str,
    pub wrong_words: &'static str,
}

/// The list of sessions, and one session.
#[derive(Debug)]
pub struct SessionTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub empty: &'static str,
    pub empty_words: &'static str,
    pub agent: &'static str,
    pub parent: &'static str,
    pub parent_words: &'static str,
    pub resource: &'static str,
    pub scopes: &'static str,
    pub extras: &'static str,
    /// Before the moment of its end.
    pub extra_until: &'static str,
    pub created: &'static str,
    pub last_used: &'static str,
    pub never_used: &'static str,
    pub ends: &'static str,
    pub ended: &'static str,
    pub from: &'static str,
    pub disconnect: &'static str,
    pub disconnect_title: &'static str,
    pub disconnect_words: &'static str,
    pub ended_words: &'static str,
    pub label: &'static str,
    pub label_hint: &'static str,
    pub rename: &'static str,
    pub history: &'static str,
    pub history_time: &'static str,
    pub history_what: &'static str,
    pub history_from: &'static str,
    pub back: &'static str,
    pub renamed: &'static str,
    pub disconnected: &'static str,
    /// First: the session.
    pub reused: Sentence,
    pub reused_words: &'static str,
}

/// What happened to a session, in the past tense.
#[derive(Debug)]
pub struct EventTexts {
    pub asked: &'static str,
    pub approved: &'static str,
    pub collected: &'static str,
    pub renewed: &'static str,
    pub reused: &'static str,
    pub renamed: &'static str,
    pub widened: &'static str,
    pub extra_ended: &'static str,
    pub handed_on: &'static str,
    pub disconnected: &'static str,
    pub ended_by_agent: &'static str,
    pub ended_by_report: &'static str,
    pub withdrawn: &'static str,
    pub ended_with_parent: &'static str,
    pub ended_by_operator: &'static str,
    pub locked: &'static str,
    pub client_removed: &'static str,
    pub expired: &'static str,
}
