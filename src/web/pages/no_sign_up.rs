use askama::Template;

use super::Frame;
use super::decision::Opener;
use crate::web::texts::FinishTexts;

/// Instead of the sign-up page, on the way to a request that only existing accounts may answer
/// (contracts of Agent Analytics, 1.4).
#[derive(Template)]
#[template(path = "pages/no_sign_up.html")]
pub struct NoSignUpPage<'a> {
    pub frame: &'a Frame<'a>,
    pub sign_in_href: &'a str,
    /// The window that this one was opened from, if it was.
    pub opener: Option<Opener>,
}

impl NoSignUpPage<'_> {
    const fn words(&self) -> &FinishTexts {
        &self.frame.texts.doors.finish
    }
}
