//! Account → Agent sessions: list, history, rename, disconnect.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::account::{person_error, query};
use super::answer::see_other;
use super::less;
use super::pages::less::LessError;
use super::pages::session::{Event as Shown, HistoryLine, SessionPage};
use super::pages::sessions::{
    Extra, Group, Parent, Reused, SessionLine, SessionNotice, SessionsPage,
};
use super::pages::{Claim, Proof, Source};
use super::person::{Posted, posted, signed_in, to_sign_in, visitor};
use super::scope_words::scope_words;
use super::visitor::Visitor;
use crate::app::App;
use crate::domain::authorization_detail::in_words;
use crate::domain::event::{Event, EventKind};
use crate::domain::resource::Resource;
use crate::domain::session::{EndCause, Session, Standing};
use crate::domain::step_up::Extra as Held;
use crate::flow::session::{self, Left};
use crate::protocol::form::Form;
use crate::protocol::text::ToldText;
use crate::protocol::timestamp::Timestamp;

/// The longest text that sessions are looked for with.
const LONGEST_SEARCH: usize = 80;

/// `GET /account/sessions`.
pub async fn list(request: HttpRequest, app: Data<App>) -> HttpResponse {
    let visitor = match visitor(&app, &request).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let Some(human) = visitor.human() else { return to_sign_in(&request) };
    let search = query(&request, "search").unwrap_or_default();
    let search = ToldText::clean(&search, LONGEST_SEARCH);
    let search = search.as_ref().map(ToldText::as_str);
    let listed = async {
        let sessions = session::list(&app, human, search, visitor.now).await?;
        let left = session::calls_left(&app, &sessions).await?;
        Ok((sessions, left, session::shut_out(&app, human, visitor.now).await?))
    };
    match listed.await {
        Ok((sessions, left, shut_out)) => {
            let page = SessionsPage {
                frame: &visitor.frame(&app),
                csrf: visitor.form_token(),
                groups: groups(&app, (&sessions, &left), visitor.now),
                search: search.unwrap_or_default(),
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
    if visitor.human().is_none() {
        return to_sign_in(&request);
    }
    page(&app, &visitor, &id, &Said { notice: notice(&request), entered: None }).await
}

/// What the page of one session says beside its facts.
pub struct Said<'a> {
    pub notice: Option<SessionNotice>,
    /// What was entered, and why it did not do.
    pub entered: Option<(&'a Form, LessError)>,
}

/// The page of one session of whoever is signed in.
pub async fn page(app: &App, visitor: &Visitor, id: &str, said: &Said<'_>) -> HttpResponse {
    let human = match signed_in(app, visitor) {
        Ok(human) => human,
        Err(answer) => return answer,
    };
    let read = async {
        let (session, history) = session::show(app, human, id).await?;
        let left = session::calls_left(app, std::slice::from_ref(&session)).await?;
        let parent = session::parent(app, &session).await?;
        Ok((session, history, left, parent))
    };
    let (session, history, left, parent) = match read.await {
        Ok(read) => read,
        Err(error) => return person_error(app, visitor, &error),
    };
    let events = history.iter().rev().filter_map(history_line);
    let standing = session.standing(visitor.now);
    let page = SessionPage {
        frame: &visitor.frame(app),
        csrf: visitor.form_token(),
        session: line(app, (&session, &left), parent.as_ref(), visitor.now),
        history: ended_with_more(&session).into_iter().chain(events).collect(),
        notice: said.notice,
        less: matches!(standing, Standing::Live | Standing::Paused)
            .then(|| less::form(app, &session, said.entered, visitor.now)),
        may_pause: matches!(standing, Standing::Live | Standing::Paused)
            && session.parent.is_none(),
    };
    visitor.page(app, if said.entered.is_some() { 422 } else { 200 }, &page)
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
        "done=ended" => Some(SessionNotice::AllEnded),
        "done=lowered" => Some(SessionNotice::Lowered),
        "done=paused" => Some(SessionNotice::Paused),
        "done=resumed" => Some(SessionNotice::Resumed),
        _ => None,
    }
}

/// Sessions of one agent stand together, where the newest of them stands.
fn groups<'a>(
    app: &'a App,
    (sessions, left): (&'a [Session], &Left),
    now: Timestamp,
) -> Vec<Group<'a>> {
    let parent = |session: &Session| {
        let id = session.parent.as_ref()?;
        sessions.iter().find(|one| one.id == *id)
    };
    let mut groups: Vec<Group<'a>> = Vec::new();
    for session in sessions {
        let line = line(app, (session, left), parent(session), now);
        let key = session.same_agent().to_text();
        match groups.iter_mut().find(|group| group.key == key) {
            Some(group) => group.sessions.push(line),
            None => groups.push(Group { key, sessions: vec![line] }),
        }
    }
    groups
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
        last_used_from: session.last_used_from.as_deref(),
        is_paused: session.standing(now) == Standing::Paused,
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
        (EventKind::SessionLowered, _) => Shown::Lowered,
        (EventKind::SessionPaused, _) => Shown::Paused,
        (EventKind::SessionResumed, _) => Shown::Resumed,
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
