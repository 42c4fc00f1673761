use askama::Template;

use super::Frame;
use crate::protocol::timestamp::Seconds;
use crate::web::texts::{ErrorTexts, Words};

/// Any status a person is shown instead of a page: what happened, and a way on. The cause
/// is for the log, never for this page (promise P6).
#[derive(Template)]
#[template(path = "pages/error.html")]
pub struct ErrorPage<'a> {
    pub frame: &'a Frame<'a>,
    pub status: u16,
    /// For 429 and 503.
    pub retry_after: Option<Seconds>,
    /// Where to go on; the start page when there is no better place.
    pub way_on: Option<&'a str>,
}

impl ErrorPage<'_> {
    const fn texts(&self) -> &ErrorTexts {
        &self.frame.texts.errors
    }

    fn words(&self) -> &Words {
        self.texts().of(self.status)
    }

    fn status_words(&self) -> String {
        (self.texts().status)(self.status)
    }

    fn retry_words(&self) -> Option<String> {
        self.retry_after.map(|wait| (self.texts().retry_after)(&self.frame.texts.time, wait))
    }
}
