//! A person puts another key in the place of one (docs/credentials.md, "Keys").

use super::create::{counted, limited, new_id};
use super::{Caller, KeyError, offer_of, own};
use crate::app::App;
use crate::domain::api_key::{ApiKey, Rotation};
use crate::domain::change::UNSTORED;
use crate::domain::origin::Occasion;
use crate::flow::error::{PersonError, RETRIES};
use crate::protocol::api_key::KeySecret;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;

/// What a rotation comes to (docs/credentials.md, "Keys").
pub struct Rotated {
    pub key: ApiKey,
    /// The new key in the clear.
    pub secret: KeySecret,
    /// When the old one ends, if it goes on for a while.
    pub old_until: Option<Timestamp>,
}

/// Makes a key that is what the old one was, and returns it in the clear, this once. What
/// becomes of the old one is the operator's choice (docs/credentials.md, "Keys").
///
/// # Errors
///
/// Not signed in lately, not found, not for this role, not the key itself, over, offered no more, or too many within
/// the hour.
pub async fn rotate(
    app: &App,
    caller: Caller<'_>,
    id: &str,
    occasion: &Occasion,
) -> Result<Rotated, KeyError> {
    let what = if caller.is_key() { "api_key:self" } else { "api_key" };
    for _attempt in 0..=RETRIES {
        let old = own(app, caller, id).await?.changeable()?;
        caller.may_replace(&old, occasion.at)?;
        let (key, secret) = successor(app, caller, &old, occasion)?;
        let rotation = offer_of(app, &old.profile, old.kind).ok_or(KeyError::Over)?.rules.rotation;
        let change = old.rotate(key.clone(), rotation, caller.person(), occasion);
        let mut change = change.ok_or(KeyError::Over)?;
        change.effects.push(counted(app, what, &key.owner(), occasion.at));
        match app.store.commit(change).await {
            Ok(old) => {
                let goes_on = rotation != Rotation::Atomic;
                let old_until = old.expires_at.filter(|_| goes_on);
                return Ok(Rotated { key, secret, old_until });
            }
            Err(StoreError::Stale(_)) => {}
            Err(error) => return Err(limited(error, occasion.at)),
        }
    }
    Err(PersonError::Unavailable("the key keeps changing".into()).into())
}

/// The same under another secret. Its life is as long as the old one's was meant to be; that of a
/// key that replaces itself goes no further, or whoever has stolen it would have it for ever (P4).
fn successor(
    app: &App,
    caller: Caller<'_>,
    old: &ApiKey,
    occasion: &Occasion,
) -> Result<(ApiKey, KeySecret), KeyError> {
    let offer = offer_of(app, &old.profile, old.kind).ok_or(KeyError::Over)?;
    let secret = app.entropy.key(offer.rules.form(old.mode).ok_or(KeyError::Over)?)?;
    // What the operator has taken back since, no new key gets.
    let scopes = old.scopes.meet(&offer.rules.scopes);
    if scopes.is_empty() || old.resource != offer.resource.identifier {
        return Err(KeyError::Over);
    }
    let meant = old.expires_at.map(|end| end.since(old.created_at));
    let longest = offer.rules.longest;
    let span: Option<Seconds> = meant.into_iter().chain(longest).min();
    let last = old.expires_at.filter(|_| caller.is_key());
    let key = ApiKey {
        id: new_id(app, occasion.at)?,
        revision: UNSTORED,
        // Who made the key is whoever put it there.
        account: caller.person().unwrap_or(&old.account).clone(),
        made_by: caller.is_key().then(|| old.id.clone()),
        digest: secret.digest(),
        beginning: secret.beginning(offer.rules.display).to_owned(),
        scopes,
        created_at: occasion.at,
        expires_at: span.map(|span| occasion.at + span).into_iter().chain(last).min(),
        last_used_at: None,
        last_used_from: None,
        uses: 0,
        ended: None,
        successor: None,
        ..old.clone()
    };
    Ok((key, secret))
}
