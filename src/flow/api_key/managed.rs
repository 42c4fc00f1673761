//! Keys that programs manage (docs/credentials.md, "Management"): who may, and what their words
//! come to.

use super::create::{ForAgent, Lasts, Wanted, create};
use super::{Caller, KeyError, Offer, Program, is_word, own};
use crate::app::App;
use crate::config::KeyRules;
use crate::domain::api_key::{ApiKey, KeyKind, Mode};
use crate::domain::origin::Occasion;
use crate::domain::owner::Owner;
use crate::flow::credential::{self, Shown};
use crate::flow::error::PersonError;
use crate::flow::forward_auth::Presented;
use crate::flow::organization;
use crate::flow::principal;
use crate::protocol::api_key::{KeyForm, KeySecret};
use crate::protocol::managed_key::{NewKey, Page};
use crate::protocol::scope::Scopes;
use crate::protocol::secret::SecretKind;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::{KeysOf, StoreError};

/// Why nobody is let in at a route for programs (docs/credentials.md, "Management").
#[derive(Debug, thiserror::Error)]
pub enum NotAProgram {
    #[error("nothing was presented")]
    Missing,
    /// Unknown, expired, revoked, signed out: all the same.
    #[error("what was presented is not good")]
    Invalid,
    /// The account whose it was is closed (AO17).
    #[error("the owner's account is closed")]
    OwnerGone,
    /// Of a kind that opens no such route, whether or not it is good.
    #[error("what was presented is of a kind that does not open this")]
    WrongKind,
    #[error(transparent)]
    Unavailable(#[from] StoreError),
}

/// Who asks at the routes of this offer (docs/credentials.md, "Management"). Of what kind a text
/// is, its anchored prefix says before anybody looks whether it is good: an agent's session gets
/// nowhere here (design promise P7, AA25), nor does a key where people alone manage keys (AS08).
///
/// # Errors
///
/// See [`NotAProgram`].
pub async fn program(
    app: &App,
    offer: &Offer<'_>,
    (presented, places): Shown<'_>,
    now: Timestamp,
) -> Result<Program, NotAProgram> {
    let (text, proven) = match presented {
        None => return Err(NotAProgram::Missing),
        Some(Presented::Unusable) => return Err(NotAProgram::Invalid),
        Some(Presented::Held(text)) => (text, false),
        Some(Presented::Proven(text)) => (text, true),
    };
    let by = offer.rules.managed.by;
    let own = begins_as(offer, text);
    let token = by.takes_user_tokens() && is_user_token(offer, text);
    let wrong = (own && !by.takes_keys()) || (!token && is_of_another_kind(app, offer, text));
    if wrong {
        return Err(NotAProgram::WrongKind);
    }
    if proven || !credential::may_come(app, text, places) {
        return Err(NotAProgram::Invalid);
    }
    let found = if own {
        let kind: (&str, KeyKind) = (&offer.profile.name, offer.rules.kind);
        principal::key_itself(app, kind, text, now).await?.map(Program::Key)
    } else if token {
        let kind = (offer.profile.name.as_str(), KeyKind::UserToken);
        principal::key_itself(app, kind, text, now).await?.map(Program::UserToken)
    } else if by.takes_tokens() {
        let console = principal::console(app, text, now).await?;
        let own = |console: &principal::Console| console.claims().profile == offer.profile.name;
        console.filter(own).map(Program::Console)
    } else {
        None
    };
    match found {
        Some(program) => Ok(program),
        None if super::owner_is_gone(app, text).await? => Err(NotAProgram::OwnerGone),
        None => Err(NotAProgram::Invalid),
    }
}

/// Whether a text begins as the user tokens of this profile do.
fn is_user_token(offer: &Offer<'_>, text: &str) -> bool {
    let mut tokens = offer.profile.keys.iter().filter(|rules| rules.kind == KeyKind::UserToken);
    tokens.any(|rules| rules.forms().any(|form| text.starts_with(form.prefix())))
}

/// Whether a text begins as the keys of an offer do (docs/credentials.md, "Management").
pub(in crate::flow) fn begins_as(offer: &Offer<'_>, text: &str) -> bool {
    offer.rules.forms().any(|form| text.starts_with(form.prefix()))
}

/// Whether a text is one of our own secrets, or begins as the keys and tokens of a profile do, and
/// not as those of this offer (docs/credentials.md, "Management").
pub(in crate::flow) fn is_of_another_kind(app: &App, offer: &Offer<'_>, text: &str) -> bool {
    if begins_as(offer, text) {
        return false;
    }
    let begins = |form: &KeyForm| text.starts_with(form.prefix());
    let is_ours = SecretKind::ALL.iter().any(|kind| text.starts_with(kind.prefix()));
    is_ours
        || app.settings.profiles.iter().any(|profile| {
            let keys = profile.keys.iter().flat_map(KeyRules::forms);
            let public = profile.public.as_ref().map(|rules| &rules.form);
            let session = profile.session_tokens.as_ref().map(|tokens| &tokens.form);
            keys.chain(public).chain(session).any(begins)
        })
}

/// Makes a key as a program words it (AS03, AV15). What is left out is what the settings say; a
/// key without a name is called after its profile.
///
/// # Errors
///
/// As [`create`].
pub async fn create_worded(
    app: &App,
    (caller, offer): (Caller<'_>, &Offer<'_>),
    (worded, agent): (&NewKey, Option<ForAgent<'_>>),
    occasion: &Occasion,
) -> Result<(ApiKey, KeySecret), KeyError> {
    let scopes = match &worded.scopes {
        None => {
            let usual = offer.rules.managed.default_scopes.clone();
            caller.user_token().map_or(usual.clone(), |token| usual.meet(&token.scopes))
        }
        Some(names) => {
            Scopes::of(names.iter().map(String::as_str)).map_err(|_| KeyError::NotOffered)?
        }
    };
    let lasts = match (worded.expires_in, offer.rules.longest) {
        (Some(seconds), _) => Lasts::For(Seconds(seconds)),
        (None, Some(longest)) => Lasts::For(longest),
        (None, None) => Lasts::UntilRevoked,
    };
    // An agent is called by its name, and has no other.
    let usual_name = if agent == Some(ForAgent::New) { "" } else { &offer.profile.name };
    let wanted = Wanted {
        name: worded.name.as_deref().unwrap_or(usual_name),
        environment: worded.environment.as_deref().unwrap_or_default(),
        organization: worded.org_slug.as_deref(),
        agent,
        scopes,
        limited_to: worded.limited_to.as_deref().unwrap_or_default(),
        mode: if worded.sandbox == Some(true) { Mode::Sandbox } else { Mode::Live },
        lasts,
    };
    create(app, caller, offer, &wanted, occasion).await
}

/// One page of the keys of this kind that begin so, and how many there are in all (AS06, AV15).
///
/// # Errors
///
/// A key without the scope that reading takes, or the database is away.
pub async fn page(
    app: &App,
    (caller, offer): (Caller<'_>, &Offer<'_>),
    page: Page,
    (beginning, org_slug): (&str, Option<&str>),
) -> Result<(Vec<ApiKey>, u64), KeyError> {
    may_read(caller, offer)?;
    if !is_word(beginning) {
        return Ok((Vec::new(), 0));
    }
    let own = match caller {
        Caller::Person(_) => None,
        Caller::Program(program, _) => program.own(),
    };
    if own.is_some() && !offer.rules.managed.by.shows_others() {
        return Err(KeyError::NotForKeys);
    }
    let sandbox = caller.user_token().map(|token| token.mode).filter(|mode| *mode != Mode::Live);
    let owner = match org_slug {
        None => caller.owner(),
        Some(slug) => organization_of(app, caller, slug).await?,
    };
    let wanted = KeysOf {
        owner: &owner,
        profile: &offer.profile.name,
        kind: offer.rules.kind,
        mode: own.map(|key| key.mode).or(sandbox),
        beginning,
    };
    Ok(app.store.page_of_api_keys(&wanted, page).await.map_err(PersonError::from)?)
}

/// The organization that a program asks about: one of the person's whose it is, or the key's own.
async fn organization_of(app: &App, caller: Caller<'_>, slug: &str) -> Result<Owner, KeyError> {
    let found = match (caller.person(), caller.owner()) {
        (_, own @ Owner::Organization(_)) => {
            let named = organization::called(app, slug).await?;
            named.map(|named| Owner::Organization(named.id)).filter(|named| *named == own)
        }
        (Some(person), Owner::Account(_)) if caller.is_console() => {
            match organization::belonging(app, person, slug).await {
                Ok((organization, _)) => Some(Owner::Organization(organization.id)),
                Err(PersonError::NotFound) => None,
                Err(error) => return Err(error.into()),
            }
        }
        _ => None,
    };
    found.ok_or(KeyError::NoOrganization)
}

/// Refuses where a key is not this agent's: then it is not there (AG13).
///
/// # Errors
///
/// Not found, or the database is away.
pub async fn is_of_agent(
    app: &App,
    caller: Caller<'_>,
    id: &str,
    agent: &str,
) -> Result<(), PersonError> {
    let key = own(app, caller, id).await?.key;
    let own = key.agent.filter(|own| own.id.as_str() == agent);
    own.map(|_| ()).ok_or(PersonError::NotFound)
}

/// Whether it may be told that it is good, and what else there is (AV02, AV07).
///
/// # Errors
///
/// A key without the scope of the settings (`ping_scope`).
pub fn may_read(caller: Caller<'_>, offer: &Offer<'_>) -> Result<(), KeyError> {
    let needed = &offer.rules.managed.ping_scope;
    match caller {
        Caller::Program(Program::Key(key), _) if !key.key().scopes.covers(needed) => {
            Err(KeyError::LacksScope)
        }
        _ => Ok(()),
    }
}
