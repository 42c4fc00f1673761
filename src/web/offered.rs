//! What the settings offer beside what is always there.

use actix_web::web::ServiceConfig;

use super::account_agent;
use super::{agent_session_routes, api_key_routes, project_routes, usage_routes};
use crate::app::App;
use crate::flow::{account_agent as agents, api_key, plan, project};

/// The routes of one part.
pub type Routes = fn(&mut ServiceConfig);

/// The routes of every part that a line of the settings switches on.
pub fn offered(app: &App) -> Vec<Routes> {
    let parts: [(bool, Routes); 5] = [
        (app.agent_sessions().is_some(), agent_session_routes),
        (api_key::offers(app).next().is_some(), api_key_routes),
        (agents::are_offered(app), account_agent::routes),
        (project::offers(app).next().is_some(), project_routes),
        (plan::are_offered(app), usage_routes),
    ];
    parts.into_iter().filter(|(is_on, _)| *is_on).map(|(_, routes)| routes).collect()
}
