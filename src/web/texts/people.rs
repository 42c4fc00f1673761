//! What is said at sign-in and on the approval page.

use super::Sentence;

/// Sign-in, sign-up and one-time links.
#[derive(Debug)]
pub struct AccountTexts {
    pub sign_in: &'static str,
    pub sign_in_lead: &'static str,
    pub sign_in_to_decide: &'static str,
    pub sign_up: &'static str,
    pub sign_up_lead: &'static str,
    pub no_account: &'static str,
    pub have_account: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    pub password: &'static str,
    pub new_password: &'static str,
    pub least: fn(usize) -> String,
    pub first_account: &'static str,
    pub first_account_lead: &'static str,
    pub create: &'static str,
    pub set_password: &'static str,
    pub set_password_lead: &'static str,
    pub save_password: &'static str,
    pub for_account: &'static str,
    pub check_fields: &'static str,
    pub wrong_pair: &'static str,
    pub too_many: &'static str,
    pub expired_form: &'static str,
    pub name_missing: &'static str,
    pub email_invalid: &'static str,
    pub email_taken: &'static str,
    pub too_short: fn(usize) -> String,
    pub too_long: fn(usize) -> String,
    pub too_common: &'static str,
}

/// The approval page.
#[derive(Debug)]
pub struct ApprovalTexts {
    pub title: &'static str,
    /// First: the agent. Second: the resource.
    pub asks: Sentence,
    pub unnamed_agent: &'static str,
    pub told: &'static str,
    pub recorded: &'static str,
    /// How many permissions are asked, how many of them above reading, and until when this
    /// request can be answered.
    pub summary: fn(usize, usize) -> String,
    pub expires: &'static str,
    pub who: &'static str,
    pub who_name: &'static str,
    pub who_kind: &'static str,
    pub who_reason: &'static str,
    pub who_account: &'static str,
    pub seen: &'static str,
    pub first_time: &'static str,
    pub again: fn(u32) -> String,
    pub from: &'static str,
    pub from_address: &'static str,
    pub from_program: &'static str,
    pub from_time: &'static str,
    pub your_address: &'static str,
    pub network_same: &'static str,
    pub network_different: &'static str,
    pub network_unknown: &'static str,
    pub not_said: &'static str,
    pub started: &'static str,
    pub started_words: &'static str,
    pub not_started: &'static str,
    pub code: &'static str,
    pub code_hint: &'static str,
    pub no_code: &'static str,
    pub relay_words: &'static str,
    pub have_code: &'static str,
    pub code_missing: &'static str,
    pub code_wrong: fn(u32) -> String,
    pub what: &'static str,
    pub what_words: &'static str,
    pub read_only: &'static str,
    pub resource: &'static str,
    pub constant: &'static str,
    pub until: &'static str,
    pub asked_line: &'static str,
    pub countersign_line: &'static str,
    pub approve: &'static str,
    pub deny: &'static str,
    pub why: &'static str,
    pub why_words: &'static str,
    pub not_me: &'static str,
    pub too_much: &'static str,
    pub not_now: &'static str,
    pub note: &'static str,
    pub note_hint: &'static str,
    pub report_title: &'static str,
    pub report_words: &'static str,
    pub end_sessions: &'static str,
    pub report: &'static str,
    pub nothing_decided: &'static str,
    pub now_read_only: &'static str,
    pub nothing_ticked: &'static str,
    pub bad_lifetime: &'static str,
    pub refused_title: &'static str,
    pub refused_words: &'static str,
    pub refused_action: &'static str,
    pub refused_stays: &'static str,
}

/// How scopes are introduced.
#[derive(Debug)]
pub struct ScopeTexts {
    /// A tier's title, and what it means.
    pub delete: (&'static str, &'static str),
    pub spend: (&'static str, &'static str),
    pub change: (&'static str, &'static str),
    pub read: (&'static str, &'static str),
    pub required: &'static str,
    pub possible: &'static str,
    pub impossible: &'static str,
}

/// How long a session may live.
#[derive(Debug)]
pub struct LifetimeTexts {
    pub once: &'static str,
    pub one_hour: &'static str,
    pub eight_hours: &'static str,
    pub seven_days: &'static str,
    pub thirty_days: &'static str,
    pub custom: &'static str,
    pub custom_days: &'static str,
    pub most_days: fn(i64) -> String,
    /// The end, in words made by [`TimeTexts::moment`](super::TimeTexts).
    pub until: fn(&str) -> String,
    pub once_until: fn(&str) -> String,
    pub at_most_until: fn(&str) -> String,
    pub never_longer: &'static str,
}
