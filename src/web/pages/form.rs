//! Fields of the account forms.

use crate::web::texts::Texts;

/// What is wrong with one field of an account form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldError {
    NameMissing,
    EmailInvalid,
    /// Said of every address that cannot be used, whatever the cause.
    EmailTaken,
    PasswordTooShort(usize),
    PasswordTooLong(usize),
    PasswordTooCommon,
}

impl FieldError {
    pub(super) fn words(self, texts: &Texts) -> String {
        let accounts = &texts.accounts;
        match self {
            Self::NameMissing => accounts.name_missing.to_owned(),
            Self::EmailInvalid => accounts.email_invalid.to_owned(),
            Self::EmailTaken => accounts.email_taken.to_owned(),
            Self::PasswordTooShort(least) => (accounts.too_short)(least),
            Self::PasswordTooLong(most) => (accounts.too_long)(most),
            Self::PasswordTooCommon => accounts.too_common.to_owned(),
        }
    }
}

/// One labelled field; hint and error are tied to it (WCAG 3.3.1, 3.3.3).
#[derive(Debug)]
pub struct Field<'a> {
    pub name: &'static str,
    pub label: &'static str,
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub value: &'a str,
    pub hint: Option<String>,
    pub error: Option<String>,
}

impl<'a> Field<'a> {
    pub(super) fn name(texts: &Texts, value: &'a str) -> Self {
        Self::new("name", texts.accounts.name, "text", "name", value)
    }

    pub(super) fn email(texts: &Texts, value: &'a str) -> Self {
        Self::new("email", texts.accounts.email, "email", "username", value)
    }

    pub(super) fn password(texts: &Texts) -> Self {
        Self::new("password", texts.accounts.password, "password", "current-password", "")
    }

    pub(super) fn new_password(texts: &Texts, least: usize) -> Self {
        let label = texts.accounts.new_password;
        let field = Self::new("password", label, "password", "new-password", "");
        Self { hint: Some((texts.accounts.least)(least)), ..field }
    }

    pub(super) fn or(self, texts: &Texts, error: Option<FieldError>) -> Self {
        Self { error: error.map(|error| error.words(texts)), ..self }
    }

    const fn new(
        name: &'static str,
        label: &'static str,
        kind: &'static str,
        autocomplete: &'static str,
        value: &'a str,
    ) -> Self {
        Self { name, label, kind, autocomplete, value, hint: None, error: None }
    }
}
