//! The one approval page's use cases, whatever door the question came through.

use crate::app::App;
use crate::domain::answer::{Answer, CodeGiven, Consent, Lifetime, Policy};
use crate::domain::approval::{Approval, DenialReason, KeyedCode, Phase, TRIES};
use crate::domain::ask::Door;
use crate::domain::change::{Change, Effect};
use crate::domain::decision::{ApprovalRefused, Verdict};
use crate::domain::id::SessionId;
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::domain::resource::Resource;
use crate::domain::session::Session;
use crate::flow::attempt::{AGENT_CODE, RELAYED_CODE};
use crate::flow::code;
use crate::flow::error::{PersonError, RETRIES, until_next_hour};
use crate::flow::principal::Human;
use crate::flow::step_up::widened;
use crate::metrics::Funnel;
use crate::protocol::code::Code;
use crate::protocol::scope::Scopes;
use crate::protocol::secret::{Secret, SecretKind};
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::{Answered, StoreError};

/// What a signed-in person may see of a request.
pub struct Seen {
    pub approval: Approval,
    /// The session, once there is one.
    pub session: Option<Session>,
    /// How often this person has answered an agent of that name.
    pub answered: Answered,
    /// Something asked for spends or deletes, and this sign-in is too old for that.
    pub needs_fresh_sign_in: bool,
    /// The code to hand to the agent, while it is good.
    pub relayed: Option<Code>,
    /// Where the browser takes the answer, while there is one to take.
    pub onward: Option<String>,
    /// The session that a yes would widen.
    pub widens: Option<Session>,
}

/// What the person sent.
pub struct Decision {
    pub verb: Verb,
    /// The session that the page said would be widened.
    pub widens: Option<SessionId>,
    pub ticked: Scopes,
}

pub enum Verb {
    Approve {
        /// As typed; `None` when the agent shows no code.
        code: Option<String>,
        lifetime: Lifetime,
        /// The person has seen that the name is well-known and the place is not.
        brand_confirmed: bool,
        /// How long the new part of a session may last; as long as the session if not said.
        extra: Option<Seconds>,
    },
    Deny {
        reason: DenialReason,
        note: Option<ToldText>,
    },
    Report {
        end_sessions: bool,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    #[error("there is no such request")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] ApprovalRefused),
    /// The code box was left empty; nothing was spent.
    #[error("the code is missing")]
    NoCode,
    /// The session to be widened is another than the page said: nothing was decided.
    #[error("the session changed meanwhile")]
    Moved,
    /// The agent carries a well-known name to a foreign place, and nobody has said that this
    /// is meant.
    #[error("the well-known name was not confirmed")]
    BrandUnconfirmed,
    /// What spends or deletes asks for a sign-in of the last five minutes.
    #[error("the sign-in is too old")]
    NotFresh,
    #[error("the code is wrong")]
    WrongCode { tries_left: u8 },
    #[error(transparent)]
    Person(#[from] PersonError),
}

impl From<StoreError> for DecideError {
    fn from(error: StoreError) -> Self {
        Self::Person(error.into())
    }
}

/// Shows a request to the person it is for. Reading changes nothing.
///
/// # Errors
///
/// Unknown link, or another account's: refused before any detail is read out.
pub async fn view(
    app: &App,
    link: &str,
    human: &Human,
    now: Timestamp,
) -> Result<Seen, DecideError> {
    let approval = by_link(app, link).await?;
    if !approval.is_for(human.account()) {
        return Err(ApprovalRefused::WrongAccount.into());
    }
    if !approval.began_in(human.mark()) {
        return Err(ApprovalRefused::OtherBrowser.into());
    }
    let session = match approval.approved() {
        Some(approved) => app.store.session(&approved.session).await?,
        None => None,
    };
    let name = approval.ask.agent.name.as_ref().map(ToldText::as_str);
    let today = now - Seconds::DAY;
    let answered = app.store.answered(&human.account().id, name, today).await?;
    let relayed = relayed_code(app, &approval, now);
    let grave =
        app.resource(&approval.ask.resource).is_some_and(|one| one.is_grave(&approval.ask.scopes));
    let waiting = approval.phase(now) == Phase::Waiting;
    let needs_fresh_sign_in = waiting && grave && !human.is_fresh(now);
    let onward = code::onward(app, &approval, now);
    let widens = widened(app, &approval, &human.account().id, now).await?;
    Ok(Seen { approval, session, answered, needs_fresh_sign_in, relayed, onward, widens })
}

/// The code that goes back to the agent. It is derived, so a reload shows the same one.
fn relayed_code(app: &App, approval: &Approval, now: Timestamp) -> Option<Code> {
    let approved = approval.approved()?;
    if approval.phase(now) != Phase::Approved || !approved.is_relayed() {
        return None;
    }
    Some(app.vault.derive_code(&["relay", approval.id.as_str(), approved.session.as_str()]))
}

/// Records the human's answer: one read, one decision, one commit; again when a wrong code
/// or a newer attempt came between.
///
/// # Errors
///
/// Not theirs, over, answered already, a wrong code, or too many codes.
pub async fn decide(
    app: &App,
    link: &str,
    human: &Human,
    decision: &Decision,
    occasion: &Occasion,
) -> Result<Approval, DecideError> {
    for _attempt in 0..DECISIONS {
        match decide_once(app, link, human, decision, occasion).await {
            Err(DecideError::Person(PersonError::Unavailable(cause)))
                if matches!(cause.downcast_ref(), Some(StoreError::Stale(_))) => {}
            answer => return answer,
        }
    }
    decide_once(app, link, human, decision, occasion).await
}

/// A burst of wrong codes makes each other's reading stale; every one of them must still
/// be counted, so deciding is tried as often as an attempt has tries, and twice more.
const DECISIONS: usize = RETRIES + TRIES as usize;

async fn decide_once(
    app: &App,
    link: &str,
    human: &Human,
    decision: &Decision,
    occasion: &Occasion,
) -> Result<Approval, DecideError> {
    let approval = by_link(app, link).await?;
    let resource = app.resource(&approval.ask.resource);
    let policy = Policy {
        required: resource.map(Resource::required_scopes).unwrap_or_default(),
        lifetimes: app.lifetimes(),
    };
    let widens = widened(app, &approval, &human.account().id, occasion.at).await?;
    permit(app, &approval, human, decision, occasion.at)?;
    if decision.widens.as_ref() != widens.as_ref().map(|session| &session.id) {
        return Err(DecideError::Moved);
    }
    let asked_at = approval.created_at;
    let counts = guesses(app, &approval, human, decision, occasion);
    let answer = answer(app, &approval, decision, widens, occasion.at)?;
    let verdict = approval.decide(human.account(), answer, &policy, occasion)?;
    settle(app, verdict, counts, &decision.verb, occasion.at).await.inspect(|_| {
        app.metrics.decided_after(occasion.at.since(asked_at));
    })
}

/// Makes a verdict true.
async fn settle(
    app: &App,
    verdict: Verdict,
    counts: Vec<Count>,
    verb: &Verb,
    now: Timestamp,
) -> Result<Approval, DecideError> {
    match verdict {
        Verdict::Decided(mut change) => {
            // Refused beyond the limit like a wrong code, but not held against anybody.
            change.effects.extend(counts.iter().cloned().map(Effect::Count));
            change.effects.extend(counts.into_iter().map(Effect::Forgive));
            let approval = store(app, change, now).await?;
            app.metrics.funnel(match verb {
                Verb::Approve { .. } => Funnel::Approved,
                Verb::Deny { .. } => Funnel::Denied,
                Verb::Report { .. } => Funnel::Reported,
            });
            Ok(approval)
        }
        Verdict::WrongCode { mut change, tries_left } => {
            change.effects.extend(counts.into_iter().map(Effect::Count));
            store(app, change, now).await?;
            if tries_left == 0 {
                app.metrics.funnel(Funnel::Locked);
            }
            Err(DecideError::WrongCode { tries_left })
        }
    }
}

/// What stands between a person and an answer, beside the request itself: the browser that
/// began, a name that must be looked at twice, a sign-in that is fresh enough. Somebody else's
/// request is refused later, before any of it could tell them something.
fn permit(
    app: &App,
    approval: &Approval,
    human: &Human,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), DecideError> {
    if !approval.is_for(human.account()) {
        return Ok(());
    }
    if !approval.began_in(human.mark()) {
        return Err(ApprovalRefused::OtherBrowser.into());
    }
    let Verb::Approve { brand_confirmed, .. } = decision.verb else { return Ok(()) };
    if !brand_confirmed && approval.ask.borrowed_brand().is_some() {
        return Err(DecideError::BrandUnconfirmed);
    }
    let resource = app.resource(&approval.ask.resource);
    let required = resource.map(Resource::required_scopes).unwrap_or_default();
    let chosen = decision.ticked.join(&required).meet(&approval.ask.scopes);
    let grave = resource.is_some_and(|resource| resource.is_grave(&chosen));
    if grave && !human.is_fresh(now) { Err(DecideError::NotFresh) } else { Ok(()) }
}

fn answer(
    app: &App,
    approval: &Approval,
    decision: &Decision,
    widens: Option<Session>,
    now: Timestamp,
) -> Result<Answer, DecideError> {
    let ticked = decision.ticked.clone();
    Ok(match &decision.verb {
        Verb::Deny { reason, note } => Answer::Deny { reason: *reason, note: note.clone(), ticked },
        Verb::Report { end_sessions } => Answer::Report { end_sessions: *end_sessions },
        Verb::Approve { code, lifetime, extra, .. } => {
            let session = app.entropy.identifier(SessionId::PREFIX, now);
            let session = SessionId(session.map_err(PersonError::from)?);
            let keyed = |purpose, code: &Code| -> KeyedCode {
                app.vault.keyed_code(purpose, approval.id.as_str(), code).into()
            };
            let code = match code.as_deref().map(str::trim) {
                _ if approval.ask.door == Door::Code => {
                    CodeGiven::Redirect(code::code(app, approval, &session).digest())
                }
                Some("") => return Err(DecideError::NoCode),
                Some(typed) => {
                    let typed = Code::parse(typed);
                    CodeGiven::Typed(typed.map(|code| keyed(AGENT_CODE, &code)))
                }
                None => {
                    let context = ["relay", approval.id.as_str(), session.as_str()];
                    CodeGiven::Relay(keyed(RELAYED_CODE, &app.vault.derive_code(&context)))
                }
            };
            let widens = widens.map(|session| (Box::new(session), *extra));
            Answer::Approve(Consent { code, ticked, lifetime: *lifetime, session, widens })
        }
    })
}

/// A typed code counts for its account and its address, in the same transaction.
fn guesses(
    app: &App,
    approval: &Approval,
    human: &Human,
    decision: &Decision,
    occasion: &Occasion,
) -> Vec<Count> {
    let types = matches!(&decision.verb, Verb::Approve { code: Some(_), .. });
    if !types || approval.agent_code.is_none() {
        return Vec::new();
    }
    let limits = &app.settings.limits;
    let (account, address) =
        (limits.code_guesses_per_account_per_hour, limits.code_guesses_per_address_per_hour);
    let (id, from) = (human.account().id.as_str(), occasion.from.address.as_str());
    vec![
        Count::hourly("code:account", id, account.into(), occasion.at),
        Count::hourly("code:address", from, address.into(), occasion.at),
    ]
}

async fn store(
    app: &App,
    change: Change<Approval>,
    now: Timestamp,
) -> Result<Approval, DecideError> {
    app.store.commit(change).await.map_err(|error| match error {
        StoreError::Limited => PersonError::Limited(until_next_hour(now)).into(),
        error => error.into(),
    })
}

async fn by_link(app: &App, link: &str) -> Result<Approval, DecideError> {
    let link = Secret::parse(SecretKind::Approval, link).ok_or(DecideError::NotFound)?;
    app.store.approval_by_link(&link.digest()).await?.ok_or(DecideError::NotFound)
}
