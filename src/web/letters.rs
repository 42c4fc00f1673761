//! Letters in words.

use super::texts::{LetterWords, Texts};
use super::visitor::texts;
use crate::app::App;
use crate::domain::mail::Letter;
use crate::flow::mail::Words;

/// What a person reads. Every address in it begins with the issuer of the settings.
#[must_use]
pub fn words(app: &App, letter: &Letter) -> Words {
    let (texts, service) = (texts(), app.settings.service.name.as_str());
    let (LetterWords { subject, before, after }, path) = told(texts, service, letter);
    let link = app.settings.issuer.url(&path);
    let closing = (texts.mails.closing)(service, app.issuer());
    Words { subject, text: [before, link, after, closing].join("\n\n") + "\n" }
}

/// The words, and the page that the letter leads to.
fn told(texts: &Texts, service: &str, letter: &Letter) -> (LetterWords, String) {
    let mails = &texts.mails;
    match letter {
        Letter::MakeAccount { path } => ((mails.make_account)(service), path.clone()),
        Letter::AccountExists => ((mails.account_exists)(service), String::from("/sign-in")),
        Letter::AccountMade { path } => ((mails.account_made)(service), path.clone()),
        Letter::JoinOrganization { path } => ((mails.join_organization)(service), path.clone()),
        Letter::ResetPassword { path } => ((mails.reset_password)(service), path.clone()),
        Letter::VerifyAddress { path } => ((mails.verify_address)(service), path.clone()),
        Letter::PasswordSet { at } => {
            let words = (mails.password_set)(service, &(texts.time.moment)(*at));
            (words, String::from("/account/history"))
        }
        Letter::PasskeysChanged { at } => {
            let words = (mails.passkeys_changed)(service, &(texts.time.moment)(*at));
            (words, String::from("/account/passkeys"))
        }
        Letter::RequestWaits { until } => {
            let words = (mails.request_waits)(service, &(texts.time.moment)(*until));
            (words, String::from("/account/inbox"))
        }
        Letter::Approved { at, session } => {
            let words = (mails.approved)(service, &(texts.time.moment)(*at));
            (words, format!("/account/sessions/{session}"))
        }
        Letter::SessionReused { at, session } => {
            let words = (mails.session_reused)(service, &(texts.time.moment)(*at));
            (words, format!("/account/sessions/{session}"))
        }
        Letter::KeyLeaked { at, key } => {
            let words = (mails.key_leaked)(service, &(texts.time.moment)(*at));
            (words, format!("/account/keys/{key}"))
        }
    }
}
