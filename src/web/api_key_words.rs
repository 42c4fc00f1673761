//! Keys as people read them.

use super::pages::api_key::{KeyEvent, KeyEventLine};
use super::pages::api_keys::KeyLine;
use super::scope_words::scope_words;
use crate::app::App;
use crate::config::Via;
use crate::domain::api_key::{ApiKey, Exposure, ITSELF};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::KeyId;
use crate::flow::api_key;
use crate::protocol::timestamp::Timestamp;

/// One key, in the operator's and its owner's words.
pub fn line<'a>(app: &'a App, key: &'a ApiKey, now: Timestamp) -> KeyLine<'a> {
    let resource = app.resource(&key.resource);
    let rules = api_key::offer_of(app, &key.profile, key.kind).map(|offer| offer.rules);
    let rules =
        rules.filter(|rules| rules.forms().any(|form| key.beginning.starts_with(form.prefix())));
    KeyLine {
        id: key.id.as_str(),
        name: &key.name,
        environment: &key.environment,
        beginning: &key.beginning,
        profile: &key.profile,
        kind: key.kind,
        agent: key.agent.as_ref().map(|agent| agent.name.as_str()),
        resource_name: resource.map_or(key.resource.as_str(), |resource| resource.name.as_str()),
        scopes: scope_words(resource, &key.scopes),
        mode: key.mode,
        created_at: key.created_at,
        last_used_at: key.last_used_at,
        last_used_from: key.last_used_from.as_deref(),
        limited_to: key.limited_to.to_string(),
        uses: key.uses,
        expires_at: key.expires_at,
        ended: key.ended,
        due: rules.and_then(|rules| key.due(rules.remind_after, now)),
        is_offered: rules.is_some(),
        successor: key.successor.as_ref().map(KeyId::as_str),
    }
}

/// What happened to a key, newest first.
pub fn history(events: &[Event]) -> Vec<KeyEventLine<'_>> {
    events.iter().rev().filter_map(event_line).collect()
}

fn event_line(event: &Event) -> Option<KeyEventLine<'_>> {
    let shown = match event.kind {
        EventKind::KeyCreated if event.detail.is_some() => KeyEvent::CreatedByToken,
        EventKind::KeyCreated => KeyEvent::Created,
        EventKind::KeyRotated if event.detail.as_deref().is_some_and(is_itself) => {
            KeyEvent::ReplacedItself
        }
        EventKind::KeyRotated => KeyEvent::Rotated,
        EventKind::KeyRevoked if event.detail.is_some() => KeyEvent::RevokedByKey,
        EventKind::KeyRevoked => KeyEvent::Revoked,
        EventKind::KeyLeaked => KeyEvent::Leaked,
        EventKind::KeyExposed => KeyEvent::Exposed(Exposure::named(event.detail.as_deref()?)?),
        _ => return None,
    };
    Some(KeyEventLine { at: event.at, event: shown, address: &event.address })
}

fn is_itself(detail: &str) -> bool {
    detail.ends_with(ITSELF)
}

/// The parts of a request that carry a key which begins so.
pub fn sent_as(ways: &[Via], beginning: &str) -> Vec<String> {
    let line = |way: &Via| match way {
        Via::Bearer => format!("Authorization: Bearer {beginning}…"),
        Via::ApiKeyScheme => format!("Authorization: ApiKey {beginning}…"),
        Via::Header(name) => format!("{name}: {beginning}…"),
        Via::Query(name) => format!("?{name}={beginning}…"),
        Via::Body(name) => format!("{{\"{name}\": \"{beginning}…\"}}"),
    };
    ways.iter().map(line).collect()
}
