//! Where a presented credential came, and where it may come (docs/credentials.md, "Transport").

use crate::app::App;
use crate::config::{Profile, Via};
use crate::flow::forward_auth::{Presented, Waiting};
use crate::protocol::api_key::KeyForm;
use crate::protocol::resource_identifier::ResourceIdentifier;

/// Where a request carried a credential (docs/credentials.md, "Transport").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    Bearer,
    /// `Authorization: DPoP …` (RFC 9449 §7.1).
    Proven,
    ApiKeyScheme,
    /// A header of this name.
    Header(&'a str),
    /// A parameter of the address.
    Query(&'a str),
}

/// What a request carried, and everywhere it did (docs/credentials.md, "Transport").
pub type Shown<'a> = (Option<Presented<'a>>, &'a [Place<'a>]);

impl Place<'_> {
    fn is(self, via: &Via) -> bool {
        match (self, via) {
            (Self::Bearer, Via::Bearer) | (Self::ApiKeyScheme, Via::ApiKeyScheme) => true,
            // RFC 9110 §5.1: the names of headers have no case.
            (Self::Header(name), Via::Header(named)) => name.eq_ignore_ascii_case(named),
            (Self::Query(name), Via::Query(named)) => name == named,
            _ => false,
        }
    }
}

/// Whether this text may come in all of these places: a key where its profile says so, and
/// anything else not in an address (docs/credentials.md, "Transport"). What it can be, its
/// anchored prefix says, before anybody looks whether it is good.
#[must_use]
pub fn may_come(app: &App, text: &str, places: &[Place<'_>]) -> bool {
    let ways = app.settings.profiles.iter().find_map(|profile| ways_of(profile, text));
    places.iter().all(|place| match ways {
        Some(ways) => ways.iter().any(|via| place.is(via)),
        // A JWT comes as a bearer alone, whosever it is.
        None if text.contains('.') => matches!(place, Place::Bearer | Place::Proven),
        None => !matches!(place, Place::Query(_)),
    })
}

fn ways_of<'a>(profile: &'a Profile, text: &str) -> Option<&'a [Via]> {
    let begins = |form: &KeyForm| text.starts_with(form.prefix());
    let keys = profile.keys.iter().find(|rules| rules.forms().any(begins));
    let session = profile.session_tokens.as_ref().filter(|tokens| begins(&tokens.form));
    if session.is_some() {
        return Some(&[Via::Bearer]);
    }
    let public = profile.public.as_ref().filter(|rules| begins(&rules.form));
    keys.map(|rules| &rules.via[..]).or(public.map(|rules| &rules.via[..]))
}

/// Every way that the credentials of a resource may come by (docs/credentials.md, "Transport").
pub fn ways<'a>(
    app: &'a App,
    resource: &'a ResourceIdentifier,
) -> impl Iterator<Item = &'a Via> + Clone {
    let keys = profiles(app, resource).flat_map(|profile| &profile.keys);
    let public = profiles(app, resource).flat_map(|profile| &profile.public);
    keys.flat_map(|rules| &rules.via).chain(public.flat_map(|rules| &rules.via))
}

/// The headers in which clients of a resource say which agent they are (docs/credentials.md,
/// "Agents").
pub fn agent_headers<'a>(
    app: &'a App,
    resource: &'a ResourceIdentifier,
) -> impl Iterator<Item = &'a str> {
    let keys = profiles(app, resource).flat_map(|profile| &profile.keys);
    keys.flat_map(|rules| rules.bind_agent.iter().chain(&rules.act_as)).map(String::as_str)
}

/// Whether a request asks for what public tokens of its resource open (docs/credentials.md,
/// "Public tokens"): for those of `profile` alone, where it is named.
#[must_use]
pub fn is_public_route(
    app: &App,
    resource: &ResourceIdentifier,
    profile: Option<&str>,
    waiting: &Waiting<'_>,
) -> bool {
    let meant = |known: &&Profile| profile.is_none_or(|name| known.name == name);
    let rules = profiles(app, resource).filter(meant).flat_map(|profile| &profile.public);
    rules.flat_map(|rules| &rules.allow).any(|route| route.is(waiting.method, waiting.path))
}

fn profiles<'a>(
    app: &'a App,
    resource: &'a ResourceIdentifier,
) -> impl Iterator<Item = &'a Profile> + Clone {
    app.settings.profiles.iter().filter(move |profile| profile.resource == *resource)
}
