//! What people see. Each file is one page: a struct that says where every word comes from,
//! and the template of the same name.
//!
//! Pages work without scripts, and carry no inline style or script, so that the policy of
//! every answer can stay `default-src 'none'` (decision 16).

pub mod account_agents;
pub mod address;
pub mod admin;
pub mod admin_account;
pub mod admin_accounts;
pub mod api_key;
pub mod api_key_new;
pub mod api_key_revoke;
pub mod api_key_shown;
pub mod api_keys;
pub mod approval;
pub mod approval_refused;
pub mod authorize_refused;
pub mod browsers;
pub mod decision;
pub mod device;
pub mod error;
pub mod forgot_password;
mod form;
#[cfg(test)]
mod gallery;
pub mod history;
pub mod home;
pub mod inbox;
pub mod join;
pub mod less;
pub mod letter_sent;
pub mod no_sign_up;
pub mod organization;
pub mod organizations;
pub mod passkeys;
pub mod projects;
pub mod session;
pub mod sessions;
pub mod set_password;
pub mod sign_in;
pub mod sign_up;
pub mod tokens;
pub mod unknown_client;
pub mod upgrade;
pub mod usage;

use super::texts::{Run, Texts};
use crate::domain::brand::Voucher;
use crate::protocol::timestamp::Timestamp;

pub use form::{Field, FieldError};

/// What surrounds every page.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "one for each part that a setting switches on")]
pub struct Frame<'a> {
    pub texts: &'static Texts,
    /// The time of the request: ages and countdowns are seen from here.
    pub now: Timestamp,
    /// The issuer's host, with its port where it has one: from the settings, never from the
    /// request.
    pub host: &'a str,
    /// The path of the issuer, before that of every link; empty where it has none.
    pub base: &'a str,
    pub service: Service<'a>,
    /// Whether there are API keys here at all.
    pub keys: bool,
    /// Likewise agents that keys are given to.
    pub agents: bool,
    /// Likewise organizations that own keys.
    pub organizations: bool,
    /// Likewise public tokens.
    pub projects: bool,
    /// Likewise plans.
    pub plans: bool,
    /// Likewise passkeys.
    pub passkeys: bool,
    /// Whether letters are sent, so that a forgotten password is no dead end.
    pub mail: bool,
    /// Whose browser this is; `None` before sign-in.
    pub person: Option<Person<'a>>,
}

/// What the operator says about the service, in the settings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Service<'a> {
    pub name: &'a str,
    /// An image on this origin: the policy of the pages fetches no other.
    pub logo: Option<&'a str>,
    pub documentation: Option<&'a str>,
    pub support: Option<&'a str>,
    pub terms: Option<&'a str>,
    pub privacy: Option<&'a str>,
}

/// The signed-in person, from our records.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    /// The address again where the account has no name.
    pub name: &'a str,
    pub email: &'a str,
    pub verified: bool,
    /// For the sign-out form.
    pub csrf: &'a str,
    /// Whether this person administers this server.
    pub administrator: bool,
}

impl Frame<'_> {
    fn address(&self) -> Vec<Run<'_>> {
        self.texts.frame.address.fill(self.host, "")
    }

    fn moment(&self, at: Timestamp) -> Moment {
        Moment {
            iso: at.iso(),
            words: (self.texts.time.moment)(at),
            distance: (self.texts.time.distance)(at, self.now),
        }
    }
}

/// A time as a page shows it: exact, with its zone, and as seen from now.
#[derive(Debug)]
struct Moment {
    iso: String,
    words: String,
    distance: String,
}

/// Who vouches for a word about an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    /// The agent says so; anybody could.
    Told,
    /// A domain, a key or the operator says so, and we checked.
    Proven(Proof<'a>),
}

/// What stands behind a proven word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof<'a> {
    /// The client's id is the address of a document on this host, and we read it there: the
    /// host is proven, the words are the host's.
    Document(&'a str),
    /// The operator wrote it into the settings.
    Operator,
}

impl<'a> Source<'a> {
    /// Who stands behind the name, for [`borrowed`](crate::domain::brand::borrowed).
    #[must_use]
    pub const fn voucher(self) -> Voucher<'a> {
        match self {
            Self::Told => Voucher::Nobody,
            Self::Proven(Proof::Document(host)) => Voucher::Host(host),
            Self::Proven(Proof::Operator) => Voucher::Operator,
        }
    }

    fn words(self, texts: &'static Texts) -> Vec<Run<'a>> {
        let plain = |words| vec![Run { words, is_name: false }];
        match self {
            Self::Told => plain(texts.approval.told),
            Self::Proven(Proof::Operator) => plain(texts.doors.by_operator),
            Self::Proven(Proof::Document(host)) => texts.doors.by_document.fill(host, ""),
        }
    }

    const fn is_proven(self) -> bool {
        matches!(self, Self::Proven(_))
    }
}

/// A word about an agent and who vouches for it. The text is one cleaned line
/// ([`ToldText`](crate::protocol::text::ToldText)).
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    pub words: &'a str,
    pub source: Source<'a>,
}

/// A scope in the operator's words.
#[derive(Debug, Clone, Copy)]
pub struct ScopeWords<'a> {
    pub name: &'a str,
    pub title: &'a str,
}
