use askama::Template;

use super::Frame;
use crate::web::texts::{HomeTexts, Run};

/// `/`: what this server is, for people and for agents.
#[derive(Template)]
#[template(path = "pages/home.html")]
pub struct HomePage<'a> {
    pub frame: &'a Frame<'a>,
    pub sign_up_open: bool,
    /// A protected address that answers 401 with the challenge; from the settings.
    pub first_request: Option<&'a str>,
}

impl HomePage<'_> {
    const fn words(&self) -> &HomeTexts {
        &self.frame.texts.home
    }

    fn title(&self) -> Vec<Run<'_>> {
        self.words().title.fill(self.frame.service.name, "")
    }
}
