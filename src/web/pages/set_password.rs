use askama::Template;

use super::{Field, FieldError, Frame};
use crate::web::texts::AccountTexts;

/// `/welcome/{token}`: a one-time link an operator handed over. The form posts to the
/// address it was shown at, so the link's secret is written nowhere else.
#[derive(Template)]
#[template(path = "pages/set_password.html")]
pub struct SetPasswordPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    pub purpose: Purpose<'a>,
    pub least_password: usize,
    pub password_error: Option<FieldError>,
}

/// What the link is for.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    /// Creates the administrator of an empty server.
    FirstAccount {
        name: &'a str,
        email: &'a str,
        name_error: Option<FieldError>,
        email_error: Option<FieldError>,
    },
    /// Creates the account of whoever got the letter; the address is from our records.
    OwnAccount { name: &'a str, email: &'a str },
    /// Sets the password of an account we know; the address is from our records.
    KnownAccount { email: &'a str },
}

impl SetPasswordPage<'_> {
    const fn words(&self) -> &AccountTexts {
        &self.frame.texts.accounts
    }

    const fn title(&self) -> &'static str {
        match self.purpose {
            Purpose::FirstAccount { .. } => self.words().first_account,
            Purpose::OwnAccount { .. } => self.words().sign_up,
            Purpose::KnownAccount { .. } => self.words().set_password,
        }
    }

    const fn lead(&self) -> &'static str {
        match self.purpose {
            Purpose::FirstAccount { .. } => self.words().first_account_lead,
            Purpose::OwnAccount { .. } => self.words().sign_up_lead,
            Purpose::KnownAccount { .. } => self.words().set_password_lead,
        }
    }

    const fn submit(&self) -> &'static str {
        match self.purpose {
            Purpose::FirstAccount { .. } | Purpose::OwnAccount { .. } => self.words().create,
            Purpose::KnownAccount { .. } => self.words().save_password,
        }
    }

    /// The account whose password is set: shown, and given to password managers.
    const fn known_email(&self) -> Option<&str> {
        match self.purpose {
            Purpose::KnownAccount { email } | Purpose::OwnAccount { email, .. } => Some(email),
            Purpose::FirstAccount { .. } => None,
        }
    }

    fn fields(&self) -> Vec<Field<'_>> {
        let texts = self.frame.texts;
        let password =
            Field::new_password(texts, self.least_password).or(texts, self.password_error);
        match self.purpose {
            Purpose::FirstAccount { name, email, name_error, email_error } => vec![
                Field::name(texts, name).or(texts, name_error),
                Field::email(texts, email).or(texts, email_error),
                password,
            ],
            Purpose::OwnAccount { name, .. } => vec![Field::name(texts, name), password],
            Purpose::KnownAccount { .. } => vec![password],
        }
    }

    fn error_words(&self) -> Option<&'static str> {
        let wrong = self.fields().iter().any(|field| field.error.is_some());
        wrong.then_some(self.words().check_fields)
    }
}
