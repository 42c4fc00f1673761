//! A session for whoever wants to look around (contracts of Agent Analytics, 1.1): nobody's, so
//! nobody is asked; it reads, for as long as one access token lives.

use super::Open;
use crate::app::App;
use crate::domain::ask::Door;
use crate::domain::change::Effect;
use crate::domain::event::{Event, EventKind};
use crate::domain::id::SessionId;
use crate::domain::limit::Count;
use crate::domain::origin::Occasion;
use crate::domain::session::Session;
use crate::flow::delivery::{Binding, Granted, Pair};
use crate::flow::error::until_next_hour;
use crate::protocol::agent_session::{DemoResponse, DemoSession, milliseconds};
use crate::protocol::agent_session_error::{AgentSessionError, AgentSessionErrorCode};
use crate::store::StoreError;

/// Opens a demo session, where the operator says what it may read.
///
/// # Errors
///
/// There is no demo; beyond the hourly limits, which are those of agents that register without
/// a person, nothing is stored.
pub async fn demo(app: &App, occasion: &Occasion) -> Result<DemoResponse, AgentSessionError> {
    let open = Open::of(app)?;
    let scopes = open.rules.demo_scopes.clone();
    if scopes.is_empty() {
        return Err(AgentSessionErrorCode::NotFound.into());
    }
    let id = SessionId(app.entropy.identifier(SessionId::PREFIX, occasion.at)?);
    let of = (&open.resource.identifier, scopes.clone());
    let lifetimes = app.lifetimes_of(Door::AgentSession);
    let session = Session::new(id, Door::AgentSession, of, &lifetimes, occasion);
    let granted = Granted { scopes, binding: Binding::of(None, None) };
    let pair = Pair::derive(app, &session, &["demo", session.id.as_str()], granted, occasion.at)?;
    let begun = Event::in_session(EventKind::SessionBegun, &session, occasion)
        .by_rule("demo")
        .saying("demo");
    let mut effects = counted(app, occasion);
    let tokens = pair.issue(&session);
    effects.push(Effect::IssueSession(Box::new(session)));
    effects.extend(tokens);
    effects.push(Effect::Record(begun));
    app.store.apply(effects).await.map_err(|error| match error {
        StoreError::Limited => AgentSessionError::limited(until_next_hour(occasion.at)),
        error => error.into(),
    })?;
    Ok(DemoResponse {
        ok: true,
        mode: "demo",
        agent_session: DemoSession {
            access_token: pair.access.reveal().to_owned(),
            access_expires_at: milliseconds(pair.access.ends_at()),
            scopes: pair.scopes.to_vec(),
        },
        projects: [],
    })
}

/// Counted like agents that register without a person: they cost nothing to make either.
fn counted(app: &App, occasion: &Occasion) -> Vec<Effect> {
    let limits = &app.settings.limits;
    let network = occasion.from.network();
    let most = [
        (network.as_str(), limits.anonymous_registrations_per_address_per_hour),
        ("everybody", limits.anonymous_registrations_per_hour),
    ];
    most.map(|(who, most)| Effect::Count(Count::hourly("demo", who, most.into(), occasion.at)))
        .into()
}
