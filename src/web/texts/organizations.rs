//! What is said about organizations.

use super::{Sentence, Words};

/// The list of organizations, one of them, and the question whether to belong.
#[derive(Debug)]
pub struct OrganizationTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub empty: Words,
    pub role: &'static str,
    pub roles: RoleTexts,
    pub new: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub slug: &'static str,
    pub slug_hint: &'static str,
    pub create: &'static str,
    pub name_missing: &'static str,
    pub too_long: fn(usize) -> String,
    pub bad_slug: &'static str,
    pub taken: &'static str,
    pub too_many: &'static str,
    pub back: &'static str,
    pub keys: &'static str,
    pub members: &'static str,
    pub member_role: &'static str,
    pub since: &'static str,
    pub you: &'static str,
    pub save_role: &'static str,
    /// Before the name of a member.
    pub role_of: &'static str,
    pub remove: &'static str,
    /// First: the member.
    pub remove_sure: Sentence,
    pub remove_words: &'static str,
    pub leave: &'static str,
    pub leave_words: &'static str,
    pub invite: &'static str,
    pub invite_words: &'static str,
    pub email: &'static str,
    pub send: &'static str,
    pub bad_email: &'static str,
    pub link: &'static str,
    /// First: the address.
    pub link_words: Sentence,
    /// Likewise, where a letter takes it there.
    pub link_mailed: Sentence,
    pub invitations: &'static str,
    pub until: &'static str,
    pub withdraw: &'static str,
    pub dissolve: &'static str,
    /// First: the organization.
    pub dissolve_sure: Sentence,
    pub dissolve_words: &'static str,
    pub dissolved: &'static str,
    pub left: &'static str,
    pub changed: &'static str,
    pub not_allowed: &'static str,
    pub last_owner: &'static str,
    pub already: &'static str,
    pub full: &'static str,
    pub gone: &'static str,
    /// First: the organization.
    pub join_title: Sentence,
    /// First: who asks.
    pub join_lead: Sentence,
    pub join: &'static str,
    pub not_now: &'static str,
    pub other_person: Words,
}

/// What each role may do.
#[derive(Debug)]
pub struct RoleTexts {
    pub member: Words,
    pub administrator: Words,
    pub owner: Words,
}
