//! English, in letters.

use crate::web::texts::{LetterWords, MailTexts};

pub const MAILS: MailTexts = MailTexts {
    closing: |service, issuer| {
        format!(
            "{service}, {issuer}\nThis letter was written by a machine; nobody reads answers. \
             Nobody here ever asks for your password or for a code."
        )
    },
    make_account: |service| LetterWords {
        subject: format!("{service}: make your account"),
        before: format!("Somebody, we hope you, wants an account at {service} with this address:"),
        after: String::from(
            "The link works once, within 24 hours. If it was not you, do nothing: there is no \
             account then.",
        ),
    },
    account_exists: |service| LetterWords {
        subject: format!("{service}: you have an account"),
        before: format!(
            "Somebody, we hope you, wanted an account at {service} with this address. It has one \
             already. Sign in here; there you can also ask for a new password:"
        ),
        after: String::from("If it was not you, do nothing: nothing was changed."),
    },
    reset_password: |service| LetterWords {
        subject: format!("{service}: choose a new password"),
        before: format!(
            "Somebody, we hope you, forgot the password of your account at {service}. Choose a new \
             one here:"
        ),
        after: String::from(
            "The link works once, within an hour. If it was not you, do nothing: your password \
             stays as it is. Never pass this link on.",
        ),
    },
    verify_address: |service| LetterWords {
        subject: format!("{service}: is this your address?"),
        before: format!(
            "Somebody, we hope you, has an account at {service} with this address. Sign in and say \
             that it is yours:"
        ),
        after: String::from(
            "The link works once, within 24 hours. If it was not you, do nothing: the address stays \
             unverified.",
        ),
    },
    password_set: |service, when| LetterWords {
        subject: format!("{service}: your password was changed"),
        before: format!(
            "The password of your account was changed on {when}, and every browser was signed \
             out. The history of your account says from where:"
        ),
        after: String::from(
            "If that was not you, somebody else reads your mail or has your password: set a new \
             one now, and tell whoever runs this service.",
        ),
    },
};
