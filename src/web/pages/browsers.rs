use askama::Template;

use super::{Frame, Moment};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::BrowserTexts;

/// `/account/browsers`: where this person is signed in.
#[derive(Template)]
#[template(path = "pages/browsers.html")]
pub struct BrowsersPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// Latest first, this one among them.
    pub browsers: Vec<BrowserLine<'a>>,
    /// Said once, after the press that did it.
    pub done: bool,
}

/// One browser.
#[derive(Debug, Clone)]
pub struct BrowserLine<'a> {
    /// As the form says which it is.
    pub name: String,
    /// Whether it is the one that looks.
    pub is_this: bool,
    /// What it called itself, in words.
    pub program: Option<String>,
    /// The address it signed in from.
    pub address: &'a str,
    pub signed_in_at: Timestamp,
    pub ends_at: Timestamp,
}

impl BrowsersPage<'_> {
    const fn words(&self) -> &BrowserTexts {
        &self.frame.texts.browsers
    }

    fn notice_words(&self) -> Option<&'static str> {
        self.done.then_some(self.words().signed_out)
    }

    fn has_others(&self) -> bool {
        self.browsers.iter().filter(|browser| !browser.is_this).count() > 1
    }
}

impl BrowserLine<'_> {
    fn program(&self, frame: &Frame<'_>) -> &str {
        self.program.as_deref().unwrap_or(frame.texts.browsers.unknown)
    }

    fn signed_in(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.signed_in_at)
    }

    fn ends(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.ends_at)
    }
}
