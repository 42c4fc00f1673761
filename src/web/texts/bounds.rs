//! What is said about what an agent is held to beside the end.

/// On the approval page, the receipt and the pages of sessions.
#[derive(Debug)]
pub struct BoundsTexts {
    pub title: &'static str,
    pub calls: &'static str,
    pub calls_hint: &'static str,
    pub bad_calls: &'static str,
    pub idle: &'static str,
    /// How long, in words made by [`TimeTexts::span`](super::TimeTexts).
    pub idle_after: fn(&str) -> String,
    /// Before what is left.
    pub left: &'static str,
    /// How many are left, and of how many.
    pub left_of: fn(i64, i64) -> String,
    pub none_left: &'static str,
    /// Before what was granted.
    pub granted: &'static str,
    pub granted_calls: fn(i64) -> String,
}
