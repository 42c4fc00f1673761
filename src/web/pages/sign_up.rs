use askama::Template;

use super::{Field, FieldError, Frame};
use crate::web::texts::AccountTexts;

/// `/sign-up`: name, e-mail address and a new password.
#[derive(Template)]
#[template(path = "pages/sign_up.html")]
pub struct SignUpPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// A path on this origin, checked by the handler; empty for none.
    pub return_to: &'a str,
    pub name: &'a str,
    pub email: &'a str,
    pub least_password: usize,
    pub name_error: Option<FieldError>,
    pub email_error: Option<FieldError>,
    pub password_error: Option<FieldError>,
    pub sign_in_href: &'a str,
    /// Whether a letter comes first: then the address is all that is asked for here.
    pub by_mail: bool,
}

impl SignUpPage<'_> {
    const fn words(&self) -> &AccountTexts {
        &self.frame.texts.accounts
    }

    fn error_words(&self) -> Option<&'static str> {
        let errors = [self.name_error, self.email_error, self.password_error];
        errors.iter().any(Option::is_some).then_some(self.words().check_fields)
    }

    const fn lead(&self) -> &'static str {
        if self.by_mail { self.frame.texts.mailed.sign_up_lead } else { self.words().sign_up_lead }
    }

    const fn submit(&self) -> &'static str {
        if self.by_mail { self.frame.texts.mailed.send_link } else { self.words().create }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        let texts = self.frame.texts;
        let email = Field::email(texts, self.email).or(texts, self.email_error);
        if self.by_mail {
            return vec![email];
        }
        vec![
            Field::name(texts, self.name).or(texts, self.name_error),
            email,
            Field::new_password(texts, self.least_password).or(texts, self.password_error),
        ]
    }
}
