//! What the settings offer beside what is always there: every such route, on another screen.

use actix_web::web::{self, ServiceConfig};

use super::route::{at, get, open};
use super::{
    account_agent, address, agent_session, api_key, api_key_new, console, forgot_password, join,
    leaked_keys, organization, organizations, project, upgrade, usage, user_claimed,
};
use crate::app::App;
use crate::flow;

/// The routes of one part.
pub type Routes = fn(&mut ServiceConfig);

/// The routes of every part that a line of the settings switches on.
pub fn offered(app: &App) -> Vec<Routes> {
    let parts: [(bool, Routes); 8] = [
        (flow::mail::is_set(app), mail_routes),
        (app.agent_sessions().is_some(), agent_session_routes),
        (flow::api_key::offers(app).next().is_some(), api_key_routes),
        (flow::account_agent::are_offered(app), account_agent_routes),
        (flow::organization::are_offered(app), organization_routes),
        (flow::project::offers(app).next().is_some(), project_routes),
        (flow::console::offers(app).next().is_some(), console_routes),
        (flow::plan::are_offered(app), usage_routes),
    ];
    parts.into_iter().filter(|(is_on, _)| *is_on).map(|(_, routes)| routes).collect()
}

/// The pages that need mail.
fn mail_routes(server: &mut ServiceConfig) {
    server
        .service(
            at("/forgot-password", "GET, HEAD, POST")
                .route(get().to(forgot_password::show))
                .route(web::post().to(forgot_password::ask)),
        )
        .service(
            at("/account/address", "GET, HEAD, POST")
                .route(get().to(address::show))
                .route(web::post().to(address::ask)),
        )
        .service(
            at("/account/address/{link}", "GET, HEAD, POST")
                .route(get().to(address::confirm))
                .route(web::post().to(address::verify)),
        );
}

/// The routes of the agent sessions door, where a profile opens it.
fn agent_session_routes(server: &mut ServiceConfig) {
    server
        .service(
            open("/agent-sessions/start", "POST, OPTIONS")
                .route(web::post().to(agent_session::start)),
        )
        .service(
            at("/agent-sessions/authorize/{id}", "GET, HEAD")
                .route(get().to(agent_session::authorize)),
        )
        .service(
            open("/agent-sessions/poll", "POST, OPTIONS")
                .route(web::post().to(agent_session::poll)),
        )
        .service(
            open("/agent-sessions/exchange", "POST, OPTIONS")
                .route(web::post().to(agent_session::exchange)),
        )
        .service(
            open("/agent-sessions/refresh", "POST, OPTIONS")
                .route(web::post().to(agent_session::refresh)),
        )
        .service(
            open("/agent-sessions/revoke", "POST, OPTIONS")
                .route(web::post().to(agent_session::revoke)),
        )
        .service(open("/account", "GET, HEAD, OPTIONS").route(get().to(agent_session::account)))
        .service(
            open("/account/agent-sessions", "GET, HEAD, OPTIONS")
                .route(get().to(agent_session::list)),
        )
        .service(open("/demo/session", "POST, OPTIONS").route(web::post().to(agent_session::demo)))
        .service(at("/account/billing/agent-upgrade", "GET, HEAD").route(get().to(upgrade::show)))
        .configure(user_claimed_routes);
}

/// The same door in the words of an earlier auth.md.
fn user_claimed_routes(server: &mut ServiceConfig) {
    server
        .service(open("/agent/auth", "POST, OPTIONS").route(web::post().to(user_claimed::ask)))
        .service(
            open("/agent/auth/claim", "POST, OPTIONS")
                .route(web::post().to(user_claimed::standing)),
        )
        .service(
            open("/agent/auth/claim/complete", "POST, OPTIONS")
                .route(web::post().to(user_claimed::complete)),
        )
        .service(
            open("/agent/auth/revoke", "POST, OPTIONS")
                .route(web::post().to(user_claimed::give_back)),
        );
}

/// The pages of API keys, where a profile offers any. They take the browser's cookie alone, so no
/// agent's session reaches them (design promise P7); and reports of keys that leaked, which
/// whoever has one may make.
fn api_key_routes(server: &mut ServiceConfig) {
    server
        .service(at("/account/keys", "GET, HEAD").route(get().to(api_key::list)))
        .service(
            at("/account/keys/new/{profile}", "GET, HEAD, POST")
                .route(get().to(api_key_new::show))
                .route(web::post().to(api_key_new::create)),
        )
        .service(at("/account/keys/{id}", "GET, HEAD").route(get().to(api_key::show)))
        .service(at("/account/keys/{id}/rotate", "POST").route(web::post().to(api_key_new::rotate)))
        .service(
            at("/account/keys/{id}/revoke", "GET, HEAD, POST")
                .route(get().to(api_key::confirm))
                .route(web::post().to(api_key::revoke)),
        )
        .service(open("/leaked-keys", "POST, OPTIONS").route(web::post().to(leaked_keys::report)));
}

/// The page that hands tokens to scripts, where a profile offers any; as above.
fn console_routes(server: &mut ServiceConfig) {
    server.service(
        at("/account/tokens", "GET, HEAD, POST")
            .route(get().to(console::show))
            .route(web::post().to(console::issue)),
    );
}

/// The page of what was used, where there are plans; as above.
fn usage_routes(server: &mut ServiceConfig) {
    server.service(at("/account/usage", "GET, HEAD").route(get().to(usage::show)));
}

/// The page of agents, where a profile has credentials of theirs; as above.
fn account_agent_routes(server: &mut ServiceConfig) {
    server
        .service(
            at("/account/agents", "GET, HEAD, POST")
                .route(get().to(account_agent::list))
                .route(web::post().to(account_agent::create)),
        )
        .service(
            at("/account/agents/{id}/remove", "POST").route(web::post().to(account_agent::remove)),
        );
}

/// The pages of organizations, where keys can be theirs; as above.
fn organization_routes(server: &mut ServiceConfig) {
    server
        .service(
            at("/account/organizations", "GET, HEAD, POST")
                .route(get().to(organizations::list))
                .route(web::post().to(organizations::found)),
        )
        .service(
            at("/account/organizations/{slug}", "GET, HEAD").route(get().to(organization::show)),
        )
        .service(
            at("/account/organizations/{slug}/invite", "POST")
                .route(web::post().to(organization::invite)),
        )
        .service(
            at("/account/organizations/{slug}/invitations/{id}/withdraw", "POST")
                .route(web::post().to(organization::withdraw)),
        )
        .service(
            at("/account/organizations/{slug}/members/{account}/role", "POST")
                .route(web::post().to(organization::give_role)),
        )
        .service(
            at("/account/organizations/{slug}/members/{account}/remove", "POST")
                .route(web::post().to(organization::part)),
        )
        .service(
            at("/account/organizations/{slug}/dissolve", "POST")
                .route(web::post().to(organization::dissolve)),
        )
        .service(
            at("/account/join/{link}", "GET, HEAD, POST")
                .route(get().to(join::show))
                .route(web::post().to(join::join)),
        );
}

/// The page of public tokens, where a profile offers any; as above.
fn project_routes(server: &mut ServiceConfig) {
    server
        .service(
            at("/account/projects", "GET, HEAD, POST")
                .route(get().to(project::list))
                .route(web::post().to(project::create)),
        )
        .service(
            at("/account/projects/{id}/revoke", "POST").route(web::post().to(project::revoke)),
        );
}
