//! Public keys that clients publish at their `jwks_uri` ([RFC 7591 §2]), fetched through the
//! guarded way out.
//!
//! [RFC 7591 §2]: https://www.rfc-editor.org/rfc/rfc7591#section-2

use std::time::Duration;

use moka::sync::Cache;

use super::document::count;
use crate::app::App;
use crate::domain::origin::Occasion;
use crate::outbound::Limits;
use crate::protocol::error::OAuthError;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// Key sets, and until when each may be believed. Only what was fetched well is kept.
pub struct KeySets(Cache<String, Known>);

#[derive(Clone)]
struct Known {
    set: String,
    fetched_at: Timestamp,
    fresh_until: Timestamp,
}

const CAPACITY: u64 = 500;
/// A set of RSA keys with their certificates; the largest in use are a tenth of this.
const LIMITS: Limits = Limits { body: 64 * 1_024, time: Duration::from_secs(5) };

/// Within this, a set is not fetched again: whoever sends rubbish would have us ask for each.
const SHORTEST: Seconds = Seconds::MINUTE;
const LONGEST: Seconds = Seconds::DAY;
const UNSAID: Seconds = Seconds::MINUTE.times(10);

impl Default for KeySets {
    fn default() -> Self {
        Self(Cache::new(CAPACITY))
    }
}

/// The key set at this address, as lately fetched; `None` when there is none.
///
/// # Errors
///
/// Too many were fetched for one address, or the database is away.
pub async fn fetched(
    app: &App,
    uri: &str,
    occasion: &Occasion,
) -> Result<Option<String>, OAuthError> {
    let known = app.key_sets.0.get(uri).filter(|known| occasion.at < known.fresh_until);
    match known {
        Some(known) => Ok(Some(known.set)),
        None => fetch(app, uri, occasion).await,
    }
}

/// The set as it is now, if what is known of it is not from this minute: a client that
/// changed its keys need not wait.
///
/// # Errors
///
/// As [`fetched`].
pub async fn newer(
    app: &App,
    uri: &str,
    occasion: &Occasion,
) -> Result<Option<String>, OAuthError> {
    let known = app.key_sets.0.get(uri);
    if known.is_some_and(|known| occasion.at < known.fetched_at + SHORTEST) {
        return Ok(None);
    }
    fetch(app, uri, occasion).await
}

async fn fetch(app: &App, uri: &str, occasion: &Occasion) -> Result<Option<String>, OAuthError> {
    count(app, occasion).await?;
    let Ok(answer) = app.fetch.get(uri, LIMITS).await else { return Ok(None) };
    let Ok(set) = String::from_utf8(answer.body) else { return Ok(None) };
    let fresh = answer.max_age.unwrap_or(UNSAID).clamp(SHORTEST, LONGEST);
    let (fetched_at, fresh_until) = (occasion.at, occasion.at + fresh);
    app.key_sets.0.insert(uri.to_owned(), Known { set: set.clone(), fetched_at, fresh_until });
    Ok(Some(set))
}
