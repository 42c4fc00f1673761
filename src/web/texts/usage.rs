//! What is said about plans and what was used of them.

use super::Words;

/// What a person has used this month.
#[derive(Debug)]
pub struct UsageTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub plan: &'static str,
    pub requests: &'static str,
    pub rate: &'static str,
    /// How many, in which span of time.
    pub rate_of: fn(u32, &str) -> String,
    pub unlimited: &'static str,
    pub events: &'static str,
    /// How many of how many.
    pub events_of: fn(i64, i64) -> String,
    pub until: &'static str,
    pub used_up: Words,
    pub delay: &'static str,
}
