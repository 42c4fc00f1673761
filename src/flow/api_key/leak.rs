//! Keys that are no secret any more (docs/credentials.md, "Leaks"): reported by whoever has one,
//! or seen where others can read them.

use std::collections::HashMap;

use crate::app::App;
use crate::domain::api_key::Exposure;
use crate::domain::change::Effect;
use crate::domain::credential::Holder;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{AccountId, KeyId};
use crate::domain::limit::Count;
use crate::domain::mail::Letter;
use crate::domain::origin::Occasion;
use crate::domain::replay::{Once, Use};
use crate::flow::credential;
use crate::flow::error::{PersonError, too_often};
use crate::flow::forward_auth::Waiting;
use crate::flow::introspect::LiveToken;
use crate::flow::mail;
use crate::flow::session_token;
use crate::protocol::error::OAuthError;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;

/// Ends every key and every session token among these texts. Whoever has a key may say so, and learns nothing from the
/// answer that he could not learn by using it (docs/credentials.md, "Leaks").
///
/// # Errors
///
/// Too many reports from this address within the hour, or the database is away: then nothing has
/// ended.
pub async fn report(app: &App, texts: &[String], occasion: &Occasion) -> Result<(), OAuthError> {
    let most = app.settings.limits.leak_reports_per_address_per_hour;
    let from = occasion.from.network();
    let count = Count::hourly("leak_report:address", &from, most.into(), occasion.at);
    let mut effects = vec![Effect::Count(count)];
    let recognized = texts.iter().filter_map(|text| super::recognized(app, text.trim()));
    let profiles: HashMap<Digest, &str> =
        recognized.map(|(profile, digest)| (digest, profile)).collect();
    for key in app.store.api_keys_with(profiles.keys()).await? {
        if profiles.get(&key.digest).is_some_and(|profile| *profile == key.profile) {
            let has_made = app.store.has_made_live(&key.id, occasion.at).await?;
            let letter = Letter::KeyLeaked { at: occasion.at, key: key.id.clone() };
            let ended = key.leaked(has_made, occasion);
            if !ended.is_empty() {
                effects.extend(mail::tell(app, key.person(), letter, occasion.at).await);
            }
            effects.extend(ended);
        }
    }
    // What a key was traded for ends alone: the key itself nobody has told of.
    let traded = texts.iter().filter_map(|text| session_token::recognized(app, text.trim()));
    effects.extend(traded.map(|(_, digest)| Effect::EndSessionToken(digest)));
    app.store.apply(effects).await.map_err(|error| too_often(error, occasion.at))
}

/// Where a request exposes the secret key that it carries, if it does (docs/credentials.md,
/// "Leaks").
#[must_use]
pub fn exposure(app: &App, live: &LiveToken, waiting: &Waiting<'_>) -> Option<Exposure> {
    if !waiting.is_encrypted && must_be_encrypted(app, live) {
        return Some(Exposure::PlainHttp);
    }
    let Holder::Key { profile, kind, .. } = &live.credential.holder else { return None };
    let offer = || super::offer_of(app, profile, *kind);
    let refused = || offer().is_none_or(|offer| !offer.rules.browsers);
    if waiting.from_page && refused() {
        return Some(Exposure::Page);
    }
    let resource = &live.credential.resource;
    credential::is_public_route(app, resource, None, waiting).then_some(Exposure::PublicRoute)
}

/// Whether a key, or what it was traded for, must not travel in the clear (AG15). An API whose own
/// identifier is plain http is on this machine.
fn must_be_encrypted(app: &App, live: &LiveToken) -> bool {
    let kind = live.credential.holder.key_kind();
    let offer = kind.and_then(|(profile, kind)| super::offer_of(app, profile, kind));
    offer.is_some_and(|offer| {
        !offer.rules.plain_http && offer.resource.identifier.as_str().starts_with("https:")
    })
}

/// Whether this begins as a secret key of a kind that has no business in a browser
/// (docs/credentials.md, "Leaks").
#[must_use]
pub fn belongs_on_a_server(app: &App, text: &str) -> bool {
    super::offers(app).any(|offer| !offer.rules.browsers && super::begins_as(&offer, text))
}

/// Tells the owner of a key that a page in a browser sent it, once a day (docs/credentials.md,
/// "Leaks"). Of what is no good key nobody is told.
///
/// # Errors
///
/// The database is away.
pub async fn tell_of_page(app: &App, text: &str, occasion: &Occasion) -> Result<(), PersonError> {
    let Some((profile, digest)) = super::recognized(app, text) else { return Ok(()) };
    let key = app.store.api_key_with(&digest).await?;
    let key = key.filter(|key| key.profile == profile && key.is_live(occasion.at));
    if let Some(key) = key {
        tell(app, (&key.id, key.person()), Exposure::Page, occasion).await;
    }
    Ok(())
}

/// Tells the owner of a key where it was seen, once a day (docs/credentials.md, "Leaks"). The
/// request is refused whether or not that can be written down.
pub async fn tell_exposed(app: &App, live: &LiveToken, how: Exposure, occasion: &Occasion) {
    let today = day(occasion.at);
    if !live.tell_once(today) {
        return;
    }
    let credential = &live.credential;
    if let Some(id) = credential.holder.key() {
        tell(app, (id, credential.account.as_ref()), how, occasion).await;
    }
}

async fn tell(
    app: &App,
    (id, owner): (&KeyId, Option<&AccountId>),
    how: Exposure,
    occasion: &Occasion,
) {
    let today = day(occasion.at);
    let event = Event::new(EventKind::KeyExposed, occasion).of_key(id);
    let event = Event { account: owner.cloned(), ..event };
    let told = Use::of(Once::Notice, id.as_str(), &today.0.to_string(), today + Seconds::DAY);
    let effects = vec![Effect::Remember(told), Effect::Record(event.saying(how.name()))];
    match app.store.apply(effects).await {
        Ok(()) | Err(StoreError::Replayed) => {}
        Err(error) => tracing::warn!(%error, "the owner of an exposed key was not told"),
    }
}

fn day(now: Timestamp) -> Timestamp {
    Timestamp(now.0 - now.0.rem_euclid(Seconds::DAY.0))
}
