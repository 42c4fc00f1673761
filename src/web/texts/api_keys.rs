//! What is said about API keys.

use super::{Sentence, Words};

/// The list of keys, one key, and what is done with it.
#[derive(Debug)]
pub struct ApiKeyTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub empty: Words,
    /// First: the profile.
    pub create_for: Sentence,
    /// First: the profile.
    pub create_token_for: Sentence,
    /// Beside the beginning of a person's own token.
    pub user_token: &'static str,
    /// First: the profile.
    pub create_agent_key_for: Sentence,
    /// Beside the beginning of an agent's own key.
    pub agent_key: &'static str,
    pub agent: &'static str,
    pub search: &'static str,
    pub search_hint: &'static str,
    pub find: &'static str,
    pub none_found: &'static str,
    pub all: &'static str,
    pub back: &'static str,
    pub key: &'static str,
    pub profile: &'static str,
    pub environment: &'static str,
    pub every_environment: &'static str,
    pub sandbox: &'static str,
    pub resource: &'static str,
    pub scopes: &'static str,
    pub created: &'static str,
    pub last_used: &'static str,
    pub never_used: &'static str,
    /// Before an address.
    pub from: &'static str,
    pub uses: fn(i64) -> String,
    pub ends: &'static str,
    pub no_end: &'static str,
    pub expired: &'static str,
    pub revoked: &'static str,
    pub rotated: &'static str,
    pub leaked: &'static str,
    pub agent_removed: &'static str,
    pub organization_dissolved: &'static str,
    pub account_closed: &'static str,
    /// Whose keys are listed.
    pub whose: &'static str,
    pub own: &'static str,
    /// First: the organization.
    pub of_organization: Sentence,
    pub over: &'static str,
    pub withdrawn: &'static str,
    pub due: Words,
    pub exposed: Words,
    pub replaced: &'static str,
    /// The link to the key that has its place.
    pub successor: &'static str,
    pub new: NewKeyTexts,
    pub shown: ShownKeyTexts,
    pub rotate_title: &'static str,
    pub rotate_words: &'static str,
    pub rotate_atomic: &'static str,
    /// How long the old key goes on, in words.
    pub rotate_overlapping: fn(&str) -> String,
    pub rotate: &'static str,
    pub revoke_title: &'static str,
    pub revoke_words: &'static str,
    pub revoke: &'static str,
    /// First: the key.
    pub revoke_sure: Sentence,
    pub keep: &'static str,
    pub revoked_now: &'static str,
    pub was_created: &'static str,
    pub was_created_by_token: &'static str,
    pub was_rotated: &'static str,
    pub replaced_itself: &'static str,
    pub was_revoked_by_key: &'static str,
    pub was_revoked: &'static str,
    pub was_leaked: &'static str,
    pub was_in_a_page: &'static str,
    pub was_over_plain_http: &'static str,
    pub was_on_a_public_route: &'static str,
}

/// The form that makes a key.
#[derive(Debug)]
pub struct NewKeyTexts {
    /// First: the profile.
    pub title: Sentence,
    /// First: the profile.
    pub token_title: Sentence,
    /// First: the profile.
    pub agent_key_title: Sentence,
    pub lead: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub environment: &'static str,
    pub environment_hint: &'static str,
    pub scopes: &'static str,
    pub scopes_words: &'static str,
    pub owner: &'static str,
    pub own: Words,
    pub agent: &'static str,
    pub no_agent: Words,
    /// Where there is none to choose from.
    pub agents_first: &'static str,
    pub to_agents: &'static str,
    pub mode: &'static str,
    pub live: Words,
    pub sandbox: Words,
    pub until: &'static str,
    pub until_revoked: &'static str,
    pub create: &'static str,
    pub name_missing: &'static str,
    pub too_long: fn(usize) -> String,
    pub nothing_ticked: &'static str,
    pub agent_missing: &'static str,
    pub limited_to: &'static str,
    pub limited_to_hint: &'static str,
    pub not_a_limit: &'static str,
}

/// The one page that shows a key.
#[derive(Debug)]
pub struct ShownKeyTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub key: &'static str,
    pub send: &'static str,
    pub lost: &'static str,
    pub old_ended: &'static str,
    /// Before the moment of its end.
    pub old_until: &'static str,
    pub done: &'static str,
}
