//! Tokens that a person's browser hands to the person's scripts (docs/credentials.md,
//! "Management"): short, signed, and worth nothing once that browser is signed out.

use crate::app::App;
use crate::config::{ConsoleTokens, Profile};
use crate::domain::resource::Resource;
use crate::flow::error::PersonError;
use crate::flow::principal::Human;
use crate::jose::ConsoleGrant;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// The tokens of one profile, as the operator offers them (docs/credentials.md, "Management").
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    pub profile: &'a Profile,
    pub resource: &'a Resource,
    ttl: Seconds,
}

/// A token in the clear (docs/credentials.md, "Management").
#[derive(Debug)]
pub struct Issued {
    pub token: String,
    pub ends_at: Timestamp,
}

/// Why there is no token (docs/credentials.md, "Management").
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The person signed in too long ago, and has no token to renew.
    #[error("the sign-in is not fresh")]
    NotFresh,
    #[error(transparent)]
    Person(#[from] PersonError),
}

/// What `jti` begins with.
const PREFIX: &str = "cst";

/// Every profile that offers tokens, in the order of the settings (docs/credentials.md,
/// "Management").
pub fn offers(app: &App) -> impl Iterator<Item = Offer<'_>> {
    app.settings.profiles.iter().filter_map(|profile| {
        let ConsoleTokens { ttl } = profile.console?;
        Some(Offer { profile, resource: app.resource(&profile.resource)?, ttl })
    })
}

/// What is offered by the profile of this name (docs/credentials.md, "Management").
pub fn offer<'a>(app: &'a App, profile: &str) -> Option<Offer<'a>> {
    offers(app).find(|offer| offer.profile.name == profile)
}

/// Hands out a token (AS09, AS10). It can make keys, so it takes what making a key on a page takes:
/// a sign-in a moment ago, or an earlier token of the same browser that is still good, which is how
/// an open page goes on.
///
/// # Errors
///
/// Not signed in lately, or the cryptography failed.
pub fn issue(
    app: &App,
    human: &Human,
    offer: &Offer<'_>,
    earlier: Option<&str>,
    now: Timestamp,
) -> Result<Issued, ConsoleError> {
    if !human.is_fresh(now) && !earlier.is_some_and(|token| is_own(app, human, offer, (token, now)))
    {
        return Err(ConsoleError::NotFresh);
    }
    let ends_at = now + offer.ttl;
    let grant = ConsoleGrant {
        resource: offer.resource.identifier.as_str(),
        account: human.account().id.as_str(),
        profile: &offer.profile.name,
        id: app.entropy.identifier(PREFIX, now).map_err(PersonError::from)?,
        browser: human.browser(),
        ends_at,
    };
    let token = app.keyring.sign_console_token(app.issuer(), grant, now);
    let token = token.map_err(|error| PersonError::Internal(error.into()))?;
    Ok(Issued { token, ends_at })
}

fn is_own(app: &App, human: &Human, offer: &Offer<'_>, (token, now): (&str, Timestamp)) -> bool {
    app.keyring.verify_console_token(token, app.issuer(), now).is_ok_and(|claims| {
        claims.sub == human.account().id.as_str()
            && claims.profile == offer.profile.name
            && claims.browser().as_ref() == Some(human.browser())
    })
}
