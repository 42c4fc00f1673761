//! What is said of the browsers that a person is signed in with.

/// The list of them.
#[derive(Debug)]
pub struct BrowserTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub this: &'static str,
    pub unknown: &'static str,
    pub signed_in: &'static str,
    pub ends: &'static str,
    pub from: &'static str,
    pub sign_out: &'static str,
    pub sign_out_others: &'static str,
    pub signed_out: &'static str,
    /// What to do about one that is nobody's.
    pub stranger: &'static str,
}
