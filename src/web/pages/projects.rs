use askama::Template;

use super::{Frame, Moment};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::{ProjectTexts, Run};

/// `/account/projects`: what this person lets send with a public token.
#[derive(Template)]
#[template(path = "pages/projects.html")]
pub struct ProjectsPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// Newest first, from our records, and behind them those that were revoked.
    pub projects: Vec<ProjectLine<'a>>,
    /// The profiles that offer public tokens, by name.
    pub profiles: Vec<&'a str>,
    /// What was entered before.
    pub name: &'a str,
    pub longest_name: usize,
    pub error: Option<ProjectError>,
    /// Whether a token was revoked a moment ago.
    pub revoked: bool,
}

/// One project, with its token in the clear.
#[derive(Debug, Clone)]
pub struct ProjectLine<'a> {
    pub id: &'a str,
    /// The person's own name for it.
    pub name: &'a str,
    pub profile: &'a str,
    pub token: &'a str,
    /// The operator's words with the token in them.
    pub snippet: Option<String>,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

/// What is wrong with what was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectError {
    NameMissing,
    TooLong,
    /// The account has as many as it may.
    TooMany,
}

impl ProjectsPage<'_> {
    const fn words(&self) -> &ProjectTexts {
        &self.frame.texts.projects
    }

    fn notice_words(&self) -> Option<&'static str> {
        self.revoked.then_some(self.frame.texts.projects.revoked_now)
    }

    fn error_words(&self) -> Option<String> {
        let words = self.words();
        self.error.map(|error| match error {
            ProjectError::NameMissing => words.name_missing.to_owned(),
            ProjectError::TooLong => (words.too_long)(self.longest_name),
            ProjectError::TooMany => words.too_many.to_owned(),
        })
    }

    fn sure<'a>(&'a self, project: &'a ProjectLine<'_>) -> Vec<Run<'a>> {
        self.words().revoke_sure.fill(project.name, "")
    }
}

impl ProjectLine<'_> {
    fn created(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.created_at)
    }

    fn revoked(&self, frame: &Frame<'_>) -> Option<Moment> {
        self.revoked_at.map(|at| frame.moment(at))
    }
}
