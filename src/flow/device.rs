//! Devices without a browser of their own ([RFC 8628]): one is told a code, and its person
//! types it somewhere else.
//!
//! [RFC 8628]: https://www.rfc-editor.org/rfc/rfc8628

use crate::app::App;
use crate::domain::approval::{Approval, KeyedCode, Phase, State};
use crate::domain::ask::{Ask, AskingClient, Door};
use crate::domain::change::{Effect, UNSTORED};
use crate::domain::client::Client;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::ApprovalId;
use crate::domain::limit::Count;
use crate::domain::origin::{Agent, Occasion};
use crate::domain::pace::{FIRST_INTERVAL, Pace};
use crate::flow::attempt::{AGENT_CODE, put};
use crate::flow::client::authentication::{Presented, authenticate};
use crate::flow::code::{Negotiated, Refused, negotiate};
use crate::flow::decision::guess;
use crate::flow::error::{PersonError, RETRIES, until_next_hour};
use crate::flow::principal::Human;
use crate::protocol::authorization_response::AuthorizationErrorCode;
use crate::protocol::code::Code;
use crate::protocol::device_authorization::DeviceAuthorization;
use crate::protocol::error::OAuthError;
use crate::protocol::grant_type::GrantType;
use crate::protocol::secret::{Secret, SecretKind};
use crate::store::StoreError;

/// Where devices ask, below the issuer.
pub const DEVICE_AUTHORIZATION_PATH: &str = "/device_authorization";

/// Where people type the code, below the issuer.
pub const DEVICE_PATH: &str = "/device";

/// Answers a device authorization request ([RFC 8628 §3.1]).
///
/// # Errors
///
/// `invalid_client`, `unauthorized_client`, `invalid_target`, `invalid_scope`,
/// `invalid_authorization_details`; beyond the hourly limit of an address nothing is stored.
///
/// [RFC 8628 §3.1]: https://www.rfc-editor.org/rfc/rfc8628#section-3.1
pub async fn begin(
    app: &App,
    presented: &Presented<'_>,
    occasion: &Occasion,
) -> Result<DeviceAuthorization, OAuthError> {
    let client = authenticate(app, presented, occasion).await?.into_client();
    if !client.may_use(GrantType::DeviceCode.name()) {
        return Err(OAuthError::UnauthorizedClient);
    }
    let negotiated = negotiate(app, presented.form, occasion.at).map_err(refused)?;
    for _attempt in 0..=RETRIES {
        let id = ApprovalId(app.entropy.identifier(ApprovalId::PREFIX, occasion.at)?);
        let device_code = app.entropy.secret(SecretKind::DeviceCode)?;
        let ask = ask(&client, negotiated.clone(), occasion);
        let approval = question(app, id, ask, &device_code, occasion);
        let answer = answer(app, &approval, &device_code);
        match put(app, approval, Vec::new(), occasion).await {
            // Another device waits, or once waited, with the same letters.
            Err(StoreError::Stale(_)) => {}
            Err(StoreError::Limited) => {
                return Err(OAuthError::RateLimited(until_next_hour(occasion.at)));
            }
            Err(error) => return Err(error.into()),
            Ok(()) => return Ok(answer),
        }
    }
    Err(OAuthError::TemporarilyUnavailable("no user code is free".into()))
}

/// What is refused at the authorization endpoint, in the words of this one
/// ([RFC 8628 §3.1]: as at the token endpoint).
///
/// [RFC 8628 §3.1]: https://www.rfc-editor.org/rfc/rfc8628#section-3.1
fn refused((code, description): Refused) -> OAuthError {
    match code {
        AuthorizationErrorCode::InvalidScope => OAuthError::InvalidScope,
        AuthorizationErrorCode::InvalidTarget => OAuthError::InvalidTarget,
        AuthorizationErrorCode::InvalidAuthorizationDetails => {
            OAuthError::InvalidAuthorizationDetails
        }
        _ => OAuthError::InvalidRequest(description),
    }
}

/// The question; nobody asks at this door who answers.
fn ask(client: &Client, negotiated: Negotiated, occasion: &Occasion) -> Ask {
    let Negotiated { resource, scopes, details, .. } = negotiated;
    Ask {
        door: Door::Device,
        resource,
        scopes,
        details,
        agent: Agent { name: client.name.clone(), ..Agent::default() },
        expected: None,
        from: occasion.from.clone(),
        registration: None,
        client: Some(AskingClient { id: client.id.clone(), source: client.source }),
        redirection: None,
        agent_session: None,
    }
}

fn question(
    app: &App,
    id: ApprovalId,
    ask: Ask,
    device_code: &Secret,
    occasion: &Occasion,
) -> Approval {
    let code = user_code(app, &id);
    Approval {
        revision: UNSTORED,
        link: link(app, &id).digest(),
        ask,
        agent_code: Some(app.vault.keyed_code(AGENT_CODE, id.as_str(), &code).into()),
        user_code: Some(anywhere(app, &code)),
        handle: Some(device_code.digest()),
        id,
        pace: Pace::FIRST,
        created_at: occasion.at,
        expires_at: occasion.at + app.settings.agents.attempt_ttl,
        state: State::Waiting { wrong_codes: 0, viewer: None },
    }
}

fn answer(app: &App, approval: &Approval, device_code: &Secret) -> DeviceAuthorization {
    let user_code = user_code(app, &approval.id).grouped();
    let verification_uri = app.settings.issuer.url(DEVICE_PATH);
    DeviceAuthorization {
        device_code: device_code.reveal().to_owned(),
        verification_uri_complete: format!("{verification_uri}?user_code={user_code}"),
        user_code,
        verification_uri,
        expires_in: approval.expires_at.since(approval.created_at).0,
        interval: FIRST_INTERVAL.0,
    }
}

/// The code of one device ([RFC 8628 §3.2]): derived, so that the page which asks the person
/// to compare it can show it, and the database knows keyed digests alone.
///
/// [RFC 8628 §3.2]: https://www.rfc-editor.org/rfc/rfc8628#section-3.2
#[must_use]
pub fn user_code(app: &App, id: &ApprovalId) -> Code {
    app.vault.derive_code(&["device", id.as_str()])
}

/// The opaque part of the link to the question: derived too, because whoever types the code
/// is led there long after its digest was stored.
fn link(app: &App, id: &ApprovalId) -> Secret {
    app.vault.derive(SecretKind::Approval, &["device", id.as_str()])
}

/// The code as it is looked for where people come with nothing else.
fn anywhere(app: &App, code: &Code) -> KeyedCode {
    app.vault.keyed_code("user code", "any device", code).into()
}

/// Why a code leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// Nothing was typed; nothing was spent.
    #[error("the code is missing")]
    NoCode,
    /// Mistyped, expired, answered and somebody else's alike, so that a guess learns nothing
    /// ([RFC 8628 §5.1]).
    ///
    /// [RFC 8628 §5.1]: https://www.rfc-editor.org/rfc/rfc8628#section-5.1
    #[error("no device waits with this code")]
    Unknown {
        /// Guesses left in this hour.
        tries_left: u32,
    },
    #[error(transparent)]
    Person(#[from] PersonError),
}

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Self {
        Self::Person(error.into())
    }
}

/// The opaque part of the link to the question whose device shows `text`
/// ([RFC 8628 §3.3]). It decides nothing.
///
/// # Errors
///
/// No device waits with this code, or this person or address has guessed too often: then not
/// even the right code leads on, or the limit would only slow a search.
///
/// [RFC 8628 §3.3]: https://www.rfc-editor.org/rfc/rfc8628#section-3.3
pub async fn find(
    app: &App,
    human: &Human,
    text: &str,
    occasion: &Occasion,
) -> Result<Secret, Lost> {
    if text.trim().is_empty() {
        return Err(Lost::NoCode);
    }
    let found = match Code::parse(text) {
        Some(code) => app.store.approval_by_user_code(&anywhere(app, &code)).await?,
        None => None,
    };
    let waits = |one: &Approval| one.phase(occasion.at) == Phase::Waiting;
    let found = found.filter(|one| waits(one) && one.is_for(human.account()));
    let counts = guess(app, human, occasion);
    let mut effects: Vec<Effect> = counts.iter().cloned().map(Effect::Count).collect();
    if found.is_some() {
        effects.extend(counts.iter().cloned().map(Effect::Forgive));
    } else {
        let event = Event::new(EventKind::WrongCode, occasion).by(&human.account().id);
        effects.push(Effect::Record(event));
    }
    app.store.apply(effects).await.map_err(|error| match error {
        StoreError::Limited => PersonError::Limited(until_next_hour(occasion.at)),
        error => error.into(),
    })?;
    match found {
        Some(approval) => Ok(link(app, &approval.id)),
        None => Err(Lost::Unknown { tries_left: left(app, &counts).await? }),
    }
}

/// How many of something are left in the narrowest window.
async fn left(app: &App, counts: &[Count]) -> Result<u32, StoreError> {
    let mut least = u32::MAX;
    for count in counts {
        let left = count.most.saturating_sub(app.store.counted(count).await?);
        least = least.min(u32::try_from(left).unwrap_or(0));
    }
    Ok(least)
}
