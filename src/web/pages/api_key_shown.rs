use askama::Template;

use super::api_keys::KeyLine;
use super::{Frame, Moment};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::{ApiKeyTexts, ShownKeyTexts};

/// The answer to making or rotating a key, and the only page that ever shows one.
#[derive(Template)]
#[template(path = "pages/api_key_shown.html")]
pub struct ApiKeyShownPage<'a> {
    pub frame: &'a Frame<'a>,
    pub key: KeyLine<'a>,
    pub secret: &'a str,
    /// Lines of a request's head that carry it, shortened.
    pub sent_as: Vec<String>,
    /// What became of the key that it replaces, if it does.
    pub old: Option<OldKey>,
}

/// The key whose place was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldKey {
    Ended,
    GoesOnUntil(Timestamp),
}

impl ApiKeyShownPage<'_> {
    const fn words(&self) -> &ApiKeyTexts {
        &self.frame.texts.api_keys
    }

    const fn shown_words(&self) -> &ShownKeyTexts {
        &self.frame.texts.api_keys.shown
    }

    fn old_has_ended(&self) -> bool {
        self.old == Some(OldKey::Ended)
    }

    fn old_until(&self) -> Option<Moment> {
        match self.old {
            Some(OldKey::GoesOnUntil(end)) => Some(self.frame.moment(end)),
            _ => None,
        }
    }
}
