//! What is said of questions that wait.

use super::Words;

/// The list of them.
#[derive(Debug)]
pub struct InboxTexts {
    pub title: &'static str,
    pub lead: &'static str,
    pub warning: &'static str,
    pub unverified: &'static str,
    pub empty: Words,
    pub look: &'static str,
    pub resource: &'static str,
    pub asked: &'static str,
    pub ends: &'static str,
    pub from: &'static str,
}
