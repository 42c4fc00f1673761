use askama::Template;

use super::{Frame, Moment};
use crate::flow::passkey::{PasskeyError, Question};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::PasskeyTexts;

/// `/account/passkeys`: what this person signs in with beside a password.
#[derive(Template)]
#[template(path = "pages/passkeys.html")]
pub struct PasskeysPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// Oldest first.
    pub passkeys: Vec<PasskeyLine<'a>>,
    /// Said once, after the press that did it.
    pub done: Option<PasskeyNotice>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyNotice {
    Added,
    Removed,
}

/// One passkey.
#[derive(Debug, Clone)]
pub struct PasskeyLine<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// `/account/passkeys/new`: the script of the page asks the device.
#[derive(Template)]
#[template(path = "pages/passkey_new.html")]
pub struct NewPasskeyPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    pub question: &'a Question,
    /// Suggested, or what was entered before.
    pub name: &'a str,
    pub longest_name: usize,
    pub error: Option<&'a PasskeyError>,
}

impl PasskeysPage<'_> {
    const fn words(&self) -> &PasskeyTexts {
        &self.frame.texts.passkeys
    }

    fn notice_words(&self) -> Option<&'static str> {
        self.done.map(|done| match done {
            PasskeyNotice::Added => self.words().was_added,
            PasskeyNotice::Removed => self.words().was_removed,
        })
    }
}

impl PasskeyLine<'_> {
    fn created(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.created_at)
    }

    fn last_used(&self, frame: &Frame<'_>) -> Option<Moment> {
        self.last_used_at.map(|at| frame.moment(at))
    }
}

impl NewPasskeyPage<'_> {
    const fn words(&self) -> &PasskeyTexts {
        &self.frame.texts.passkeys
    }

    fn error_words(&self) -> Option<&'static str> {
        self.error.map(|error| match error {
            PasskeyError::NameMissing => self.words().name_missing,
            PasskeyError::TooMany => self.words().too_many,
            _ => self.words().not_made,
        })
    }
}
