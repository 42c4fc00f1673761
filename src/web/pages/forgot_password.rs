use askama::Template;

use super::{Field, FieldError, Frame};
use crate::web::texts::MailedTexts;

/// `/forgot-password`: the address that a link goes to, if it is an account's.
#[derive(Template)]
#[template(path = "pages/forgot_password.html")]
pub struct ForgotPasswordPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// A path on this origin, checked by the handler; empty for none.
    pub return_to: &'a str,
    pub email: &'a str,
    pub email_error: Option<FieldError>,
    pub sign_in_href: &'a str,
}

impl ForgotPasswordPage<'_> {
    const fn words(&self) -> &MailedTexts {
        &self.frame.texts.mailed
    }

    fn error_words(&self) -> Option<&'static str> {
        self.email_error.map(|_| self.frame.texts.accounts.check_fields)
    }

    fn fields(&self) -> [Field<'_>; 1] {
        let texts = self.frame.texts;
        [Field::email(texts, self.email).or(texts, self.email_error)]
    }
}
