use askama::Template;

use super::{Frame, Moment};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::{Run, TokenTexts};

/// `/account/tokens`: what this browser hands to scripts.
#[derive(Template)]
#[template(path = "pages/tokens.html")]
pub struct TokensPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// The profiles that offer tokens, by name.
    pub profiles: Vec<&'a str>,
    pub shown: Option<TokenShown<'a>>,
}

/// A token in the clear, the one time that it is shown.
#[derive(Debug, Clone)]
pub struct TokenShown<'a> {
    pub profile: &'a str,
    pub token: &'a str,
    pub ends_at: Timestamp,
}

impl TokensPage<'_> {
    const fn words(&self) -> &TokenTexts {
        &self.frame.texts.tokens
    }

    fn get_for<'a>(&'a self, profile: &'a str) -> Vec<Run<'a>> {
        self.words().get_for.fill(profile, "")
    }

    fn shown_for<'a>(&'a self, shown: &'a TokenShown<'_>) -> Vec<Run<'a>> {
        self.words().shown_for.fill(shown.profile, "")
    }

    fn ends(&self, shown: &TokenShown<'_>) -> Moment {
        self.frame.moment(shown.ends_at)
    }
}
