//! Fills the approval page and its results from what is known.

use actix_web::HttpResponse;

use super::approve_bounds;
use super::approve_door::{Asker, in_its_window};
use super::opener;
use super::pages::approval::{
    Agent, ApprovalError, ApprovalPage, ExtraLifetime, ExtraLifetimeOption, Matching,
    NetworkComparison, Notice, Origin, ScopeChoice, Seen as SeenBefore, StepUp,
};
use super::pages::decision::{DecisionPage, DenialReason, Onward, Outcome, Receipt, SessionForm};
use super::pages::{Claim, Source};
use super::scope_words::scope_words;
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::approval::{Approved, Phase, State};
use crate::domain::authorization_detail::in_words;
use crate::domain::denial;
use crate::domain::resource::Resource;
use crate::domain::session::{Session, Standing};
use crate::flow::approval::Seen;
use crate::protocol::code::Code;
use crate::protocol::scope::Scopes;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Seconds;
use crate::protocol::user_agent;

/// What one request brings to the page.
pub struct Context<'a> {
    pub app: &'a App,
    pub visitor: &'a Visitor,
    pub path: &'a str,
    /// The agent shows no code: approving makes one.
    pub relays: bool,
    /// Of the person in front of the page.
    pub address: String,
}

/// What the person had entered before the page is shown again.
pub struct Entered<'a> {
    pub ticked: Scopes,
    pub lifetime: &'a str,
    pub custom_days: &'a str,
    pub calls: &'a str,
    pub idle: &'a str,
    pub code: &'a str,
    pub brand_confirmed: bool,
    pub extra: &'a str,
    pub notice: Option<Notice>,
    pub error: Option<ApprovalError>,
}

/// The question itself.
pub fn question(
    context: &Context<'_>,
    status: u16,
    seen: &Seen,
    entered: Option<&Entered<'_>>,
) -> HttpResponse {
    let (app, visitor) = (context.app, context.visitor);
    let ask = &seen.approval.ask;
    let resource = app.resource(&ask.resource);
    let no_code = format!("{}?code=none", context.path);
    let asker = Asker::of(seen);
    let held = seen.widens.as_ref().map(|session| session.reach(visitor.now));
    let open = held.as_ref().map_or_else(|| ask.scopes.clone(), |held| ask.scopes.without(held));
    let page = ApprovalPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        agent: agent(&asker, seen),
        origin: origin(context, seen),
        matching: asker
            .matching(entered.is_some_and(|entered| entered.brand_confirmed))
            .unwrap_or_else(|| matching(context, entered, &no_code)),
        resource_name: resource.map_or(ask.resource.as_str(), |resource| resource.name.as_str()),
        resource: ask.resource.as_str(),
        scopes: scopes(resource, &open, entered),
        details: in_words(resource, &ask.details),
        identity: ask.identity().is_some(),
        step_up: step_up(context, seen, resource, held.as_ref(), entered),
        lifetimes: approve_bounds::lifetimes(context, entered),
        most_days: app.settings.sessions.max_lifetime.0 / Seconds::DAY.0,
        custom_days: entered.map_or("", |entered| entered.custom_days),
        bounds: approve_bounds::offered(app, resource, entered),
        expires_at: seen.approval.expires_at,
        notice: entered.and_then(|entered| entered.notice),
        error: entered.and_then(|entered| entered.error),
    };
    in_its_window(ask, visitor.page(app, status, &page))
}

/// The session that a yes would widen, and for how long.
fn step_up<'a>(
    context: &Context<'_>,
    seen: &'a Seen,
    resource: Option<&'a Resource>,
    held: Option<&'a Scopes>,
    entered: Option<&Entered<'_>>,
) -> Option<StepUp<'a>> {
    let (session, held) = seen.widens.as_ref().zip(held)?;
    let chosen = entered.and_then(|entered| ExtraLifetime::named(entered.extra));
    let chosen = chosen.unwrap_or(ExtraLifetime::Session);
    let options = ExtraLifetime::ALL.into_iter().map(|lifetime| ExtraLifetimeOption {
        lifetime,
        ends_at: lifetime.span().map_or(session.expires_at, |span| context.visitor.now + span),
        chosen: lifetime == chosen,
    });
    Some(StepUp {
        label: &session.label,
        id: session.id.as_str(),
        held: scope_words(resource, held),
        details: in_words(resource, &session.details),
        ends_at: session.expires_at,
        lifetimes: options.filter(|option| option.ends_at <= session.expires_at).collect(),
    })
}

fn told(text: Option<&ToldText>) -> Option<Claim<'_>> {
    text.map(|text| Claim { words: text.as_str(), source: Source::Told })
}

fn agent<'a>(asker: &Asker<'a>, seen: &'a Seen) -> Agent<'a> {
    let told_by = &seen.approval.ask.agent;
    let again = SeenBefore::Again {
        times_today: u32::try_from(seen.answered.recently).unwrap_or(u32::MAX).saturating_add(1),
    };
    let [instance, label] = asker.told_of_itself();
    Agent {
        instance,
        label,
        name: asker.name(),
        site: asker.site(),
        kind: told(told_by.kind.as_ref()),
        reason: told(told_by.reason.as_ref()),
        seen: if seen.answered.ever == 0 { SeenBefore::First } else { again },
    }
}

fn origin<'a>(context: &'a Context<'_>, seen: &'a Seen) -> Origin<'a> {
    let from = &seen.approval.ask.from;
    Origin {
        address: &from.address,
        place: context.app.place(&from.address),
        program: from.user_agent.as_ref().map(ToldText::as_str).map(user_agent::in_words),
        asked_at: seen.approval.created_at,
        approver_address: &context.address,
        approver_place: context.app.place(&context.address),
        network_comparison: NetworkComparison::of(&from.address, &context.address),
    }
}

fn matching<'a>(
    context: &Context<'a>,
    entered: Option<&Entered<'a>>,
    no_code: &'a str,
) -> Matching<'a> {
    if context.relays {
        let typed = context.app.settings.agents.typed_codes;
        return Matching::Relayed { have_code_href: typed.then_some(context.path) };
    }
    Matching::Typed {
        typed: entered.map_or("", |entered| entered.code),
        no_code_href: Some(no_code),
    }
}

fn scopes<'a>(
    resource: Option<&'a Resource>,
    asked: &Scopes,
    entered: Option<&Entered<'_>>,
) -> Vec<ScopeChoice<'a>> {
    let rules = resource.map(|resource| resource.scopes.as_slice()).unwrap_or_default();
    let asked = rules.iter().filter(|rule| asked.contains(&rule.name));
    asked
        .map(|rule| match entered {
            None => ScopeChoice::first_shown(rule),
            Some(entered) => ScopeChoice::chosen(rule, entered.ticked.contains(&rule.name)),
        })
        .collect()
}

/// What became of the question; the same at every reload.
pub fn result(context: &Context<'_>, status: u16, seen: &Seen) -> HttpResponse {
    let (app, visitor) = (context.app, context.visitor);
    let ask = &seen.approval.ask;
    let resource = app.resource(&ask.resource);
    let code = seen.relayed.as_ref().map(Code::grouped);
    let destination = ask.destination();
    let page = DecisionPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        agent: ask.agent.name.as_ref().map(ToldText::as_str),
        resource_name: resource.map_or(ask.resource.as_str(), |resource| resource.name.as_str()),
        outcome: outcome(context, seen, resource, code.as_deref()),
        known_agent: ask.names_its_agent(),
        onward: seen
            .onward
            .as_deref()
            .zip(destination.as_ref())
            .map(|(url, destination)| Onward { url, destination }),
        opener: opener::told(seen, visitor.now),
    };
    in_its_window(ask, visitor.page(app, status, &page))
}

fn outcome<'a>(
    context: &Context<'_>,
    seen: &'a Seen,
    resource: Option<&'a Resource>,
    code: Option<&'a str>,
) -> Outcome<'a> {
    let now = context.visitor.now;
    match (seen.approval.phase(now), &seen.approval.state) {
        (Phase::Collected, State::Collected { approved, .. }) => {
            Outcome::Collected(receipt(context, seen, approved, resource))
        }
        (Phase::Approved, State::Approved(approved)) => {
            let receipt = receipt(context, seen, approved, resource);
            let code_expires_at = approved.collect_before;
            match (code, &seen.finish) {
                (Some(code), _) => Outcome::Relayed { code, code_expires_at, receipt },
                (None, Some(code)) if seen.onward.is_none() => {
                    Outcome::Finished { code: code.reveal(), code_expires_at, receipt }
                }
                (None, _) => Outcome::Approved(receipt),
            }
        }
        (_, State::Denied { reason: denial::DenialReason::Reported, .. }) => {
            Outcome::Reported { sessions_ended: None }
        }
        (_, State::Denied { reason: denial::DenialReason::Withdrawn, .. }) => Outcome::Withdrawn,
        (_, State::Denied { reason, note, acceptable, .. }) => Outcome::Denied {
            reason: denial_reason(*reason),
            note: note.as_ref().map(ToldText::as_str),
            acceptable: acceptable
                .as_ref()
                .map(|scopes| scope_words(resource, scopes))
                .unwrap_or_default(),
        },
        (Phase::Locked, _) => Outcome::Locked,
        (Phase::Superseded, _) => Outcome::Superseded,
        _ => Outcome::Expired,
    }
}

const fn denial_reason(reason: denial::DenialReason) -> Option<DenialReason> {
    match reason {
        denial::DenialReason::NotMe => Some(DenialReason::NotMe),
        denial::DenialReason::TooMuch => Some(DenialReason::TooMuch),
        denial::DenialReason::NotNow => Some(DenialReason::NotNow),
        denial::DenialReason::Reported | denial::DenialReason::Withdrawn => None,
    }
}

fn receipt<'a>(
    context: &Context<'_>,
    seen: &'a Seen,
    approved: &'a Approved,
    resource: Option<&'a Resource>,
) -> Receipt<'a> {
    let now = context.visitor.now;
    let standing = seen.session.as_ref().filter(|one| one.standing(now) != Standing::Over);
    let undo_until =
        Some(approved.stands_from()).filter(|until| standing.is_some() && now < *until);
    Receipt {
        session: standing
            .map(|session| SessionForm { id: session.id.as_str(), label: &session.label }),
        granted: scope_words(resource, &approved.granted),
        refused: scope_words(resource, &approved.refused),
        details: in_words(resource, &seen.approval.ask.details),
        decided_at: approved.at,
        ends_at: approved.ends_at,
        undo_until,
        calls: seen.session.as_ref().and_then(Session::calls),
        resource: seen.approval.ask.resource.as_str(),
    }
}
