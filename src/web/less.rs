//! Account → Agent sessions: taking a part back, letting one rest, ending many at once.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::person_error;
use super::answer::see_other;
use super::approve_bounds;
use super::pages::approval::{Lifetime as Span, LifetimeOption};
use super::pages::less::{KeptScope, LessError, LessForm};
use super::person::{Posted, posted, signed_in};
use super::sessions::{Said, page};
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::answer::Lifetime;
use crate::domain::session::{Less, LowerError, SameAgent, Session};
use crate::flow::session::{self, Unchanged, Which};
use crate::protocol::form::Form;
use crate::protocol::scope::Scopes;
use crate::protocol::timestamp::{Seconds, Timestamp};

/// `POST /account/sessions/{id}/lower`.
pub async fn lower(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let again = |error| {
        let (app, visitor, id, form) = (&app, &visitor, &id, &form);
        async move { page(app, visitor, id, &Said { notice: None, entered: Some((form, error)) }).await }
    };
    let Some(less) = read(&form, occasion.at) else { return again(LessError::BadCalls).await };
    match session::lower(&app, human, &id, &less, &occasion).await {
        Err(Unchanged::Lower(LowerError::Nothing)) => again(LessError::Nothing).await,
        Err(Unchanged::Lower(LowerError::NotItsCalls)) => again(LessError::BadCalls).await,
        lowered => done(&app, &visitor, &id, lowered.map(|()| "lowered")),
    }
}

/// `POST /account/sessions/{id}/pause`.
pub async fn pause(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let Posted { visitor, occasion, .. } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let paused = session::pause(&app, human, &id, &occasion).await;
    done(&app, &visitor, &id, paused.map(|()| "paused"))
}

/// `POST /account/sessions/{id}/resume`.
pub async fn resume(
    request: HttpRequest,
    id: Path<String>,
    payload: Payload,
    app: Data<App>,
) -> HttpResponse {
    let Posted { visitor, occasion, .. } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let resumed = session::resume(&app, human, &id, &occasion).await;
    done(&app, &visitor, &id, resumed.map(|()| "resumed"))
}

/// `POST /account/sessions`: ends all sessions of one agent, or every session.
pub async fn end_many(request: HttpRequest, payload: Payload, app: Data<App>) -> HttpResponse {
    let Posted { visitor, form, occasion } = match posted(&app, &request, payload).await {
        Ok(posted) => posted,
        Err(answer) => return answer,
    };
    let human = match signed_in(&app, &visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let which = match (form.get("everything"), form.get("agent").map(SameAgent::parse)) {
        (Some("yes"), None) => Which::Everything,
        (None, Some(Some(agent))) => Which::Of(agent),
        _ => return visitor.error(&app, 400, None, Some("/account/sessions")),
    };
    match session::disconnect_all(&app, human, &which, &occasion).await {
        Ok(()) => see_other("/account/sessions?done=ended"),
        Err(error) => person_error(&app, &visitor, &error),
    }
}

/// Back to the session, which says what was done, or how it stands.
fn done(app: &App, visitor: &Visitor, id: &str, done: Result<&str, Unchanged>) -> HttpResponse {
    match done {
        Ok(done) => see_other(&format!("/account/sessions/{id}?done={done}")),
        Err(Unchanged::Person(error)) => person_error(app, visitor, &error),
        Err(Unchanged::Lower(_) | Unchanged::Pause(_)) => {
            see_other(&format!("/account/sessions/{id}"))
        }
    }
}

/// What was entered; `None` for calls that are no number.
fn read(form: &Form, now: Timestamp) -> Option<Less> {
    let calls = approve_bounds::read(form)?.calls;
    let chosen = form.get("lifetime").filter(|chosen| !chosen.is_empty());
    let ends_at = match chosen.and_then(|_| approve_bounds::lifetime(form)) {
        Some(Lifetime::For(span)) => Some(now + span),
        Some(Lifetime::Once) | None => None,
    };
    let scopes = Scopes::of(form.all("scope")).unwrap_or_default();
    Some(Less { scopes, ends_at, calls })
}

/// What can be taken back of a live session, as it was entered where something was.
pub fn form<'a>(
    app: &'a App,
    session: &'a Session,
    entered: Option<(&'a Form, LessError)>,
    now: Timestamp,
) -> LessForm<'a> {
    let resource = app.resource(&session.resource);
    let form = entered.map(|(form, _)| form);
    let kept = |name: &str| form.is_none_or(|form| form.all("scope").any(|scope| scope == name));
    let counted = session.parent.is_none() && session::counts_calls(resource);
    let held = |name: &'a str| {
        let rule = resource.and_then(|resource| resource.rule(name));
        KeptScope {
            name,
            title: rule.map_or(name, |rule| rule.title.as_str()),
            required: rule.is_some_and(|rule| rule.required),
            kept: kept(name),
        }
    };
    let extra = session.extra.as_ref().filter(|extra| now < extra.until);
    let extra = extra.into_iter().flat_map(|extra| extra.scopes.iter());
    LessForm {
        scopes: session.scopes.iter().chain(extra).map(held).collect(),
        ends: ends(session, form, now),
        calls: counted.then(|| form.and_then(|form| form.get("calls")).unwrap_or_default()),
        signed: !session::counts_calls(resource),
        error: entered.map(|(_, error)| error),
    }
}

/// The ends on offer: those before the one that was agreed.
fn ends(session: &Session, form: Option<&Form>, now: Timestamp) -> Vec<LifetimeOption> {
    let spans = [
        (Span::OneHour, Seconds::HOUR),
        (Span::EightHours, Seconds::HOUR.times(8)),
        (Span::SevenDays, Seconds::DAY.times(7)),
        (Span::ThirtyDays, Seconds::DAY.times(30)),
    ];
    let chosen = form.and_then(|form| form.get("lifetime")).unwrap_or_default();
    let sooner = spans.into_iter().filter(|(_, span)| now + *span < session.expires_at);
    let option = |(lifetime, span): (Span, Seconds)| LifetimeOption {
        lifetime,
        ends_at: now + span,
        chosen: lifetime.value() == chosen,
    };
    sooner.map(option).collect()
}
