//! Account → Agent sessions: list, history, rename, disconnect.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::person_error;
use super::answer::see_other;
use super::pages::session::{Event as Shown, HistoryLine, SessionPage};
use super::pages::sessions::{SessionLine, SessionNotice, SessionsPage};
use super::pages::{Claim, Source};
use super::person::{Posted, posted, signed_in, visitor};
use super::return_to::ReturnTo;
use super::scope_words::scope_words;
use crate::app::App;
use crate::domain::authorization_detail::in_words;
use crate::domain::event::{Event, EventKind};
use crate::domain::session::{EndCause, Session, Standing};
use crate::flow::session;
use crate::protocol::timestamp::Timestamp;

/// `GET /account/sessions`.
pub async fn list(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    match session::list(&app, human, visitor.now).await {
        Ok(sessions) => {
            let page = SessionsPage {
                frame: &visitor.frame(&app),
                csrf: visitor.form_token(),
                sessions: sessions.iter().map(|session| line(&app, session, visitor.now)).collect(),
                reused: Vec::new(),
                notice: notice(&request),
            };
            visitor.page(&app, 200, &page)
        }
        Err(error) => person_error(&app, &visitor, &error),
    }
}

/// `GET /account/sessions/{id}`.
pub async fn show(request: HttpRequest, id: Path<String>, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    match session::show(&app, human, &id).await {
        Ok((session, history)) => {
            let page = SessionPage {
                frame: &visitor.frame(&app),
                csrf: visitor.form_token(),
                session: line(&app, &session, visitor.now),
                history: history.iter().rev().filter_map(history_line).collect(),
                notice: notice(&request),
            };
            visitor.page(&app, 200, &page)
        }
        Err(error) => person_error(&app, &visitor, &error),
    }
}

/// `POST /account/sessions/{id}/rename`.
pub async fn rename(
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
    let label = form.get("label").unwrap_or_default();
    match session::rename(&app, human, &id, label, &occasion).await {
        Ok(()) => see_other(&format!("/account/sessions/{id}?done=renamed")),
        Err(error) => person_error(&app, &visitor, &error),
    }
}

/// `POST /account/sessions/{id}/disconnect`: one press, immediate, without undo.
pub async fn disconnect(
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
    match session::disconnect(&app, human, &id, &occasion).await {
        Ok(()) => see_other("/account/sessions?done=disconnected"),
        Err(error) => person_error(&app, &visitor, &error),
    }
}

fn to_sign_in(request: &HttpRequest) -> HttpResponse {
    let return_to = ReturnTo::parse(request.path());
    see_other(&return_to.map_or_else(|| "/sign-in".to_owned(), |path| path.on("/sign-in")))
}

fn notice(request: &HttpRequest) -> Option<SessionNotice> {
    match request.query_string() {
        "done=renamed" => Some(SessionNotice::Renamed),
        "done=disconnected" => Some(SessionNotice::Disconnected),
        _ => None,
    }
}

fn line<'a>(app: &'a App, session: &'a Session, now: Timestamp) -> SessionLine<'a> {
    let resource = app.resource(&session.resource);
    let agent = session.agent.name.as_ref();
    let label = if session.label.is_empty() { session.id.as_str() } else { &session.label };
    SessionLine {
        id: session.id.as_str(),
        label,
        agent: agent.map(|name| Claim { words: name.as_str(), source: Source::Told }),
        parent: None,
        scopes: scope_words(resource, &session.scopes),
        extras: Vec::new(),
        details: in_words(resource, &session.details),
        resource_name: resource
            .map_or(session.resource.as_str(), |resource| resource.name.as_str()),
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        ends_at: session.expires_at,
        ended_at: ended_at(session, now),
        address: &session.from.address,
    }
}

/// When a session was over, whoever or whatever ended it.
fn ended_at(session: &Session, now: Timestamp) -> Option<Timestamp> {
    match (session.ended, session.standing(now)) {
        (Some(ended), _) => Some(ended.at),
        (None, Standing::Over) => Some(session.collect_before.unwrap_or(session.expires_at)),
        (None, _) => None,
    }
}

fn history_line(event: &Event) -> Option<HistoryLine<'_>> {
    let cause = event.detail.as_deref().and_then(EndCause::named);
    let shown = match (event.kind, cause) {
        (EventKind::ApprovalGranted, _) => Shown::Approved,
        (EventKind::ClaimCollected, _) => Shown::Collected,
        (EventKind::TokenRefreshed | EventKind::TokenIssued, _) => Shown::Renewed,
        (EventKind::RefreshReuse, _) => Shown::Reused,
        (EventKind::SessionRenamed, _) => Shown::Renamed,
        (EventKind::SessionEnded, Some(EndCause::Revoked)) => Shown::EndedByAgent,
        (EventKind::SessionEnded, Some(EndCause::Reported)) => Shown::EndedByReport,
        (EventKind::SessionEnded, Some(EndCause::RefreshReuse)) => return None,
        (EventKind::SessionEnded, _) => Shown::Disconnected,
        _ => return None,
    };
    Some(HistoryLine { at: event.at, event: shown, address: Some(&event.address) })
}
