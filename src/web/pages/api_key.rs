use askama::Template;

use super::api_keys::{KeyLine, OwnerLine};
use super::{Frame, Moment};
use crate::domain::api_key::{Exposure, Rotation};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::{ApiKeyTexts, Run};

/// `/account/keys/{id}`: one key and everything that happened to it.
#[derive(Template)]
#[template(path = "pages/api_key.html")]
pub struct ApiKeyPage<'a> {
    pub frame: &'a Frame<'a>,
    pub csrf: &'a str,
    pub key: KeyLine<'a>,
    /// Whose it is, where it is not the person's own.
    pub organization: Option<OwnerLine<'a>>,
    /// Whether this person may rotate and revoke it.
    pub may_change: bool,
    /// What rotating would do; `None` where it cannot be rotated.
    pub rotation: Option<Rotation>,
    /// Newest first, from our records.
    pub history: Vec<KeyEventLine<'a>>,
}

/// One recorded event of a key.
#[derive(Debug, Clone, Copy)]
pub struct KeyEventLine<'a> {
    pub at: Timestamp,
    pub event: KeyEvent,
    pub address: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEvent {
    Created,
    /// A program did, with a user token.
    CreatedByToken,
    Rotated,
    /// It asked for that itself.
    ReplacedItself,
    Revoked,
    RevokedByKey,
    /// Somebody reported that it is no secret any more.
    Leaked,
    Exposed(Exposure),
}

impl ApiKeyPage<'_> {
    const fn words(&self) -> &ApiKeyTexts {
        &self.frame.texts.api_keys
    }

    fn of_owner(&self) -> Vec<Run<'_>> {
        self.organization
            .map_or_else(Vec::new, |owner| self.words().of_organization.fill(owner.name, ""))
    }

    /// Whether it was seen where others can read it.
    fn is_exposed(&self) -> bool {
        self.history.iter().any(|line| matches!(line.event, KeyEvent::Exposed(_)))
    }

    fn rotation_words(&self) -> Option<String> {
        let words = self.words();
        self.rotation.map(|rotation| match rotation {
            Rotation::Atomic => words.rotate_atomic.to_owned(),
            Rotation::Overlapping(span) => {
                (words.rotate_overlapping)(&(self.frame.texts.time.span)(span))
            }
        })
    }
}

impl KeyEventLine<'_> {
    fn moment(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.at)
    }

    const fn words(&self, frame: &Frame<'_>) -> &'static str {
        let words = &frame.texts.api_keys;
        match self.event {
            KeyEvent::Created => words.was_created,
            KeyEvent::CreatedByToken => words.was_created_by_token,
            KeyEvent::Rotated => words.was_rotated,
            KeyEvent::ReplacedItself => words.replaced_itself,
            KeyEvent::RevokedByKey => words.was_revoked_by_key,
            KeyEvent::Revoked => words.was_revoked,
            KeyEvent::Leaked => words.was_leaked,
            KeyEvent::Exposed(Exposure::Page) => words.was_in_a_page,
            KeyEvent::Exposed(Exposure::PlainHttp) => words.was_over_plain_http,
            KeyEvent::Exposed(Exposure::PublicRoute) => words.was_on_a_public_route,
        }
    }
}
