//! Keys that are no secret any more (docs/credentials.md, "Leaks"): reported by whoever has one,
//! or seen where others can read them.

use std::collections::HashMap;

use crate::app::App;
use crate::domain::api_key::Exposure;
use crate::domain::change::Effect;
use crate::domain::credential::Holder;
use crate::domain::event::{Event, EventKind};
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::domain::replay::{Once, Use};
use crate::flow::credential;
use crate::flow::error::too_often;
use crate::flow::forward_auth::Waiting;
use crate::flow::introspect::LiveToken;
use crate::protocol::error::OAuthError;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;

/// Ends every key among these texts. Whoever has a key may say so, and learns nothing from the
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
            effects.extend(key.leaked(occasion));
        }
    }
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

/// Tells the owner of a key where it was seen, once a day (docs/credentials.md, "Leaks"). The
/// request is refused whether or not that can be written down.
pub async fn tell_exposed(app: &App, live: &LiveToken, how: Exposure, occasion: &Occasion) {
    let today = day(occasion.at);
    if !live.tell_once(today) {
        return;
    }
    let credential = &live.credential;
    let Some(id) = credential.holder.key() else { return };
    let event = Event::new(EventKind::KeyExposed, occasion).of_key(id);
    let event = Event { account: credential.account.clone(), ..event };
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
