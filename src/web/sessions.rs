//! Account → Agent sessions: list, history, rename, disconnect.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::person_error;
use super::answer::see_other;
use super::pages::session::{Event as Shown, HistoryLine, SessionPage};
use super::pages::sessions::{Extra, Parent, Reused, SessionLine, SessionNotice, SessionsPage};
use super::pages::{Claim, Proof, Source};
use super::person::{Posted, posted, signed_in, to_sign_in, visitor};
use super::scope_words::scope_words;
use crate::app::App;
use crate::domain::authorization_detail::in_words;
use crate::domain::event::{Event, EventKind};
use crate::domain::resource::Resource;
use crate::domain::session::{EndCause, Session, Standing};
use crate::domain::step_up::Extra as Held;
use crate::flow::session::{self, Left};
use crate::protocol::timestamp::Timestamp;

/// `GET /account/sessions`.
pub async fn list(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let listed = async {
        let sessions = session::list(&app, human, visitor.now).await?;
        let left = session::calls_left(&app, &sessions).await?;
        Ok((sessions, left, session::shut_out(&app, human, visitor.now).await?))
    };
    match listed.await {
        Ok((sessions, left, shut_out)) => {
            let page = SessionsPage {
                frame: &visitor.frame(&app),
                csrf: visitor.form_token(),
                sessions: lines(&app, (&sessions, &left), visitor.now),
                reused: shut_out.iter().filter_map(reused).collect(),
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
            let beside = async {
                let left = session::calls_left(&app, std::slice::from_ref(&session)).await?;
                Ok((session::parent(&app, &session).await?, left))
            };
            let (parent, left) = match beside.await {
                Ok(beside) => beside,
                Err(error) => return person_error(&app, &visitor, &error),
            };
            let page = SessionPage {
                frame: &visitor.frame(&app),
                csrf: visitor.form_token(),
                session: line(&app, (&session, &left), parent.as_ref(), visitor.now),
                history: ended_with_more(&session)
                    .into_iter()
                    .chain(history.iter().rev().filter_map(history_line))
                    .collect(),
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

fn notice(request: &HttpRequest) -> Option<SessionNotice> {
    match request.query_string() {
        "done=renamed" => Some(SessionNotice::Renamed),
        "done=disconnected" => Some(SessionNotice::Disconnected),
        _ => None,
    }
}

fn lines<'a>(
    app: &'a App,
    (sessions, left): (&'a [Session], &Left),
    now: Timestamp,
) -> Vec<SessionLine<'a>> {
    let parent = |session: &Session| {
        let id = session.parent.as_ref()?;
        sessions.iter().find(|one| one.id == *id)
    };
    sessions.iter().map(|session| line(app, (session, left), parent(session), now)).collect()
}

fn line<'a>(
    app: &'a App,
    (session, left): (&'a Session, &Left),
    parent: Option<&'a Session>,
    now: Timestamp,
) -> SessionLine<'a> {
    let resource = app.resource(&session.resource);
    let agent = session.agent.name.as_ref();
    SessionLine {
        id: session.id.as_str(),
        label: label(session),
        agent: agent.map(|name| Claim { words: name.as_str(), source: source(app, session) }),
        parent: parent.map(|parent| Parent { id: parent.id.as_str(), label: label(parent) }),
        scopes: scope_words(resource, &session.scopes),
        extras: session.extra.as_ref().map_or_else(Vec::new, |extra| extras(resource, extra, now)),
        details: in_words(resource, &session.details),
        resource_name: resource
            .map_or(session.resource.as_str(), |resource| resource.name.as_str()),
        created_at: session.created_at,
        last_used_at: session.last_used_at,
        ends_at: session.expires_at,
        calls: session.budget.as_ref().and_then(|budget| left.get(&budget.of).copied()),
        ended_at: ended_at(session, now),
        address: &session.from.address,
    }
}

fn label(session: &Session) -> &str {
    if session.label.is_empty() { session.id.as_str() } else { &session.label }
}

/// Who vouches for the agent's name today: a client that the operator has taken out of the
/// settings is vouched for no more.
fn source<'a>(app: &App, session: &'a Session) -> Source<'a> {
    let Some(client) = &session.client else { return Source::Told };
    if app.settings.clients.iter().any(|known| known.id == *client) {
        return Source::Proven(Proof::Operator);
    }
    let host = client.as_str().strip_prefix("https://").and_then(|rest| rest.split('/').next());
    host.map_or(Source::Told, |host| Source::Proven(Proof::Document(host)))
}

fn extras<'a>(resource: Option<&'a Resource>, extra: &'a Held, now: Timestamp) -> Vec<Extra<'a>> {
    let scopes = if now < extra.until { scope_words(resource, &extra.scopes) } else { Vec::new() };
    scopes.into_iter().map(|scope| Extra { scope, ends_at: extra.until }).collect()
}

fn reused(session: &Session) -> Option<Reused<'_>> {
    let ended = session.ended?;
    Some(Reused { id: session.id.as_str(), label: label(session), at: ended.at })
}

/// When a session was over, whoever or whatever ended it.
fn ended_at(session: &Session, now: Timestamp) -> Option<Timestamp> {
    match (session.ended, session.standing(now)) {
        (Some(ended), _) => Some(ended.at),
        (None, Standing::Over) => Some(session.collect_before.unwrap_or(session.expires_at)),
        (None, _) => None,
    }
}

/// What ends with something else has no event of its own.
fn ended_with_more(session: &Session) -> Option<HistoryLine<'_>> {
    let ended = session.ended?;
    let event = match ended.cause {
        EndCause::WithParent => Shown::EndedWithParent,
        EndCause::AccountClosed | EndCause::ByOperator => Shown::EndedByOperator,
        _ => return None,
    };
    Some(HistoryLine { at: ended.at, event, address: None })
}

fn history_line(event: &Event) -> Option<HistoryLine<'_>> {
    let cause = event.detail.as_deref().and_then(EndCause::named);
    let shown = match (event.kind, cause) {
        (EventKind::ApprovalGranted, _) => Shown::Approved,
        (EventKind::ApprovalWithdrawn, _) => Shown::Withdrawn,
        (EventKind::SessionWidened, _) => Shown::Widened,
        (
            EventKind::ClaimCollected
            | EventKind::DeviceCollected
            | EventKind::CodeRedeemed
            | EventKind::SessionBegun,
            _,
        ) => Shown::Collected,
        (EventKind::SessionHandedOn, _) => Shown::HandedOn,
        (EventKind::TokenRefreshed | EventKind::TokenIssued, _) => Shown::Renewed,
        (EventKind::RefreshReuse | EventKind::CodeReuse, _) => Shown::Reused,
        (EventKind::SessionRenamed, _) => Shown::Renamed,
        (EventKind::SessionEnded, Some(EndCause::Revoked)) => Shown::EndedByAgent,
        (EventKind::SessionEnded, Some(EndCause::Reported)) => Shown::EndedByReport,
        (EventKind::SessionEnded, Some(EndCause::RefreshReuse | EndCause::CodeReuse)) => {
            return None;
        }
        (EventKind::SessionEnded, Some(EndCause::Locked)) => Shown::Locked,
        (EventKind::SessionEnded, Some(EndCause::ClientDeleted)) => Shown::ClientRemoved,
        (EventKind::SessionEnded, _) => Shown::Disconnected,
        _ => return None,
    };
    Some(HistoryLine { at: event.at, event: shown, address: Some(&event.address) })
}
