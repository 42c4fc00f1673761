use askama::Template;

use super::{Frame, ScopeWords};
use crate::domain::api_key::{KeyKind, Mode};
use crate::protocol::timestamp::Seconds;
use crate::web::texts::{NewKeyTexts, Run};

/// `/account/keys/new/{profile}`: what a new key is to be.
#[derive(Template)]
#[template(path = "pages/api_key_new.html")]
pub struct ApiKeyNewPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// What this page is found by.
    pub offer: &'a str,
    pub profile: &'a str,
    pub kind: KeyKind,
    pub resource_name: &'a str,
    /// What was entered before.
    pub name: &'a str,
    pub environment: &'a str,
    /// The most characters of either.
    pub longest_name: usize,
    pub scopes: Vec<KeyScope<'a>>,
    /// Which of the two is chosen, where there are two.
    pub mode: Option<Mode>,
    pub lives: Vec<Life>,
    pub error: Option<NewKeyError>,
}

#[derive(Debug, Clone, Copy)]
pub struct KeyScope<'a> {
    pub scope: ScopeWords<'a>,
    pub ticked: bool,
}

/// How long the key may live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// What the form sends.
    pub value: String,
    /// None: until it is revoked.
    pub span: Option<Seconds>,
    pub chosen: bool,
}

/// What is wrong with what was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewKeyError {
    NameMissing,
    TooLong,
    NothingTicked,
}

impl ApiKeyNewPage<'_> {
    const fn words(&self) -> &NewKeyTexts {
        &self.frame.texts.api_keys.new
    }

    fn title(&self) -> Vec<Run<'_>> {
        let words = match self.kind {
            KeyKind::Secret => &self.words().title,
            KeyKind::UserToken => &self.words().token_title,
        };
        words.fill(self.profile, "")
    }

    fn is_live(&self) -> bool {
        self.mode == Some(Mode::Live)
    }

    fn life_words(&self, life: &Life) -> String {
        let until_revoked = || self.words().until_revoked.to_owned();
        life.span.map_or_else(until_revoked, self.frame.texts.time.span)
    }

    fn error_words(&self) -> Option<String> {
        let words = self.words();
        self.error.map(|error| match error {
            NewKeyError::NameMissing => words.name_missing.to_owned(),
            NewKeyError::TooLong => (words.too_long)(self.longest_name),
            NewKeyError::NothingTicked => words.nothing_ticked.to_owned(),
        })
    }

    /// Where the page says it, beside saying it first.
    fn name_error(&self) -> Option<String> {
        self.error_words().filter(|_| self.error != Some(NewKeyError::NothingTicked))
    }

    fn scope_error(&self) -> Option<String> {
        self.error_words().filter(|_| self.error == Some(NewKeyError::NothingTicked))
    }

    fn error_at(&self) -> &'static str {
        if self.scope_error().is_some() { "scopes" } else { "name" }
    }
}
