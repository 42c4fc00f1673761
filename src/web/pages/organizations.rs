use askama::Template;

use super::Frame;
use crate::domain::organization::Role;
use crate::web::texts::{OrganizationTexts, Words};

/// `/account/organizations`: those that this person belongs to.
#[derive(Template)]
#[template(path = "pages/organizations.html")]
pub struct OrganizationsPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    /// By name, from our records.
    pub organizations: Vec<OrganizationLine<'a>>,
    /// What was entered before.
    pub name: &'a str,
    pub slug: &'a str,
    pub longest_name: usize,
    pub error: Option<NewOrganizationError>,
    pub done: Option<Done>,
}

/// One organization and what the person is in it.
#[derive(Debug, Clone, Copy)]
pub struct OrganizationLine<'a> {
    pub slug: &'a str,
    pub name: &'a str,
    pub role: Role,
}

/// What is wrong with what was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewOrganizationError {
    NameMissing,
    TooLong,
    Slug,
    Taken,
    TooMany,
}

/// What was done a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    Left,
    Dissolved,
}

/// What a role may do, in words.
pub(super) const fn role_words(frame: &Frame<'_>, role: Role) -> &'static Words {
    let words = &frame.texts.organizations;
    match role {
        Role::Member => &words.roles.member,
        Role::Administrator => &words.roles.administrator,
        Role::Owner => &words.roles.owner,
    }
}

impl OrganizationLine<'_> {
    pub(super) const fn role(&self, frame: &Frame<'_>) -> &'static Words {
        role_words(frame, self.role)
    }
}

impl OrganizationsPage<'_> {
    const fn words(&self) -> &OrganizationTexts {
        &self.frame.texts.organizations
    }

    fn notice_words(&self) -> Option<&'static str> {
        let words = &self.frame.texts.organizations;
        self.done.map(|done| match done {
            Done::Left => words.left,
            Done::Dissolved => words.dissolved,
        })
    }

    fn error_words(&self) -> Option<String> {
        let words = self.words();
        self.error.map(|error| match error {
            NewOrganizationError::NameMissing => words.name_missing.to_owned(),
            NewOrganizationError::TooLong => (words.too_long)(self.longest_name),
            NewOrganizationError::Slug => words.bad_slug.to_owned(),
            NewOrganizationError::Taken => words.taken.to_owned(),
            NewOrganizationError::TooMany => words.too_many.to_owned(),
        })
    }

    /// Where the page says it, beside saying it first.
    fn error_at(&self, place: &str) -> Option<String> {
        self.error_words().filter(|_| self.place_of_error() == place)
    }

    const fn place_of_error(&self) -> &'static str {
        match self.error {
            Some(NewOrganizationError::Slug | NewOrganizationError::Taken) => "slug",
            _ => "name",
        }
    }
}
