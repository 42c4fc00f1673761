use askama::Template;

use super::{Field, Frame};
use crate::flow::passkey::Question;
use crate::protocol::timestamp::Seconds;
use crate::web::texts::AccountTexts;

/// `/sign-in`: one form, an e-mail field and exactly one password field, so that password
/// managers know it.
#[derive(Template)]
#[template(path = "pages/sign_in.html")]
pub struct SignInPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// A path on this origin, checked by the handler; empty for none.
    pub return_to: &'a str,
    /// Whether `return_to` is an approval: the page then says what waits.
    pub to_decide: bool,
    /// What the person typed before; kept so that nothing is typed twice (WCAG 3.3.7).
    pub email: &'a str,
    pub error: Option<SignInError>,
    /// Whether what waits is for existing accounts only.
    pub existing_account: bool,
    /// The sign-up page with `return_to` kept; `None` when sign-up is closed.
    pub sign_up_href: Option<&'a str>,
    /// Likewise the page for a forgotten password; `None` without mail.
    pub forgot_href: Option<&'a str>,
    /// What is asked of passkeys; `None` where there are none.
    pub passkey: Option<&'a Question>,
    /// Whether what comes next needs one, and a password has been given.
    pub needs_passkey: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInError {
    /// Address unknown or password wrong: one sentence for both.
    WrongPair,
    TooManyTries(Seconds),
    /// A passkey that is nobody's, or an answer that came too late.
    WrongPasskey,
    /// The form's token was missing or old.
    ExpiredForm,
}

impl SignInPage<'_> {
    const fn words(&self) -> &AccountTexts {
        &self.frame.texts.accounts
    }

    fn error_words(&self) -> Option<&'static str> {
        self.error.map(|error| match error {
            SignInError::WrongPair => self.words().wrong_pair,
            SignInError::TooManyTries(_) => self.words().too_many,
            SignInError::WrongPasskey => self.frame.texts.passkeys.wrong,
            SignInError::ExpiredForm => self.words().expired_form,
        })
    }

    fn fields(&self) -> [Field<'_>; 2] {
        [Field::email(self.frame.texts, self.email), Field::password(self.frame.texts)]
    }
}
