use askama::Template;

use super::Frame;
use crate::web::texts::{MailedTexts, Words};

/// A letter may be on its way: the same page for every address that anybody types.
#[derive(Template)]
#[template(path = "pages/letter_sent.html")]
pub struct LetterSentPage<'a> {
    pub frame: &'a Frame<'a>,
    pub sent: Sent,
    pub sign_in_href: &'a str,
}

/// What the letter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    Account,
    Password,
    Address,
}

impl LetterSentPage<'_> {
    const fn words(&self) -> &MailedTexts {
        &self.frame.texts.mailed
    }

    const fn said(&self) -> &Words {
        match self.sent {
            Sent::Account => &self.words().account_sent,
            Sent::Password => &self.words().password_sent,
            Sent::Address => &self.words().address_sent,
        }
    }
}
