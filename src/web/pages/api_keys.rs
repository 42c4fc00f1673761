use askama::Template;

use super::{Frame, Moment, ScopeWords};
use crate::domain::api_key::{KeyEnd, KeyEnded, KeyKind, Mode};
use crate::protocol::timestamp::Timestamp;
use crate::web::texts::{ApiKeyTexts, Run};

/// `/account/keys`: what this person handed to programs.
#[derive(Template)]
#[template(path = "pages/api_keys.html")]
pub struct ApiKeysPage<'a> {
    pub frame: &'a Frame<'a>,
    /// Newest first, from our records; those that are over too.
    pub keys: Vec<KeyLine<'a>>,
    /// What may be made.
    pub offers: Vec<OfferLine<'a>>,
    /// The organizations that this person belongs to, where keys can be theirs.
    pub organizations: Vec<OwnerLine<'a>>,
    /// The one whose keys these are; `None` for the person's own.
    pub organization: Option<OwnerLine<'a>>,
    /// What was looked for; empty where everything is shown.
    pub search: &'a str,
    /// The environments that any key names.
    pub environments: Vec<&'a str>,
    /// The one that was looked for; empty where every one is shown.
    pub environment: &'a str,
    /// The most characters that are shown of any key, and that are taken for a search, so that
    /// nobody sends a whole one.
    pub longest_beginning: usize,
    /// Whether there are tokens for scripts, too.
    pub tokens: bool,
    /// Whether a key was revoked a moment ago.
    pub revoked: bool,
}

/// An organization whose keys there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnerLine<'a> {
    pub slug: &'a str,
    pub name: &'a str,
}

/// One kind of keys that a profile offers.
#[derive(Debug, Clone)]
pub struct OfferLine<'a> {
    /// What its page is found by.
    pub name: String,
    pub profile: &'a str,
    pub kind: KeyKind,
}

/// One key as the list and its own page show it.
#[derive(Debug, Clone)]
pub struct KeyLine<'a> {
    pub id: &'a str,
    /// The person's own name for it.
    pub name: &'a str,
    pub environment: &'a str,
    /// Its first characters.
    pub beginning: &'a str,
    pub profile: &'a str,
    pub kind: KeyKind,
    /// The agent of this person's that it is given to, by name.
    pub agent: Option<&'a str>,
    pub resource_name: &'a str,
    pub scopes: Vec<ScopeWords<'a>>,
    pub mode: Mode,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub last_used_from: Option<&'a str>,
    /// Names with spaces between them; empty where it is limited to nothing.
    pub limited_to: String,
    pub uses: i64,
    pub expires_at: Option<Timestamp>,
    pub ended: Option<KeyEnded>,
    /// Since when it should be rotated.
    pub due: Option<Timestamp>,
    /// Whether the operator still offers keys of its kind; others are worth nothing.
    pub is_offered: bool,
    /// The key that has its place already.
    pub successor: Option<&'a str>,
}

/// The last fact about a key: when it ends, or what ended it.
pub(super) struct KeyFate {
    pub label: &'static str,
    pub at: Option<Moment>,
}

impl KeyLine<'_> {
    pub(super) fn is_live(&self, frame: &Frame<'_>) -> bool {
        self.is_offered && self.ended.is_none() && self.expires_at.is_none_or(|end| frame.now < end)
    }

    pub(super) fn is_sandbox(&self) -> bool {
        self.mode == Mode::Sandbox
    }

    /// What it is, where it is not a program's.
    pub(super) fn kind_words(&self, frame: &Frame<'_>) -> Option<&'static str> {
        match self.kind {
            KeyKind::Secret => None,
            KeyKind::UserToken => Some(frame.texts.api_keys.user_token),
            KeyKind::AgentKey => Some(frame.texts.api_keys.agent_key),
        }
    }

    pub(super) fn created(&self, frame: &Frame<'_>) -> Moment {
        frame.moment(self.created_at)
    }

    pub(super) fn last_used(&self, frame: &Frame<'_>) -> Option<Moment> {
        self.last_used_at.map(|at| frame.moment(at))
    }

    pub(super) fn use_count(&self, frame: &Frame<'_>) -> String {
        (frame.texts.api_keys.uses)(self.uses)
    }

    pub(super) fn due_since(&self, frame: &Frame<'_>) -> Option<Moment> {
        self.due.map(|at| frame.moment(at))
    }

    pub(super) fn fate(&self, frame: &Frame<'_>) -> KeyFate {
        let words = &frame.texts.api_keys;
        let (label, at) = match (self.ended, self.expires_at) {
            (Some(KeyEnded { at, cause: KeyEnd::Revoked }), _) => (words.revoked, Some(at)),
            (Some(KeyEnded { at, cause: KeyEnd::Rotated }), _) => (words.rotated, Some(at)),
            (Some(KeyEnded { at, cause: KeyEnd::Leaked }), _) => (words.leaked, Some(at)),
            (Some(KeyEnded { at, cause: KeyEnd::AgentRemoved }), _) => {
                (words.agent_removed, Some(at))
            }
            (Some(KeyEnded { at, cause: KeyEnd::OrganizationDissolved }), _) => {
                (words.organization_dissolved, Some(at))
            }
            (Some(KeyEnded { at, cause: KeyEnd::AccountClosed }), _) => {
                (words.account_closed, Some(at))
            }
            (None, Some(at)) if at <= frame.now => (words.expired, Some(at)),
            (None, at) => (words.ends, at),
        };
        KeyFate { label, at: at.map(|at| frame.moment(at)) }
    }
}

impl OfferLine<'_> {
    pub(super) fn create_words<'a>(&'a self, frame: &Frame<'_>) -> Vec<Run<'a>> {
        let words = &frame.texts.api_keys;
        let words = match self.kind {
            KeyKind::Secret => &words.create_for,
            KeyKind::UserToken => &words.create_token_for,
            KeyKind::AgentKey => &words.create_agent_key_for,
        };
        words.fill(self.profile, "")
    }
}

impl ApiKeysPage<'_> {
    const fn words(&self) -> &ApiKeyTexts {
        &self.frame.texts.api_keys
    }

    fn is_search(&self) -> bool {
        !self.search.is_empty() || !self.environment.is_empty()
    }

    /// Whether there is nothing at all.
    fn is_empty(&self) -> bool {
        self.keys.is_empty() && !self.is_search()
    }

    fn create_for<'a>(&'a self, offer: &'a OfferLine<'_>) -> Vec<Run<'a>> {
        offer.create_words(self.frame)
    }

    /// Whether these are this organization's.
    fn is_chosen(&self, organization: &OwnerLine<'_>) -> bool {
        self.organization.as_ref() == Some(organization)
    }

    /// What the address of this list, or of a form, says behind its path.
    fn of_owner(&self) -> String {
        let of = |owner: OwnerLine<'_>| format!("?organization={}", owner.slug);
        self.organization.map_or_else(String::new, of)
    }

    fn notice_words(&self) -> Option<&'static str> {
        self.revoked.then_some(self.frame.texts.api_keys.revoked_now)
    }
}
