//! A person's answer to the one approval page, whatever door the question came through.

use crate::app::App;
use crate::domain::answer::{Answer, Bounds, CodeGiven, Consent, Lifetime, Policy};
use crate::domain::approval::{Approval, KeyedCode, State};
use crate::domain::ask::Door;
use crate::domain::change::{Change, Effect};
use crate::domain::decision::{ApprovalRefused, Verdict};
use crate::domain::denial::DenialReason;
use crate::domain::id::SessionId;
use crate::domain::limit::Count;
use crate::domain::mail::Letter;
use crate::domain::origin::Occasion;
use crate::domain::resource::Resource;
use crate::domain::session::Session;
use crate::flow::approval::{DecideError, by_link};
use crate::flow::attempt::{AGENT_CODE, RELAYED_CODE};
use crate::flow::code;
use crate::flow::error::{PersonError, until_next_hour};
use crate::flow::mail;
use crate::flow::principal::Human;
use crate::flow::retry;
use crate::flow::step_up::widened;
use crate::metrics::Funnel;
use crate::protocol::code::Code;
use crate::protocol::scope::Scopes;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::{Seconds, Timestamp};
use crate::store::StoreError;

/// What the person sent.
pub struct Decision {
    pub verb: Verb,
    /// The session that the page said would be widened.
    pub widens: Option<SessionId>,
    pub ticked: Scopes,
}

pub enum Verb {
    Approve {
        /// As typed, or as the page carried it along.
        code: String,
        /// The agent shows no code; a door at which it always does ignores this.
        relays: bool,
        lifetime: Lifetime,
        bounds: Bounds,
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
    /// Takes a yes back.
    Withdraw,
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
    retry::repeated(async || decide_once(app, link, human, decision, occasion).await).await
}

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
        lifetimes: app.lifetimes_of(approval.ask.door),
    };
    let widens = widened(app, &approval, &human.account().id, occasion.at).await?;
    permit(app, &approval, human, decision, occasion.at)?;
    let approves = matches!(decision.verb, Verb::Approve { .. });
    if approves && decision.widens.as_ref() != widens.as_ref().map(|session| &session.id) {
        return Err(DecideError::Moved);
    }
    let asked_at = approval.created_at;
    let counts = guesses(app, &approval, human, decision, occasion);
    let answer = answer(app, &approval, (human, decision), widens, occasion.at)?;
    let verdict = approval.decide(human.account(), answer, &policy, occasion)?;
    let verdict = with_receipt(app, verdict, occasion.at).await;
    settle(app, verdict, counts, &decision.verb, occasion.at).await.inspect(|_| {
        if !matches!(decision.verb, Verb::Withdraw) {
            app.metrics.decided_after(occasion.at.since(asked_at));
        }
    })
}

/// Whoever let an agent in gets a letter that says so (contracts of the pages, point 23).
async fn with_receipt(app: &App, verdict: Verdict, now: Timestamp) -> Verdict {
    let Verdict::Decided(mut change) = verdict else { return verdict };
    let State::Approved(approved) = &change.next.state else { return Verdict::Decided(change) };
    let letter = Letter::Approved { at: now, session: approved.session.clone() };
    let posted = mail::tell(app, Some(&approved.by), letter, now).await;
    change.effects.extend(posted);
    Verdict::Decided(change)
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
                Verb::Withdraw => Funnel::Withdrawn,
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
    let details = &approval.ask.details;
    let grave = resource.is_some_and(|one| one.is_grave(&chosen) || one.is_grave_detail(details));
    let stale = !approval.ask.accepts_sign_in_of(human.signed_in_at());
    if stale || (grave && !human.is_fresh(now)) { Err(DecideError::NotFresh) } else { Ok(()) }
}

fn answer(
    app: &App,
    approval: &Approval,
    (human, decision): (&Human, &Decision),
    widens: Option<Session>,
    now: Timestamp,
) -> Result<Answer, DecideError> {
    let ticked = decision.ticked.clone();
    Ok(match &decision.verb {
        Verb::Deny { reason, note } => Answer::Deny { reason: *reason, note: note.clone(), ticked },
        Verb::Report { end_sessions } => Answer::Report { end_sessions: *end_sessions },
        Verb::Withdraw => Answer::Withdraw,
        Verb::Approve { code, relays, lifetime, bounds, extra, .. } => {
            let session = app.entropy.identifier(SessionId::PREFIX, now);
            let session = SessionId(session.map_err(PersonError::from)?);
            let keyed = |purpose, code: &Code| -> KeyedCode {
                app.vault.keyed_code(purpose, approval.id.as_str(), code).into()
            };
            let code = match approval.ask.door {
                Door::AgentSession => CodeGiven::Finish,
                Door::Code => CodeGiven::Redirect(code::code(app, approval).digest()),
                Door::Claim if *relays => {
                    let context = ["relay", approval.id.as_str(), session.as_str()];
                    CodeGiven::Relay(keyed(RELAYED_CODE, &app.vault.derive_code(&context)))
                }
                _ if code.trim().is_empty() => return Err(DecideError::NoCode),
                _ => {
                    let typed = Code::parse(code);
                    CodeGiven::Typed(typed.map(|code| keyed(AGENT_CODE, &code)))
                }
            };
            let widens = widens.map(|session| (Box::new(session), *extra));
            Answer::Approve(Consent {
                code,
                ticked,
                lifetime: *lifetime,
                bounds: *bounds,
                signed_in_at: human.signed_in_at(),
                session,
                widens,
            })
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
    let Verb::Approve { relays, .. } = &decision.verb else { return Vec::new() };
    let relays = *relays && approval.ask.door == Door::Claim;
    if relays || approval.agent_code.is_none() { Vec::new() } else { guess(app, human, occasion) }
}

/// What one guess at a code is counted against, whichever page it is typed on.
pub(in crate::flow) fn guess(app: &App, human: &Human, occasion: &Occasion) -> Vec<Count> {
    let limits = &app.settings.limits;
    let (account, address) =
        (limits.code_guesses_per_account_per_hour, limits.code_guesses_per_address_per_hour);
    let (id, from) = (human.account().id.as_str(), occasion.from.network());
    vec![
        Count::hourly("code:account", id, account.into(), occasion.at),
        Count::hourly("code:address", &from, address.into(), occasion.at),
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
