//! An agent trades its key for a token that lives for hours, and gives it back
//! (docs/credentials.md, "Session tokens").

use crate::app::App;
use crate::config::SessionTokens;
use crate::domain::account_agent::NamedAgent;
use crate::domain::api_key::{ApiKey, KeyKind};
use crate::domain::change::Effect;
use crate::domain::credential::Credential;
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::domain::replay::{Once, Use};
use crate::domain::session_token::SessionToken;
use crate::entropy::NoEntropy;
use crate::flow::api_key::{self, NotAProgram, Offer};
use crate::flow::credential::{self, Shown};
use crate::flow::error::until_next_hour;
use crate::flow::forward_auth::Presented;
use crate::flow::principal;
use crate::protocol::api_key::KeySecret;
use crate::protocol::secret::Digest;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;

/// A token and whose it is (docs/credentials.md, "Session tokens").
pub struct Issued {
    pub secret: KeySecret,
    pub agent: NamedAgent,
    pub expires_at: Timestamp,
}

/// Why nothing is issued or ended (docs/credentials.md, "Session tokens").
#[derive(Debug, thiserror::Error)]
pub enum NotIssued {
    #[error(transparent)]
    NotAProgram(#[from] NotAProgram),
    /// Too many wrong keys came from this address: it is not listened to for so long.
    #[error("too many wrong keys came from this address")]
    Locked(Seconds),
    #[error("the key was traded too often within the hour")]
    TooOften(Seconds),
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
}

impl From<StoreError> for NotIssued {
    fn from(error: StoreError) -> Self {
        Self::NotAProgram(error.into())
    }
}

/// The text, wherever it came; where it may come is asked later.
fn held((presented, _): Shown<'_>) -> Result<&str, NotAProgram> {
    match presented {
        None => Err(NotAProgram::Missing),
        Some(Presented::Held(text) | Presented::Proven(text)) => Ok(text),
        Some(Presented::Unusable) => Err(NotAProgram::Invalid),
    }
}

/// The profile whose session token this text can be, and what it is found by
/// (docs/credentials.md, "Session tokens").
#[must_use]
pub fn recognized<'a>(app: &'a App, presented: &str) -> Option<(&'a str, Digest)> {
    app.settings.profiles.iter().find_map(|profile| {
        let digest = profile.session_tokens.as_ref()?.form.digest_of(presented)?;
        Some((profile.name.as_str(), digest))
    })
}

/// What a session token is worth: what its key is (docs/credentials.md, "Session tokens").
///
/// # Errors
///
/// The database is away.
pub(in crate::flow) async fn credential(
    app: &App,
    profile: &str,
    digest: &Digest,
    now: Timestamp,
) -> Result<Option<Credential>, StoreError> {
    let found = app.store.session_token_with(digest, now).await?;
    let own = found.filter(|(_, key)| key.profile == profile && key.kind == KeyKind::AgentKey);
    Ok(own.map(|(token, key)| Credential::of_session_token(&token, key)))
}

/// Trades an agent's key for a token (AG06). Who is wrong too often is not listened to, on any
/// node: each wrong key counts once, because one client asks four times with each (AG20).
///
/// # Errors
///
/// See [`NotIssued`].
pub async fn authenticate(
    app: &App,
    (offer, tokens): (&Offer<'_>, &SessionTokens),
    shown: Shown<'_>,
    occasion: &Occasion,
) -> Result<Issued, NotIssued> {
    let now = occasion.at;
    let subject = format!("{}:{}", offer.profile.name, occasion.from.network());
    if let Some(lockout) = &tokens.lockout
        && let Some(until) = app.store.full_until(&lockout.failure(&subject, now), now).await?
    {
        return Err(NotIssued::Locked(until.since(now)));
    }
    let text = held(shown)?;
    if api_key::is_of_another_kind(app, offer, text) {
        return Err(NotAProgram::WrongKind.into());
    }
    let kind = (offer.profile.name.as_str(), KeyKind::AgentKey);
    let key = if credential::may_come(app, text, shown.1) {
        principal::key_itself(app, kind, text, now).await?
    } else {
        None
    };
    let key = key.as_ref().map(principal::KeyItself::key);
    let Some((key, agent)) = key.and_then(|key| Some((key, key.agent.clone()?))) else {
        return Err(failed(app, tokens, (&subject, text), now).await);
    };
    let (secret, expires_at) = issue(app, tokens, key, occasion).await?;
    Ok(Issued { secret, agent, expires_at })
}

async fn issue(
    app: &App,
    tokens: &SessionTokens,
    key: &ApiKey,
    occasion: &Occasion,
) -> Result<(KeySecret, Timestamp), NotIssued> {
    let secret = app.entropy.key(&tokens.form)?;
    let token = SessionToken::of(key, secret.digest(), tokens.ttl, occasion.at);
    let expires_at = token.expires_at;
    let most = app.settings.limits.session_tokens_per_key_per_hour;
    let count = Count::hourly("session_token", key.id.as_str(), most.into(), occasion.at);
    let mut effects = token.issue(key, occasion);
    effects.push(Effect::Count(count));
    match app.store.apply(effects).await {
        Ok(()) => Ok((secret, expires_at)),
        Err(StoreError::Limited) => Err(NotIssued::TooOften(until_next_hour(occasion.at))),
        // It ended a moment ago.
        Err(StoreError::Stale(_)) => Err(NotAProgram::Invalid.into()),
        Err(error) => Err(error.into()),
    }
}

/// Counts a wrong key of this address, once in each while.
async fn failed(
    app: &App,
    tokens: &SessionTokens,
    (subject, text): (&str, &str),
    now: Timestamp,
) -> NotIssued {
    let Some(lockout) = &tokens.lockout else { return NotAProgram::Invalid.into() };
    let count = lockout.failure(subject, now);
    let (end, wrong) = (count.window.end, Digest::of(text.as_bytes()).hex());
    let seen = Use::of(Once::WrongKey, &format!("{subject}:{}", count.window.start), &wrong, end);
    match app.store.apply(vec![Effect::Remember(seen), Effect::Count(count)]).await {
        Ok(()) | Err(StoreError::Replayed) => NotAProgram::Invalid.into(),
        Err(StoreError::Limited) => NotIssued::Locked(end.since(now)),
        Err(error) => error.into(),
    }
}

/// Ends a session token (AG08); its key goes on.
///
/// # Errors
///
/// See [`NotIssued`].
pub async fn log_out(
    app: &App,
    (offer, tokens): (&Offer<'_>, &SessionTokens),
    shown: Shown<'_>,
    occasion: &Occasion,
) -> Result<(), NotIssued> {
    let text = held(shown)?;
    if !text.starts_with(tokens.form.prefix()) {
        let known =
            api_key::is_of_another_kind(app, offer, text) || api_key::begins_as(offer, text);
        return Err(if known { NotAProgram::WrongKind } else { NotAProgram::Invalid }.into());
    }
    let digest = tokens.form.digest_of(text);
    let digest = digest.filter(|_| credential::may_come(app, text, shown.1));
    let Some(digest) = digest else { return Err(NotAProgram::Invalid.into()) };
    let found = app.store.session_token_with(&digest, occasion.at).await?;
    let Some((token, key)) = found.filter(|(_, key)| key.profile == offer.profile.name) else {
        return Err(NotAProgram::Invalid.into());
    };
    Ok(app.store.apply(token.end(&key, occasion)).await?)
}
